"""What smoke sends: the example and the control of each row, with what rows have in common sent once.

Rows that only read are planned first, as they run first. The rows that write share set-ups and controls, and one read
of each guarded resource before the first write and one after the last. What that leaves of three requests a row goes
to the probes that are most unlike the examples.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from conformance.contract.contract import Contract, Row
from conformance.plan.depths import MORE_AT_SMOKE, SMOKE_REQUESTS
from conformance.plan.model import GuardRead, PlannedStep, RowPlan
from conformance.plan.planner import Planner, SharedCalls, sequence_key
from conformance.plan.requirements import captures_used, missing_for_steps
from conformance.plan.steps import plan_steps
from conformance.target.loader import Target

__all__ = ["plan_smoke_rows"]


def plan_smoke_rows(contract: Contract, target: Target, rows: Iterable[Row]) -> dict[str, RowPlan]:
    """The plan of each row by its ID, in the order of `rows`."""
    planners = {row.id: Planner(contract, target, row, "smoke") for row in rows}
    drafts = {name: planner.plan(SharedCalls()) for name, planner in planners.items()}
    order = sorted(drafts, key=lambda name: drafts[name].writes)
    shares = dict(_share(drafts, order))
    plans = {name: planners[name].plan(shares[name]) for name in order}
    plans |= _spend_rest(planners, shares, plans)
    plans |= _place_reads(contract, target, plans)
    plans |= _remove_at_end(contract, plans)
    return {name: plans[name] for name in planners}


def _share(drafts: Mapping[str, RowPlan], order: Iterable[str]) -> Iterator[tuple[str, SharedCalls]]:
    """For each row, what the rows before it send."""
    shares = SharedCalls()
    for name in order:
        yield name, shares
        plan = drafts[name]
        if plan.lacks or plan.row.case.last:
            continue
        free = [control for control in plan.controls if control.free]
        steps = [*plan.before, *(step for control in free for step in control.steps)]
        shares = replace(
            shares,
            passed=shares.passed | {control.key for control in free},
            calls=shares.calls | {step.key for step in steps},
        )
        if plan.writes:  # these run one after the other, and pass on what they capture
            captured = {name for step in plan.before for name in step.step.capture or {}}
            set_up = {sequence_key(plan.before)} - {""}
            shares = replace(shares, set_up=shares.set_up | set_up, captured=shares.captured | captured)


def _spend_rest(
    planners: Mapping[str, Planner], shares: Mapping[str, SharedCalls], plans: Mapping[str, RowPlan]
) -> dict[str, RowPlan]:
    """One probe more for each row in turn, then a second one, as long as requests are left."""
    counted = [name for name, plan in plans.items() if not (plan.lacks or plan.repeat)]
    chosen = {name: plans[name] for name in counted}
    for more in range(1, MORE_AT_SMOKE + 1):
        for name in counted:
            plan = planners[name].plan(replace(shares[name], more_probes=more))
            if len(plan.probes) <= len(chosen[name].probes):
                continue
            longer = {**chosen, name: plan}
            if _count(planners[name], longer) <= SMOKE_REQUESTS * len(counted):
                chosen = longer
    return chosen


def _count(planner: Planner, plans: Mapping[str, RowPlan]) -> int:
    placed = {**plans, **_place_reads(planner.contract, planner.target, plans)}
    placed |= _remove_at_end(planner.contract, placed)
    return sum(len(list(plan.schedule())) for plan in placed.values())


@dataclass(slots=True)
class _Place:
    """Where one read is sent: after the set-up of the first row that it guards, and after the probes of the last."""

    read: GuardRead
    first: str
    last: str


def _place_reads(contract: Contract, target: Target, plans: Mapping[str, RowPlan]) -> dict[str, RowPlan]:
    """The rows that write with the reads of what they must not change: each once before, and once after all of them."""
    places: dict[str, _Place] = {}
    captured: set[str] = set()
    for name, plan in plans.items():
        captured |= {capture for step in plan.before for capture in step.step.capture or {}}
        for read in _guard_reads(contract, plan) if plan.writes and not plan.row.case.last else ():
            lacking = missing_for_steps(contract, target, (read.step,))
            if set(captures_used(read.step.request)) <= captured and not any(lacking):
                place = places.setdefault(read.key, _Place(read, name, name))
                compare = tuple(dict.fromkeys([*place.read.compare, *read.compare]))
                place.read, place.last = replace(place.read, compare=compare), name
    found: dict[str, RowPlan] = {}
    for key, place in places.items():
        first = found.get(place.first, plans[place.first])
        made = bool(first.before) and first.before[-1].key == key
        found[place.first] = replace(first, opening=(*first.opening, replace(place.read, from_set_up=made)))
        last = found.get(place.last, plans[place.last])
        found[place.last] = replace(last, closing=(*last.closing, place.read))
    return found


def _guard_reads(contract: Contract, plan: RowPlan) -> Iterator[GuardRead]:
    for index in sorted({index for probe in plan.probes for index in probe.guards}):
        guard = plan.row.case.unchanged[index]
        yield GuardRead(next(plan_steps(contract, [guard.read], "smoke")), tuple(guard.compare))


@dataclass(slots=True)
class _SharedSetUp:
    """A set-up that several rows share, and what takes away what it makes."""

    after: tuple[PlannedStep, ...]
    captures: frozenset[str] = field(default_factory=frozenset)
    last: str = ""


def _remove_at_end(contract: Contract, plans: Mapping[str, RowPlan]) -> dict[str, RowPlan]:
    """What a shared set-up has made is taken away by the last row that uses it."""
    found: dict[str, _SharedSetUp] = {}
    for name, plan in plans.items():
        if any(step.permission != "read" for step in plan.before) and not plan.after:
            after = tuple(plan_steps(contract, plan.row.case.after, "standard"))
            captures = frozenset(capture for step in plan.before for capture in step.step.capture or {})
            found[sequence_key(plan.before)] = _SharedSetUp(after, captures, name)
        for shared in found.values():
            if shared.captures & set(_captures_of(plan)):
                shared.last = name
    removed: dict[str, RowPlan] = {}
    for shared in found.values():
        plan = removed.get(shared.last, plans[shared.last])
        removed[shared.last] = replace(plan, after=(*plan.after, *shared.after))
    return removed


def _captures_of(plan: RowPlan) -> Iterator[str]:
    """Every capture that its requests use."""
    for request in plan.schedule():
        yield from captures_used(request.request)
