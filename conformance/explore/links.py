"""State that has to last from one answer to the next request, as the links of the OpenAPI document say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conformance.checks.model import Level
from conformance.explore.checks import CheckFailure, parse_body
from conformance.explore.context import ExploreContext
from conformance.explore.inputs import NO_BODY, ExploreProbe, plain_probe, with_parts
from conformance.explore.openapi import (
    MULTIPART,
    DocumentedOperation,
    Link,
    base_inputs,
    view_operation,
)
from conformance.explore.validity import Validity
from conformance.explore.walk import OperationExplorer, ProbeAnswer
from conformance.jsontools import find_values, first_value
from conformance.messages import Message

__all__ = ["find_deletion", "find_maker", "follow_links", "link_step", "link_steps"]

_MISSING = object()


@dataclass(frozen=True, slots=True)
class _Origin:
    """The exchange that links speak of as `$request` and `$response`."""

    body: Any
    response: Any


def find_maker(walk: OperationExplorer, operation: DocumentedOperation) -> ExploreProbe | None:
    """The plainest request that starts a chain of links; None where its data are not at hand."""
    probe = plain_probe(operation)
    given = base_inputs(walk.context, operation)
    if operation.media_type == MULTIPART:
        return replace(probe, body={"file": "conformance-exploration.png"}, form=True, about="maker")
    if operation.body is None:
        return replace(probe, about="maker")
    body = {**(operation.example or {}), **given}
    return replace(probe, body=body, about="maker") if body else None


def link_steps(
    context: ExploreContext, operation: DocumentedOperation, visited: frozenset[str] = frozenset(), to: str = ""
) -> int:
    """How many requests following the links of an operation takes at most: all of them, or those that lead `to` one."""
    visited = visited | {operation.id}
    longest = 0
    for links in operation.links.values():
        taken = list(_taken(context, links, to, visited))
        further = {link.operation for link in taken if not link.statuses} - visited
        longest = max(
            longest,
            len(taken) + sum(link_steps(context, view_operation(context, name), visited, to) for name in further),
        )
    return longest


def _taken(context: ExploreContext, links: Sequence[Link], to: str, visited: frozenset[str]) -> Iterator[Link]:
    """The links that are followed: all of them, or those to one operation and those that show what it has done.

    A link back to an operation on the way, such as a list's next page, is of interest to that operation alone.
    """
    done = False
    for link in links:
        done = done or link.operation == to
        if not to:
            expected = len(visited) == 1 or link.operation not in visited
        else:
            expected = done or (link.operation not in visited and _leads(context, link.operation, to, visited))
        if expected:
            yield link


def _leads(context: ExploreContext, operation: str, to: str, visited: frozenset[str]) -> bool:
    visited = visited | {operation}
    further = {link.operation for links in view_operation(context, operation).links.values() for link in links}
    return to in further or any(_leads(context, name, to, visited) for name in further - visited)


def find_deletion(
    walk: OperationExplorer, operation: DocumentedOperation, made: ProbeAnswer
) -> tuple[DocumentedOperation, ExploreProbe] | None:
    """The request that deletes what a success has made."""
    for link in operation.links.get(made.status, ()):
        if link.name == "deleted":
            return link_step(walk, link, made)
    return None


def link_step(
    walk: OperationExplorer, link: Link, made: ProbeAnswer
) -> tuple[DocumentedOperation, ExploreProbe] | None:
    """The request that a link asks for; None where the answer or the target lacks something that it needs."""
    operation = walk.view(link.operation)
    origin = _Origin(made.probe.body, parse_body(made.exchange.response) if made.exchange.response else None)
    probe = plain_probe(operation)
    for name, expression in link.parameters.items():
        where, _, key = name.partition(".")
        value = _value(expression, origin)
        if value is _MISSING or value in (None, ""):
            return None
        text = str(value["value"] if isinstance(value, dict) and "value" in value else value)
        field = {"path": "path", "query": "query", "header": "headers"}[where]
        pairs = dict(getattr(probe, field))
        probe = with_parts(probe, field, tuple({**pairs, key: text}.items()))
    lacking = {one.name for one in operation.among("path")} - {name for name, _ in probe.path}
    if lacking or operation.permission not in walk.context.permissions:
        return None
    if operation.body is not None:
        probe = replace(probe, body=_body(walk, operation, link, origin))
    return operation, replace(probe, role="step", about=link.name)


def follow_links(
    walk: OperationExplorer,
    operation: DocumentedOperation,
    made: ProbeAnswer,
    visited: frozenset[str] = frozenset(),
    *,
    to: str = "",
) -> None:
    """Follow the links of a success in their order, depth first; each answer is held to what its link promises.

    All of them, or only those that lead `to` one operation and show what it has done.
    """
    visited = visited | {operation.id}
    for link in _taken(walk.context, operation.links.get(made.status, ()), to, visited):
        following = link_step(walk, link, made)
        if following is None:
            continue
        target, probe = following
        attempted = walk.attempt(target, probe, as_sort=Validity.OPEN if link.statuses else Validity.VALID)
        if link.name == "deleted" and attempted.accepted:
            walk.undone.add(probe.key)
        if not _holds(walk, link, made, attempted):
            return  # what comes after would only say the same again; clean-up deletes what there is
        if attempted.accepted and target.id not in visited:
            follow_links(walk, target, attempted, visited, to=to)


def _holds(walk: OperationExplorer, link: Link, made: ProbeAnswer, attempted: ProbeAnswer) -> bool:
    before = walk.gathering.count
    _hold(walk, link, made, attempted)
    return walk.gathering.count == before and (attempted.accepted or attempted.status in link.statuses)


def _hold(walk: OperationExplorer, link: Link, made: ProbeAnswer, attempted: ProbeAnswer) -> None:
    entry = walk.entry(attempted)
    if attempted.exchange.response is None or attempted.status >= 500:
        return
    if link.statuses and attempted.status not in link.statuses:
        detail = Message("after {about}: {name}", about=made.probe.about, name=link.name)
        walk.report(
            CheckFailure("state", Level.MUST, list(link.statuses), attempted.status, detail, kind=link.name), entry
        )
    if not attempted.accepted or link.statuses:
        return
    body = parse_body(attempted.exchange.response)
    origin = _Origin(made.probe.body, parse_body(made.exchange.response) if made.exchange.response else None)
    for holds, pairs in ((True, link.expect), (False, link.unexpected)):
        for pointer, expression in pairs.items():
            value = _value(expression, origin)
            shown = [str(one) for one in find_values(body, pointer)]
            if value is _MISSING or (holds and _is_a_part(body, pointer)) or (str(value) in shown) is holds:
                continue
            expected = f"{pointer} {'holds' if holds else 'does not hold'} {value}"
            detail = (
                Message("state was lost: {name}", name=link.name)
                if holds
                else Message("state was kept: {name}", name=link.name)
            )
            walk.report(CheckFailure("state", Level.MUST, expected, shown[:5], detail, kind=link.name), entry)


def _is_a_part(body: Any, pointer: str) -> bool:
    """Whether a list shows only some of its items, so that one that is not there may still exist."""
    if "/*" not in pointer or not isinstance(body, dict):
        return False
    items, total = first_value(body, pointer.partition("/*")[0]), body.get("totalCount")
    return isinstance(items, list) and isinstance(total, int) and total > len(items)


def _body(walk: OperationExplorer, operation: DocumentedOperation, link: Link, origin: _Origin) -> Any:
    given = {name: _value(expression, origin) for name, expression in (link.body or {}).items()}
    said = {name: value for name, value in given.items() if value is not _MISSING}
    body = {**base_inputs(walk.context, operation), **said}
    return body if body or link.body is not None else NO_BODY


def _value(expression: Any, origin: _Origin) -> Any:
    if not isinstance(expression, str) or not expression.startswith("$"):
        return expression
    source, _, pointer = expression.partition("#")
    found = origin.response if source == "$response.body" else origin.body
    if isinstance(found, Mapping):
        return next(find_values(dict(found), pointer), _MISSING)
    return _MISSING
