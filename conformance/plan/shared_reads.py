"""Where the reads stand that rows which write have in common: what none of their refused writes may have changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from conformance.contract.contract import Contract
from conformance.plan.model import GuardRead, RowPlan
from conformance.plan.requirements import missing_for_steps
from conformance.plan.steps import plan_steps
from conformance.target.loader import Target


def place_closing_reads(plans: Mapping[str, RowPlan]) -> dict[str, RowPlan]:
    """The plans of a run in which each row reads for itself: the last row of each guarded resource reads for all.

    It does so after a while, for what was refused may be carried out some time later. What others may change, too, and
    the row does not delete, each row reads before its probes alone: the next row, or the last, shows what they did.
    """
    last: dict[str, tuple[str, GuardRead]] = {}
    for name, plan in plans.items():
        for index in plan.shared_guards if not plan.row.case.last else ():
            read = GuardRead(plan.guards[index], tuple(plan.row.case.unchanged[index].compare))
            _, known = last.get(read.key, (name, read))
            last[read.key] = name, replace(read, compare=tuple(dict.fromkeys([*known.compare, *read.compare])))
    closing: dict[str, list[GuardRead]] = {}
    for name, read in last.values():
        closing.setdefault(name, []).append(read)
    readers = {key: name for key, (name, _) in last.items()}
    return {
        name: replace(plan, closing=tuple(closing.get(name, ())), read_by_next=_find_reads_by_next(plan, readers))
        for name, plan in plans.items()
    }


def _find_reads_by_next(plan: RowPlan, last: Mapping[str, str]) -> frozenset[str]:
    if plan.row.case.last or any(probe.permission == "delete" for probe in plan.probes):
        return frozenset()
    counted = (plan.guards[index].key for index in plan.shared_guards if plan.row.case.unchanged[index].confirm)
    return frozenset(key for key in counted if last.get(key, plan.row.id) != plan.row.id)


def place_reads(contract: Contract, target: Target, plans: Mapping[str, RowPlan]) -> dict[str, RowPlan]:
    """The rows that write with the reads of what they must not change: each once before, and once after all of them.

    It is sent after the set-up of the first row that it guards, and after the probes of the last.
    """
    places: dict[str, tuple[GuardRead, str, str]] = {}
    captured: set[str] = set()
    for name, plan in plans.items():
        captured |= {capture for step in plan.before for capture in step.step.capture or {}}
        guards = sorted({index for probe in plan.probes for index in probe.guards})
        for guard in map(plan.row.case.unchanged.__getitem__, guards) if plan.writes and not plan.row.case.last else ():
            read = GuardRead(plan_steps(contract, [guard.read], "smoke")[0], tuple(guard.compare))
            lacking = missing_for_steps(contract, target, (read.step,))
            if read.step.request.captures <= captured and not any(lacking):
                known, first, _ = places.get(read.key, (read, name, name))
                compare = tuple(dict.fromkeys([*known.compare, *read.compare]))
                places[read.key] = replace(known, compare=compare), first, name
    found: dict[str, RowPlan] = {}
    for read, first, last in places.values():
        plan = found.get(first, plans[first])
        found[first] = replace(plan, opening=(*plan.opening, read))
        plan = found.get(last, plans[last])
        found[last] = replace(plan, closing=(*plan.closing, read))
    return found
