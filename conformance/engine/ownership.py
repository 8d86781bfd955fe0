"""Tells which IDs are not ours: a target may name something else as what a request of ours has created.

An ID is that of something else where it was listed before, without the name of this run, where what is read by it
lacks that name before we changed it, and where what bears the name is listed under another. Such a thing is neither
changed nor deleted. No request is sent to find that out.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import unquote

from conformance.checks.context import parse_json
from conformance.contract.request_template import RequestTemplate
from conformance.contract.schema import CreatedResource, Step
from conformance.contract.templates import MissingValue, captures_used
from conformance.engine.context import RunContext
from conformance.engine.journal import LedgerEntry
from conformance.http import Exchange
from conformance.jsontools import find_texts, resolve_pointer
from conformance.messages import Message

_MOST_LISTED, _MOST_KNOWN, _LONGEST = 1000, 20_000, 1000
"""Items of one list, and IDs of all, that are remembered, and characters of one."""


def take_note(
    context: RunContext, operation: str, request: RequestTemplate, captures: Mapping[str, Any], exchange: Exchange
) -> None:
    """Note which things in an answer bear this run's name; one that we may have changed tells nothing any more."""
    response, shared = exchange.response, context.shared
    if exchange.request.permission != "read":
        shared.made |= dict.fromkeys(shared.made.keys() & _ids_in(request, captures), True)
    if response is None or response.status >= 300:  # what is not shown, or not yet, may be ours
        return
    for creating, resource in context.contract.file.created_resources.items():
        if resource.get is not None and operation == resource.get.call:
            is_named = context.builder.run_name in response.text
            for one in _ids_in(request, captures):
                _note(context, one, exchange, is_named=is_named)
        elif operation == resource.read.call:
            items = resolve_pointer(parse_json(response), resource.in_)[1]
            with shared.lock:
                _note_items(context, creating, resource, items if isinstance(items, list) else [], exchange)


def find_twice_made(context: RunContext) -> list[tuple[str, str]]:
    """Each operation and name by which something was listed under no ID that the target gave: it made it twice.

    A proxy may deliver a request twice. What it made the second time is found by its name alone.
    """
    shared = context.shared
    with shared.lock:
        return [key for key, things in shared.shown.items() if any(map(shared.named[key[1]].keys().isdisjoint, things))]


def _note_items(
    context: RunContext, operation: str, resource: CreatedResource, items: list[Any], exchange: Exchange
) -> None:
    shared, ids_of_names = context.shared, dict[str, set[str]]()
    for item in islice(items, _MOST_LISTED):
        ids = {_write_id(resolve_pointer(item, pointer)[1]) for pointer in resource.capture.values()}
        texts = [text for _, text in find_texts(item)]
        is_named = any(context.builder.run_name in text for text in texts)
        for name in shared.named if is_named else ():
            if any(name in text for text in texts):
                ids_of_names.setdefault(name, set()).update(ids)
                shared.shown.setdefault((operation, name), set()).add(frozenset(ids))
        for one in ids:
            # A target may call what it is given otherwise, and an ID that holds the name shows nothing then.
            if is_named or one not in shared.made or resource.name not in resource.capture.values():
                _note(context, one, exchange, is_named=is_named)
    for name, ids in ids_of_names.items():
        known = shared.named[name]  # several things of a row may have one name
        lasting = {one for one, since in known.items() if since <= _start_of(exchange)} - shared.foreign
        for text in lasting if ids.isdisjoint(known) else ():
            shared.made.pop(text, None)
            _leave_alone(context, text)


def without_foreign(
    context: RunContext, entry: LedgerEntry, exchange: Exchange, created: Mapping[str, Any]
) -> dict[str, Any]:
    """The IDs that a success gives for what an entry created, without those that belong to something else."""
    resource, kept = context.contract.file.created_resources.get(entry.operation), dict(created)
    for name in resource.made if resource is not None else ():
        if created.get(name) is None:
            continue
        text = _write_id(created[name])
        listed = context.shared.listed.get(text)
        is_foreign = listed is not None and listed <= _start_of(exchange)
        if is_foreign:
            del kept[name]
            _leave_alone(context, text)
        elif text:
            context.shared.made.setdefault(text, False)
            with context.shared.lock:
                for one in entry.names:
                    context.shared.named.setdefault(one, {})[text] = _end_of(exchange)
    return kept


def find_doubtful(
    context: RunContext, operation: str, request: RequestTemplate, captures: Mapping[str, Any]
) -> tuple[str, Step] | None:
    """The name of what an operation would delete by an ID that lacks it, and the step that lists it; None without."""
    shared = context.shared
    for resource in context.contract.file.created_resources.values():
        if resource.name in resource.capture.values() and operation in {step.call for step in resource.undo}:
            ids = {one for one in _ids_in(request, captures) if shared.made.get(one) is False}
            for name, known in list(shared.named.items()):
                for one in ids:
                    if one in known and name.partition(".")[0] not in one:
                        shared.made[one] = True
                        return name, resource.read
    return None


def check_ownership(context: RunContext, request: RequestTemplate, captures: Mapping[str, Any]) -> None:
    """Raise MissingValue where a request that is no read would go to what the target gave as ours and is not."""
    for text, name in _ids_in(request, captures).items():
        if text in context.shared.foreign:
            raise MissingValue(f"{name} that is not something else's")
    for name in captures_used([request.path, request.query, request.url]):
        if name in captures and not is_id(captures[name]):
            raise MissingValue(f"capture.{name} that names one thing")


def is_id(value: Any) -> bool:
    """Whether a value can name one thing: in a path, nothing and dots lead to what holds it, and to all in there.

    So they do within an ID, to a server that decodes a path before it follows it.
    """
    if not isinstance(value, str | int) or isinstance(value, bool):
        return False
    parts = [part.strip() for part in re.split(r"[/\\]", unquote(str(value)))]
    return any(parts) and not {".", ".."} & {*parts}


def _note(context: RunContext, text: str, exchange: Exchange, *, is_named: bool) -> None:
    shared = context.shared
    if text in shared.made:
        if is_named:
            shared.made[text] = True
        elif not shared.made[text]:
            del shared.made[text]
            _leave_alone(context, text)
    elif text and not is_named and len(text) <= _LONGEST and len(shared.listed) < _MOST_KNOWN:
        shared.listed.setdefault(text, _end_of(exchange))


def _start_of(exchange: Exchange) -> datetime:
    return datetime.fromisoformat(exchange.started or "0001-01-01T00:00:00Z")


def _end_of(exchange: Exchange) -> datetime:
    return _start_of(exchange) + timedelta(seconds=exchange.seconds)


def _leave_alone(context: RunContext, text: str) -> None:
    if text not in map(str, context.target.fixtures.values()):  # which are changed as the profile allows
        context.shared.foreign.add(text)
    context.shared.warn([Message("the target named something else as what a request had made: it is left alone")])


def _ids_in(request: RequestTemplate, captures: Mapping[str, Any]) -> dict[str, str]:
    """What a request takes from answers, and what stands in its path and query, each with its name."""
    used: dict[str, Any] = {f"capture.{name}": captures.get(name) for name in captures_used(request.list_members())}
    used |= {**request.path, **request.query}
    each = ((name, value if isinstance(value, list) else [value]) for name, value in used.items())
    return {_write_id(value): name for name, values in each for value in values}


def _write_id(value: Any) -> str:
    return str(value) if isinstance(value, str | int) else ""
