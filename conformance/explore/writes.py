"""Exploration of an operation that changes something: as little as possible, looked after, and set back."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from conformance.checks.model import Level
from conformance.explore.checks import CheckFailure
from conformance.explore.effects import EffectWatch
from conformance.explore.inputs import ExploreProbe, label_probe, plain_probe
from conformance.explore.links import find_deletion, find_maker, follow_links, link_step
from conformance.explore.openapi import DocumentedOperation, base_inputs, fill_known, place_path
from conformance.explore.reads import is_refusal
from conformance.explore.selection import choose_probes
from conformance.explore.sending import BudgetExhausted, TargetStopped
from conformance.explore.validity import Validity, classify_probe
from conformance.explore.walk import OperationExplorer, ProbeAnswer
from conformance.jsontools import first_value
from conformance.messages import Message

__all__ = ["delete_own_records", "explore_writing", "run_link_chain"]

_FIRST = (Validity.INVALID, Validity.VALID, Validity.OPEN, Validity.ODD)
_BETWEEN = 1
"""Looks between two writes that are kept free in a small budget."""
_SET_BACK = 3
"""What an accepted write costs beside itself: a look, setting it back, and another look."""


def explore_writing(walk: OperationExplorer, operation: DocumentedOperation) -> None:
    """What is valid once, refused writes with a look at what they left, then what else may be accepted.

    Each accepted one is set back or deleted again.
    """
    place, free = plain_probe(operation), not (operation.makes or operation.own)
    own = _own(walk, operation) if operation.own else None
    if own is not None and operation.explored_as != "delete":
        place, free, operation = own, True, place_path(operation, own.path)
    if operation.makes and _may_delete(walk, operation):
        run_link_chain(walk, operation)
        delete_own_records(walk)
        free = True
    watch = _watch(walk, operation, place)
    shown = watch.start() if watch else None
    given = base_inputs(walk.context, operation)
    bound = fill_known(operation, shown, given)
    if watch:
        watch.operation = bound
    sorts = frozenset(Validity) if free else frozenset([Validity.INVALID])
    room = walk.sending.left - (_BETWEEN if watch else 0)
    example: list[ExploreProbe] = []
    if free and not operation.makes:
        example = choose_probes(bound, place, frozenset([Validity.VALID]), 1, walk.context.seed, base=given)
        room -= _SET_BACK if watch and example else 0
    probes = choose_probes(bound, place, sorts, max(0, room), walk.context.seed, base=given)
    probes.sort(
        key=lambda probe: _FIRST.index(classify_probe(bound, probe))
    )  # what else may change something comes last
    probes = [*example, *(probe for probe in probes if probe not in example)]
    attempted = _all(walk, bound, probes, watch)
    if own is not None and operation.explored_as == "delete":
        _deleted(walk, operation, own)
    walk.simplify(bound, [one for one in attempted if one.sort is not Validity.VALID and not one.accepted])


def _all(
    walk: OperationExplorer, operation: DocumentedOperation, probes: Sequence[ExploreProbe], watch: EffectWatch | None
) -> list[ProbeAnswer]:
    attempted: list[ProbeAnswer] = []
    try:
        for probe in probes:
            if watch and classify_probe(operation, probe) is Validity.VALID:
                watch.check()
            attempted += [_one(walk, operation, probe, watch)]
    except BudgetExhausted:
        pass
    if watch:
        watch.check(last=True)
    return attempted


def _deleted(walk: OperationExplorer, operation: DocumentedOperation, own: ExploreProbe) -> None:
    """Delete, as it is meant to be, what was made for it; where no request is left for that, clean-up does it."""
    if walk.gathering.found:
        return  # it may be gone already: clean-up looks after it, and nobody is blamed twice
    walk.sending.reserve = max(0, walk.sending.reserve - 1)  # clean-up has one deletion less to send
    with suppress(BudgetExhausted):
        attempted = walk.attempt(operation, own, as_sort=Validity.VALID)
        if attempted.accepted:
            walk.undone.add(own.key)


def run_link_chain(walk: OperationExplorer, operation: DocumentedOperation, *, to: str = "") -> None:
    """Make something, follow its links to its deletion, or to one operation alone."""
    probe = find_maker(walk, operation)
    if probe is None:
        raise TargetStopped(Message("nothing is known that {operation} would accept", operation=operation.id))
    made = walk.attempt(operation, probe, as_sort=Validity.OPEN, permission="delete" if operation.makes else "")
    if not made.accepted:
        if 0 < made.status < 500:
            raise TargetStopped(is_refusal(made))
        return
    _remember(walk, operation, made)
    follow_links(walk, operation, made, to=to)


def delete_own_records(walk: OperationExplorer) -> None:
    """Delete what was made and is still there; what cannot be deleted is a warning."""
    while walk.undo:
        operation, probe = walk.undo.pop()
        if probe.key in walk.undone:
            continue
        try:
            exchange = walk.quietly(operation, replace(probe, role="clean-up"), cleaning=True)
        except (BudgetExhausted, TargetStopped):
            exchange = None
        status = exchange.response.status if exchange and exchange.response else 0
        if not (200 <= status < 300 or status == 404):
            walk.gathering.warnings.append(
                Message("could not be set back: {operation} {about}", operation=operation.id, about=label_probe(probe))
            )


def _one(
    walk: OperationExplorer, operation: DocumentedOperation, probe: ExploreProbe, watch: EffectWatch | None
) -> ProbeAnswer:
    attempted = walk.attempt(operation, probe)
    if attempted.accepted:
        _accepted(walk, operation, attempted, watch)
    elif attempted.refused and watch:
        watch.refused(attempted)
    elif watch:
        watch.lost_sight()
    return attempted


def _accepted(
    walk: OperationExplorer, operation: DocumentedOperation, attempted: ProbeAnswer, watch: EffectWatch | None
) -> None:
    if operation.makes:
        _remember(walk, operation, attempted)
        delete_own_records(walk)
    if watch is None:
        return
    if operation.makes or operation.own:
        watch.changed()
        if operation.makes or attempted.sort is not Validity.VALID:
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


def _seen(
    walk: OperationExplorer, operation: DocumentedOperation, attempted: ProbeAnswer, watch: EffectWatch
) -> object:
    after = watch.look()
    if attempted.sort is Validity.VALID:
        _read_back(walk, operation, attempted, after)
    return after


def _read_back(walk: OperationExplorer, operation: DocumentedOperation, attempted: ProbeAnswer, shown: object) -> None:
    body = attempted.probe.body
    for name, schema in (operation.body or {}).get("properties", {}).items():
        pointer = schema.get("x-from") or schema.get("x-same")
        if not pointer or not isinstance(body, dict) or name not in body:
            continue
        if (now := first_value(shown, pointer)) != body[name]:
            detail = Message("a write was accepted and had no effect")
            found = CheckFailure(
                "effect",
                Level.MUST,
                Message("{name} reads as it was written", name=name),
                now,
                detail,
                kind=f"lost {name}",
            )
            walk.report(found, walk.entry(attempted))


def _watch(walk: OperationExplorer, operation: DocumentedOperation, place: ExploreProbe) -> EffectWatch | None:
    if not operation.read:
        return None
    reading = walk.view(operation.read)
    return None if reading.lacks and not place.path else EffectWatch(walk, operation, reading, place)


def _may_delete(walk: OperationExplorer, operation: DocumentedOperation) -> bool:
    names = {link.operation for links in operation.links.values() for link in links if link.name == "deleted"}
    return all(walk.view(name).permission in walk.context.permissions for name in names)


def _remember(walk: OperationExplorer, operation: DocumentedOperation, made: ProbeAnswer) -> None:
    undo = find_deletion(walk, operation, made)
    if undo is not None:
        walk.undo.append(undo)
    elif operation.makes:
        said = Message(
            "could not be deleted again: what {operation} made ({about})",
            operation=operation.id,
            about=label_probe(made.probe),
        )
        walk.gathering.warnings.append(said)
        raise TargetStopped(said)  # whatever else it made would be left behind, too


def _own(walk: OperationExplorer, operation: DocumentedOperation) -> ExploreProbe | None:
    """Something made for this operation alone; None where that is not allowed."""
    source = walk.view(operation.own)
    probe = find_maker(walk, source)
    if (
        probe is None
        or not _may_delete(walk, source)
        or source.lacks
        or source.permission not in walk.context.permissions
    ):
        return None
    made = walk.attempt(source, probe, as_sort=Validity.OPEN, permission="delete")
    if not made.accepted:
        return None
    _remember(walk, source, made)
    for link in source.links.get(made.status, ()):
        if link.operation == operation.id and (found := link_step(walk, link, made)) is not None:
            return replace(plain_probe(operation), path=found[1].path, query=found[1].query)
    return None
