"""Findings of one operation gathered as they come: equal ones once, with a count and the smallest request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from conformance.checks.http_notes import HttpNote, check_http_notes
from conformance.checks.model import Finding, Level, verdict_of_levels
from conformance.explore.checks import Observation
from conformance.explore.context import ExploreContext
from conformance.http import Exchange
from conformance.messages import Message
from conformance.results.model import Exploration, ExploredFinding, Note, RecordedExchange, Undocumented
from conformance.results.recording import record_exchange
from conformance.results.redaction import Redactor

__all__ = ["FindingCollector", "LabelledExchange", "describe_exploration"]


@dataclass(frozen=True, slots=True)
class LabelledExchange:
    """One exchange with the words that stand beside it."""

    label: str
    role: str
    exchange: Exchange

    @property
    def weight(self) -> int:
        """How much a person has to read."""
        request = self.exchange.request
        return len(request.url) + len(request.body or b"")


@dataclass(slots=True)
class _Seen:
    shown_by: LabelledExchange
    observation: Observation | None = None
    count: int = 1

    def show_by(self, entry: LabelledExchange, observation: Observation | None = None) -> None:
        """Show it by this request instead, if it is the smaller one."""
        if entry.weight < self.shown_by.weight:
            self.shown_by, self.observation = entry, observation


@dataclass(slots=True)
class FindingCollector:
    """What has been found so far of one operation."""

    statuses: Counter[int] = field(default_factory=Counter)
    _observed: dict[str, _Seen] = field(default_factory=dict)
    _undocumented: dict[tuple[int, str], _Seen] = field(default_factory=dict)
    _last: LabelledExchange | None = None
    _notes: dict[tuple[str, str], tuple[HttpNote, LabelledExchange]] = field(default_factory=dict)

    @property
    def has_violation(self) -> bool:
        """Whether there is anything that is worth following up."""
        observed = [seen.observation for seen in self._observed.values() if seen.observation]
        return any(one.finding.level is Level.MUST for one in observed)

    @property
    def count(self) -> int:
        """How many findings there are, equal ones counted."""
        return sum(seen.count for seen in self._observed.values())

    def count_answer(self, entry: LabelledExchange) -> None:
        """Count the status of an answer, and keep the remarks on it as HTTP."""
        self._last = entry
        if entry.exchange.response is None:
            return
        self.statuses[entry.exchange.response.status] += 1
        self.add_notes(check_http_notes(entry.exchange), entry)

    def add_notes(self, notes: Iterable[HttpNote], entry: LabelledExchange) -> None:
        """Keep remarks on HTTP, each shown by the first exchange that gave rise to it."""
        for note in notes:
            self._notes.setdefault((note.about, note.text), (note, entry))

    def add(self, found: Observation, entry: LabelledExchange) -> None:
        """Keep one finding; an equal one is only counted, unless this request is the smaller one."""
        seen = self._observed.setdefault(found.key, _Seen(entry, found, 0))
        seen.count += 1
        seen.show_by(entry, found)

    def show_smaller(self, found: Observation, entry: LabelledExchange) -> None:
        """Show a finding by this request, if it is the smaller one."""
        self._observed[found.key].show_by(entry, found)

    def add_undocumented(self, status: int, message: str, entry: LabelledExchange) -> None:
        """Keep a status and a message that no row documents."""
        seen = self._undocumented.setdefault((status, message), _Seen(entry, count=0))
        seen.count += 1
        seen.show_by(entry)

    def build_result(
        self, context: ExploreContext, requests: int, planned: int, reason: str | None
    ) -> tuple[Exploration, tuple[Undocumented, ...]]:
        """All of it as results, redacted, with the exchanges that it points at."""
        kept: dict[int, RecordedExchange] = {}
        redactor = context.run.redactor

        def record(entry: LabelledExchange) -> RecordedExchange:
            place, n = id(entry.exchange), len(kept) + 1
            if place not in kept:
                kept[place] = replace(record_exchange(entry.exchange, n, entry.label, entry.role, redactor), n=n)
            return kept[place]

        findings = [
            _explored(seen.observation.finding, seen.count, record(seen.shown_by).n, redactor)
            for seen in self._observed.values()
            if seen.observation
        ]
        undocumented = tuple(
            Undocumented(context.operation.id, status, redactor.text(message), seen.count, shown.curl, shown.label)
            for (status, message), seen in self._undocumented.items()
            for shown in [record(seen.shown_by)]
        )
        notes = tuple(
            Note(note.about, note.text, note.reference, exchange=record(entry).n)
            for note, entry in self._notes.values()
        )
        if reason is not None and self._last is not None:
            record(self._last)
        exploration = describe_exploration(context, requests=requests, reason=reason)
        levels = [finding.level for finding in findings]
        return (
            replace(
                exploration,
                verdict=verdict_of_levels(levels, in_doubt=reason is not None, exercised=requests > 0),
                planned=planned,
                statuses=tuple(sorted(self.statuses.items())),
                findings=tuple(sorted(findings, key=lambda finding: list(Level).index(finding.level))),
                exchanges=tuple(kept.values()),
                notes=notes,
            ),
            undocumented,
        )


def describe_exploration(
    context: ExploreContext, *, requests: int = 0, reason: str | None = None, lacks: tuple[str, ...] = ()
) -> Exploration:
    """The result of an operation of which nothing was found."""
    operation = context.operation
    return Exploration(
        operation=operation.id,
        method=operation.method,
        path=operation.template,
        verdict=verdict_of_levels([], in_doubt=reason is not None, exercised=requests > 0),
        requests=requests,
        reason=reason or (Message("lacks {names}", names=", ".join(lacks)) if lacks else None),
        lacks=lacks,
        file="openapi.yaml",
        line=1,
    )


def _explored(found: Finding, count: int, n: int, redactor: Redactor) -> ExploredFinding:
    expected, actual = redactor.json(found.expected), redactor.json(found.actual)
    return ExploredFinding(found.check, found.level, expected, actual, count, n, redactor.text(found.detail))
