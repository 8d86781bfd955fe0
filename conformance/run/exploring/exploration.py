"""Exploration of one operation from beginning to end."""

from __future__ import annotations

from conformance.run.exploring.document import Operation, view
from conformance.run.exploring.gathering import Gathering
from conformance.run.exploring.ground import Explored, Ground, Send
from conformance.run.exploring.links import steps
from conformance.run.exploring.reads import read
from conformance.run.exploring.sending import RESERVE, Sending, Spent, Stopped, aim
from conformance.run.exploring.walk import Walk
from conformance.run.exploring.writes import chain, clean, write

__all__ = ["explore", "planned"]


def explore(ground: Ground, send: Send) -> Explored:
    """Explore one operation through `send`; every finding, none twice, never more than `budget` requests.

    Nothing is sent but through `send`, and nothing whose tier the ground does not allow. KeyError where the document
    has no such operation.
    """
    operation = view(ground)
    lacks = _lacks(ground, operation)
    if lacks or ground.budget <= RESERVE:
        why = None if lacks else "not explored at this depth"
        return Explored(operation.id, operation.method, operation.template, reason=why, lacks=lacks)
    walk = Walk(ground, Sending(send, ground.budget), Gathering())
    reason = None
    try:
        _explore(walk, operation)
    except Spent:
        pass
    except Stopped as stopped:
        reason = str(stopped)
    finally:
        clean(walk)
    return walk.gathering.explored(operation, walk.sending.requests, reason)


def planned(ground: Ground) -> int:
    """How many requests exploration sends at most where it finds nothing; following up a finding may use the budget."""
    operation = view(ground)
    if ground.budget <= RESERVE or _lacks(ground, operation):
        return 0
    if not operation.within:
        return aim(ground.budget)
    walk = Walk(ground, Sending(_never, ground.budget), Gathering())
    return min(aim(ground.budget), 1 + RESERVE + steps(walk, view(ground, operation.within)))


def _explore(walk: Walk, operation: Operation) -> None:
    if operation.within:
        chain(walk, walk.view(operation.within))
    elif operation.tier == "read":
        read(walk, operation)
    else:
        write(walk, operation)


def _lacks(ground: Ground, operation: Operation) -> tuple[str, ...]:
    source = view(ground, operation.within) if operation.within else operation
    tiers = {operation.tier, source.tier}
    missing = tuple(f"allow: {tier}" for tier in sorted(tiers - ground.tiers))
    if operation.within:  # what its path needs comes from the links
        return (*missing, *source.lacks)
    return (*missing, *operation.lacks)


def _never(_: object) -> None:
    raise AssertionError("planning sends nothing")
