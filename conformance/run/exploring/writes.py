"""Exploration of an operation that changes something: as little as possible, looked after, and set back."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from conformance.results.model import Level
from conformance.run.exploring.choosing import choose
from conformance.run.exploring.document import Operation, at, base, known, placed
from conformance.run.exploring.effects import Watch
from conformance.run.exploring.judging import Found
from conformance.run.exploring.links import deletion, follow, maker, step
from conformance.run.exploring.probes import Probe, label, plain
from conformance.run.exploring.reads import refusal
from conformance.run.exploring.sending import Spent, Stopped
from conformance.run.exploring.sorting import Sort, sort
from conformance.run.exploring.walk import Attempted, Walk

__all__ = ["chain", "clean", "write"]

_FIRST = (Sort.INVALID, Sort.VALID, Sort.OPEN, Sort.ODD)
_BETWEEN = 1
"""Looks between two writes that are kept free in a small budget."""
_SET_BACK = 3
"""What an accepted write costs beside itself: a look, setting it back, and another look."""


def write(walk: Walk, operation: Operation) -> None:
    """What is valid once, refused writes with a look at what they left, then what else may be accepted.

    Each accepted one is set back or deleted again.
    """
    place, free = plain(operation), not (operation.makes or operation.own)
    own = _own(walk, operation) if operation.own else None
    if own is not None and operation.tier != "delete":
        place, free, operation = own, True, placed(operation, own.path)
    if operation.makes and _may_delete(walk, operation):
        chain(walk, operation)
        clean(walk)
        free = True
    watch = _watch(walk, operation, place)
    shown = watch.start() if watch else None
    given = base(walk.ground, operation)
    bound = known(operation, shown, given)
    if watch:
        watch.operation = bound
    sorts = frozenset(Sort) if free else frozenset([Sort.INVALID])
    room = walk.sending.left - (_BETWEEN if watch else 0)
    example: list[Probe] = []
    if free and not operation.makes:
        example = choose(bound, place, frozenset([Sort.VALID]), 1, walk.ground.seed, base=given)
        room -= _SET_BACK if watch and example else 0
    probes = choose(bound, place, sorts, max(0, room), walk.ground.seed, base=given)
    probes.sort(key=lambda probe: _FIRST.index(sort(bound, probe)))  # what else may change something comes last
    probes = [*example, *(probe for probe in probes if probe not in example)]
    attempted = _all(walk, bound, probes, watch)
    if own is not None and operation.tier == "delete":
        _deleted(walk, operation, own)
    walk.simplify(bound, [one for one in attempted if one.sort is not Sort.VALID and not one.accepted])


def _all(walk: Walk, operation: Operation, probes: Sequence[Probe], watch: Watch | None) -> list[Attempted]:
    attempted: list[Attempted] = []
    try:
        for probe in probes:
            if watch and sort(operation, probe) is Sort.VALID:
                watch.check()
            attempted += [_one(walk, operation, probe, watch)]
    except Spent:
        pass
    if watch:
        watch.check(last=True)
    return attempted


def _deleted(walk: Walk, operation: Operation, own: Probe) -> None:
    """Delete, as it is meant to be, what was made for it; where no request is left for that, clean-up does it."""
    if walk.gathering.found:
        return  # it may be gone already: clean-up looks after it, and nobody is blamed twice
    walk.sending.reserve = max(0, walk.sending.reserve - 1)  # clean-up has one deletion less to send
    with suppress(Spent):
        attempted = walk.attempt(operation, own, as_sort=Sort.VALID)
        if attempted.accepted:
            walk.undone.add(own.key)


def chain(walk: Walk, operation: Operation, *, to: str = "") -> None:
    """Make something, follow its links to its deletion, or to one operation alone."""
    probe = maker(walk, operation)
    if probe is None:
        raise Stopped(f"nothing is known that {operation.id} would accept")
    made = walk.attempt(operation, probe, as_sort=Sort.OPEN, tier="delete" if operation.makes else "")
    if not made.accepted:
        if 0 < made.status < 500:
            raise Stopped(refusal(made))
        return
    _remember(walk, operation, made)
    follow(walk, operation, made, to=to)


def clean(walk: Walk) -> None:
    """Delete what was made and is still there; what cannot be deleted is a warning."""
    while walk.undo:
        operation, probe = walk.undo.pop()
        if probe.key in walk.undone:
            continue
        try:
            exchange = walk.quietly(operation, replace(probe, role="clean-up"), cleaning=True)
        except (Spent, Stopped):
            exchange = None
        status = exchange.answer.status if exchange and exchange.answer else 0
        if not (200 <= status < 300 or status == 404):
            walk.gathering.warnings.append(f"could not be set back: {operation.id} {label(probe)}")


def _one(walk: Walk, operation: Operation, probe: Probe, watch: Watch | None) -> Attempted:
    attempted = walk.attempt(operation, probe)
    if attempted.accepted:
        _accepted(walk, operation, attempted, watch)
    elif attempted.refused and watch:
        watch.refused(attempted)
    elif watch:
        watch.lost_sight()
    return attempted


def _accepted(walk: Walk, operation: Operation, attempted: Attempted, watch: Watch | None) -> None:
    if operation.makes:
        _remember(walk, operation, attempted)
        clean(walk)
    if watch is None:
        return
    if operation.makes or operation.own:
        watch.changed()
        if operation.makes or attempted.sort is not Sort.VALID:
            return
    if operation.own:
        watch.shown, watch.stale = _seen(walk, operation, attempted, watch), False
        return
    if (back := watch.restoration()) is not None:  # should the budget end here, clean-up sets it back
        walk.undo.append((operation, back))
    before = watch.shown
    after = _seen(walk, operation, attempted, watch)
    if back is not None:
        walk.undo.pop()
    watch.shown = before
    if after != before and watch.restore():
        watch.start()
    else:
        watch.shown = after


def _seen(walk: Walk, operation: Operation, attempted: Attempted, watch: Watch) -> object:
    after = watch.look()
    if attempted.sort is Sort.VALID:
        _read_back(walk, operation, attempted, after)
    return after


def _read_back(walk: Walk, operation: Operation, attempted: Attempted, shown: object) -> None:
    body = attempted.probe.body
    for name, schema in (operation.body or {}).get("properties", {}).items():
        pointer = schema.get("x-from") or schema.get("x-same")
        if not pointer or not isinstance(body, dict) or name not in body:
            continue
        if (now := at(shown, pointer)) != body[name]:
            detail = "a write was accepted and had no effect"
            found = Found("effect", Level.MUST, f"{name} reads as it was written", now, detail, kind=f"lost {name}")
            walk.report(found, walk.entry(attempted))


def _watch(walk: Walk, operation: Operation, place: Probe) -> Watch | None:
    if not operation.read:
        return None
    reading = walk.view(operation.read)
    return None if reading.lacks and not place.path else Watch(walk, operation, reading, place)


def _may_delete(walk: Walk, operation: Operation) -> bool:
    names = {link.operation for links in operation.links.values() for link in links if link.name == "deleted"}
    return all(walk.view(name).permission in walk.ground.tiers for name in names)


def _remember(walk: Walk, operation: Operation, made: Attempted) -> None:
    undo = deletion(walk, operation, made)
    if undo is not None:
        walk.undo.append(undo)
    elif operation.makes:
        said = f"could not be deleted again: what {operation.id} made ({label(made.probe)})"
        walk.gathering.warnings.append(said)
        raise Stopped(said)  # whatever else it made would be left behind, too


def _own(walk: Walk, operation: Operation) -> Probe | None:
    """Something made for this operation alone; None where that is not allowed."""
    source = walk.view(operation.own)
    probe = maker(walk, source)
    if probe is None or not _may_delete(walk, source) or source.lacks or source.permission not in walk.ground.tiers:
        return None
    made = walk.attempt(source, probe, as_sort=Sort.OPEN, tier="delete")
    if not made.accepted:
        return None
    _remember(walk, source, made)
    for link in source.links.get(made.status, ()):
        if link.operation == operation.id and (found := step(walk, link, made)) is not None:
            return replace(plain(operation), path=found[1].path, query=found[1].query)
    return None
