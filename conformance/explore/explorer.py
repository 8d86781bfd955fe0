"""One step of exploration: send a probe, hold its answer against what is promised, keep what it shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.checks.context import NOT_JSON, parse_json
from conformance.checks.http_notes import compare_head_with_get
from conformance.checks.model import Level
from conformance.explore.checks import AnsweredProbe, Observation, check_answer, read_messages, undocumented_messages
from conformance.explore.context import ExploreContext
from conformance.explore.findings import FindingCollector, LabelledExchange
from conformance.explore.openapi import DocumentedOperation, find_secrets
from conformance.explore.probes import ExploreProbe, label_probe, smaller_probes
from conformance.explore.sender import BudgetedSender, BudgetExhausted
from conformance.explore.validity import Validity, classify_probe
from conformance.http import Exchange
from conformance.messages import Message

__all__ = ["Explorer", "ProbeAnswer"]

_MOST_STEPS = 8
"""Requests that making one finding smaller may cost."""
_UNTOLD_AFTER_REPETITION = frozenset([401, 404, 409])
"""What a repeated write may be answered although its first try was accepted."""


@dataclass(frozen=True, slots=True)
class ProbeAnswer:
    """A probe with what came of it."""

    probe: ExploreProbe
    validity: Validity
    exchange: Exchange
    found: tuple[Observation, ...] = ()

    @property
    def status(self) -> int:
        """The status, or 0 where there was no answer."""
        return self.exchange.response.status if self.exchange.response else 0

    @property
    def accepted(self) -> bool:
        """Whether the target did what was asked."""
        return 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """Whether the target refused it, so that nothing may have changed."""
        return 400 <= self.status < 500

    @property
    def body(self) -> object:
        """The body of the answer as JSON, None where it is none."""
        body = parse_json(self.exchange.response) if self.exchange.response else None
        return None if body is NOT_JSON else body

    @property
    def labelled(self) -> LabelledExchange:
        """The exchange with its label."""
        return LabelledExchange(label_probe(self.probe), self.probe.role, self.exchange)


@dataclass(frozen=True, slots=True)
class Explorer:
    """Exploration of one operation under way."""

    context: ExploreContext
    sender: BudgetedSender
    findings: FindingCollector

    def operation(self, name: str) -> DocumentedOperation:
        """Another operation of the same document."""
        return self.context.document.operation(name)

    def attempt(
        self,
        operation: DocumentedOperation,
        probe: ExploreProbe,
        *,
        validity: Validity | None = None,
        permission: str = "",
        confirming: bool = False,
    ) -> ProbeAnswer:
        """Send, judge and keep; `validity` where more is known of the probe than its values say."""
        answer = self._try(operation, probe, validity, permission, confirming=confirming)
        for found in answer.found:
            self.report(found, answer.labelled)
        for answered in self._answered(operation, answer):
            for message in undocumented_messages(answered):
                self.findings.add_undocumented(answered.response.status, message, answer.labelled)
        return answer

    def look(
        self,
        operation: DocumentedOperation,
        probe: ExploreProbe,
        *,
        reserved: bool = False,
        confirming: bool = False,
    ) -> ProbeAnswer:
        """Send without judging: to see what is there, or to set back what was changed."""
        exchange = self.sender.send(operation, probe, reserved=reserved, confirming=confirming)
        answer = ProbeAnswer(probe, Validity.OPEN, exchange)
        self.findings.count_answer(answer.labelled)
        return answer

    def compare_head(self, answer: ProbeAnswer) -> None:
        """Send the HEAD of a GET that was answered, and note where the two differ."""
        exchange = self.sender.send_head(answer.exchange.request)
        entry = LabelledExchange(f"HEAD, {label_probe(answer.probe)}", "guard", exchange)
        self.findings.count_answer(entry)
        self.findings.add_notes(compare_head_with_get(answer.exchange, exchange), entry)

    def repeat(self, operation: DocumentedOperation, first: ProbeAnswer) -> None:
        """Send a request again that was answered before: its answer has the same status."""
        probe = ExploreProbe(first.probe.path, first.probe.query, role="guard", about="again")
        again = self.attempt(operation, probe, validity=first.validity)
        for answered in self._answered(operation, again) if first.status and first.status != again.status else ():
            detail = Message("the same request, answered differently after the others")
            found = answered.find("stability", Level.MUST, first.status, again.status, detail)
            self.report(Observation(found), again.labelled)

    def report(self, found: Observation, entry: LabelledExchange) -> None:
        """Keep a finding; a violation opens the budget for following up."""
        self.findings.add(found, entry)
        self.sender.found = self.findings.has_violation

    def find_smaller(self, operation: DocumentedOperation, failed: Sequence[ProbeAnswer]) -> None:
        """Show each violation by the smallest request that still leads to it, as far as the budget goes."""
        seen: set[str] = set()
        for answer in failed:
            for found in answer.found:
                if found.finding.level is Level.MUST and found.key not in seen:
                    seen.add(found.key)
                    try:
                        self._find_smallest(operation, answer, found.key)
                    except BudgetExhausted:
                        return

    def refusal(self, answer: ProbeAnswer) -> Message:
        """Why the plain request was refused, in the target's words."""
        text = " ".join(read_messages(self.context.rules, answer.body))
        if not text:
            return Message("the plainest valid request was refused: {status}", status=answer.status)
        return Message("the plainest valid request was refused: {status} {message}", status=answer.status, message=text)

    def _find_smallest(self, operation: DocumentedOperation, answer: ProbeAnswer, key: str) -> None:
        steps, tried = _MOST_STEPS, {answer.probe.key}
        candidates = smaller_probes(operation, answer.probe)
        while steps > 0 and (probe := next(candidates, None)) is not None:
            if probe.key in tried:
                continue
            tried.add(probe.key)
            steps -= 1
            again = self._try(operation, probe, None, "")
            found = next((one for one in again.found if one.key == key), None)
            if found is not None:
                self.findings.show_smaller(found, again.labelled)
                candidates = smaller_probes(operation, probe)

    def _try(
        self,
        operation: DocumentedOperation,
        probe: ExploreProbe,
        validity: Validity | None,
        permission: str,
        *,
        confirming: bool = False,
    ) -> ProbeAnswer:
        exchange = self.sender.send(operation, probe, permission=permission, confirming=confirming)
        answer = ProbeAnswer(probe, validity or classify_probe(operation, probe), exchange)
        if exchange.response is not None:
            schema = operation.responses.get(operation.documented(exchange.response.status) or "")
            for name, value in find_secrets(schema, answer.body):
                self.context.run.redactor.learn(name, value)
        self.findings.count_answer(answer.labelled)
        found = tuple(one for answered in self._answered(operation, answer) for one in check_answer(answered))
        return ProbeAnswer(probe, answer.validity, exchange, found)

    def _answered(self, operation: DocumentedOperation, answer: ProbeAnswer) -> Iterator[AnsweredProbe]:
        """What the answer is held against; nothing where there is no answer that tells anything."""
        response = answer.exchange.response
        if response is None or (answer.exchange.tries > 1 and response.status in _UNTOLD_AFTER_REPETITION):
            return
        request = answer.exchange.request
        yield AnsweredProbe(self.context.rules, operation, answer.probe, answer.validity, request, response)
