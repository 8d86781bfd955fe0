"""Rows that smoke runs together: what they share is sent once, and by the row that has the most room for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from conformance.contract.contract import Contract, Row
from conformance.plan.depths import SMOKE_REQUESTS
from conformance.plan.model import ControlPlan, GuardRead, RowPlan
from conformance.plan.planner import NOTHING_SHARED, Planner, SharedCalls, chain_key
from conformance.plan.requirements import captures_used
from conformance.plan.smoke import count_requests
from conformance.plan.steps import plan_steps
from conformance.plan.variants import operation_variants
from conformance.target.loader import Target

__all__ = ["plan_smoke_rows"]

UNBOUNDED = 1000
"""Room for everything that smoke could choose from."""


def plan_smoke_rows(contract: Contract, target: Target, rows: Iterable[Row]) -> dict[str, RowPlan]:
    """The plan of each row by its ID.

    The rows of a table are a band, and so are rows that follow each other and only write, of whatever table.
    """
    plans: dict[str, RowPlan] = {}
    shares = NOTHING_SHARED
    for _, band in groupby(rows, lambda row: "" if _writes(contract, row) else row.table):
        found = list(band)
        plans |= _Band(contract, target, found, shares).plans()
        shares = _after(shares, *(plans[row.id] for row in found))
    return plans


def _after(shares: SharedCalls, *plans: RowPlan) -> SharedCalls:
    """With the controls of these rows, which later ones need not send."""
    free = [control for plan in plans for control in plan.controls if control.free]
    calls = {step.key for control in free for step in control.steps}
    return replace(shares, passed=shares.passed | {control.key for control in free}, calls=shares.calls | calls)


def _writes(contract: Contract, row: Row) -> bool:
    """Whether each of its requests writes, so that looking before and after tells whether one had an effect."""
    return all(variant.permission != "read" for variant in operation_variants(contract, row))


@dataclass(slots=True)
class _Given:
    """What the rows of a band that are planned already have sent on behalf of all."""

    set_up: set[str] = field(default_factory=set)
    captured: set[str] = field(default_factory=set)
    opened: dict[str, GuardRead] = field(default_factory=dict)


class _Band:
    """Plans rows that run one after the other and are judged once all of them have run; one use."""

    def __init__(self, contract: Contract, target: Target, rows: Sequence[Row], shares: SharedCalls) -> None:
        self.contract, self.target, self.rows, self.before = contract, target, rows, shares
        self.planners = {row.id: Planner(contract, target, row, "smoke") for row in rows}
        self.drafts = {name: planner.plan(SharedCalls(room=UNBOUNDED)) for name, planner in self.planners.items()}
        self.able = [row for row in rows if not (self.drafts[row.id].lacks or row.case.last)]
        self.costs = {one.key: count_requests(one.steps) for draft in self.drafts.values() for one in draft.controls}
        self.looks = self._looks()
        self.spent = self._set_ups()
        self.payers = self._payers()
        self.closers = self._closers()
        self.given = _Given()

    def plans(self) -> dict[str, RowPlan]:
        """The plan of each row, those that lack something alone."""
        made = {row.id: self._plan(row) if row.id in self.spent else self._alone(row) for row in self.rows}
        needed = {name for plan in made.values() for probe in plan.probes for name in captures_used(probe.request)}
        return {name: self._completed(plan, needed) for name, plan in made.items()}

    def _completed(self, plan: RowPlan, needed: set[str]) -> RowPlan:
        """With its looks after all rows; controls wait for these unless a probe needs what they capture."""
        closing = tuple(self._closing(plan.row.id))
        later = (
            replace(each, later=bool(plan.band) and (each.shared or not needed & set(_captured(each))))
            for each in plan.controls
        )
        return replace(plan, closing=closing, controls=tuple(later))

    def _alone(self, row: Row) -> RowPlan:
        return self.planners[row.id].plan(self.before)

    def _plan(self, row: Row) -> RowPlan:
        room = SMOKE_REQUESTS - len(self.closers[row.id])
        shares = self._shares(row)
        planner = self.planners[row.id]
        plan = planner.plan(replace(shares, room=room))
        opening = self._opening(plan)
        if opening:
            room -= sum(not look.made for look in opening)
            plan = planner.plan(replace(shares, room=room))
            opening = self._opening(plan)
        self._give(plan, opening)
        return replace(plan, band=self.able[0].id, opening=opening)

    def _closing(self, name: str) -> Iterator[GuardRead]:
        """The looks after all rows that are this one's to send: those that have been opened."""
        return (self.given.opened[key] for key in self.closers.get(name, ()) if key in self.given.opened)

    def _shares(self, row: Row) -> SharedCalls:
        given = self.given
        return replace(
            self.before,
            passed=self.before.passed | {key for key, payer in self.payers.items() if payer != row.id},
            set_up=frozenset(given.set_up),
            captured=frozenset(given.captured),
        )

    def _give(self, plan: RowPlan, opening: Iterable[GuardRead]) -> None:
        chains = [plan.before, *(control.steps for control in plan.controls if not control.shared)]
        self.given.captured |= {name for chain in chains for step in chain for name in step.step.capture or {}}
        self.given.set_up |= {chain_key(plan.before)} - {""}
        self.given.opened |= {look.key: look for look in opening}

    def _opening(self, plan: RowPlan) -> tuple[GuardRead, ...]:
        """The looks that this row is the first to need."""
        expected = {key for probe in plan.probes for key in self._keys(plan.row, probe.guards)}
        made = {step.key for step in plan.before[-1:]}
        looks = [self.looks[key] for key in self.looks if key in expected and key not in self.given.opened]
        return tuple(replace(look, made=look.key in made) for look in looks)

    def _looks(self) -> Mapping[str, GuardRead]:
        """The reads that watch several rows, each comparing what any of them compares."""
        named: Counter[str] = Counter()
        found: dict[str, GuardRead] = {}
        for row in self.able if _writes(self.contract, self.rows[0]) else ():  # a band's rows all write, or none
            watching = {index for probe in self.drafts[row.id].probes for index in probe.guards}
            for look in self._of(row, sorted(watching)):
                named[look.key] += 1
                known = found.get(look.key, look)
                found[look.key] = replace(known, compare=tuple(dict.fromkeys([*known.compare, *look.compare])))
        return {key: look for key, look in found.items() if named[key] > 1}

    def _keys(self, row: Row, guards: Sequence[int]) -> Iterator[str]:
        return (look.key for look in self._of(row, guards))

    def _of(self, row: Row, guards: Iterable[int]) -> Iterator[GuardRead]:
        for index in guards:
            guard = row.case.unchanged[index]
            yield GuardRead(next(plan_steps(self.contract, [guard.read], "smoke")), tuple(guard.compare))

    def _set_ups(self) -> dict[str, int]:
        """What set-ups and the looks after them cost the rows that send them first."""
        spent, known = {row.id: 0 for row in self.able}, {""}
        for row in self.able:
            before = self.drafts[row.id].before
            if chain_key(before) not in known:
                known.add(chain_key(before))
                spent[row.id] += count_requests(before)
        made = {step.key for row in self.able for step in self.drafts[row.id].before}
        for row, _ in zip(self.able, (key for key in self.looks if key not in made), strict=False):
            spent[row.id] += 1
        return spent

    def _payers(self) -> Mapping[str, str]:
        """Which row sends a control that several have: the one that has the least to try beside it.

        None does where a set-up makes the same calls.
        """
        set_ups = {step.key for row in self.able for step in self.drafts[row.id].before}
        holders: dict[str, list[str]] = {}
        for row in self.able:
            for control in self.drafts[row.id].controls:
                if control.free:
                    made = all(step.key in set_ups for step in control.steps)
                    holders.setdefault(control.key, []).extend([] if made else [row.id])
        alone = [(key, names[0]) for key, names in holders.items() if len(names) == 1]
        for key, name in alone:
            self.spent[name] += self.costs[key]
        return dict(alone) | {
            key: self._roomiest(names, self.costs[key]) for key, names in holders.items() if len(names) != 1
        }

    def _closers(self) -> Mapping[str, list[str]]:
        """Which looks after all rows each row sends."""
        found: dict[str, list[str]] = {row.id: [] for row in self.able}
        for key in self.looks:
            found[self._roomiest(list(found), 1)].append(key)
        return found

    def _roomiest(self, names: Sequence[str], costs: int) -> str:
        """The row that gives up the least of what it could try, for so many requests; empty where there is none."""

        def given_up(name: str) -> tuple[int, int, int, int]:
            draft = self.drafts[name]
            own = (
                sum(count_requests(control.steps) for control in draft.controls if not control.free) + self.spent[name]
            )
            tries, left = len(draft.probes), SMOKE_REQUESTS - own - costs
            lost = max(0, min(tries, SMOKE_REQUESTS - own) - left)
            operations = len({probe.operation for probe in draft.probes})
            return lost, -left if lost else tries, operations, tries

        chosen = min(names, key=given_up, default="")
        if chosen:
            self.spent[chosen] += costs
        return chosen


def _captured(control: ControlPlan) -> Iterator[str]:
    return (name for step in control.steps for name in step.step.capture or {})
