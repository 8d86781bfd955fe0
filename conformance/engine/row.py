"""One row, from plan to verdict: set-up, probes with their guards, controls, clean-up."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter
from typing import Literal

from conformance.checks.http_notes import check_http_notes
from conformance.checks.model import Finding, Level, Verdict, verdict_of_levels
from conformance.checks.response import has_must, summarize_response
from conformance.client.large_bodies import judge_alone
from conformance.contract.request_template import RequestTemplate
from conformance.contract.templates import find_placeholders
from conformance.engine.cleanup import describe_undeletable
from conformance.engine.context import RunContext
from conformance.engine.controls import ControlRunner, Refusal, is_own_answer, refusal_reason
from conformance.engine.describe import describe_doubtful_entry, describe_row
from conformance.engine.entries import record_restore, strike
from conformance.engine.evidence import Evidence
from conformance.engine.journal import LedgerEntry
from conformance.engine.repeat import send_beyond, send_repeatedly
from conformance.engine.row_sender import INTERRUPTIONS, AnswerDigest, ProbeResult, RowSender
from conformance.engine.state_guard import StateGuard, list_states_shown
from conformance.engine.step_sequence import StepSequence
from conformance.jsontools import resolve_pointer
from conformance.messages import Message, join_messages
from conformance.plan.model import BUDGET, ControlPlan, PlannedStep, Probe, ProbeStage, RowPlan, count_requests
from conformance.results.model import Attempt, RowResult

NEVER_EXPLAINED = frozenset(["effect", "leak"])
"""Checks that hold for every refusal, whatever its reason: no cause and no mistake of a profile excuses them."""


@dataclass(frozen=True, slots=True)
class FinishedRow:
    """The result of one run of a row, and what it found out for other rows, which learn it only if the run is kept."""

    result: RowResult
    passed: Mapping[str, str] = field(default_factory=dict)
    """The label of the row in which each control passed, by the key of the control; at smoke of single calls, too."""


def run_row(context: RunContext, plan: RowPlan, *, patient: bool = False) -> FinishedRow:
    """Run one planned row; never raises for what a target does. A `patient` one waits for late effects."""
    if plan.lacks:
        return FinishedRow(describe_unexercised(context, plan))
    plan = replace(plan, closing=())  # what rows that write read for each other
    runner = RowRunner(context, plan, patience=context.target.late_effects if patient else 0.0)
    try:
        if runner.set_up():
            runner.send_probes()
            runner.read_own()
            runner.send_valid_requests()
    except KeyboardInterrupt:
        context.shared.keep(runner.finish().result, broken_off=True)
        raise
    finally:
        runner.restore()
    return runner.finish()


def describe_unexercised(context: RunContext, plan: RowPlan) -> RowResult:
    """The result of a row for which the target lacks something."""
    why, result = plan.row.case.not_provokable, describe_row(context, plan)
    if plan.lacks == (BUDGET,):
        reason = Message("left out: the budget went to what shows more")
        return replace(result, reason=reason, untried=plan.untried)
    if wrong := [context.shared.wrong[name] for name in plan.lacks if name in context.shared.wrong]:
        return replace(result, verdict=Verdict.INCONCLUSIVE, reason=wrong[0])
    if why is not None:
        return replace(result, reason=Message("nobody can provoke it: {reason}", reason=why), skipped=plan.skipped)
    reason = Message("lacks {names}", names=", ".join(plan.lacks))
    return replace(result, reason=reason, lacks=plan.lacks, skipped=plan.skipped)


class RowRunner:
    """Runs one row; one use. The public methods are called in the order in which they stand here.

    `patience` are the seconds for which a refused write may be carried out all the same.
    """

    def __init__(self, context: RunContext, plan: RowPlan, *, patience: float = 0.0) -> None:
        self.context, self.plan = context, plan
        self.id = plan.row.id
        self.evidence = Evidence(context.redactor)
        self.sender = RowSender(context, plan)
        self.captures = self.sender.captures
        self.outcomes: list[ProbeResult] = []
        """The probes as they were answered and judged, without large bodies."""
        self.passed: dict[str, str] = {}
        self._observed = ""
        self._refusals: list[Refusal] = []
        self._reasons: dict[int, Refusal] = {}
        """The reason that each probe was refused for, by the number of its exchange."""
        again = partial(send_beyond, self.sender) if plan.repeat else self.sender.attempt
        self.guard = StateGuard(self.sender, self.evidence, again, patience=patience)
        self._mistake: Message | None = None
        """What is mistaken in the profile, as the answers show."""
        self._to_restore = False
        self._restore_entry: LedgerEntry | None = None
        self._planned = count_requests([plan])
        self._began = perf_counter()

    def set_up(self) -> bool:
        """Send the calls of `before`; returns whether the row can go on."""
        if not self.plan.before:
            return True
        if why := self._find_undeletable(self.plan.before):
            self.evidence.doubts.append(why)
            return False
        sequence = self.sender.run_steps(self.evidence, self.plan.before, Message("set-up"), "step")
        self.sender.shown = list_states_shown(self.sender, sequence)
        self.context.shared.stopping.wait(self.context.target.settle)  # what it wrote may not show before
        if sequence.passed:
            if self.context.depth == "smoke":
                self.passed |= {step.key: Message("passed for {row}", row=self.id) for step in self.plan.before}
            return True
        broken = sequence.broken
        # A write that got no answer is taken back by its name, which what an earlier step has made may bear, too.
        is_lost = broken is not None and broken.exchange.response is None and broken.step.permission != "read"
        if broken is not None and broken.step.step.optional and not is_lost:
            self._drop_dependent_probes(broken.step, sequence.why)
            return True
        if broken is not None and is_own_answer(self.sender, broken):
            control = ControlRunner(self.sender, ControlPlan(Message("set-up"), self.plan.before))
            control.judge(sequence)
            self.evidence.add_judgement(control.evidence)
        else:
            self.evidence.doubts.append(Message("set-up failed: {reason}", reason=sequence.why))
            self.evidence.doubts += self._describe_fixtures(sequence)
        return False

    def _describe_fixtures(self, sequence: StepSequence) -> Iterator[Message]:
        """The fixtures of the profile that the call which ended a sequence asked for, where its answer lacked them."""
        broken = sequence.broken
        if broken is None or not (broken.accepted or broken.status == 404):
            return
        named = broken.step.request.list_members()
        if not broken.accepted:
            named.pop("path", None)  # what every request of a path is answered is seen at the end of the run
        used = (members for head, members, _ in find_placeholders(named) if head == "fixture")
        for members in dict.fromkeys(used):
            where, key = self.context.target.where("fixtures", *members), ".".join(["fixtures", *members])
            yield Message("{where}: {key}: the answer does not show it as it should be", where=where, key=key)

    def send_probes(self) -> None:
        """Send the probes that must be rejected, with the reads of the guards around them."""
        if self.plan.row.case.last:
            self.context.shared.stopping.wait(self.context.target.settle)  # what rows before it wrote may not show
        self._to_restore = True
        self._restore_entry = record_restore(
            self.context, self.id, [step.step for step in self.plan.after], self.captures
        )
        for stage in self._stages("firm"):
            self.guard.read_first(stage.read_first)
            for result in self._send_stage(stage):
                self.guard.add(self._take_in(result))
            self.guard.read_after(stage.read_after)
            if self.guard.found_effect:
                self.take_back_refused()
        if failing := [outcome for outcome in self.outcomes if outcome.probe.slot and has_must(outcome.found)]:
            from conformance.engine.generate import shrink_probe  # noqa: PLC0415 - Hypothesis is loaded only where it draws

            if smallest := shrink_probe(self.evidence, failing[0], self._attempt):
                self._take_in(smallest)

    def read_own(self) -> None:
        """Read what only this row knows of, such as what its set-up created; find which refused probes changed it."""
        self.guard.read_after(self.plan.late_guards if self.outcomes else ())
        if self.guard.found_effect:
            self.guard.wait()  # what was sent again to find it may be carried out as late
            self.take_back_refused()

    def send_valid_requests(self) -> None:
        """Send open probes and the controls that no row has passed yet, side by side; then the last probes."""
        missing = [control for control in self.plan.controls if not self._note_shared(control)]
        runners = [ControlRunner(self.sender, control) for control in missing]
        ahead: dict[int, Future[None]] = {}
        pool = self.sender.pool
        if pool is not None:
            independent = [each for each in runners if self._is_independent(each.control)]
            ahead = {id(each): pool.submit(self._check_control, each) for each in independent}
        try:
            self._send_unguarded("open")
            for each in runners:
                if id(each) not in ahead:
                    self._check_control(each)
        finally:
            wait(ahead.values())
        for each in runners:
            if id(each) in ahead:
                ahead[id(each)].result()  # raises what went wrong there
            self.evidence.adopt(each.evidence)
            self._refusals += each.refusals
            self.passed |= each.passed
        self._send_unguarded("last")
        self._find_mistake()

    def take_back_refused(self, *, guilty: bool = True, shown: str | None = None) -> bool:
        """Delete what refused probes have made; for when a change was seen, if only perhaps of this row's doing.

        What bears the name that only one of them has asked for is an effect of that one; whether there was any. With
        `shown`, a text, only names in it are looked for.
        """
        with self.evidence.count_as("confirmed"):
            made = self.sender.take_back_refused(self.evidence, guilty=guilty, shown=shown)
        known = {finding.where for finding in self.evidence.findings if finding.check == "effect"}
        for outcome in self.outcomes:
            name = made.get(outcome.probe.label)
            if name is not None and outcome.is_conclusive and outcome.probe.label not in known:
                expected, actual = Message("nothing of this name"), Message("{name} is listed", name=name)
                detail = Message("a rejected write must change nothing")
                found = Finding("effect", Level.MUST, expected, actual, outcome.probe.label, detail=detail)
                self.evidence.find([found], outcome.n)
        return bool(made)

    def restore(self) -> None:
        """Set back what probes may have changed, delete what they may have made. A failure warns, a 500 violates."""
        in_doubt = bool(self.evidence.doubts or self.guard.unexplained)
        if in_doubt or any(item.check == "effect" for item in self.evidence.findings):
            self.take_back_refused()
        due, self._to_restore = self._to_restore, False
        if not due or not self.plan.after:
            return
        sequence = self.sender.run_steps(self.evidence, self.plan.after, Message("restore"), "clean-up")
        if sequence.passed:
            strike(self.context, self._restore_entry)
        else:
            if sequence.broken is not None and sequence.broken.status == 500:
                self.evidence.find(sequence.broken.found, sequence.broken.n)
            self.evidence.warnings.append(
                Message("what the row changed may not be as it was: {reason}", reason=sequence.why)
            )

    def finish(self) -> FinishedRow:
        evidence = self.evidence
        self.evidence.doubts += [seen.doubt for seen in self.guard.unexplained.values() if seen.doubt]
        found, doubts = self._explain_findings()
        answered = any(one.is_conclusive and one.probe.role != "open" for one in self.outcomes)
        verdict = verdict_of_levels((item.level for item in found), in_doubt=bool(doubts) or not answered)
        if found and (undone := self._find_undone_calls()):
            warning = Message(
                "{calls} in `before` was undone before the probes were sent; what they need is undone in `after`",
                calls=", ".join(sorted(undone)),
            )
            evidence.warnings.append(warning)
        if verdict is Verdict.VIOLATES:
            evidence.warnings += self._describe_doubtful_entries()
        reason = join_messages("; ", dict.fromkeys(doubts)) if verdict is Verdict.INCONCLUSIVE else None
        if verdict is Verdict.INCONCLUSIVE and not reason:
            reason = Message("nothing that was sent was answered")
        result = replace(
            describe_row(self.context, self.plan),
            verdict=verdict,
            reason=reason,
            requests=evidence.requests,
            planned=self._planned + evidence.conditional,
            beyond_plan=evidence.beyond_plan,
            findings=found,
            choices=tuple(evidence.choices),
            exchanges=tuple(evidence.exchanges),
            attempts=tuple(evidence.attempts),
            notes=tuple(evidence.notes),
            warnings=tuple(evidence.warnings),
            skipped=self.plan.skipped,
            untried=self.plan.untried,
            editions=tuple(name for name, _ in evidence.editions.most_common()),
            observed=self._observed,
            seconds=round(perf_counter() - self._began, 4),
        )
        return FinishedRow(result, self.passed)

    def set_back_accepted(self) -> set[str]:
        """Set back what accepted probes, or refused ones with an effect, have changed; return their operations."""
        writes = [one for one in self.outcomes if one.probe.permission != "read"]
        wrong = {one.probe.operation for one in writes if one.accepted or self.guard.found_effect}
        if wrong and self.plan.after and not self.plan.late_guards:
            with self.evidence.count_as("confirmed"):
                self.sender.set_back(self.evidence)
        return wrong

    def _find_undone_calls(self) -> set[str]:
        """The operations of the set-up that their own `undo` has undone, and not a later step on purpose."""
        steps, calls = self.plan.before, [step.operation for step in self.plan.before]
        return {step.operation for n, step in enumerate(steps, 1) if step.undo and step.undo.operation not in calls[n:]}

    def _explain_findings(self) -> tuple[tuple[Finding, ...], list[str]]:
        """Findings and doubts, without findings on refusals in the words of a valid request, or by our mistake."""
        found, doubts = self.evidence.counted(), list(self.evidence.doubts)
        if self._mistake is not None:
            return tuple(item for item in found if item.check in NEVER_EXPLAINED), [self._mistake]
        same = {n for n, reason in self._reasons.items() if reason in self._refusals}
        kept = tuple(item for item in found if item.exchange not in same or item.check in NEVER_EXPLAINED)
        if len(kept) < len(found):
            doubts.append(Message("the faulty request was refused in the same words as the valid one"))
        return kept, doubts

    # --- probes

    def _stages(self, time: Literal["firm", "open", "last"]) -> list[ProbeStage]:
        return [stage for stage in self.plan.probe_stages if stage.time == time]

    def _send_unguarded(self, time: Literal["open", "last"]) -> None:
        for stage in self._stages(time):
            for result in self._send_stage(stage):
                self._take_in(result)

    def _send_stage(self, stage: ProbeStage) -> Iterator[ProbeResult]:
        """Send the probes of a stage: once each, repeatedly or at the same time, as the row says; yields results."""
        if self.plan.repeat:
            yield from send_repeatedly(self.sender, self.evidence, stage.probes)
        elif self.plan.row.case.at_once:
            for probe in stage.probes if not self.context.shared.stopping.is_set() else ():
                count = self.plan.row.case.at_once
                yield from self.sender.attempt_at_once(self.evidence, probe, count)
        else:
            for scratch, first in self.sender.map_side_by_side(self._send_probe, stage.probes):
                outcome = self._begin_again(scratch, first)
                more = self.evidence.adopt(scratch)
                if outcome is not None:
                    yield replace(outcome, n=outcome.n + more)

    def _send_probe(self, probe: Probe) -> tuple[Evidence, ProbeResult | None]:
        scratch = Evidence(self.context.redactor)
        if self.context.shared.stopping.is_set() or (probe.role == "open" and self._would_destroy(probe)):
            return scratch, None
        if self.guard.lost and not probe.repeatable:  # one more wrong password could keep an account locked
            return scratch, None
        outcome = self._attempt(scratch, probe)
        if probe.role == "open":
            scratch.conditional += max(0, scratch.planned - 1)
        return scratch, outcome

    def _attempt(self, evidence: Evidence, probe: Probe) -> ProbeResult | None:
        """Send a probe; its result is without large bodies before others have their answers, too."""
        outcome = self.sender.attempt(evidence, probe)
        return None if outcome is None else self._digest(outcome)

    def _would_destroy(self, probe: Probe) -> bool:
        """Whether a probe writes to what a read has found, though it should be missing or out of reach."""
        return probe.permission != "read" and any(
            outcome.probe.permission == "read" and has_must(outcome.found) and outcome.accepted
            for outcome in self.outcomes
        )

    def _begin_again(self, evidence: Evidence, outcome: ProbeResult | None) -> ProbeResult | None:
        """A probe whose answer tells nothing is sent again, after its set-up, unless it may be sent only once."""
        for _ in range(INTERRUPTIONS):
            if outcome is None or not (outcome.tells_nothing and outcome.probe.repeatable) or self.plan.row.case.once:
                break
            evidence.doubts.clear()
            evidence.attempts.clear()
            with evidence.count_as("repeated"):
                if why := self.sender.set_back(evidence):
                    evidence.doubts.append(Message("set-up failed: {reason}", reason=why))
                    break
                outcome = self._attempt(evidence, outcome.probe)
        return outcome

    def _take_in(self, outcome: ProbeResult) -> ProbeResult:
        """Note what later checks need of an answer; returns the result, which is kept, without large bodies."""
        kept = self._digest(outcome)
        if (digest := kept.digest) is not None:
            self._observed = self._observed or digest.summary
            self._reasons[kept.n] = digest.reason
            self.evidence.add_notes(digest.notes, kept.n)
        self.outcomes.append(kept)
        return kept

    def _digest(self, outcome: ProbeResult) -> ProbeResult:
        """The result with what later checks need of its answer, without large bodies."""
        response = outcome.exchange.response
        if response is None or outcome.digest is not None:
            return outcome.without_body()
        rules, is_example = self.context.rules, outcome.probe.role == "example"
        with judge_alone(outcome.exchange):
            digest = AnswerDigest(
                refusal_reason(self.context, response),
                summarize_response(response, rules) if is_example else "",
                check_http_notes(outcome.exchange),
            )
        return replace(outcome.without_body(), digest=digest)

    # --- controls

    def _note_shared(self, control: ControlPlan) -> bool:
        """Whether it need not be sent, as the same calls have passed before; this is noted as an attempt."""
        if not control.shared:
            return False
        known = {**self.context.shared.passed, **self.passed}
        where = [known.get(control.key)] if control.key in known else [known.get(step.key) for step in control.steps]
        if None in where:
            return False
        answer = Message("{answer} (shared)", answer=where[0])
        self.evidence.attempts.append(Attempt(control.label, "control", "", "as-promised", answer))
        return True

    def _is_independent(self, control: ControlPlan) -> bool:
        """Whether a control can run beside others: it needs no capture, and writes only to what it creates itself."""
        operations = self.context.contract.operations
        return not control.needs and all(
            step.permission == "read" or operations[step.operation].spec.isolated for step in control.steps
        )

    def _check_control(self, runner: ControlRunner) -> None:
        if self.context.shared.stopping.is_set():
            return
        if why := self._find_undeletable(runner.control.steps):
            self.evidence.doubts.append(why)
        else:
            runner.check()

    def _find_undeletable(self, steps: Iterable[PlannedStep]) -> str:
        """Why steps may not be sent: what they create could not be deleted. Rows that test the deletion send them."""
        tried = {probe.operation for probe in self.plan.probes}
        return describe_undeletable(self.context, (step.operation for step in steps), tried)

    def _find_mistake(self) -> None:
        """Where the row violates, send what shows whether the profile is mistaken."""
        if not any(has_must([item]) and item.check not in NEVER_EXPLAINED for item in self.evidence.findings):
            return
        for key, steps in self.plan.mistaken:
            if not steps:
                continue
            with self.evidence.count_as("confirmed"):
                sequence = self.sender.run_steps(self.evidence, steps, Message("is {key} right?", key=key), "open")
            if sequence.passed:
                where = self.context.target.where(*key.split("."))
                self._mistake = Message("{where}: {key}: the target keeps to another value", where=where, key=key)
                return

    def _describe_doubtful_entries(self) -> Iterator[Message]:
        """A warning for each entry of the profile that findings rest on and that no answer can confirm."""
        target = self.context.target
        given = {"fixtures": target.fixtures, "vantages": target.vantages, "credentials": target.credentials}
        blamed = {
            one.where
            for one in self.evidence.findings
            if one.level is Level.MUST and one.check in {"status", "control", "effect"}
        }
        for key, steps in self.plan.mistaken:
            using = {where for where, request in self._list_requests() if _rests_on(request, key)}
            if not blamed or (using and using.isdisjoint(blamed)):
                continue
            if not steps and resolve_pointer(given, f"/{key.replace('.', '/')}")[0]:
                yield describe_doubtful_entry(target, key)

    def _list_requests(self) -> Iterator[tuple[str, RequestTemplate]]:
        """The requests of probes and controls, each with what findings on it say where it was."""
        for probe in self.plan.probes:
            yield probe.label, probe.request
        for control in self.plan.controls:
            for step in control.steps:
                yield control.where, step.request

    # --- set-up and clean-up

    def _drop_dependent_probes(self, failed: PlannedStep, why: str) -> None:
        """Drop the probes that need captures of an optional set-up step that failed, and the captures themselves."""
        dropped = {
            name for step in self.plan.before[self.plan.before.index(failed) :] for name in step.step.capture or {}
        }
        for name in dropped & self.captures.keys():
            del self.captures[name]  # in place: the clean-up looks at the same mapping
        kept = tuple(probe for probe in self.plan.probes if not dropped & probe.request.captures)
        left_out = [
            Message("{label}: {reason}", label=probe.label, reason=why)
            for probe in self.plan.probes
            if probe not in kept
        ]
        plan = replace(self.plan, probes=kept, skipped=(*self.plan.skipped, *left_out))
        unsent = self.plan.before[self.plan.before.index(failed) + 1 :]
        self._planned += count_requests([plan]) - count_requests([self.plan]) - len(unsent)
        self.plan = plan


def _rests_on(request: RequestTemplate, key: str) -> bool:
    """Whether a request is built with an entry of the profile, or with a text as long as it says."""
    return key in {f"credentials.{request.credential}", f"vantages.{request.vantage}"} or any(
        ".".join([f"{head}s", *names] if head != "text" else ["fixtures", *names[1:]]) == key
        for head, names, _ in find_placeholders(request.list_members())
    )
