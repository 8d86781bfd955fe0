"""Rows and explorations of one run side by side, with the results that they have one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from conformance.engine.context import RunContext
from conformance.engine.lanes import Lane, Lanes, in_order, lane_of, lane_of_exploring
from conformance.engine.phases import TURNS, Beside, Passing, Reading, in_phases, is_doubtful
from conformance.engine.rooms import Rooms
from conformance.engine.row import run_row
from conformance.plan.model import RowPlan
from conformance.results.model import Exploration, RowResult, Undocumented

__all__ = ["Explored", "Work"]

Explored = tuple[Exploration, tuple[Undocumented, ...]]

_EXPLORING = TURNS + 1
"""Rows go first: they wait for each other, and nobody waits for an exploration."""

_OTHERS_MAY_CAUSE = frozenset(["effect", "state", "stability"])
"""Findings of an exploration which the write of somebody else may have led to."""


class Work:
    """Jobs of one run. What may be another's doing is run again, alone, before it is told.

    `banded` runs a row of those that are run together; such rows stay in order.
    """

    def __init__(
        self,
        context: RunContext,
        plans: Mapping[str, RowPlan],
        banded: Callable[[str], Any],
        explore: Callable[[str], Explored],
    ) -> None:
        self._context, self._plans, self._banded, self._explore = context, plans, banded, explore
        self._rooms = Rooms()
        self._passing = Passing(plans, context.shared.stopping)
        self._lanes: dict[str, Lane] = {}
        self._operations: dict[str, str] = {}
        self._phased: set[str] = set()
        self._after: dict[str, set[str]] = {}
        """Rows that go before one that takes no turns."""

    def start(self, rows: Sequence[str], explorations: Mapping[str, str], workers: int) -> Lanes:
        """Begin with these rows and with explorations, the operation of each by the job's name."""
        contract = self._context.contract
        lanes = {name: lane_of(contract, self._plans[name]) for name in rows}
        self._phased = {name for name in rows if in_phases(contract, self._plans[name])}
        taking_no_turns = in_order({name: lane for name, lane in lanes.items() if name not in self._phased})
        waits = {name: earlier for name, earlier in taking_no_turns.items() if self._plans[name].band}
        self._after = {name: earlier for name, earlier in taking_no_turns.items() if name not in waits}
        exploring = {name: lane_of_exploring(contract, operation) for name, operation in explorations.items()}
        for name, lane in exploring.items():
            # It finds its place between rows that take turns, and would keep those back that do not.
            beside = set() if lane.changes else self._phased
            waits[name] = {row for row in rows if row not in beside and lane.meets(lanes[row])}
        self._operations, self._lanes = dict(explorations), lanes | exploring
        # Those that make something first make it together.
        first = sorted(self._lanes, key=lambda name: name not in self._phased or not self._plans[name].before)
        return Lanes({name: self._lanes[name] for name in first}, self._run, workers, waits)

    def _run(self, name: str) -> Any:
        try:
            if name in self._operations:
                return self._explored(self._operations[name], self._lanes[name])
            return self._row(name)
        finally:
            self._passing.told(name)

    def _row(self, name: str) -> Any:
        plan, lane = self._plans[name], self._lanes[name]
        wait = partial(self._passing.wait, name, passed=self._context.shared.controls)
        if plan.band:
            return self._banded(name)
        if lane == Lane():
            return run_row(self._context, plan, Reading(wait))
        if name in self._phased:
            return self._beside(plan, lane, Beside(self._context.contract, plan, self._rooms, wait))
        self._passing.follow(self._after[name])
        wait(plan.controls)
        with self._rooms.visit(lane):
            self._passing.let_in(name)
            return run_row(self._context, plan)

    def _beside(self, plan: RowPlan, lane: Lane, phases: Beside) -> RowResult:
        result = run_row(self._context, plan, phases)
        phases.settle()
        doubtful = phases.disturbed or (phases.shared and is_doubtful(result))
        if not doubtful or self._context.shared.stopping.is_set():
            return result
        with self._rooms.visit(lane):
            return run_row(self._context, plan)

    def _explored(self, operation: str, lane: Lane) -> Explored:
        with self._rooms.visit(lane, _EXPLORING) as visit:
            found = self._explore(operation)
        self._rooms.wait_for(visit.beside)
        caused = any(item.check in _OTHERS_MAY_CAUSE for item in found[0].findings)
        if not visit.beside or not (visit.disturbed or caused) or self._context.shared.stopping.is_set():
            return found
        with self._rooms.visit(Lane(lane.names), _EXPLORING):
            return self._explore(operation)
