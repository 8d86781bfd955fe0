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
from conformance.engine.probe import ProbeResult, send_probe
from conformance.engine.steps import run_steps
from conformance.http import Response
from conformance.jsontools import json_equal, resolve_pointer
from conformance.messages import Message
from conformance.plan.model import GuardRead, RowPlan

__all__ = ["State", "StateGuard", "read_state", "state_of_response"]

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
    ) -> None:
        self._context, self._evidence, self._plan, self._captures = context, evidence, plan, captures
        self._states: dict[int, State] = {}
        self._pending: list[ProbeResult] = []

    def read_first(self, guards: Sequence[int], pool: Executor | None = None) -> None:
        """Read what the next probes must not change; with a pool, several guards side by side."""
        for index, state in self._read_all(guards, Message("read before"), pool):
            if state is not None:
                self._states[index] = state

    def add(self, outcome: ProbeResult) -> None:
        """A probe was sent: the next read of each guard that watches it tells whether it had an effect."""
        self._pending.append(outcome)

    def read_after(self, guards: Sequence[int], pool: Executor | None = None) -> None:
        """Read again, and find what the probes since the last read have changed."""
        for index, state in self._read_all(guards, Message("read after"), pool):
            self._compare(index, state)

    def _read_all(self, guards: Sequence[int], label: str, pool: Executor | None) -> Iterator[tuple[int, State | None]]:
        def read(index: int) -> tuple[Evidence, State | None]:
            scratch = Evidence(self._context.redactor)
            return scratch, self._read(index, label, scratch)

        side_by_side = pool is not None and len(guards) > 1
        states = list(pool.map(read, guards)) if pool is not None and side_by_side else map(read, guards)
        for index, (scratch, state) in zip(guards, states, strict=True):
            self._evidence.adopt(scratch)
            yield index, state

    def _compare(self, index: int, after: State | None) -> None:
        outcomes = [outcome for outcome in self._pending if index in self._plan.guards_of(outcome.probe)]
        if self._plan.row.case.unchanged[index].each:
            outcomes = outcomes[-1:]
        before = self._states.get(index)
        if before is None or after is None or not outcomes:
            return
        self._states[index] = after
        changed = {pointer: value for pointer, value in after.items() if not json_equal(value, before[pointer])}
        if not changed or any(outcome.accepted for outcome in outcomes):
            # What was accepted is a violation of its own; that it then has an effect is no second one.
            return
        where = outcomes[0].probe.label if len(outcomes) == 1 else Message("{n} rejected requests", n=len(outcomes))
        was, n = {pointer: before[pointer] for pointer in changed}, outcomes[-1].n
        if self._plan.row.case.unchanged[index].confirm:
            with self._evidence.count_as("confirmed"):
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
