"""Exploration of an operation that changes nothing."""

from __future__ import annotations

from conformance.checks.model import Level
from conformance.explore.checks import CheckFailure, parse_body, read_messages
from conformance.explore.context import ExploreContext
from conformance.explore.inputs import NO_BODY, ExploreProbe, plain_probe
from conformance.explore.links import find_maker, follow_links, link_step
from conformance.explore.openapi import DocumentedOperation
from conformance.explore.selection import choose_probes
from conformance.explore.sending import TargetStopped
from conformance.explore.validity import Validity
from conformance.explore.walk import OperationExplorer, ProbeAnswer
from conformance.messages import Message

__all__ = ["SMALL", "explore_reading", "is_refusal", "sends_head"]

_ALL = frozenset(Validity)
SMALL = 60
"""Up to this budget two thirds of it are kept for following up findings, beyond it a fifth.

Beyond it the plain request is repeated twice, as some servers are wrong every other time.
"""


def explore_reading(walk: OperationExplorer, operation: DocumentedOperation) -> None:
    """The plain request, what its links lead to, the chosen probes, and the plain request once more."""
    first = _first(walk, operation)
    context = plain_probe(operation)
    if first is not None and first.accepted and sends_head(walk.context, operation):
        walk.head(first)
    probes = choose_probes(operation, context, _ALL, _room(walk, operation, first), walk.context.seed, base={})
    attempted = [walk.attempt(operation, probe) for probe in probes]
    if first is not None and operation.body is None:
        for _ in range(_repeats(walk)):
            _again(walk, operation, first)
    walk.simplify(operation, attempted)


def sends_head(context: ExploreContext, operation: DocumentedOperation) -> bool:
    """Whether the head of what it gets is asked for, too: of each GET, in a small budget of the document's first one.

    Who permits only reading is promised that nothing but GET is sent.
    """
    if operation.method != "GET" or "write" not in context.permissions:
        return False
    first = next(item["get"] for item in context.schema["paths"].values() if "get" in item)
    return context.budget > SMALL or bool(first.get("operationId") == operation.id)


def is_refusal(attempted: ProbeAnswer) -> str:
    """Why the plain request was refused, in the target's words."""
    response = attempted.exchange.response
    said = " ".join(read_messages(parse_body(response))) if response else ""
    status = attempted.status
    if not said:
        return Message("the plainest valid request was refused: {status}", status=status)
    return Message("the plainest valid request was refused: {status} {message}", status=status, message=said)


def _room(walk: OperationExplorer, operation: DocumentedOperation, first: ProbeAnswer | None) -> int:
    room = walk.sending.left - (_repeats(walk) if first is not None and first.probe.body is NO_BODY else 0)
    return room if operation.most is None else min(room, operation.most)


def _repeats(walk: OperationExplorer) -> int:
    return 1 if walk.context.budget <= SMALL else 2


def _first(walk: OperationExplorer, operation: DocumentedOperation) -> ProbeAnswer | None:
    probe = _given(walk, operation) if operation.own else find_maker(walk, operation)
    if probe is None:
        return None
    promised = Validity.INVALID if not operation.successes else None
    attempted = walk.attempt(operation, probe, as_sort=promised or Validity.OPEN)
    if attempted.refused and promised is None and attempted.status < 500:
        raise TargetStopped(is_refusal(attempted))
    if attempted.accepted:
        follow_links(walk, operation, attempted)
    return attempted


def _given(walk: OperationExplorer, operation: DocumentedOperation) -> ExploreProbe | None:
    """The request that another operation's answer leads to, such as a token that was just given; None without one."""
    source = walk.view(operation.own)
    probe = find_maker(walk, source)
    if probe is None or source.lacks or source.permission not in walk.context.permissions:
        return None
    made = walk.attempt(source, probe, as_sort=Validity.OPEN)
    links = source.links.get(made.status, ())
    found = (link_step(walk, link, made) for link in links if link.operation == operation.id)
    return next((probe for _, probe in filter(None, found)), None)


def _again(walk: OperationExplorer, operation: DocumentedOperation, first: ProbeAnswer) -> None:
    probe = ExploreProbe(first.probe.path, first.probe.query, role="guard", about="again")
    again = walk.attempt(operation, probe, as_sort=first.sort)
    if again.status and first.status and again.status != first.status:
        detail = Message("the same request, answered differently after the others")
        walk.report(CheckFailure("stability", Level.MUST, first.status, again.status, detail), walk.entry(again))
