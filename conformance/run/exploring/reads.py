"""Exploration of an operation that changes nothing."""

from __future__ import annotations

from conformance.results.model import Level
from conformance.run.exploring.choosing import choose
from conformance.run.exploring.document import Operation
from conformance.run.exploring.ground import Ground
from conformance.run.exploring.judging import Found, messages, parsed
from conformance.run.exploring.links import follow, maker, step
from conformance.run.exploring.probes import NOTHING, Probe, plain
from conformance.run.exploring.sending import Stopped
from conformance.run.exploring.sorting import Sort
from conformance.run.exploring.walk import Attempted, Walk

__all__ = ["SMALL", "asks_for_a_head", "read", "refusal"]

_ALL = frozenset(Sort)
SMALL = 60
"""Up to this budget two thirds of it are kept for following up findings, beyond it a fifth.

Beyond it the plain request is repeated twice, as some servers are wrong every other time.
"""


def read(walk: Walk, operation: Operation) -> None:
    """The plain request, what its links lead to, the chosen probes, and the plain request once more."""
    first = _first(walk, operation)
    ground = plain(operation)
    if first is not None and first.accepted and asks_for_a_head(walk.ground, operation):
        walk.head(first)
    probes = choose(operation, ground, _ALL, _room(walk, operation, first), walk.ground.seed, base={})
    attempted = [walk.attempt(operation, probe) for probe in probes]
    if first is not None and operation.body is None:
        for _ in range(_repeats(walk)):
            _again(walk, operation, first)
    walk.simplify(operation, attempted)


def asks_for_a_head(ground: Ground, operation: Operation) -> bool:
    """Whether the head of what it gets is asked for, too: of each GET, in a small budget of the document's first one.

    Who permits only reading is promised that nothing but GET is sent.
    """
    if operation.method != "GET" or "write" not in ground.tiers:
        return False
    first = next(item["get"] for item in ground.schema["paths"].values() if "get" in item)
    return ground.budget > SMALL or bool(first.get("operationId") == operation.id)


def refusal(attempted: Attempted) -> str:
    """Why the plain request was refused, in the target's words."""
    answer = attempted.exchange.answer
    said = " ".join(messages(parsed(answer))) if answer else ""
    return f"the plainest valid request was refused: {attempted.status} {said}".strip()


def _room(walk: Walk, operation: Operation, first: Attempted | None) -> int:
    room = walk.sending.left - (_repeats(walk) if first is not None and first.probe.body is NOTHING else 0)
    return room if operation.most is None else min(room, operation.most)


def _repeats(walk: Walk) -> int:
    return 1 if walk.ground.budget <= SMALL else 2


def _first(walk: Walk, operation: Operation) -> Attempted | None:
    probe = _given(walk, operation) if operation.own else maker(walk, operation)
    if probe is None:
        return None
    promised = Sort.INVALID if not operation.successes else None
    attempted = walk.attempt(operation, probe, as_sort=promised or Sort.OPEN)
    if attempted.refused and promised is None and attempted.status < 500:
        raise Stopped(refusal(attempted))
    if attempted.accepted:
        follow(walk, operation, attempted)
    return attempted


def _given(walk: Walk, operation: Operation) -> Probe | None:
    """The request that another operation's answer leads to, such as a token that was just given; None without one."""
    source = walk.view(operation.own)
    probe = maker(walk, source)
    if probe is None or source.lacks or source.permission not in walk.ground.tiers:
        return None
    made = walk.attempt(source, probe, as_sort=Sort.OPEN)
    links = source.links.get(made.status, ())
    found = (step(walk, link, made) for link in links if link.operation == operation.id)
    return next((probe for _, probe in filter(None, found)), None)


def _again(walk: Walk, operation: Operation, first: Attempted) -> None:
    probe = Probe(first.probe.path, first.probe.query, role="guard", about="again")
    again = walk.attempt(operation, probe, as_sort=first.sort)
    if again.status and first.status and again.status != first.status:
        detail = "the same request, answered differently after the others"
        walk.report(Found("stability", Level.MUST, first.status, again.status, detail), walk.entry(again))
