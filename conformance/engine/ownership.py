"""What on a target is not ours, whatever the target says: what it names as made by us may be something else.

Where the ID of a thing holds its name, it has to hold the one that we gave it. Any other ID is that of something else
where it was listed before, without the name of this run, or where what is read by it lacks that name before we changed
it. Such a thing is neither changed nor deleted. No request is sent to find that out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from conformance.checks.context import parse_json
from conformance.contract.request_template import RequestTemplate
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
    """Remember what an answer shows of things that can be made: which of them bear the name of this run, which do not.

    Once a request of ours may have changed a thing, what it bears tells nothing any more.
    """
    response, shared = exchange.response, context.shared
    if exchange.request.permission != "read":
        shared.made |= dict.fromkeys(shared.made.keys() & _ids_in(request, captures), True)
    if response is None:
        return
    for resource in context.contract.file.created_resources.values():
        shown: list[tuple[Any, bool]] = []
        if resource.get is not None and operation == resource.get.call:
            is_named = context.builder.run_name in response.text
            shown = [(one, is_named) for one in _ids_in(request, captures)]
        elif operation == resource.read.call:
            items = resolve_pointer(parse_json(response), resource.in_)[1]
            for item in islice(items, _MOST_LISTED) if isinstance(items, list) else ():
                is_named = any(context.builder.run_name in text for _, text in find_texts(item))
                shown += [(resolve_pointer(item, pointer)[1], is_named) for pointer in resource.capture.values()]
        for one, is_named in shown:
            _note(context, _write_id(one), exchange, is_named=is_named)


def without_foreign(
    context: RunContext, entry: LedgerEntry, exchange: Exchange, created: Mapping[str, Any]
) -> dict[str, Any]:
    """The IDs that a success gives of what an entry made, without those of other things."""
    resource, kept = context.contract.file.created_resources.get(entry.operation), dict(created)
    for name in resource.made if resource is not None else ():
        if created.get(name) is None:
            continue
        text = _write_id(created[name])
        if resource is not None and entry.names and resource.capture.get(name) == resource.name:
            is_foreign = not any(one.partition(".")[0] in text for one in entry.names)
        else:
            listed = context.shared.listed.get(text)
            is_foreign = listed is not None and listed <= _start_of(exchange)
        if is_foreign:
            del kept[name]
            _leave_alone(context, text)
        elif text:
            context.shared.made.setdefault(text, False)
    return kept


def check_ownership(context: RunContext, request: RequestTemplate, captures: Mapping[str, Any]) -> None:
    """Raise MissingValue where a request that is no read would go to what the target gave as ours and is not."""
    for text, name in _ids_in(request, captures).items():
        if text in context.shared.foreign:
            raise MissingValue(f"{name} that is not something else's")
    for name in captures_used([request.path, request.query, request.url]):
        if name in captures and not is_id(captures[name]):
            raise MissingValue(f"capture.{name} that names one thing")


def is_id(value: Any) -> bool:
    """Whether a value can name one thing: in a path, nothing and dots lead to what holds it, and to all in there."""
    return isinstance(value, str | int) and not isinstance(value, bool) and str(value) not in {"", ".", ".."}


def _note(context: RunContext, text: str, exchange: Exchange, *, is_named: bool) -> None:
    shared = context.shared
    if text in shared.made:
        if is_named:
            shared.made[text] = True
        elif not shared.made[text]:
            del shared.made[text]
            _leave_alone(context, text)
    elif text and not is_named and len(text) <= _LONGEST and len(shared.listed) < _MOST_KNOWN:
        shared.listed.setdefault(text, _start_of(exchange) + timedelta(seconds=exchange.seconds))


def _start_of(exchange: Exchange) -> datetime:
    return datetime.fromisoformat(exchange.started or "0001-01-01T00:00:00Z")


def _leave_alone(context: RunContext, text: str) -> None:
    if text not in map(str, context.target.fixtures.values()):  # which are changed as the profile allows
        context.shared.foreign.add(text)
    context.shared.warn([Message("the target named something else as what a request had made: it is left alone")])


def _ids_in(request: RequestTemplate, captures: Mapping[str, Any]) -> dict[str, str]:
    """What a request takes from answers, and what stands in its path and query, each with its name."""
    used: dict[str, Any] = {f"capture.{name}": captures.get(name) for name in captures_used(request.members())}
    used |= {**request.path, **request.query}
    each = ((name, value if isinstance(value, list) else [value]) for name, value in used.items())
    return {_write_id(value): name for name, values in each for value in values}


def _write_id(value: Any) -> str:
    return str(value) if isinstance(value, str | int) else ""
