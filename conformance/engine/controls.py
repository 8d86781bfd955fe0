"""Controls: the nearest requests that must not provoke the row, and what their refusal says."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter
from typing import Any, Final

from conformance.checks.context import parse_json
from conformance.checks.errors import one_or_all
from conformance.checks.model import Finding, Level
from conformance.checks.response import check_response, format_codes, has_must, summarize_response
from conformance.client.builder import PlaceholderScope
from conformance.contract.templates import MissingValue
from conformance.engine.context import RunContext
from conformance.engine.culprit import NOT_AGAIN, TIMES_IN_A_ROW, stays_as_it_is
from conformance.engine.evidence import Evidence
from conformance.engine.probe import build_probe
from conformance.engine.step_sequence import StepResult, StepSequence
from conformance.engine.steps import run_row_steps
from conformance.http import Response
from conformance.jsontools import canonical_text, resolve_pointer
from conformance.messages import Message
from conformance.plan.model import ControlPlan, PlannedStep, RowPlan, reads_own
from conformance.results.model import Attempt

_TRY_AGAIN: Final = frozenset({408, 409, 423, 425, 429})
"""Statuses of refusals that say nothing of the request: the same one may be accepted a moment later."""
Refusal = tuple[int, str]
"""The status of a refusal, and its codes or its message."""


@dataclass(frozen=True, slots=True)
class ControlResult:
    """What one control came to; nothing of it is known to other rows yet."""

    evidence: Evidence
    refusals: tuple[Refusal, ...] = ()
    """Why the valid request was refused, where it was not with the row's own answer."""
    passed: Mapping[str, str] = field(default_factory=dict)
    """The key of the control (at smoke of each of its calls, too) and where it passed; empty where it did not."""


class ControlRunner:
    """Tries and judges the controls of one row. Holds no state, so several may be tried at the same time."""

    def __init__(self, context: RunContext, plan: RowPlan) -> None:
        self.context, self.plan = context, plan

    def check(self, control: ControlPlan, captured: Mapping[str, Any]) -> ControlResult:
        """Try one control and judge it."""
        evidence, began = Evidence(self.context.redactor), perf_counter()
        captures = dict(captured) | ({} if control.drawn is None else {"drawn": control.drawn})
        first = dict(captures)
        sequence = self._send(evidence, control, captures)
        if self._may_be_undone(sequence):
            with evidence.count_as("confirmed"):
                if not self._fails_every_time(evidence, control, captures, sequence, perf_counter() - began):
                    evidence.doubts.append(NOT_AGAIN)
                    self._note(evidence, control, "no-answer", sequence)
                    return ControlResult(evidence)
        if sequence.broken is not None and self._passes_again(evidence, control, first, sequence):
            found = self._refusal(control, sequence.broken, Message("it was accepted when it was sent again"))
            self._add_violation(evidence, control, sequence, [found])
            return ControlResult(evidence)
        refusals = self.judge(evidence, control, sequence, captured)
        if not sequence.passed:
            return ControlResult(evidence, refusals)
        where = Message("passed for {row}", row=self.plan.row.id)
        calls = {step.key: where for step in control.steps} if self.context.depth == "smoke" else {}
        return ControlResult(evidence, refusals, {control.key: where, **calls})

    def _fails_every_time(
        self, evidence: Evidence, control: ControlPlan, captures: dict[str, Any], sequence: StepSequence, took: float
    ) -> bool:
        """Whether a control that failed fails again and again, and what it reads does not change by itself after it.

        `captures` are those of the time that failed, what it captured included.
        """
        for time in range(TIMES_IN_A_ROW):
            captures = dict(captures)
            sequence = self._send(evidence, control, captures) if time else sequence
            end = sequence.broken
            if end is None or not self._may_be_undone(sequence):
                return False
            read = partial(self._read_again, evidence, control, end.step, captures)
            # What undoes the control has been sent by now, so that it reads otherwise than at the step that failed.
            undone = any(step.undo for step in control.steps)
            shown = read() if undone else _what_is_shown([end])
            if not stays_as_it_is(read, operator.ne, shown, took, self.context.shared.stopping):
                return False
        return True

    def _may_be_undone(self, sequence: StepSequence) -> bool:
        """Whether something that others may write to as well was not read back as it was written."""
        end = sequence.broken
        if end is None or end.stale or end.step.permission != "read" or end.exchange.response is None:
            return False
        calls = [call.step for call in sequence.calls]
        wrote = any(step.permission != "read" for step in calls)
        own = reads_own(end.step.request, [*self.plan.before, *calls])
        return wrote and not own and (not end.refused or sequence.lost)

    def _passes_again(
        self, evidence: Evidence, control: ControlPlan, captures: dict[str, Any], sequence: StepSequence
    ) -> bool:
        """Whether the first request of a control was refused as invalid, and all of it passes at the second try."""
        end = sequence.broken
        if end is None or end.stale or not end.refused or len(sequence.calls) > 1 or end.exchange.response is None:
            return False
        if end.exchange.maybe_done:  # the refusal may be the answer to what an earlier try has done
            return False
        status = end.exchange.response.status
        if not 400 <= status < 500 or status in _TRY_AGAIN or self.context.shared.stopping.is_set():
            return False
        with evidence.count_as("confirmed"):
            return self._send(evidence, control, captures).passed

    def _send(
        self, evidence: Evidence, control: ControlPlan, captures: dict[str, Any], steps: Sequence[PlannedStep] = ()
    ) -> StepSequence:
        row, label = self.plan.row.id, _where(control)
        steps = steps or control.steps
        return run_row_steps(self.context, row, evidence, steps, captures, label=label, role="control")

    def _read_again(
        self, evidence: Evidence, control: ControlPlan, step: PlannedStep, captures: dict[str, Any]
    ) -> tuple[int, str] | None:
        return _what_is_shown(self._send(evidence, control, captures, [step]).calls)

    def find_passed(self, control: ControlPlan, own: Mapping[str, str]) -> str | None:
        """Where it passed already, as a whole or call by call, in an earlier row or in this one; None if nowhere."""
        passed = {**self.context.shared.passed, **own}
        if control.key in passed:
            return passed[control.key]
        calls = [passed.get(step.key) for step in control.steps]
        return None if None in calls else calls[0]

    def judge(
        self, evidence: Evidence, control: ControlPlan, sequence: StepSequence, captured: Mapping[str, Any]
    ) -> tuple[Refusal, ...]:
        """Write down what calls that were made say of the row; why the valid request was refused, where that counts."""
        call = sequence.broken
        response = call.exchange.response if call else None
        if sequence.passed:
            self._note(evidence, control, "as-promised", sequence)
        elif call is None or call.stale or response is None:
            doubt = Message("control {label}: {reason}", label=control.label, reason=sequence.why)
            evidence.doubts.append(doubt)
            self._note(evidence, control, "no-answer", sequence)
        elif not call.refused:
            found = [item if item.check == "status" else replace(item, check="effect") for item in call.found]
            self._add_violation(evidence, control, sequence, found)
        elif sequence.lost:
            actual, where = summarize_response(response, self.context.rules), _where(control)
            lost = Finding("effect", Level.MUST, Message("what was just written"), actual, where)
            self._add_violation(evidence, control, sequence, [lost])
        elif response.status >= 500 or response.status == 304:
            self._add_violation(evidence, control, sequence, call.found)
        elif self.is_own_answer(call, captured) and not control.doubtful:
            detail = Message("a valid request got the answer that this row promises for a faulty one")
            self._add_violation(evidence, control, sequence, [self._refusal(control, call, detail)])
        else:
            answer = summarize_response(response, self.context.rules)
            doubt = Message("control {label} was refused: {answer}", label=control.label, answer=answer)
            evidence.doubts.append(doubt)
            self._note(evidence, control, "no-answer", sequence)
            # What a target must refuse is no valid request, whatever it is refused with.
            return (refusal_reason(self.context, response),) if min(call.expected.expect.statuses) < 400 else ()
        return ()

    def is_own_answer(self, call: StepResult, captured: Mapping[str, Any]) -> bool:
        """Whether a valid request was refused with the very answer of this row."""
        response = call.exchange.response
        if response is None or not call.refused:
            return False
        with suppress(MissingValue):
            probe = self.plan.probes[0]
            scope = PlaceholderScope(captured, probe.language, probe.other_language, self.plan.row.id)
            expected = build_probe(self.context, self.plan.row.id, probe, scope).expected
            return not has_must(check_response(response, replace(expected, language=None), self.context.rules, ""))
        return False

    def _refusal(self, control: ControlPlan, call: StepResult, detail: Message) -> Finding:
        response, statuses = call.exchange.response, call.expected.expect.statuses
        actual = summarize_response(response, self.context.rules) if response else ""
        return Finding("control", Level.MUST, one_or_all(statuses), actual, _where(control), detail=detail)

    def _add_violation(
        self, evidence: Evidence, control: ControlPlan, sequence: StepSequence, found: Iterable[Finding]
    ) -> None:
        evidence.find(found, sequence.calls[-1].n)
        self._note(evidence, control, "violation", sequence)

    def _note(self, evidence: Evidence, control: ControlPlan, outcome: str, sequence: StepSequence) -> None:
        """Note the attempt, with what was answered."""
        n = sequence.calls[-1].n if sequence.calls else None
        evidence.attempts.append(Attempt(control.label, "control", "", outcome, self._summarize(sequence.calls), n))

    def _summarize(self, calls: Sequence[StepResult]) -> str:
        responses = [call.exchange.response for call in calls]
        answered = [summarize_response(response, self.context.rules) for response in responses if response is not None]
        if len(answered) < 2:
            return "".join(answered)
        return Message("{before}, then {last}", before=", ".join(answered[:-1]), last=answered[-1])


def _what_is_shown(calls: Sequence[StepResult]) -> tuple[int, str] | None:
    """The status of the last call, and what it shows of what is expected of it; None where it was not answered."""
    response = calls[-1].exchange.response if calls else None
    if response is None or response.status >= 300:
        return None if response is None else (response.status, "")
    body, equals = parse_json(response), calls[-1].expected.expect.equals
    return response.status, canonical_text([resolve_pointer(body, one) for one in equals]) if equals else response.text


def refusal_reason(context: RunContext, response: Response) -> Refusal:
    """Why a request was refused: by the codes where there are any, as words are another in each language."""
    return response.status, format_codes(response, context.rules) or summarize_response(response, context.rules)


def _where(control: ControlPlan) -> Message:
    """What the report calls a control."""
    return Message("control {label}", label=control.label)
