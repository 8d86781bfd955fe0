"""Controls: the nearest requests that must not provoke the row, and what their refusal says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from conformance.checks.model import Finding, Level
from conformance.checks.response import check_response, format_codes, has_must, summarize_response
from conformance.client.builder import PlaceholderScope
from conformance.contract.templates import MissingValue, find_placeholders
from conformance.engine.context import RunContext
from conformance.engine.evidence import Evidence
from conformance.engine.probe import expectation_of
from conformance.engine.steps import StepResult, StepSequence
from conformance.http import Response
from conformance.messages import Message
from conformance.plan.model import ControlPlan, PlannedStep, RowPlan
from conformance.results.model import Attempt

__all__ = ["ControlRunner", "refusal_reason"]

StepRunner = Callable[[Sequence[PlannedStep], str, str, dict[str, Any]], StepSequence]
"""Makes the calls of a chain, under a label and in a role, with these captures."""


class ControlRunner:
    """Tries and judges the controls of one row."""

    def __init__(self, context: RunContext, evidence: Evidence, plan: RowPlan, chain: StepRunner) -> None:
        self.context, self.evidence, self.plan, self._chain = context, evidence, plan, chain
        self.refusals: list[tuple[int, str]] = []
        """Why valid requests were refused, where it was not with this row's own answer."""
        self.learnt: dict[str, Any] = {}
        """What the controls that passed have captured."""

    def check(self, control: ControlPlan, captured: Mapping[str, Any]) -> None:
        """Try one control and judge it; one that passed for an earlier row is not sent again."""
        key = control.key
        if not control.free:
            key = repr((key, _used(control, captured)))
        known = self._known(control, key)
        if known is not None:
            shared = Message("{answer} (shared)", answer=known)
            self.evidence.attempts.append(Attempt(control.label, "control", "", "as-promised", shared))
            return
        captures = {**captured, **({} if control.drawn is None else {"drawn": control.drawn})}
        chain = self._chain(control.steps, Message("control {label}", label=control.label), "control", captures)
        self.judge(control, chain, captured)
        if chain.passed:
            self.learnt |= captures
            said = Message("passed for {row}", row=self.plan.row.id)
            with self.context.shared.lock:
                self.context.shared.controls[key] = said
                if self.context.depth == "smoke":
                    self.context.shared.calls |= {step.key: said for step in control.steps}

    def _known(self, control: ControlPlan, key: str) -> str | None:
        """Where it passed already, as a whole or call by call."""
        with self.context.shared.lock:
            known = self.context.shared.controls.get(key)
            calls = [self.context.shared.calls.get(step.key) for step in control.steps]
        return known if known is not None or None in calls else calls[0]

    def judge(self, control: ControlPlan, chain: StepSequence, captured: Mapping[str, Any]) -> None:
        """What a chain that was made says of the row."""
        if chain.passed:
            said = self._said(chain.calls)
            self.evidence.attempts.append(Attempt(control.label, "control", "", "as-promised", said, _n(chain.calls)))
            return
        call = chain.broken
        if call is None or not isinstance(call.exchange.outcome, Response):
            self._doubt(control, Message("control {label}: {reason}", label=control.label, reason=chain.why), chain)
        elif not call.refused:
            found = [item if item.check == "status" else replace(item, check="effect") for item in call.found]
            self._violated(control, call, found, chain)
        elif chain.lost:
            self._violated(control, call, [self._lost(control, call)], chain)
        elif call.exchange.outcome.status >= 500:
            self._violated(control, call, call.found, chain)
        elif self.is_own(call, captured) and not control.doubtful:
            said = summarize_response(call.exchange.outcome, self.context.rules)
            detail = Message("a valid request got the answer that this row promises for a faulty one")
            expected = _one(call.expected.statuses)
            where = Message("control {label}", label=control.label)
            self._violated(control, call, [Finding("control", Level.MUST, expected, said, where, detail=detail)], chain)
        else:
            said = summarize_response(call.exchange.outcome, self.context.rules)
            self.refusals.append(refusal_reason(self.context, call.exchange.outcome))
            self._doubt(
                control, Message("control {label} was refused: {answer}", label=control.label, answer=said), chain
            )

    def _lost(self, control: ControlPlan, call: StepResult) -> Finding:
        response = call.exchange.response
        said = summarize_response(response, self.context.rules) if response else ""
        return Finding(
            "effect",
            Level.MUST,
            Message("what was just written"),
            said,
            Message("control {label}", label=control.label),
        )

    def is_own(self, call: StepResult, captured: Mapping[str, Any]) -> bool:
        """Whether a control was refused with the very answer of this row."""
        response = call.exchange.response
        if response is None:
            return False
        with suppress(MissingValue):
            probe = self.plan.probes[0]
            scope = PlaceholderScope(captured, probe.language, probe.other_language, self.plan.row.id)
            bound = self.context.binder.bind(probe.operation, probe.request, probe.permission, scope)
            expected = expectation_of(self.context, self.plan.row.id, bound, scope)
            return not has_must(check_response(response, replace(expected, language=None), self.context.rules, ""))
        return False

    def _doubt(self, control: ControlPlan, reason: str, chain: StepSequence) -> None:
        self.evidence.doubts.append(reason)
        said = self._said(chain.calls)
        self.evidence.attempts.append(Attempt(control.label, "control", "", "no-answer", said, _n(chain.calls)))

    def _violated(self, control: ControlPlan, call: StepResult, found: Iterable[Finding], chain: StepSequence) -> None:
        self.evidence.find(found, call.n)
        said = self._said(chain.calls)
        self.evidence.attempts.append(Attempt(control.label, "control", "", "violation", said, call.n))

    def _said(self, calls: Sequence[StepResult]) -> str:
        responses = [call.exchange.response for call in calls]
        answered = [summarize_response(response, self.context.rules) for response in responses if response is not None]
        if len(answered) < 2:
            return "".join(answered)
        return Message("{before}, then {last}", before=", ".join(answered[:-1]), last=answered[-1])


def refusal_reason(context: RunContext, response: Response) -> tuple[int, str]:
    """Why a request was refused: by the codes where there are any, as words are another in each language."""
    return response.status, format_codes(response, context.rules) or summarize_response(response, context.rules)


def _used(control: ControlPlan, captured: Mapping[str, Any]) -> dict[str, Any]:
    """What the row captured and the control needs: with something else captured it is another control."""
    written = [[step.request, step.step.model_dump(by_alias=True, exclude_unset=True)] for step in control.steps]
    used = sorted(".".join(members) for head, members, _ in find_placeholders(written) if head == "capture")
    return {name: captured[name] for name in used if name in captured}


def _n(calls: Sequence[StepResult]) -> int | None:
    return calls[-1].n if calls else None


def _one(values: Sequence[int]) -> Any:
    return values[0] if len(values) == 1 else list(values)
