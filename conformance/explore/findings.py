"""Findings of one operation gathered as they come: equal ones once, with a count and the smallest request."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from conformance.checks.http_notes import check_http_notes
from conformance.checks.model import Finding, Level, Verdict, verdict_of_levels
from conformance.engine.evidence import Evidence
from conformance.explore.checks import Observation, ProbeAnswer
from conformance.explore.context import ExploreContext
from conformance.messages import Message
from conformance.results.model import Exploration, ExploredFinding, RecordedExchange, Undocumented
from conformance.results.redaction import Redactor


@dataclass(slots=True)
class _Seen:
    """Something seen at least once, with the smallest request that shows it."""

    shown_by: ProbeAnswer
    finding: Finding | None = None
    count: int = 0

    def show_by(self, answer: ProbeAnswer, finding: Finding | None = None) -> None:
        """Show it by this request instead, if it is the smaller one."""
        if answer.weight < self.shown_by.weight:
            self.shown_by, self.finding = answer, finding


@dataclass(slots=True)
class FindingCollector:
    """What has been found so far of one operation; exchanges and remarks on HTTP are in the evidence."""

    evidence: Evidence
    statuses: Counter[int] = field(default_factory=Counter)
    _observed: dict[str, _Seen] = field(default_factory=dict)
    _undocumented: dict[tuple[int, str], _Seen] = field(default_factory=dict)

    def count_answer(self, answer: ProbeAnswer) -> None:
        """Count the status of an answer, and keep the remarks on it as HTTP."""
        if answer.status:
            self.statuses[answer.status] += 1
            self.evidence.add_notes(check_http_notes(answer.exchange), answer.sent.n)

    def add(self, found: Observation, answer: ProbeAnswer) -> None:
        """Keep one finding; an equal one is only counted, unless this request is the smaller one."""
        self._observed.setdefault(found.key, _Seen(answer, found.finding)).count += 1
        self.show_smaller(found, answer)

    def show_smaller(self, found: Observation, answer: ProbeAnswer) -> None:
        """Show a finding by this request, if it is the smaller one."""
        self._observed[found.key].show_by(answer, found.finding)

    def add_undocumented(self, message: str, answer: ProbeAnswer) -> None:
        """Keep a status and a message that no row documents."""
        seen = self._undocumented.setdefault((answer.status, message), _Seen(answer))
        seen.count += 1
        seen.show_by(answer)

    def build_result(
        self, context: ExploreContext, planned: int, reason: str | None
    ) -> tuple[Exploration, tuple[Undocumented, ...]]:
        """All of it as results, redacted, with the exchanges that it points at."""
        kept: dict[int, RecordedExchange] = {}
        redactor, operation, sent = context.run.redactor, context.operation, self.evidence

        def keep(n: int | None) -> RecordedExchange:
            """The exchange of this number, renumbered among those that are kept."""
            one = sent.exchanges[(n or 0) - 1]
            return kept.setdefault(one.n, replace(one, n=len(kept) + 1))

        findings = [
            _explored(seen.finding, seen.count, keep(seen.shown_by.sent.n).n, redactor)
            for seen in self._observed.values()
            if seen.finding
        ]
        undocumented = tuple(
            Undocumented(operation.id, status, redactor.text(message), seen.count, shown.curl, shown.label)
            for (status, message), seen in self._undocumented.items()
            for shown in [keep(seen.shown_by.sent.n)]
        )
        notes = tuple(replace(note, exchange=keep(note.exchange).n) for note in sent.notes)
        if reason is not None and sent.exchanges:
            keep(len(sent.exchanges))
        exploration = replace(
            describe_exploration(operation.id, operation.method, operation.template, reason=reason),
            verdict=verdict_of_levels(
                [finding.level for finding in findings], in_doubt=reason is not None, exercised=sent.requests > 0
            ),
            requests=sent.requests,
            planned=planned,
            beyond_plan=sent.beyond_plan,
            statuses=tuple(sorted(self.statuses.items())),
            findings=tuple(sorted(findings, key=lambda finding: list(Level).index(finding.level))),
            exchanges=tuple(kept.values()),
            notes=notes,
        )
        return redactor.redact(exploration), redactor.redact(undocumented)


def describe_exploration(
    operation: str, method: str, path: str, lacks: tuple[str, ...] = (), reason: str | None = None
) -> Exploration:
    """The result of an operation to which nothing was sent."""
    reason = reason or (Message("lacks {names}", names=", ".join(lacks)) if lacks else None)
    file = "openapi.yaml"
    return Exploration(operation, method, path, Verdict.NOT_EXERCISED, reason=reason, lacks=lacks, file=file, line=1)


def _explored(found: Finding, count: int, n: int, redactor: Redactor) -> ExploredFinding:
    expected, actual = redactor.json(found.expected), redactor.json(found.actual)
    return ExploredFinding(found.check, found.level, expected, actual, count, n, redactor.text(found.detail))
