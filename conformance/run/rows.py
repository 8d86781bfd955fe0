"""One row, from plan to verdict: set-up, probes with their guards, controls, clean-up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from time import perf_counter
from types import MappingProxyType
from typing import Any

from conformance.contract.placeholders import names
from conformance.exchange.binding import Scope
from conformance.judge.answering import has_must
from conformance.judge.finding import Verdict
from conformance.judge.telling import brief
from conformance.judge.verdict import row_verdict
from conformance.plan.attempts import ControlPlan, Probe, RowPlan
from conformance.results.model import RowResult
from conformance.run.calls import Chain, run_chain
from conformance.run.controlling import Controls
from conformance.run.evidence import Evidence
from conformance.run.explaining import explained, noted
from conformance.run.ground import Ground
from conformance.run.guarding import Watch
from conformance.run.intending import entry_of
from conformance.run.probing import Outcome, attempt
from conformance.run.recounting import described, wanted_of
from conformance.run.undoing import Undoing

__all__ = ["RowRun", "run_row"]

Captured = Mapping[str, Any]
NOTHING: Captured = MappingProxyType({})
Opening = Callable[["RowRun"], None]

INTERRUPTIONS = 2
"""How often a chain is begun again after a reset or a timeout; what it had made is taken back before."""


def _none(_: RowRun) -> None:
    """A row that runs alone shares nothing."""


def run_row(ground: Ground, plan: RowPlan) -> RowResult:
    """Run one planned row. Never raises for anything a target does."""
    if plan.lacks:
        return replace(
            described(ground, plan),
            verdict=Verdict.NOT_EXERCISED,
            reason=f"lacks {', '.join(plan.lacks)}",
            lacks=plan.lacks,
            skipped=plan.skipped,
        )
    runner = RowRun(ground, plan)
    runner.run()
    runner.finish()
    return runner.result()


class RowRun:
    """Runs one row; one use. Of rows that run together, `opening` is called before the first probe."""

    def __init__(self, ground: Ground, plan: RowPlan, captured: Captured = NOTHING, opening: Opening = _none) -> None:
        self.ground, self.plan, self._opening = ground, plan, opening
        self.id = plan.row.id
        self.evidence = Evidence(ground.redactor)
        self.captures: dict[str, Any] = dict(captured)
        self.told = False
        self.observed = ""
        self.controls = Controls(ground, self.evidence, plan, self._chain)
        self.outcomes: list[Outcome] = []
        self.undoing = Undoing(ground, plan, self.captures)
        self.made: Chain | None = None
        """The set-up, where it has one."""
        self.seconds = 0.0
        self._waiting: list[ControlPlan] = []

    def run(self) -> None:
        """Send everything; what other rows send on its behalf is waited for."""
        began = perf_counter()
        if self._set_up():
            self._opening(self)
            self._try()
            self.evidence.notes += noted(self.outcomes)
        self.seconds += perf_counter() - began

    def finish(self, *, shared: bool | None = None) -> None:
        """Send the controls that have waited; with `shared`, only those that another row sends as well, or does not."""
        now = [control for control in self._waiting if shared in (None, control.shared)]
        self._waiting = [control for control in self._waiting if control not in now]
        for control in now:
            self._check(control)

    def _try(self) -> None:
        firm = [probe for probe in self.plan.probes if probe.role != "open"]
        watch = Watch(self.ground, self.evidence, self.plan, self.captures)
        entry = self._intend()
        try:
            self._probe(firm, watch)
            self._shrink()
            self._probe([probe for probe in self.plan.probes if probe.role == "open"], None)
            for control in self.plan.controls:
                if control.later:
                    self._waiting.append(control)
                else:
                    self._check(control)
        finally:
            self._clean_up(entry)

    def _check(self, control: ControlPlan) -> None:
        if not self.ground.shared.stopping.is_set():
            self.controls.check(control, self.captures)

    def result(self) -> RowResult:
        evidence = self.evidence
        found, doubts = explained(self.ground, evidence, self.outcomes, self.controls.refusals)
        verdict = row_verdict(found, doubts, told=self.told)
        reason = "; ".join(dict.fromkeys(doubts)) if verdict is Verdict.INCONCLUSIVE else None
        if verdict is Verdict.INCONCLUSIVE and not reason:
            reason = "nothing that was sent was answered"
        return replace(
            described(self.ground, self.plan),
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
            wanted=wanted_of(self.ground, self.plan.row),
            seconds=round(self.seconds, 4),
        )

    # --- set-up and clean-up

    def _set_up(self) -> bool:
        if not self.plan.before:
            return True
        chain = self.made = self._chain(self.plan.before, "set-up", "step")
        if chain.passed:
            self._tell()
            return True
        if chain.broken is not None and chain.broken.step.step.optional:
            self._do_without(chain)
            return True
        if chain.broken is not None and chain.broken.refused and self.controls.is_own(chain.broken, self.captures):
            self.controls.judge(ControlPlan("set-up", self.plan.before), chain, self.captures)
        else:
            self.evidence.silences.append(f"set-up failed: {chain.why}")
        return False

    def _tell(self) -> None:
        """At smoke a set-up is the control of whatever is made of the same calls."""
        if self.ground.depth == "smoke":
            with self.ground.shared.lock:
                self.ground.shared.calls |= {step.key: f"passed for {self.id}" for step in self.plan.before}

    def _do_without(self, chain: Chain) -> None:
        """Leave out what needs a set-up that is optional and failed; what it did capture is not as it should be."""
        optional = [step.step for step in self.plan.before if step.step.optional]
        gone = {name for step in optional for name in step.capture or {}}
        self.captures = {name: value for name, value in self.captures.items() if name not in gone}
        kept = tuple(probe for probe in self.plan.probes if not gone & set(_captures_of(probe)))
        left_out = [f"{probe.label}: {chain.why}" for probe in self.plan.probes if probe not in kept]
        self.plan = replace(self.plan, probes=kept, skipped=(*self.plan.skipped, *left_out))

    def _intend(self) -> str:
        """What sets things back at the end is in the ledger before anything is changed."""
        if not self.plan.after:
            return ""
        scope = Scope(self.captures, salt=f"{self.id}/restore")
        steps = [step.step for step in self.plan.after]
        return self.ground.ledger.intend(entry_of(self.ground, self.id, "restore", {}, steps, scope=scope))

    def _clean_up(self, entry: str) -> None:
        if not self.plan.after:
            return
        chain = self._chain(self.plan.after, "restore", "clean-up")
        if chain.passed:
            self.ground.ledger.undone(entry)
        else:
            self.evidence.warnings.append(f"what the row changed may not be as it was: {chain.why}")

    def _chain(self, steps: Sequence[Any], label: str, role: str, captures: dict[str, Any] | None = None) -> Chain:
        own = self.captures if captures is None else captures
        salt = f"{self.id}/{label}"
        for _ in range(INTERRUPTIONS):
            chain = run_chain(self.ground, self.evidence, steps, own, label=label, role=role, salt=salt)
            if not chain.interrupted:
                return chain
        return run_chain(self.ground, self.evidence, steps, own, label=label, role=role, salt=salt)

    # --- probes

    def _probe(self, probes: Sequence[Probe], watch: Watch | None) -> None:
        crew = self._crew(watch)
        if crew is not None and watch is not None:
            # What is sent again comes after the first time, as it would with one worker.
            for again in (False, True):
                self._side_by_side(crew, [probe for probe in probes if probe.label.startswith("again") is again], watch)
            watch.finish()
            return
        for probe in probes:
            if self.ground.shared.stopping.is_set():
                break
            if watch is not None:
                watch.before(probe)
            outcome = self._repeated(probe) if self.plan.repeat and probe.role == "example" else self._once(probe)
            if outcome is None:
                continue
            self._take_in(outcome)
            if watch is not None:
                watch.after(probe, outcome)
        if watch is not None:
            watch.finish()

    def _crew(self, watch: Watch | None) -> Executor | None:
        """Who sends the probes of this row side by side: only a row that writes, for those that read already are."""
        alone = watch is None or self.plan.repeat or self.plan.row.case.once or self.plan.tiers <= {"read"}
        each = any(guard.each for guard in self.plan.row.case.unchanged)
        return None if alone or each else self.ground.crew

    def _side_by_side(self, crew: Executor, probes: Sequence[Probe], watch: Watch) -> None:
        """Send at the same time what the target must reject; taken in in the order of the plan."""

        def send(probe: Probe) -> tuple[Evidence, Outcome | None]:
            scratch = Evidence(self.ground.redactor)
            stopped = self.ground.shared.stopping.is_set()
            return scratch, None if stopped else self.undoing.attempt(scratch, probe)

        for probe in probes:
            watch.before(probe)
        for probe, (scratch, outcome) in zip(probes, crew.map(send, probes), strict=True):
            more = self.evidence.adopt(scratch)
            if outcome is not None:
                moved = replace(outcome, n=outcome.n + more)
                self._take_in(moved)
                watch.after(probe, moved)

    def _once(self, probe: Probe) -> Outcome | None:
        return self.undoing.attempt(self.evidence, probe)

    def _take_in(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        answer = outcome.exchange.answer
        if outcome.telling and outcome.probe.role != "open":
            self.told = True
        if answer is not None and not self.observed:
            self.observed = brief(answer, self.ground.rules)

    def _repeated(self, probe: Probe) -> Outcome | None:
        """The example again and again, until the status comes that the row promises."""
        repeat = self.plan.repeat
        if repeat is None:
            return self._once(probe)
        for count in range(1, repeat.at_most + 1):
            scratch = Evidence(self.ground.redactor, exchanges=self.evidence.exchanges)
            # Where allowances are counted per address, the rows before may have used this one up: the first one waits.
            first = count == 1
            outcome = attempt(
                self.ground, scratch, self.id, probe, self.captures, unpaced=repeat.unpaced and not first, patient=first
            )
            self.evidence.requests += scratch.requests
            answer = outcome.exchange.answer if outcome else None
            last = count == repeat.at_most or outcome is None
            if first and answer is not None and answer.status not in repeat.before:
                # The first one is the control: nothing was used up yet.
                self.evidence.silences.append(f"the first request was answered {brief(answer, self.ground.rules)}")
                return None
            if last or answer is None or answer.status not in repeat.before:
                self._adopt(scratch)
                return outcome
        return None

    def _adopt(self, scratch: Evidence) -> None:
        self.evidence.findings += scratch.findings
        self.evidence.attempts += scratch.attempts
        self.evidence.silences += scratch.silences
        self.evidence.editions.update(scratch.editions)

    def _shrink(self) -> None:
        failing = [outcome for outcome in self.outcomes if outcome.probe.slot and has_must(outcome.found)]
        if not failing:
            return
        from conformance.run.drawing import shrink  # noqa: PLC0415 - Hypothesis is loaded only where it draws

        smallest = shrink(self.evidence, failing[0], self.undoing.attempt)
        if smallest is not None:
            self._take_in(smallest)


def _captures_of(probe: Probe) -> Iterable[str]:
    return (".".join(members) for head, members, _ in names(probe.request) if head == "capture")
