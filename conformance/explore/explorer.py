"""Exploration of one operation under way: probes are sent within a budget, judged, and what they show is kept.

What a request may create stands in the ledger before it leaves; exploration stops where no answer comes any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from time import monotonic

from conformance.checks.http_notes import compare_head_with_get
from conformance.checks.model import Level
from conformance.client.builder import PlaceholderScope
from conformance.engine.cleanup import describe_left, take_back
from conformance.engine.entries import (
    created_resource,
    read_created,
    record_intent,
    record_outcome,
    strike,
    undo_key,
)
from conformance.engine.evidence import Evidence
from conformance.engine.journal import LedgerEntry
from conformance.engine.stale_reads import draw_unseen_parameter, is_from_cache
from conformance.explore.checks import Observation, ProbeAnswer, check_answer, read_messages, undocumented_messages
from conformance.explore.context import ExploreContext
from conformance.explore.findings import FindingCollector
from conformance.explore.openapi import DocumentedOperation, find_secrets
from conformance.explore.probes import ExploreProbe, build_probe, request_of_probe, smaller_probes
from conformance.explore.validity import Validity, classify_probe
from conformance.http import Exchange, FailureKind, NoResponse, Request
from conformance.messages import Message

_MOST_STEPS = 8
"""Requests that making one finding smaller may cost."""
_STATE = ("step", "guard")
"""Roles of requests that show what earlier ones have done."""
_GONE = (404, 410)
_UNANSWERED = 3
"""So many requests in a row without an answer end an exploration."""
_CONFIRMING = 60
"""Requests beyond the budget that may be spent on finding out which write had an effect."""


class BudgetExhausted(Exception):
    """The budget is used up; what was found stands."""


class TargetStopped(Exception):
    """Exploration cannot go on; the text says why."""


@dataclass(slots=True)
class Explorer:
    """Sends probes, counts, judges and keeps them, and deletes what they created.

    Where nothing is found, no more than `planned` requests are sent; a finding opens the whole budget.
    """

    context: ExploreContext
    planned: int
    reserve: int
    """Requests kept back for setting back and for the end."""
    evidence: Evidence
    """Counts the requests, and keeps the warnings."""
    findings: FindingCollector = field(default_factory=FindingCollector)
    found: bool = False
    _confirming: bool = False
    _unanswered: int = 0
    _last_write: float = float("-inf")
    _created: list[LedgerEntry] = field(default_factory=list)

    @property
    def left(self) -> int:
        """How many requests may still be sent, without those kept back."""
        return (self.context.budget if self.found else self.planned) - self.reserve - self.evidence.planned

    @contextmanager
    def confirming(self) -> Iterator[None]:
        """Requests in this block make sure of an effect, and are beyond the budget."""
        self._confirming = True
        try:
            yield
        finally:
            self._confirming = False

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
        for message in undocumented_messages(self.context.run.rules, answer):
            self.findings.add_undocumented(message, answer)
        return answer

    def look(self, operation: DocumentedOperation, probe: ExploreProbe) -> ProbeAnswer:
        """Send without judging: to see what is there, or to set back what was changed."""
        answer = ProbeAnswer(operation, probe, Validity.OPEN, self._send_probe(operation, probe))
        for name, value in find_secrets(operation.schema_of(answer.status), answer.body):
            self.context.run.redactor.learn(name, value)
        self.findings.count_answer(answer)
        return answer

    def compare_head(self, answer: ProbeAnswer) -> None:
        """Send the HEAD of a GET that was answered, and note where the two differ."""
        self._spend(self.left)
        head = replace(answer, exchange=self._send(replace(answer.exchange.request, method="HEAD")), found=())
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
        self.found = self.found or found.finding.level is Level.MUST

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
        text = " ".join(read_messages(self.context.run.rules, answer))
        if not text:
            return Message("the plainest valid request was refused: {status}", status=answer.status)
        return Message("the plainest valid request was refused: {status} {message}", status=answer.status, message=text)

    def delete_created(self) -> None:
        """Delete what was created and is still there, the last first; what may be left is a warning."""
        while self._created:
            entry = self._created.pop()
            why = take_back(self.context.run, self.evidence, entry)
            if why:
                self.evidence.warnings.append(describe_left(entry.operation, why))

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
        return replace(answer, found=check_answer(self.context.run.rules, answer))

    # --- the way to the target

    def _send_probe(self, operation: DocumentedOperation, probe: ExploreProbe) -> Exchange:
        """Send a probe; BudgetExhausted where the budget is, TargetStopped where the target has fallen silent.

        What sets back may use what is kept back, and is sent though the run is being stopped.
        """
        sets_back = probe.role == "clean-up"
        if self.context.run.shared.stopping.is_set() and not sets_back:
            raise TargetStopped(Message("the run is being stopped"))
        self._spend(self.left + self.reserve if sets_back else self.left)
        built = build_probe(self.context, operation, probe)
        entry = self._record_intent(operation, probe) if self.context.creates(operation) else None
        is_state = probe.role in _STATE and built.method == "GET"
        exchange = self._read_state(operation, probe, built) if is_state else self._send(built)
        if entry is not None:
            self._record_outcome(entry, exchange)
        self._forget_deleted(exchange)
        self._check_answered(exchange, stop=not sets_back)
        return exchange

    def _spend(self, left: int) -> None:
        if (_CONFIRMING - self.evidence.confirmed if self._confirming else left) <= 0:
            raise BudgetExhausted
        self.evidence.confirmed += int(self._confirming)

    def _send(self, request: Request) -> Exchange:
        """Send a request as it is; one that may have an effect is not repeated when its answer is lost."""
        repeatable = request.method in ("GET", "HEAD")
        exchange = self.context.run.session.send(request, repeatable=repeatable)
        self.evidence.requests += exchange.tries
        self.evidence.repeated += exchange.tries - 1
        if not repeatable:
            self._last_write = monotonic()
        return exchange

    def _read_state(self, operation: DocumentedOperation, probe: ExploreProbe, built: Request) -> Exchange:
        """Send a read that shows state only once the target has settled, and past any cache.

        TargetStopped where even a read past the cache is answered from it.
        """
        settled = self._last_write + self.context.run.target.settle
        self.context.run.shared.stopping.wait(max(0.0, settled - monotonic()))
        exchange = self._send(built)
        if exchange.response is None or not is_from_cache(exchange.response):
            return exchange
        past_cache = replace(probe, query=(*probe.query, draw_unseen_parameter()))
        with self.evidence.count_as("repeated"):
            fresh = self._send(build_probe(self.context, operation, past_cache))
        if fresh.response is None or (fresh.response.status >= 400 and fresh.response.status not in _GONE):
            fresh = exchange  # the target does not take the parameter
        if fresh.response is not None and is_from_cache(fresh.response):
            raise TargetStopped(Message("{operation} was answered from a cache every time", operation=operation.id))
        return fresh

    def _record_intent(self, operation: DocumentedOperation, probe: ExploreProbe) -> LedgerEntry:
        """Written before the request leaves, so that a killed run can be cleaned up."""
        resource = created_resource(self.context.run.contract, operation.id)
        return record_intent(
            self.context.run,
            operation.id,
            request_of_probe(self.context, operation, probe),
            resource.undo if resource else (),
            row=f"explore {self.context.operation.id}",
            scope=PlaceholderScope(),
        )

    def _record_outcome(self, entry: LedgerEntry, exchange: Exchange) -> None:
        run, response = self.context.run, exchange.response
        succeeded = response is not None and response.status < 300
        created = read_created(run, entry.operation, response) if succeeded else None
        made = record_outcome(run, entry, exchange, created)
        if made is not None:
            self._created.append(made)

    def _forget_deleted(self, exchange: Exchange) -> None:
        """What exploration has deleted itself needs no clean-up; a 404 does not prove that."""
        response, request = exchange.response, exchange.request
        if request.permission != "delete" or response is None or response.status >= 300:
            return
        for entry in list(self._created):
            if entry.made and (undo_key(self.context.run, entry) or ())[:2] == (request.method, request.url):
                strike(self.context.run, entry)
                self._created.remove(entry)

    def _check_answered(self, exchange: Exchange, *, stop: bool) -> None:
        failure = exchange.outcome
        if not isinstance(failure, NoResponse):
            self._unanswered = 0
            return
        self._unanswered += 1
        if stop and (failure.kind is FailureKind.NOT_SENT or self._unanswered >= _UNANSWERED):
            detail = f"{failure.kind.value} {failure.detail}".strip()
            raise TargetStopped(Message("no answer: {detail}", detail=detail))
