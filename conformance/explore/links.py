"""Follows the links of the OpenAPI document, and checks the state that they promise from one response to the next."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from conformance.checks.model import Finding, Level
from conformance.client.builder import PlaceholderScope
from conformance.contract.request_template import NO_BODY
from conformance.engine.ownership import is_id
from conformance.engine.step_sequence import may_be_sent
from conformance.explore.checks import ProbeAnswer
from conformance.explore.explorer import Explorer
from conformance.explore.openapi import MULTIPART, DocumentedOperation, Link
from conformance.explore.probes import ExploreProbe, plain_probe, with_values
from conformance.explore.validity import Validity
from conformance.jsontools import find_values, first_value
from conformance.messages import Message

_MISSING = object()


def find_creation(explorer: Explorer, operation: DocumentedOperation) -> ExploreProbe | None:
    """Return the simplest valid request of an operation, or None if its values are not known."""
    probe = plain_probe(operation)
    if operation.media_type == MULTIPART:
        name = explorer.context.builder.fill("{unique.exploration}", PlaceholderScope(salt=f"explore {operation.id}"))
        return replace(probe, body={"file": f"{name}.png"}, form=True)
    body = {**(operation.example or {}), **operation.base}
    if body:
        return replace(probe, body=body)
    return probe if operation.body is None and operation.kind == "read" else None


def count_link_requests(
    explorer: Explorer, operation: DocumentedOperation, visited: frozenset[str] = frozenset()
) -> int:
    """Return the largest number of requests that following an operation's links takes."""
    visited = visited | {operation.id}
    longest, named = 0, explorer.document.operation
    for links in operation.links.values():
        taken = [link for link in _select_links(links, visited) if explorer.allowed(named(link.operation))]
        further = {link.operation for link in taken if not link.statuses} - visited
        deeper = (count_link_requests(explorer, named(name), visited) for name in further)
        longest = max(longest, len(taken) + sum(deeper))
    return longest


def request_of_link(
    explorer: Explorer, link: Link, made: ProbeAnswer
) -> tuple[DocumentedOperation, ExploreProbe] | None:
    """Return the operation and request of a link; None if a value is missing or the operation is not allowed."""
    operation = explorer.document.operation(link.operation)
    probe = plain_probe(operation)
    for where, name, expression in link.parameters:
        value = _evaluate(expression, made)
        if not is_id(value):
            return None
        probe = with_values(probe, where, name, str(value))
    missing = {one.name for one in operation.among("path")} - {name for name, _ in probe.path}
    if missing or not explorer.allowed(operation):
        return None
    if operation.body is not None:
        written = link.words.get("requestBody")
        given = {name: _evaluate(expression, made) for name, expression in (written or {}).items()}
        known = {name: value for name, value in given.items() if value is not _MISSING}
        body = {**operation.base, **known}
        probe = replace(probe, body=body if body or written is not None else NO_BODY)
    return operation, replace(probe, role="step", about=link.name)


def follow_links(explorer: Explorer, made: ProbeAnswer, visited: frozenset[str] = frozenset()) -> None:
    """Follow the links of a success in order, depth first, and check each answer against the promises of its link."""
    if not made.accepted:
        return
    visited = visited | {made.operation.id}
    for link in _select_links(made.operation.links_of(made.status), visited):
        request = request_of_link(explorer, link, made)
        if request is None:
            continue
        answer = explorer.attempt(*request, Validity.OPEN if link.statuses else Validity.VALID)
        broken = list(_broken_promises(link, made, answer))
        for found in broken:
            explorer.report(found, answer)
        failed = any(found.level is not Level.NOTE for found in answer.found)
        if broken or failed or not (answer.accepted or answer.status in link.statuses):
            return  # further links would only repeat the finding; clean-up deletes what was created
        if answer.operation.id not in visited:
            follow_links(explorer, answer, visited)


def _select_links(links: Sequence[Link], visited: frozenset[str]) -> list[Link]:
    """Return the links to follow: after the first operation, none that lead back to a visited one."""
    return [link for link in links if len(visited) == 1 or link.operation not in visited]


def _broken_promises(link: Link, made: ProbeAnswer, answer: ProbeAnswer) -> Iterator[Finding]:
    """Yield a finding for each promise of a link that an answer does not keep."""
    if answer.status == 0 or answer.status >= 500:
        return

    def observe(expected: Any, actual: Any, detail: str) -> Finding:
        return answer.observe("state", Level.MUST, expected, actual, detail)

    if link.statuses and answer.status not in link.statuses:
        detail = Message("after {about}: {name}", about=made.probe.about, name=link.name)
        yield observe(list(link.statuses), answer.status, detail)
    if not answer.accepted or link.statuses:
        return
    for promised, members in ((True, link.words.get("x-expect", {})), (False, link.words.get("x-unexpected", {}))):
        for pointer, expression in members.items():
            value, shown = _evaluate(expression, made), [str(one) for one in find_values(answer.body, pointer)]
            if value is _MISSING or (str(value) in shown) is promised:
                continue
            if not promised:
                expected = Message("{pointer} does not hold {value}", pointer=pointer, value=value)
                yield observe(expected, shown[:5], Message("state was kept: {name}", name=link.name))
            elif not _is_one_page(link, answer.body, pointer):
                expected = Message("{pointer} holds {value}", pointer=pointer, value=value)
                yield observe(expected, shown[:5], Message("state was lost: {name}", name=link.name))


def _is_one_page(link: Link, body: Any, pointer: str) -> bool:
    """Return whether a list has more items than are shown, so that a missing one may still exist."""
    total = first_value(body, link.words["x-total"]) if "x-total" in link.words else None
    items = first_value(body, pointer.partition("/*")[0])
    return isinstance(items, list) and isinstance(total, int) and total > len(items)


def _evaluate(expression: Any, made: ProbeAnswer) -> Any:
    """Return the value of an expression such as `$response.body#/id`, the first of a list, or `_MISSING`."""
    if isinstance(expression, list):
        found = (value for each in expression if (value := _evaluate(each, made)) is not _MISSING)
        return next(found, _MISSING)
    if not isinstance(expression, str) or not expression.startswith("$"):
        return expression
    source, _, pointer = expression.partition("#")
    found = made.body if source == "$response.body" else made.probe.body
    value = next(find_values(dict(found), pointer), _MISSING) if isinstance(found, Mapping) else _MISSING
    return value if may_be_sent(value) else _MISSING
