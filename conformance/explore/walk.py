"""One step of exploration: send a probe, judge the answer, keep what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from conformance.checks.http_notes import compare_head_with_get
from conformance.checks.model import Level
from conformance.explore.checks import (
    AnswerContext,
    CheckFailure,
    check_answer,
    message_shape,
    parse_body,
    read_messages,
    row_applies,
)
from conformance.explore.context import ExploreContext
from conformance.explore.findings import FindingCollector, FindingEntry
from conformance.explore.inputs import ExploreProbe, build_template, label_probe, smaller_probes
from conformance.explore.openapi import DocumentedOperation, find_secrets, view_operation
from conformance.explore.sending import BudgetedSender, BudgetExhausted
from conformance.explore.validity import Validity, classify_probe
from conformance.http import Exchange

__all__ = ["OperationExplorer", "ProbeAnswer"]

_MOST_STEPS = 8
"""Requests that making one finding smaller may cost."""


@dataclass(frozen=True, slots=True)
class ProbeAnswer:
    """A probe with what came of it."""

    probe: ExploreProbe
    sort: Validity
    exchange: Exchange
    found: tuple[CheckFailure, ...] = ()

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
        """Whether the target said no, so that nothing may have changed."""
        return 400 <= self.status < 500


@dataclass(slots=True)
class OperationExplorer:
    """Exploration of one operation under way."""

    context: ExploreContext
    sending: BudgetedSender
    gathering: FindingCollector
    undo: list[tuple[DocumentedOperation, ExploreProbe]] = field(default_factory=list)
    """What has been made and is still to be deleted, the last first."""
    undone: set[str] = field(default_factory=set)
    """Requests for deletion that have done their work."""

    def view(self, operation: str) -> DocumentedOperation:
        """Another operation of the same document."""
        return view_operation(self.context, operation)

    def attempt(
        self,
        operation: DocumentedOperation,
        probe: ExploreProbe,
        *,
        as_sort: Validity | None = None,
        permission: str = "",
    ) -> ProbeAnswer:
        """Send, judge and gather; `as_sort` where more is known of the probe than its values say."""
        attempted = self._tried(operation, probe, as_sort, permission)
        entry = self.entry(attempted)
        for found in attempted.found:
            self.report(found, entry)
        self._pairs(operation, attempted, entry)
        return attempted

    def quietly(
        self, operation: DocumentedOperation, probe: ExploreProbe, *, permission: str = "", cleaning: bool = False
    ) -> Exchange:
        """Send without judging: a guard's look, or clean-up."""
        exchange = self.sending(build_template(self.context, operation, probe, permission), cleaning=cleaning)
        self.gathering.answered(FindingEntry(label_probe(probe), "guard", exchange))
        return exchange

    def head(self, actual: ProbeAnswer) -> None:
        """Ask for the head of what a GET has got, and note where the two differ."""
        asked = replace(actual.exchange.request, method="HEAD", permission="read")
        entry = FindingEntry(f"HEAD, {label_probe(actual.probe)}", "guard", self.sending(asked))
        self.gathering.answered(entry)
        for note in compare_head_with_get(actual.exchange, entry.exchange):
            self.gathering.note(note, entry)

    def report(self, found: CheckFailure, entry: FindingEntry) -> None:
        """Gather a finding; one above a note opens the budget for following up."""
        self.gathering.add(found, entry)
        self.sending.found = self.gathering.found

    def entry(self, attempted: ProbeAnswer) -> FindingEntry:
        """An exchange with its label."""
        return FindingEntry(label_probe(attempted.probe), attempted.probe.role, attempted.exchange)

    def simplify(self, operation: DocumentedOperation, failed: Sequence[ProbeAnswer]) -> None:
        """Show each finding by the smallest request that still leads to it, as far as the budget goes."""
        seen: set[str] = set()
        try:
            for attempted in failed:
                for found in attempted.found:
                    if found.level is not Level.NOTE and found.follow and found.key not in seen:
                        seen.add(found.key)
                        self._smallest(operation, attempted, found.key)
        except BudgetExhausted:
            return

    def _smallest(self, operation: DocumentedOperation, attempted: ProbeAnswer, key: str) -> None:
        steps, tried = _MOST_STEPS, {attempted.probe.key}
        candidates = smaller_probes(operation, attempted.probe)
        while steps > 0 and (probe := next(candidates, None)) is not None:
            if probe.key in tried:
                continue
            tried.add(probe.key)
            steps -= 1
            again = self._tried(operation, probe, None, "")
            found = next((one for one in again.found if one.key == key), None)
            if found is not None:
                self.gathering.simplify(found, self.entry(again))
                candidates = smaller_probes(operation, probe)

    def _tried(
        self, operation: DocumentedOperation, probe: ExploreProbe, as_sort: Validity | None, permission: str
    ) -> ProbeAnswer:
        sent = build_template(self.context, operation, probe, permission)
        exchange = self.sending(sent)
        kind = as_sort or classify_probe(operation, probe)
        response = exchange.response
        if response is not None:
            for name, value in find_secrets(operation.responses.get(response.status), parse_body(response)):
                self.context.learn(name, value)
        self.gathering.answered(FindingEntry(label_probe(probe), probe.role, exchange))
        found = check_answer(AnswerContext(self.context, operation, probe, kind, sent, response)) if response else ()
        return ProbeAnswer(probe, kind, exchange, found)

    def _pairs(self, operation: DocumentedOperation, attempted: ProbeAnswer, entry: FindingEntry) -> None:
        response = attempted.exchange.response
        if response is None or response.status < 400 or attempted.sort is Validity.ODD:
            return
        request = entry.exchange.request
        matter = AnswerContext(self.context, operation, attempted.probe, attempted.sort, request, response)
        rows = [row for row in self.context.documented if row_applies(row, operation) and row.status == response.status]
        for message in read_messages(parse_body(response)) or ("",):
            if not any(row.message is None or row.message.fullmatch(message) for row in rows):
                self.gathering.pair(response.status, message_shape(matter, message), entry)
