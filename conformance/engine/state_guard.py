"""A rejected write changes nothing: read before, read after, compare, and find out which write it was.

A change is held against a write only when it brings it three times in a row, on a resource that is set back in
between, and nothing changes while nothing is sent: everything else may be somebody else's write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import replace
from time import perf_counter
from typing import Any, Final

from conformance.checks.model import Finding, Level
from conformance.client.builder import PlaceholderScope
from conformance.contract.templates import MissingValue
from conformance.engine.context import RunContext
from conformance.engine.evidence import Evidence
from conformance.engine.probe import ProbeResult
from conformance.engine.steps import run_steps
from conformance.http import Response
from conformance.jsontools import json_equal, resolve_pointer
from conformance.messages import Message
from conformance.plan.model import GuardRead, Probe, RowPlan
from conformance.plan.requirements import captures_used

__all__ = ["State", "StateGuard", "changed_members", "read_state", "state_of_response"]

State = Mapping[str, Any]
"""What a guard compares: the value at each JSON pointer; `status` alone where the resource is not there any more."""

_TIMES_IN_A_ROW: Final = 3
_SHORTEST_PAUSE: Final = 0.15
"""Seconds; a target that answers within milliseconds would leave no time to notice who else writes."""
_LONGEST_PAUSE: Final = 5.0
"""Seconds without a request, at most, to see whether something changes by itself."""
_GONE: Final = frozenset({404, 410})
_BODY_PARTS = ("json", "raw", "multipart", "query")

SendProbe = Callable[[Evidence, Probe], ProbeResult | None]
"""Sends a probe once more and judges it; what it creates is taken back."""


class StateGuard:
    """Watches one row's firm probes through the reads that its case names."""

    def __init__(
        self, context: RunContext, evidence: Evidence, plan: RowPlan, captures: dict[str, Any], send: SendProbe
    ) -> None:
        self._context, self._evidence, self._plan, self._captures = context, evidence, plan, captures
        self._send = send
        self._states: dict[int, State] = {}
        self._pending: list[ProbeResult] = []
        self.found_effect = False
        """Whether a rejected write has changed something."""
        self._began = perf_counter()

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
        changed = changed_members(before, after)
        if not changed or any(outcome.accepted for outcome in outcomes):
            # What was accepted is a violation of its own; that it then has an effect is no second one.
            return
        with self._evidence.count_as("confirmed"):
            culprit = self._find_culprit(index, outcomes, before)
        if culprit is None:
            return
        self.found_effect = True
        where, n = culprit
        was = {pointer: value for pointer, value in before.items() if pointer in changed or "status" in changed}
        detail = Message("a rejected write must change nothing")
        self._evidence.find([Finding("effect", Level.MUST, was, dict(changed), where, detail=detail)], n)

    # --- which write it was

    def _find_culprit(self, index: int, outcomes: Sequence[ProbeResult], before: State) -> tuple[str, int] | None:
        """The rejected write that did it, by its label and number; None where it may have been somebody else's."""
        changed = changed_members(before, self._states[index])
        asked_for = [outcome for outcome in outcomes if self._asked_for(outcome.probe, changed)]
        if asked_for and self._reads_own(index):
            # Sent side by side, any of them may have been the last: the state does not tell what the others did.
            return _name_together(outcomes), asked_for[0].n
        state = self._set_back(index) or {}
        restorable = any(pointer in state and json_equal(state[pointer], before.get(pointer)) for pointer in changed)
        dirty = False
        for outcome in outcomes:
            for time in range(_TIMES_IN_A_ROW):
                again, moved = self._repeat(index, outcome.probe, set_back=restorable and dirty)
                if again is None or not moved:
                    break
                dirty = True
                if not self._is_quiet(index):
                    return None
                if time == _TIMES_IN_A_ROW - 1:
                    return again.probe.label, again.n
        if not (restorable or self._plan.after or self._plan.row.case.unchanged[index].confirm):
            return self._blame_all(index, asked_for or outcomes)
        self._evidence.doubts.append(
            Message("something changed meanwhile, and not again: perhaps somebody else's write")
        )
        return None

    def _blame_all(self, index: int, outcomes: Sequence[ProbeResult]) -> tuple[str, int] | None:
        """The writes since the last read together, as nothing sets back what they changed; None while it changes."""
        if not all(self._is_quiet(index) for _ in range(_TIMES_IN_A_ROW)):
            return None
        deleting = [outcome for outcome in outcomes if outcome.probe.permission == "delete"]
        suspects = deleting if "status" in self._states[index] and deleting else list(outcomes)
        return _name_together(suspects), suspects[-1].n

    def _repeat(self, index: int, probe: Probe, *, set_back: bool) -> tuple[ProbeResult | None, bool]:
        """Send a probe once more between two reads: its result if it was rejected, and whether something changed."""
        before = self._set_back(index) if set_back else self._states.get(index)
        if before is None or self._context.shared.stopping.is_set():
            return None, False
        self._began = perf_counter()
        scratch = Evidence(self._context.redactor)
        again = self._send(scratch, probe)
        scratch.findings.clear()  # what its response is like was said of the first time
        more = self._evidence.adopt(scratch)
        after = self._read(index, Message("read after, again"))
        if again is None or again.accepted or after is None:
            return None, False
        self._states[index] = after
        return replace(again, n=again.n + more), bool(changed_members(before, after))

    def _is_quiet(self, index: int) -> bool:
        """Whether nothing changes in as much time as a write and its read have taken; else that is a doubt."""
        self._context.shared.stopping.wait(max(_SHORTEST_PAUSE, min(perf_counter() - self._began, _LONGEST_PAUSE)))
        state = self._read(index, Message("read with nothing sent"))
        if state is not None and not changed_members(self._states[index], state):
            return True
        self._evidence.doubts.append(Message("something changes while nothing is sent: somebody else writes"))
        return False

    def _set_back(self, index: int) -> State | None:
        """Set back what the row has changed, with its own steps, and read; None where it could not be read."""
        row, label = self._plan.row.id, Message("set back")
        for steps, role, name in ((self._plan.after, "clean-up", "restore"), (self._plan.before, "step", "set-up")):
            salt = f"{row}/{name}"  # as the first time, so that what is created anew reads the same
            run_steps(self._context, self._evidence, steps, self._captures, label=label, role=role, salt=salt)
        if self._plan.before or self._plan.after:
            state = self._read(index, Message("read before, again"))
            if state is not None:
                self._states[index] = state
        return self._states.get(index)

    def _reads_own(self, index: int) -> bool:
        """Whether the guard reads something that this row has created, so that nobody else has to do with it."""
        return any(True for _ in captures_used(self._plan.guards[index].request))

    def _asked_for(self, probe: Probe, changed: State) -> bool:
        """Whether everything that has changed reads as this request asked for."""
        scope = PlaceholderScope(
            self._captures, probe.language, probe.other_language, f"{self._plan.row.id}/{probe.label}"
        )
        values: list[Any] = []
        for part in _BODY_PARTS:
            with suppress(MissingValue):
                values += _values_within(self._context.builder.fill(probe.request.members().get(part), scope))
        new = [value for value in changed.values() if value is not None]
        return bool(new) and all(any(json_equal(value, one) for one in values) for value in new)

    def _read(self, index: int, when: str, evidence: Evidence | None = None) -> State | None:
        guard = self._plan.row.case.unchanged[index]
        look = GuardRead(self._plan.guards[index], tuple(guard.compare))
        label = (when, f"{self._plan.row.id}/guard/{index}")
        known = index in self._states
        return read_state(self._context, evidence or self._evidence, look, self._captures, label, may_be_gone=known)


def _name_together(outcomes: Sequence[ProbeResult]) -> str:
    """The label of a rejected write, or how many there were."""
    return outcomes[0].probe.label if len(outcomes) == 1 else Message("{n} rejected requests", n=len(outcomes))


def changed_members(before: State, after: State) -> State:
    """What reads otherwise than before, with its new values."""
    return {
        pointer: value
        for pointer, value in after.items()
        if pointer not in before or not json_equal(value, before[pointer])
    }


def read_state(
    context: RunContext,
    evidence: Evidence,
    look: GuardRead,
    captures: dict[str, Any],
    label: tuple[str, str],
    *,
    may_be_gone: bool = False,
) -> State | None:
    """What a guarded resource shows now; None where it could not be read, which makes the row inconclusive.

    `label` is what the report calls the read, and what its random words are drawn from. With `may_be_gone` a resource
    that was there before may be answered 404 or 410, which is a state of its own.
    """
    text, salt = label
    sequence = run_steps(context, evidence, [look.step], captures, label=text, role="guard", salt=salt)
    call = sequence.calls[-1] if sequence.calls else None
    response = call.exchange.response if call else None
    if response is not None and call is not None and call.refused and may_be_gone and response.status in _GONE:
        return {"status": response.status}
    if response is None or call is None or call.stale or call.refused:
        cached = Message("{operation} was answered from a cache every time", operation=look.step.operation)
        reason = sequence.why or cached
        evidence.doubts.append(Message("what must not change could not be read: {reason}", reason=reason))
        return None
    return state_of_response(context, response, look, captures)


def state_of_response(context: RunContext, response: Response, look: GuardRead, captures: Mapping[str, Any]) -> State:
    """What a response shows of what a guard compares."""
    try:
        body = response.json()
    except ValueError:
        body = None
    return {pointer: resolve_pointer(body, pointer)[1] for pointer in _pointers(context, look.compare, captures)}


def _pointers(context: RunContext, compare: Iterable[str], captures: Mapping[str, Any]) -> Iterator[str]:
    """What is compared, without what this target does not have."""
    for pointer in compare:
        with suppress(MissingValue):
            yield str(context.builder.fill(pointer, PlaceholderScope(captures)))


def _values_within(value: Any) -> Iterator[Any]:
    """A value of JSON types and every value within it."""
    yield value
    members = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    for member in members:
        yield from _values_within(member)
