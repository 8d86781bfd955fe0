"""One step of exploration: send a probe, hold its answer against what is promised, keep what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from conformance.checks.http_notes import compare_head_with_get
from conformance.checks.model import Level
from conformance.explore.checks import Observation, ProbeAnswer, check_answer, read_messages, undocumented_messages
from conformance.explore.context import ExploreContext
from conformance.explore.findings import FindingCollector
from conformance.explore.openapi import DocumentedOperation, find_secrets
from conformance.explore.probes import ExploreProbe, smaller_probes
from conformance.explore.sender import BudgetedSender, BudgetExhausted
from conformance.explore.validity import Validity, classify_probe
from conformance.messages import Message

__all__ = ["Explorer"]

_MOST_STEPS = 8
"""Requests that making one finding smaller may cost."""


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
        self, operation: DocumentedOperation, probe: ExploreProbe, validity: Validity | None = None
    ) -> ProbeAnswer:
        """Send, judge and keep; `validity` where more is known of the probe than its values say."""
        answer = self._try(operation, probe, validity)
        for found in answer.found:
            self.report(found, answer)
        for message in undocumented_messages(self.context.rules, answer):
            self.findings.add_undocumented(message, answer)
        return answer

    def look(self, operation: DocumentedOperation, probe: ExploreProbe) -> ProbeAnswer:
        """Send without judging: to see what is there, or to set back what was changed."""
        answer = ProbeAnswer(operation, probe, Validity.OPEN, self.sender.send(operation, probe))
        for name, value in find_secrets(operation.schema_of(answer.status), answer.body):
            self.context.run.redactor.learn(name, value)
        self.findings.count_answer(answer)
        return answer

    def compare_head(self, answer: ProbeAnswer) -> None:
        """Send the HEAD of a GET that was answered, and note where the two differ."""
        head = replace(answer, exchange=self.sender.send_head(answer.exchange.request), found=())
        self.findings.count_answer(head)
        self.findings.add_notes(compare_head_with_get(answer.exchange, head.exchange), head)

    def repeat(self, first: ProbeAnswer) -> None:
        """Send a request again that was answered before: its answer has the same status."""
        again = self.attempt(first.operation, replace(first.probe, role="guard", about="again"), first.validity)
        if first.status and again.response is not None and first.status != again.status:
            detail = Message("the same request, answered differently after the others")
            found = again.find("stability", Level.MUST, first.status, again.status, detail)
            self.report(Observation(found), again)

    def report(self, found: Observation, answer: ProbeAnswer) -> None:
        """Keep a finding; a violation opens the budget for following up."""
        self.findings.add(found, answer)
        self.sender.found = self.sender.found or found.finding.level is Level.MUST

    def find_smaller(self, failed: Sequence[ProbeAnswer]) -> None:
        """Show each violation by the smallest request that still leads to it, as far as the budget goes."""
        seen: set[str] = set()
        try:
            for answer in failed:
                for found in answer.found:
                    if found.finding.level is Level.MUST and found.key not in seen:
                        seen.add(found.key)
                        self._find_smallest(answer, found.key)
        except BudgetExhausted:
            return

    def refusal(self, answer: ProbeAnswer) -> Message:
        """Why the plain request was refused, in the target's words."""
        text = " ".join(read_messages(self.context.rules, answer))
        if not text:
            return Message("the plainest valid request was refused: {status}", status=answer.status)
        return Message("the plainest valid request was refused: {status} {message}", status=answer.status, message=text)

    def _find_smallest(self, answer: ProbeAnswer, key: str) -> None:
        steps, tried = _MOST_STEPS, {answer.probe.key}
        candidates = smaller_probes(answer.operation, answer.probe)
        while steps > 0 and (probe := next(candidates, None)) is not None:
            if probe.key in tried:
                continue
            tried.add(probe.key)
            steps -= 1
            again = self._try(answer.operation, probe)
            found = next((one for one in again.found if one.key == key), None)
            if found is not None:
                self.findings.show_smaller(found, again)
                candidates = smaller_probes(answer.operation, probe)

    def _try(
        self, operation: DocumentedOperation, probe: ExploreProbe, validity: Validity | None = None
    ) -> ProbeAnswer:
        answer = replace(self.look(operation, probe), validity=validity or classify_probe(operation, probe))
        return replace(answer, found=check_answer(self.context.rules, answer))
