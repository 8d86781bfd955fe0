"""Where the reads stand that rows which write have in common: what none of their refused writes may have changed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from conformance.contract.contract import Contract
from conformance.plan.model import GuardRead, RowPlan
from conformance.plan.requirements import missing_for_steps
from conformance.target.loader import Target


def _merge_reads(reads: Iterable[tuple[str, GuardRead]]) -> dict[str, tuple[GuardRead, str, str]]:
    """Equal reads as one that compares all that any of them does, by key, with its first and its last row."""
    merged: dict[str, tuple[GuardRead, str, str]] = {}
    for name, read in reads:
        known, first, _ = merged.get(read.key, (read, name, name))
        compare = tuple(dict.fromkeys([*known.compare, *read.compare]))
        merged[read.key] = replace(known, compare=compare), first, name
    return merged


def place_closing_reads(plans: Mapping[str, RowPlan]) -> dict[str, RowPlan]:
    """The plans of a run in which each row reads for itself: the last row of each guarded resource reads for all.

    It does so after a while, for what was refused may be carried out some time later. What others may change, too, and
    the row does not delete, each row reads before its probes alone: the next row, or the last, shows what they did.
    """
    shared = {name: [plan.guards[index] for index in plan.shared_guards] for name, plan in plans.items()}
    merged = _merge_reads((name, read) for name in plans for read in shared[name] if not plans[name].row.case.last)
    closing, last = defaultdict[str, list[GuardRead]](list), dict[str, str]()
    for key, (read, _, name) in merged.items():
        last[key] = name
        closing[name].append(read)

    def find_reads_by_next(plan: RowPlan) -> frozenset[str]:
        name = plan.row.id
        if plan.row.case.last or any(probe.permission == "delete" for probe in plan.probes):
            return frozenset()
        return frozenset(read.key for read in shared[name] if read.confirm and last[read.key] != name)

    return {
        name: replace(plan, closing=tuple(closing[name]), read_by_next=find_reads_by_next(plan))
        for name, plan in plans.items()
    }


def place_reads(contract: Contract, target: Target, plans: Mapping[str, RowPlan]) -> dict[str, RowPlan]:
    """Rows that write with their reads, each once: after the first row's set-up, and after the last one's probes."""
    reads: list[tuple[str, GuardRead]] = []
    captured: set[str] = set()
    for name, plan in plans.items():
        captured |= {capture for step in plan.before for capture in step.step.capture or {}}
        guards = sorted({index for probe in plan.probes for index in probe.guards})
        for read in map(plan.guards.__getitem__, guards) if plan.writes and not plan.row.case.last else ():
            lacking = missing_for_steps(contract, target, (read.step,))
            if read.step.request.captures <= captured and not any(lacking):
                reads.append((name, read))
    found: dict[str, RowPlan] = {}
    for read, first, last in _merge_reads(reads).values():
        plan = found.get(first, plans[first])
        found[first] = replace(plan, opening=(*plan.opening, read))
        plan = found.get(last, plans[last])
        found[last] = replace(plan, closing=(*plan.closing, read))
    return found
