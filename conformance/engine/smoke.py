"""Rows that run together at smoke: what they share is looked at once before and once after all of them.

Where something differs, and only there, further requests tell which of them it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from threading import Lock
from typing import Any

from conformance.checks.model import Finding
from conformance.checks.response import has_must
from conformance.contract.schema import Step
from conformance.engine.context import RunContext
from conformance.engine.row import RowRunner
from conformance.engine.state_guard import State, read_state, state_of_response
from conformance.engine.steps import run_steps
from conformance.jsontools import json_equal
from conformance.messages import Message
from conformance.plan import controls
from conformance.plan.model import GuardRead, PlannedStep, RowPlan
from conformance.plan.requirements import captures_used
from conformance.plan.steps import plan_steps
from conformance.plan.variants import operation_variants
from conformance.results.model import RowResult

__all__ = ["Band", "bands"]


def bands(context: RunContext, plans: Mapping[str, RowPlan]) -> dict[str, Band]:
    """The band of each row that runs together with others, by the row's ID."""
    found: dict[str, list[RowPlan]] = {}
    for plan in plans.values():
        if plan.band:
            found.setdefault(plan.band, []).append(plan)
    return {plan.row.id: band for held in found.values() for band in [Band(context, held)] for plan in held}


class Band:
    """Runs its rows one after the other, and judges them once all have run; one use."""

    def __init__(self, context: RunContext, plans: Sequence[RowPlan]) -> None:
        self._context, self._plans = context, {plan.row.id: plan for plan in plans}
        self._runs: dict[str, RowRunner] = {}
        self._captured: dict[str, Any] = {}
        self._states: dict[str, State] = {}
        self._unseen: list[RowRunner] = []
        self._lock, self._finished = Lock(), False

    @property
    def rows(self) -> tuple[str, ...]:
        """The IDs of its rows, in the order in which they run."""
        return tuple(self._plans)

    def run(self, name: str) -> None:
        """Run one row; after the last one, look for the effect of all."""
        plan = self._plans[name]
        runner = self._runs[name] = RowRunner(self._context, plan, self._known(plan), self._open)
        runner.run()
        self._captured |= runner.captures | runner.controls.learnt
        if len(self._runs) == len(self._plans):
            self._finish()

    def result(self, name: str) -> RowResult:
        """The result of a row that has run; where a run ends early, without the last look."""
        with self._lock:
            if not self._finished:
                self._finished = True
                self._check()
        return self._runs[name].result()

    def _known(self, plan: RowPlan) -> dict[str, Any]:
        """What this row needs of what earlier ones have captured."""
        needed = {name for probe in plan.probes for name in captures_used(probe.request)}
        for control in plan.controls:
            own = {name for step in control.steps for name in step.step.capture or {}}
            needed |= {name for step in control.steps for name in captures_used(step.request)} - own
        looks = [*plan.opening, *plan.closing]
        needed |= {name for look in looks for name in captures_used(look.step.request)}
        return {name: value for name, value in self._captured.items() if name in needed}

    def _open(self, runner: RowRunner) -> None:
        for look in runner.plan.opening:
            state = (
                self._made(runner, look)
                if look.made
                else self._seen(runner, look, Message("read before all rows that write"))
            )
            if state is None:
                self._unseen.append(runner)
            else:
                self._states[look.key] = state

    def _made(self, runner: RowRunner, look: GuardRead) -> State | None:
        """What the set-up has shown just now."""
        response = runner.made.calls[-1].exchange.response if runner.made and runner.made.calls else None
        return state_of_response(self._context, response, look, runner.captures) if response else None

    def _seen(self, runner: RowRunner, look: GuardRead, when: str) -> State | None:
        said = (when, f"{runner.id}/look")
        return read_state(self._context, runner.evidence, look, runner.captures, said)

    def _finish(self) -> None:
        suspicious = self._changed()
        self._check()
        self._finished = True
        if not self._context.shared.stopping.is_set():
            if suspicious:
                self._ask()
            for runner in self._unseen:
                self._deepen(runner)

    def _check(self) -> None:
        """Each control is sent by the row that has the room for it; where it failed, the others send it themselves."""
        for shared in (False, True):
            for runner in self._runs.values():
                runner.finish(shared=shared)

    def _changed(self) -> bool:
        """Whether a look shows something else than before."""
        changed = False
        for runner in self._runs.values():
            for look in runner.plan.closing:
                before = self._states.get(look.key)
                after = (
                    self._seen(runner, look, Message("read after all rows that write")) if before is not None else None
                )
                if before is not None and after is not None and not json_equal(dict(after), dict(before)):
                    changed = True
        return changed

    def _ask(self) -> None:
        """Which row was it? Each is set back and tried once more, between two looks of its own.

        Where none has an effect, another answer than the first time counts, and what the controls were told is written.
        """
        found = False
        otherwise: list[tuple[RowRunner, list[Finding]]] = []
        for runner in self._runs.values():
            if has_must(runner.evidence.findings):
                found = True  # a violation of its own, which may well be what changed something
            elif runner.plan.row.case.unchanged and any(probe.guards for probe in runner.plan.probes):
                again = self._again(runner)
                otherwise.append((runner, [item for item in again if item.check != "effect"]))
                runner.evidence.findings += [item for item in again if item.check == "effect"]
                found = found or has_must(runner.evidence.findings)
        if not found:
            for runner, findings in otherwise:
                runner.evidence.findings += findings
            for runner in self._runs.values():
                self._deepen(runner)

    def _guards(self, plan: RowPlan) -> tuple[PlannedStep, ...]:
        return tuple(self._steps(guard.read)[0] for guard in plan.row.case.unchanged)

    def _steps(self, *steps: Step) -> tuple[PlannedStep, ...]:
        return tuple(plan_steps(self._context.contract, steps, "standard"))

    def _again(self, runner: RowRunner) -> list[Finding]:
        """What is found when the row's writes are tried once more, on something fresh and between two looks."""
        case = runner.plan.row.case
        before, after = self._steps(*case.before), self._steps(*case.after)
        set_back = {"label": "set back", "role": "clean-up", "salt": runner.id}
        run_steps(self._context, runner.evidence, after, runner.captures, **set_back)
        probes = tuple(probe for probe in runner.plan.probes if probe.guards)
        alone = replace(runner.plan, controls=(), band="", opening=(), closing=())
        again = RowRunner(
            self._context, replace(alone, before=before, after=after, guards=self._guards(runner.plan), probes=probes)
        )
        again.run()
        again.evidence.doubts, seen_before = [], len(runner.evidence.findings)
        runner.evidence.adopt(again.evidence)
        found = runner.evidence.findings[seen_before:]
        del runner.evidence.findings[seen_before:]
        return found

    def _deepen(self, runner: RowRunner) -> None:
        """The row's own control once more, with a look at what it was told is written."""
        row, contract = runner.plan.row, self._context.contract
        contexts = operation_variants(contract, row)
        for control, context in controls.choose_controls(row, contexts, "standard")[:1]:
            plan = controls.plan_control(contract, control, context, "standard", several=len(contexts) > 1)
            if plan.free:
                runner.controls.check(plan, runner.captures)
