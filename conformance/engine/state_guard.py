"""A rejected write changes nothing: read before, read after, compare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from time import perf_counter
from typing import Any

from conformance.checks.model import Finding, Level
from conformance.client.builder import PlaceholderScope
from conformance.contract.templates import MissingValue
from conformance.engine.context import RunContext
from conformance.engine.evidence import Evidence
from conformance.engine.lanes import hurry
from conformance.engine.phases import ALONE, Phases
from conformance.engine.probe import ProbeResult, send_probe
from conformance.engine.steps import run_steps
from conformance.http import Response
from conformance.jsontools import json_equal, resolve_pointer
from conformance.messages import Message
from conformance.plan.model import GuardRead, Probe, RowPlan

__all__ = ["State", "StateGuard", "group_probes", "read_state", "state_of_response"]

State = Mapping[str, Any]

IN_A_ROW = 3
"""So many changes, each right after the same rejected write, are no coincidence."""


class StateGuard:
    """Watches one row's firm probes through the reads that its case names."""

    def __init__(
        self,
        context: RunContext,
        evidence: Evidence,
        plan: RowPlan,
        captures: dict[str, Any],
        phases: Phases = ALONE,
    ) -> None:
        self._context, self._evidence, self._plan, self._captures = context, evidence, plan, captures
        self._phases = phases
        self._states: dict[int, State] = {}
        self._pending: dict[int, list[ProbeResult]] = {}

    def before(self, probe: Probe) -> None:
        """Read what the probe must not change, where that is not known already."""
        for index in self._guards(probe):
            if index not in self._states:
                self._read_first(index)

    def first(self, probes: Iterable[Probe], crew: Executor) -> None:
        """Read what several probes must not change, side by side."""
        expected = dict.fromkeys(index for probe in probes for index in self._guards(probe))
        for index, state in self._all(
            [index for index in expected if index not in self._states], Message("read before"), crew
        ):
            if state is not None:
                self._states[index] = state

    def after(self, probe: Probe, outcome: ProbeResult) -> None:
        """Look at once where the case says so, else remember to look at the end."""
        if outcome.accepted and probe.permission != "read":
            self._phases.disturb()
        for index in self._guards(probe):
            self._pending.setdefault(index, []).append(outcome)
            if self._plan.row.case.unchanged[index].each:
                self._look(index)

    def finish(self, crew: Executor | None = None) -> None:
        """Look for the effect of all that was sent since the last look."""
        expected = [index for index, outcomes in self._pending.items() if outcomes]
        for index, after in self._all(expected, Message("read after"), crew) if crew else ():
            self._compare(index, after)
        for index in expected if crew is None else ():
            self._look(index)

    def _guards(self, probe: Probe) -> tuple[int, ...]:
        return tuple(index for index in probe.guards if index < len(self._plan.guards))

    def _read_first(self, index: int) -> None:
        state = self._read(index, Message("read before"))
        if state is not None:
            self._states[index] = state

    def _all(self, expected: Sequence[int], when: str, crew: Executor) -> Iterator[tuple[int, State | None]]:
        def read(index: int) -> tuple[Evidence, State | None]:
            scratch = Evidence(self._context.redactor)
            hurry(self._phases.haste)
            return scratch, self._read(index, when, scratch)

        for index, (scratch, state) in zip(expected, list(crew.map(read, expected)), strict=True):
            self._evidence.adopt(scratch)
            yield index, state

    def _look(self, index: int) -> None:
        self._compare(index, self._read(index, Message("read after")))

    def _compare(self, index: int, after: State | None) -> None:
        outcomes, self._pending[index] = self._pending.get(index, []), []
        before = self._states.get(index)
        if before is None or after is None:
            return
        self._states[index] = after
        changed = {pointer: value for pointer, value in after.items() if not json_equal(value, before[pointer])}
        if changed:
            self._phases.disturb()
        if not changed or self._phases.disturbed or any(outcome.accepted for outcome in outcomes):
            # What was accepted is a violation of its own; that it then has an effect is no second one.
            return
        where = outcomes[0].probe.label if len(outcomes) == 1 else Message("{n} rejected requests", n=len(outcomes))
        was, n = {pointer: before[pointer] for pointer in changed}, outcomes[-1].n
        if self._plan.row.case.unchanged[index].confirm:
            culprit = self._culprit(index, outcomes)
            if culprit is None:
                return
            where, n = culprit.probe.label, culprit.n
        detail = Message("a rejected write must change nothing")
        self._evidence.find([Finding("effect", Level.MUST, was, changed, where, detail=detail)], n)

    def _culprit(self, index: int, outcomes: Iterable[ProbeResult]) -> ProbeResult | None:
        """The rejected request that did it; None where it may have been somebody else's write.

        Each is sent again between two reads. The one that changes something thrice in a row, while nothing changes for
        as long where nothing is sent, did it: who writes now and then is in the way once, hardly so often.
        """
        for outcome in outcomes:
            for time in range(IN_A_ROW):
                if self._context.shared.stopping.is_set():
                    break
                began = perf_counter()
                again = send_probe(self._context, self._evidence, self._plan.row.id, outcome.probe, self._captures)
                if again is None or not self._moved(index, Message("read after, again")):
                    break
                if time == IN_A_ROW - 1:
                    return again
                self._context.shared.stopping.wait(perf_counter() - began)
                if self._moved(index, Message("read with nothing sent")):
                    self._evidence.doubts.append(
                        Message("something changes while nothing is sent: somebody else writes")
                    )
                    return None
        self._evidence.doubts.append(
            Message("something changed meanwhile, and not again: perhaps somebody else's write")
        )
        return None

    def _moved(self, index: int, when: str) -> bool:
        """Whether the state is another than at the last look."""
        before, after = self._states[index], self._read(index, when)
        if after is None:
            return False
        self._states[index] = after
        return not json_equal(dict(after), dict(before))

    def _read(self, index: int, when: str, evidence: Evidence | None = None) -> State | None:
        guard = self._plan.row.case.unchanged[index]
        look = GuardRead(self._plan.guards[index], tuple(guard.compare))
        said = (when, f"{self._plan.row.id}/guard/{index}")
        return read_state(self._context, evidence or self._evidence, look, self._captures, said)


def group_probes(probes: Sequence[Probe]) -> list[list[int]]:
    """The places of probes that may be sent side by side, one list after the other.

    What is sent again comes after the first time; what deletes comes before what makes, as a count would not show both.
    """
    groups: dict[tuple[bool, bool], list[int]] = {}
    for place, probe in enumerate(probes):
        groups.setdefault((probe.label.startswith("again"), probe.permission != "delete"), []).append(place)
    return [groups[key] for key in sorted(groups)]


def read_state(
    context: RunContext, evidence: Evidence, look: GuardRead, captures: dict[str, Any], said: tuple[str, str]
) -> State | None:
    """What a look shows now; None where it could not be had, which makes the row inconclusive.

    `said` is what the report calls it, and what its random words are drawn from.
    """
    label, salt = said
    chain = run_steps(context, evidence, [look.step], captures, label=label, role="guard", salt=salt)
    response = chain.calls[-1].exchange.response if chain.calls else None
    if response is None or (not chain.passed and not (chain.broken and not chain.broken.refused)):
        evidence.doubts.append(Message("what must not change could not be read: {reason}", reason=chain.why))
        return None
    return state_of_response(context, response, look, captures)


def state_of_response(context: RunContext, response: Response, look: GuardRead, captures: Mapping[str, Any]) -> State:
    """What an answer shows of what a look compares."""
    try:
        body = response.json()
    except ValueError:
        body = None
    return {pointer: resolve_pointer(body, pointer)[1] for pointer in _pointers(context, look.compare, captures)}


def _pointers(context: RunContext, compare: Iterable[str], captures: Mapping[str, Any]) -> Iterator[str]:
    """What is compared, without what this target does not have."""
    for pointer in compare:
        with suppress(MissingValue):
            yield str(context.binder.fill(pointer, PlaceholderScope(captures)))
