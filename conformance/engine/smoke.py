"""Rows at smoke: those that write share the reads of what they must not change, before and after them all.

Where a read shows something else than before, and where a row is not green, that row is run again at `standard`, alone:
its own reads around its own writes tell which row it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from conformance.engine.confirm import combine_runs, is_unsettled
from conformance.engine.context import RunContext
from conformance.engine.evidence import Evidence
from conformance.engine.row import FinishedRow, RowRunner, describe_unexercised, run_row
from conformance.engine.state_guard import State, read_state, state_shown_by_set_up
from conformance.engine.steps import run_steps
from conformance.jsontools import json_equal
from conformance.messages import Message
from conformance.plan.model import GuardRead, RowPlan
from conformance.plan.steps import plan_steps

__all__ = ["SmokeRows"]

Alone = Callable[[], AbstractContextManager[None]]
"""Keeps everything else from running for a while."""


class SmokeRows:
    """Runs the rows of a smoke run; `plan_again` gives, by its ID, the plan of one that has to be run again."""

    def __init__(self, context: RunContext, plan_again: Callable[[str], RowPlan], alone: Alone) -> None:
        self._context, self._plan_again, self._alone = context, plan_again, alone

    def run_reading(self, plan: RowPlan, is_disturbed: Callable[[], bool]) -> FinishedRow:
        """Run a row that only reads; `is_disturbed` tells whether somebody has written to what it reads."""
        run = run_row(self._context, plan)
        return self._run_again(run, disturbed=is_disturbed()) if is_unsettled(run.result) else run

    def run_writing(self, plans: Sequence[RowPlan]) -> dict[str, FinishedRow]:
        """Run the rows that write, one after the other, but all probes before the first control; by row ID.

        Each is kept as soon as it is done, for the rest may be broken off.
        """
        lacking = {plan.row.id: FinishedRow(describe_unexercised(self._context, plan)) for plan in plans if plan.lacks}
        for run in lacking.values():
            self._context.shared.keep(run.result)
        group = _WritingRows(self._context, [plan for plan in plans if not plan.lacks])
        runs = group.run()
        for name, run in runs.items():
            if name in group.suspects or is_unsettled(run.result):
                runs[name] = self._run_again(run, group.captures)
                self._context.shared.keep(runs[name].result)
        return runs | lacking

    def _run_again(
        self, run: FinishedRow, captures: Mapping[str, Any] | None = None, *, disturbed: bool = False
    ) -> FinishedRow:
        """Run a row at `standard`; with captures of its first run, what that may have changed is set back before."""
        if self._context.shared.stopping.is_set():
            return run
        plan = self._plan_again(run.result.id)
        if plan.lacks:
            return run
        if not disturbed:
            self._context.shared.keep(run.result, broken_off=True)
        context = replace(self._context, depth="standard")
        evidence = Evidence(context.redactor)
        with self._alone():
            if captures is not None and plan.after:
                known, salt = dict(captures), f"{plan.row.id}/set back"
                label = Message("set back")
                run_steps(context, evidence, plan.after, known, label=label, role="clean-up", salt=salt)
            return combine_runs(run, run_row(context, plan), evidence.requests, disturbed=disturbed)


class _WritingRows:
    """One run of the rows that write; one use."""

    def __init__(self, context: RunContext, plans: Sequence[RowPlan]) -> None:
        self._context = context
        self._runners = [RowRunner(context, plan) for plan in plans]
        self._states: dict[str, State] = {}
        self.captures: dict[str, Any] = {}
        """Everything that a set-up has captured."""
        self.suspects: frozenset[str] = frozenset()
        """The rows that a changed resource guards: one of their rejected writes may have had an effect."""

    def run(self) -> dict[str, FinishedRow]:
        """Set up and probe every row, read the guarded resources again, then try every control."""
        try:
            for runner in self._runners:
                runner.captures.update(self.captures)
                if runner.set_up():
                    self._read_before(runner)
                    runner.send_probes()
                self.captures |= runner.captures
            changed = self._read_after()
            self.suspects = frozenset(runner.id for runner in self._runners if self._is_guarded(runner, changed))
            return {runner.id: self._finish(runner) for runner in self._runners}
        except KeyboardInterrupt:
            for runner in self._runners:
                if runner.id not in self._context.shared.finished:
                    self._context.shared.keep(runner.finish().result, broken_off=True)
            raise
        finally:
            for runner in self._runners:
                runner.restore()

    def _finish(self, runner: RowRunner) -> FinishedRow:
        if runner.outcomes and runner.id not in self.suspects:
            runner.send_valid_requests()
        if runner.id in self.suspects:
            runner.take_back_refused(guilty=False)
        runner.restore()
        run = runner.finish()
        if runner.id not in self.suspects and not is_unsettled(run.result):
            self._context.shared.publish(run.passed)
            self._context.shared.keep(run.result)
        return run

    def _read_before(self, runner: RowRunner) -> None:
        for guard in runner.plan.opening:
            state = state_shown_by_set_up(self._context, runner.plan, runner.set_up_sequence, guard, runner.captures)
            if state is None:
                state = self._read(runner, guard, Message("read before all rows that write"))
            if state is not None:
                self._states[guard.key] = state

    def _read_after(self) -> frozenset[str]:
        """Read again; the keys of what shows something else than before, or could not be read."""
        changed = set()
        for runner in self._runners:
            for guard in runner.plan.closing:
                before = self._states.get(guard.key)
                after = (
                    self._read(runner, guard, Message("read after all rows that write")) if before is not None else None
                )
                if before is None or after is None or not json_equal(dict(after), dict(before)):
                    changed.add(guard.key)
        return frozenset(changed)

    def _is_guarded(self, runner: RowRunner, changed: frozenset[str]) -> bool:
        indexes = {index for probe in runner.plan.probes for index in probe.guards}
        reads = [runner.plan.row.case.unchanged[index].read for index in indexes]
        return any(step.key in changed for step in plan_steps(self._context.contract, reads, "smoke"))

    def _read(self, runner: RowRunner, guard: GuardRead, label: str) -> State | None:
        salt = f"{runner.id}/look"
        return read_state(self._context, runner.evidence, guard, runner.captures, (label, salt))
