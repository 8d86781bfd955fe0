"""Controls: the nearest requests that must not provoke the row, and what their refusal says."""

import operator
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Any, Final

from conformance.checks.context import parse_json
from conformance.checks.errors import one_or_all
from conformance.checks.model import Finding, Level
from conformance.checks.response import check_response, format_codes, has_must, summarize_response
from conformance.contract.templates import MissingValue
from conformance.engine.cleanup import find_and_delete
from conformance.engine.context import RunContext
from conformance.engine.culprit import NOT_AGAIN, TIMES_IN_A_ROW, stays_as_it_is
from conformance.engine.evidence import Evidence
from conformance.engine.ownership import find_twice_made
from conformance.engine.row_sender import RowSender
from conformance.engine.step_sequence import StepResult, StepSequence
from conformance.http import Response
from conformance.jsontools import canonical_text, resolve_pointer
from conformance.messages import Message
from conformance.plan.model import ControlPlan, PlannedStep, reads_own
from conformance.results.model import Attempt

_TRY_AGAIN: Final = frozenset({408, 409, 423, 425, 429})
"""Statuses of refusals that say nothing of the request: the same one may be accepted a moment later."""
MADE_TWICE: Final = Message("what a control made was there twice, and not when it was sent again")
HELD_UP: Final = Message(
    "a control was refused after a wait, and not when it was sent again: what it used may have expired"
)
Refusal = tuple[int, str]
"""The status of a refusal, and its codes or its message."""


class ControlRunner:
    """Sends one control of a row and judges it. Several can run at the same time."""

    def __init__(self, sender: RowSender, control: ControlPlan) -> None:
        self._sender, self._context, self.control = sender, sender.context, control
        self.evidence = Evidence(sender.context.redactor)
        self.refusals: tuple[Refusal, ...] = ()
        """Why the valid request was refused, where it was not with the row's own answer."""
        self.passed: Mapping[str, str] = {}
        """The row in which it passed, by its key, at smoke also by that of each of its calls; empty where it failed."""

    def check(self) -> None:
        control, began = self.control, perf_counter()
        captures = dict(self._sender.captures) | ({} if control.drawn is None else {"drawn": control.drawn})
        first, before = dict(captures), find_twice_made(self._context)
        sequence = self._send(captures)
        twice = [one for one in find_twice_made(self._context) if one not in before and _sends(sequence, one[1])]
        if twice and sequence.broken is not None and self._passes_without(twice, first):
            self.evidence.doubts.append(MADE_TWICE)
            self._note("no-answer", sequence)
            return
        if self._may_be_undone(sequence):
            with self.evidence.count_as("confirmed"):
                if not self._fails_every_time(captures, sequence, perf_counter() - began):
                    self.evidence.doubts.append(NOT_AGAIN)
                    self._note("no-answer", sequence)
                    return
        if _was_held_up(sequence):
            with self.evidence.count_as("confirmed"):
                if self._send(dict(first)).passed:
                    self.evidence.doubts.append(HELD_UP)
                    self._note("no-answer", sequence)
                    return
        if sequence.broken is not None and self._passes_again(first, sequence):
            found = self._refusal(sequence.broken, Message("it was accepted when it was sent again"))
            self._add_violation(sequence, [found])
            return
        self.judge(sequence)
        if sequence.passed:
            where = Message("passed for {row}", row=self._sender.row)
            keys = [step.key for step in control.steps] if self._context.depth == "smoke" else []
            self.passed = dict.fromkeys([control.key, *keys], where)

    def _passes_without(self, twice: Iterable[tuple[str, str]], captures: dict[str, Any]) -> bool:
        """Whether a control passes once what was made a second time, by a proxy perhaps, is deleted."""
        with self.evidence.count_as("confirmed"):
            for operation, name in twice:
                find_and_delete(self._context, self.evidence, operation, [name])
            return self._send(captures).passed

    def _fails_every_time(self, captures: dict[str, Any], sequence: StepSequence, took: float) -> bool:
        """Whether a control fails again and again, and nothing that it reads changes by itself after that."""
        for time in range(TIMES_IN_A_ROW):
            captures = dict(captures)
            sequence = self._send(captures) if time else sequence
            end = sequence.broken
            if end is None or not self._may_be_undone(sequence):
                return False
            read = partial(self._read_again, end.step, captures)
            # What undoes the control has been sent by now, so that it reads otherwise than at the step that failed.
            undone = any(step.undo for step in self.control.steps)
            shown = read() if undone else _what_is_shown([end])
            if not stays_as_it_is(read, operator.ne, shown, took, self._context.shared.stopping):
                return False
        return True

    def _may_be_undone(self, sequence: StepSequence) -> bool:
        """Whether a read did not show what was written, in a place that others may write to as well."""
        end = sequence.broken
        if end is None or end.stale or end.step.permission != "read" or end.exchange.response is None:
            return False
        calls = [call.step for call in sequence.calls]
        wrote = any(step.permission != "read" for step in calls)
        own = reads_own(end.step.request, [*self._sender.plan.before, *calls])
        return wrote and not own and (not end.refused or sequence.lost)

    def _passes_again(self, captures: dict[str, Any], sequence: StepSequence) -> bool:
        """Whether the first request of a control was refused as invalid, and all of it passes at the second try."""
        end = sequence.broken
        if end is None or end.stale or not end.refused or len(sequence.calls) > 1 or end.exchange.response is None:
            return False
        if end.exchange.maybe_done:  # the refusal may be the answer to what an earlier try has done
            return False
        status = end.exchange.response.status
        if not 400 <= status < 500 or status in _TRY_AGAIN or self._context.shared.stopping.is_set():
            return False
        with self.evidence.count_as("confirmed"):
            return self._send(captures).passed

    def _send(self, captures: dict[str, Any], steps: Sequence[PlannedStep] = ()) -> StepSequence:
        return self._sender.run_steps(
            self.evidence, steps or self.control.steps, self.control.where, "control", captures
        )

    def _read_again(self, step: PlannedStep, captures: dict[str, Any]) -> tuple[int, str] | None:
        return _what_is_shown(self._send(captures, [step]).calls)

    def judge(self, sequence: StepSequence) -> None:
        """Add to the evidence what the calls of a control say of the row."""
        call, label = sequence.broken, self.control.label
        response = call.exchange.response if call else None
        if sequence.passed:
            self._note("as-promised", sequence)
        elif call is None or call.stale or response is None:
            self.evidence.doubts.append(Message("control {label}: {reason}", label=label, reason=sequence.why))
            self._note("no-answer", sequence)
        elif not call.refused:
            found = [item if item.check == "status" else replace(item, check="effect") for item in call.found]
            self._add_violation(sequence, found)
        elif sequence.lost:
            actual = summarize_response(response, self._context.rules)
            lost = Finding("effect", Level.MUST, Message("what was just written"), actual, self.control.where)
            self._add_violation(sequence, [lost])
        elif response.status >= 500 or response.status == 304:
            self._add_violation(sequence, call.found)
        elif not self.control.doubtful and is_own_answer(self._sender, call):
            detail = Message("a valid request got the answer that this row promises for a faulty one")
            self._add_violation(sequence, [self._refusal(call, detail)])
        else:
            answer = summarize_response(response, self._context.rules)
            self.evidence.doubts.append(Message("control {label} was refused: {answer}", label=label, answer=answer))
            self._note("no-answer", sequence)
            if min(call.expected.expect.statuses) < 400:  # what a target must refuse is no valid request
                self.refusals = (refusal_reason(self._context, response),)

    def _refusal(self, call: StepResult, detail: Message) -> Finding:
        response, statuses = call.exchange.response, call.expected.expect.statuses
        actual = summarize_response(response, self._context.rules) if response else ""
        return Finding("control", Level.MUST, one_or_all(statuses), actual, self.control.where, detail=detail)

    def _add_violation(self, sequence: StepSequence, found: Iterable[Finding]) -> None:
        self.evidence.find(found, sequence.calls[-1].n)
        self._note("violation", sequence)

    def _note(self, outcome: str, sequence: StepSequence) -> None:
        n = sequence.calls[-1].n if sequence.calls else None
        responses = [call.exchange.response for call in sequence.calls]
        answers = [summarize_response(response, self._context.rules) for response in responses if response is not None]
        answer = "".join(answers[-1:])
        if len(answers) > 1:
            answer = Message("{before}, then {last}", before=", ".join(answers[:-1]), last=answers[-1])
        self.evidence.attempts.append(Attempt(self.control.label, "control", "", outcome, answer, n))


def _was_held_up(sequence: StepSequence) -> bool:
    """Whether a call was refused that uses what an earlier one gave, and that had to be sent several times."""
    end = sequence.broken
    return end is not None and end.refused and end.exchange.tries > 1 and len(sequence.calls) > 1


def _sends(sequence: StepSequence, name: str) -> bool:
    """Whether a call of a sequence holds a name, in its URL or its body."""
    sent = [call.exchange.request for call in sequence.calls]
    return any(name in one.url or name.encode() in (one.body or b"") for one in sent)


def is_own_answer(sender: RowSender, call: StepResult) -> bool:
    """Whether a valid request was refused with the very answer of its row."""
    response, probe, rules = call.exchange.response, sender.plan.probes[0], sender.context.rules
    if response is None or not call.refused:
        return False
    with suppress(MissingValue):
        expected = sender.build(probe, replace(sender.scope(probe), salt=sender.row)).expected
        return not has_must(check_response(response, replace(expected, language=None), rules, ""))
    return False


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
