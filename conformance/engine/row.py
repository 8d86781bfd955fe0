"""One row, from plan to verdict: set-up, probes with their guards, controls, clean-up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from time import perf_counter
from types import MappingProxyType
from typing import Any

from conformance.checks.model import Verdict, row_verdict
from conformance.checks.response import has_must, summarize_response
from conformance.engine.cleanup import ProbeCleanup, record_restore, strike
from conformance.engine.context import RunContext
from conformance.engine.controls import ControlRunner
from conformance.engine.describe import describe_expectation, describe_row
from conformance.engine.evidence import Evidence
from conformance.engine.explain import collect_notes, explain_findings
from conformance.engine.journal import LedgerEntry
from conformance.engine.lanes import hurry
from conformance.engine.phases import ALONE, Phases
from conformance.engine.probe import ProbeResult
from conformance.engine.repeat import send_repeatedly
from conformance.engine.state_guard import StateGuard, group_probes
from conformance.engine.steps import StepSequence, run_steps
from conformance.messages import Message, join_messages
from conformance.plan.model import ControlPlan, Probe, RowPlan
from conformance.plan.requirements import captures_used
from conformance.results.model import RowResult

__all__ = ["RowRunner", "run_row"]

Captured = Mapping[str, Any]
NOTHING: Captured = MappingProxyType({})
BeforeProbes = Callable[["RowRunner"], None]

INTERRUPTIONS = 2
"""How often a chain is begun again after a reset or a timeout; what it had made is taken back before."""


def _none(_: RowRunner) -> None:
    """A row that runs alone shares nothing."""


def run_row(context: RunContext, plan: RowPlan, phases: Phases = ALONE) -> RowResult:
    """Run one planned row. Never raises for anything a target does."""
    if plan.lacks:
        return replace(
            describe_row(context, plan),
            verdict=Verdict.NOT_EXERCISED,
            reason=Message("lacks {names}", names=", ".join(plan.lacks)),
            lacks=plan.lacks,
            skipped=plan.skipped,
        )
    runner = RowRunner(context, plan, phases=phases)
    runner.run()
    runner.finish()
    return runner.result()


class RowRunner:
    """Runs one row; one use. Of rows that run together, `opening` is called before the first probe."""

    def __init__(
        self,
        context: RunContext,
        plan: RowPlan,
        captured: Captured = NOTHING,
        opening: BeforeProbes = _none,
        phases: Phases = ALONE,
    ) -> None:
        self.context, self.plan, self._opening, self._phases = context, plan, opening, phases
        self.id = plan.row.id
        self.evidence = Evidence(context.redactor)
        self.captures: dict[str, Any] = dict(captured)
        self.told = False
        self.observed = ""
        self.controls = ControlRunner(context, self.evidence, plan, self._chain)
        self.outcomes: list[ProbeResult] = []
        self.undoing = ProbeCleanup(context, plan, self.captures)
        self.made: StepSequence | None = None
        """The set-up, where it has one."""
        self.seconds = 0.0
        self._waiting: list[ControlPlan] = []

    def run(self) -> None:
        """Send everything; what other rows send on its behalf is waited for."""
        began = perf_counter()
        try:
            self._phases.making()
            if self._set_up():
                self._opening(self)
                self._try()
                self.evidence.notes += collect_notes(self.outcomes)
        finally:
            self._phases.leave()
        self.seconds += perf_counter() - began

    def finish(self, *, shared: bool | None = None) -> None:
        """Send the controls that have waited; with `shared`, only those that another row sends as well, or does not."""
        now = [control for control in self._waiting if shared in (None, control.shared)]
        self._waiting = [control for control in self._waiting if control not in now]
        for control in now:
            self.check(control)

    def _try(self) -> None:
        firm = [probe for probe in self.plan.probes if probe.role != "open"]
        opened = [probe for probe in self.plan.probes if probe.role == "open"]
        entry = self._record_restore()
        try:
            self._phases.looking()
            self._probe(firm, StateGuard(self.context, self.evidence, self.plan, self.captures, self._phases))
            self._shrink()
            self._phases.moving(self.plan.controls)
            if not self._phases.disturbed:
                self._probe(opened, StateGuard(self.context, self.evidence, self.plan, self.captures))
                self._control()
        finally:
            self._phases.moving(())
            self._clean_up(entry)

    def _control(self) -> None:
        self._waiting += [control for control in self.plan.controls if control.later]
        now = [control for control in self.plan.controls if not control.later]
        free = {control.key: control for control in now if control.free and self._phases.moves_its_own}
        sent = {key: self.context.crew.submit(self._fresh, free[key]) for key in free} if self.context.crew else {}
        for control in now:
            if control.key in sent:
                self._take_over(sent.pop(control.key).result())
            else:
                self.check(control)

    def _fresh(self, control: ControlPlan) -> RowRunner:
        """A control that needs nothing of what the row has made, while others are sent."""
        hurry(self._phases.haste)
        (runner := RowRunner(self.context, self.plan, self.captures)).check(control)
        return runner

    def _take_over(self, other: RowRunner) -> None:
        self.evidence.adopt(other.evidence)
        self.controls.refusals += other.controls.refusals
        self.controls.learnt |= other.controls.learnt

    def check(self, control: ControlPlan) -> None:
        """Try a control, unless the run is being stopped."""
        if not self.context.shared.stopping.is_set():
            self.controls.check(control, self.captures)

    def result(self) -> RowResult:
        evidence = self.evidence
        found, doubts = explain_findings(self.context, evidence, self.outcomes, self.controls.refusals)
        verdict = row_verdict(found, doubts, told=self.told)
        reason = join_messages("; ", dict.fromkeys(doubts)) if verdict is Verdict.INCONCLUSIVE else None
        if verdict is Verdict.INCONCLUSIVE and not reason:
            reason = Message("nothing that was sent was answered")
        return replace(
            describe_row(self.context, self.plan),
            verdict=verdict,
            reason=reason,
            requests=evidence.requests,
            findings=found,
            choices=tuple(evidence.choices),
            exchanges=evidence.thinned(),
            attempts=tuple(evidence.attempts),
            notes=tuple(evidence.notes),
            warnings=tuple(evidence.warnings),
            skipped=self.plan.skipped,
            editions=tuple(name for name, _ in evidence.editions.most_common()),
            observed=self.observed,
            expected=describe_expectation(self.context, self.plan.row),
            seconds=round(self.seconds, 4),
        )

    # --- set-up and clean-up

    def _set_up(self) -> bool:
        if not self.plan.before:
            return True
        chain = self.made = self._chain(self.plan.before, Message("set-up"), "step")
        if chain.passed:
            self._tell()
            return True
        if chain.broken is not None and chain.broken.step.step.optional:
            self._do_without(chain)
            return True
        if chain.broken is not None and chain.broken.refused and self.controls.is_own(chain.broken, self.captures):
            self.controls.judge(ControlPlan(Message("set-up"), self.plan.before), chain, self.captures)
        else:
            self.evidence.doubts.append(Message("set-up failed: {reason}", reason=chain.why))
        return False

    def _tell(self) -> None:
        """At smoke a set-up is the control of whatever is made of the same calls."""
        if self.context.depth == "smoke":
            with self.context.shared.lock:
                self.context.shared.calls |= {
                    step.key: Message("passed for {row}", row=self.id) for step in self.plan.before
                }

    def _do_without(self, chain: StepSequence) -> None:
        """Leave out what needs a set-up that is optional and failed; what it did capture is not as it should be."""
        optional = [step.step for step in self.plan.before if step.step.optional]
        gone = {name for step in optional for name in step.capture or {}}
        for name in gone & self.captures.keys():
            del self.captures[name]  # in place: what takes things back looks at the same ones
        kept = tuple(probe for probe in self.plan.probes if not gone & set(captures_used(probe.request)))
        left_out = [
            Message("{label}: {reason}", label=probe.label, reason=chain.why)
            for probe in self.plan.probes
            if probe not in kept
        ]
        self.plan = replace(self.plan, probes=kept, skipped=(*self.plan.skipped, *left_out))

    def _record_restore(self) -> LedgerEntry | None:
        """What sets things back at the end is in the ledger before anything is changed."""
        return record_restore(self.context, self.id, [step.step for step in self.plan.after], self.captures)

    def _clean_up(self, entry: LedgerEntry | None) -> None:
        if not self.plan.after:
            return
        chain = self._chain(self.plan.after, Message("restore"), "clean-up")
        if chain.passed:
            strike(self.context, entry)
        else:
            self.evidence.warnings.append(
                Message("what the row changed may not be as it was: {reason}", reason=chain.why)
            )

    def _chain(
        self, steps: Sequence[Any], label: str, role: str, captures: dict[str, Any] | None = None
    ) -> StepSequence:
        own = self.captures if captures is None else captures
        salt = f"{self.id}/{label}"
        for _ in range(INTERRUPTIONS):
            chain = run_steps(self.context, self.evidence, steps, own, label=label, role=role, salt=salt)
            if not chain.interrupted:
                return chain
        return run_steps(self.context, self.evidence, steps, own, label=label, role=role, salt=salt)

    # --- probes

    def _probe(self, probes: Sequence[Probe], watch: StateGuard) -> None:
        crew = self._crew()
        if crew is not None:
            self._side_by_side(probes, watch, crew)
        for probe in probes if crew is None else ():
            if self.context.shared.stopping.is_set():
                break
            watch.before(probe)
            outcome = self._sent(probe)
            if outcome is not None:
                self._take_in(outcome)
                watch.after(probe, outcome)
        watch.finish(crew)

    def _crew(self) -> Executor | None:
        """Who sends the probes of this row side by side: only a row that writes, for those that read already are."""
        alone = self.plan.repeat or self.plan.row.case.once or self.plan.permissions <= {"read"}
        each = any(guard.each for guard in self.plan.row.case.unchanged)
        return None if alone or each else self.context.crew

    def _side_by_side(self, probes: Sequence[Probe], watch: StateGuard, crew: Executor) -> None:
        """Send at the same time what does not depend on each other; taken in in the order of the plan."""

        def send(probe: Probe) -> tuple[Evidence, ProbeResult | None]:
            hurry(self._phases.haste)
            scratch, stopped = Evidence(self.context.redactor), self.context.shared.stopping.is_set()
            return scratch, None if stopped else self.undoing.attempt(scratch, probe)

        sent: dict[int, tuple[Evidence, ProbeResult | None]] = {}
        for some in group_probes(probes):
            watch.first([probes[place] for place in some], crew)
            sent |= zip(some, crew.map(send, [probes[place] for place in some]), strict=True)
        for place, probe in enumerate(probes):
            scratch, outcome = sent[place]
            more = self.evidence.adopt(scratch)
            if outcome is not None:
                moved = replace(outcome, n=outcome.n + more)
                self._take_in(moved)
                watch.after(probe, moved)

    def _sent(self, probe: Probe) -> ProbeResult | None:
        if self.plan.repeat and probe.role == "example":
            return send_repeatedly(self.context, self.evidence, self.plan, probe, self.captures)
        return self.undoing.attempt(self.evidence, probe)

    def _take_in(self, outcome: ProbeResult) -> None:
        self.outcomes.append(outcome)
        response = outcome.exchange.response
        if outcome.telling and outcome.probe.role != "open":
            self.told = True
        if response is not None and not self.observed:
            self.observed = summarize_response(response, self.context.rules)

    def _shrink(self) -> None:
        failing = [outcome for outcome in self.outcomes if outcome.probe.slot and has_must(outcome.found)]
        if not failing:
            return
        from conformance.engine.generate import shrink_probe  # noqa: PLC0415 - Hypothesis is loaded only where it draws

        smallest = shrink_probe(self.evidence, failing[0], self.undoing.attempt)
        if smallest is not None:
            self._take_in(smallest)
