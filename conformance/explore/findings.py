"""Findings of one operation gathered as they come: equal ones once, with a count and the smallest request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from conformance.checks.http_notes import check_http_notes
from conformance.checks.model import Finding, Level, Note, Verdict, verdict_of_levels
from conformance.engine.evidence import Evidence
from conformance.explore.checks import Observation, ProbeAnswer
from conformance.explore.context import ExploreContext
from conformance.messages import Message
from conformance.results.model import Exploration, ExploredFinding, RecordedExchange, Undocumented
from conformance.results.recording import record_exchange
from conformance.results.redaction import Redactor


@dataclass(slots=True)
class _Seen:
    """Something seen at least once, with the smallest request that shows it."""

    shown_by: ProbeAnswer
    observation: Observation | None = None
    count: int = 0

    def show_by(self, answer: ProbeAnswer, observation: Observation | None = None) -> None:
        """Show it by this request instead, if it is the smaller one."""
        if answer.weight < self.shown_by.weight:
            self.shown_by, self.observation = answer, observation


@dataclass(slots=True)
class FindingCollector:
    """What has been found so far of one operation."""

    statuses: Counter[int] = field(default_factory=Counter)
    _observed: dict[str, _Seen] = field(default_factory=dict)
    _undocumented: dict[tuple[int, str], _Seen] = field(default_factory=dict)
    _last: ProbeAnswer | None = None
    _notes: dict[tuple[str, str], tuple[Note, ProbeAnswer]] = field(default_factory=dict)

    def count_answer(self, answer: ProbeAnswer) -> None:
        """Count the status of an answer, and keep the remarks on it as HTTP."""
        self._last = answer
        if answer.status:
            self.statuses[answer.status] += 1
            self.add_notes(check_http_notes(answer.exchange), answer)

    def add_notes(self, notes: Iterable[Note], answer: ProbeAnswer) -> None:
        """Keep remarks on HTTP, each shown by the first exchange that gave rise to it."""
        for note in notes:
            self._notes.setdefault((note.about, note.text), (note, answer))

    def add(self, found: Observation, answer: ProbeAnswer) -> None:
        """Keep one finding; an equal one is only counted, unless this request is the smaller one."""
        self._observed.setdefault(found.key, _Seen(answer, found)).count += 1
        self.show_smaller(found, answer)

    def show_smaller(self, found: Observation, answer: ProbeAnswer) -> None:
        """Show a finding by this request, if it is the smaller one."""
        self._observed[found.key].show_by(answer, found)

    def add_undocumented(self, message: str, answer: ProbeAnswer) -> None:
        """Keep a status and a message that no row documents."""
        seen = self._undocumented.setdefault((answer.status, message), _Seen(answer))
        seen.count += 1
        seen.show_by(answer)

    def build_result(
        self, context: ExploreContext, sent: Evidence, planned: int, reason: str | None
    ) -> tuple[Exploration, tuple[Undocumented, ...]]:
        """All of it as results, redacted, with the exchanges that it points at; `sent` has counted the requests."""
        kept: dict[int, RecordedExchange] = {}
        redactor, operation = context.run.redactor, context.operation

        def record(answer: ProbeAnswer) -> RecordedExchange:
            place = id(answer.exchange)
            if place not in kept:
                kept[place] = record_exchange(answer.exchange, len(kept) + 1, answer.label, answer.probe.role, redactor)
            return kept[place]

        findings = [
            _explored(seen.observation.finding, seen.count, record(seen.shown_by).n, redactor)
            for seen in self._observed.values()
            if seen.observation
        ]
        undocumented = tuple(
            Undocumented(operation.id, status, redactor.text(message), seen.count, shown.curl, shown.label)
            for (status, message), seen in self._undocumented.items()
            for shown in [record(seen.shown_by)]
        )
        notes = tuple(replace(note, exchange=record(answer).n) for note, answer in self._notes.values())
        if reason is not None and self._last is not None:
            record(self._last)
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
        return exploration, undocumented


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
