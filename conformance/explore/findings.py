"""Findings gathered as they come: equal ones once, with a count and the smallest request that shows them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from conformance.checks.http_notes import HttpNote, check_http_notes
from conformance.checks.model import Level
from conformance.explore.checks import CheckFailure
from conformance.explore.context import ExchangePair, ExplorationResult, RecordedProbe
from conformance.explore.openapi import DocumentedOperation
from conformance.http import Exchange
from conformance.results.model import ExploredFinding, Note

__all__ = ["FindingCollector", "FindingEntry"]


@dataclass(frozen=True, slots=True)
class FindingEntry:
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
    found: CheckFailure
    entry: FindingEntry
    count: int = 1


@dataclass(slots=True)
class FindingCollector:
    """What has been found so far of one operation."""

    statuses: Counter[int] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)
    _findings: dict[str, _Seen] = field(default_factory=dict)
    _pairs: dict[tuple[int, str], _Seen] = field(default_factory=dict)
    _notes: dict[tuple[str, str], tuple[Note, FindingEntry]] = field(default_factory=dict)

    @property
    def found(self) -> bool:
        """Whether there is anything above a note that has to be followed up."""
        return any(seen.found.level is not Level.NOTE and seen.found.follow for seen in self._findings.values())

    @property
    def count(self) -> int:
        """How many findings there are, equal ones counted."""
        return sum(seen.count for seen in self._findings.values())

    def answered(self, entry: FindingEntry) -> None:
        """Count an answer's status and take down what is to be said of it as HTTP."""
        response = entry.exchange.response
        if response is None:
            return
        self.statuses[response.status] += 1
        for note in check_http_notes(entry.exchange):
            self.note(note, entry)

    def note(self, note: HttpNote, entry: FindingEntry) -> None:
        """A remark on HTTP, shown by the first exchange that gave rise to it."""
        said = Note(note.about, note.text, note.reference)
        self._notes.setdefault((said.about, said.text), (said, entry))

    def add(self, found: CheckFailure, entry: FindingEntry) -> None:
        """One finding; an equal one is only counted, unless this request is the smaller one."""
        seen = self._findings.get(found.key)
        if seen is None:
            self._findings[found.key] = _Seen(found, entry)
            return
        seen.count += 1
        self.simplify(found, entry)

    def simplify(self, found: CheckFailure, entry: FindingEntry) -> None:
        """Show a finding by this request instead, if it is the smaller one."""
        seen = self._findings[found.key]
        if entry.weight < seen.entry.weight:
            seen.found, seen.entry = found, entry

    def pair(self, status: int, message: str, entry: FindingEntry) -> None:
        """A status and a message that no row documents."""
        nothing = CheckFailure("pair", Level.NOTE, None, None)
        seen = self._pairs.get((status, message))
        if seen is None:
            self._pairs[status, message] = _Seen(nothing, entry)
            return
        seen.count += 1
        if entry.weight < seen.entry.weight:
            seen.entry = entry

    def explored(self, operation: DocumentedOperation, requests: int, reason: str | None) -> ExplorationResult:
        """All of it as a value, with the exchanges that it points at."""
        kept: dict[int, RecordedProbe] = {}

        def number(entry: FindingEntry) -> int:
            place = id(entry.exchange)
            if place not in kept:
                kept[place] = RecordedProbe(len(kept) + 1, entry.label, entry.role, entry.exchange)
            return kept[place].n

        findings = tuple(_explored(seen, number(seen.entry)) for seen in self._findings.values())
        pairs = tuple(
            ExchangePair(status, message, seen.count, number(seen.entry))
            for (status, message), seen in self._pairs.items()
        )
        remarks = tuple(replace(note, exchange=number(entry)) for note, entry in self._notes.values())
        return ExplorationResult(
            operation=operation.id,
            method=operation.method,
            path=operation.template,
            requests=requests,
            statuses=tuple(sorted(self.statuses.items())),
            findings=tuple(sorted(findings, key=lambda finding: list(Level).index(finding.level))),
            undocumented=pairs,
            notes=remarks,
            kept=tuple(kept.values()),
            reason=reason,
            warnings=tuple(self.warnings),
        )


def _explored(seen: _Seen, number: int) -> ExploredFinding:
    found = seen.found
    return ExploredFinding(found.check, found.level, found.expected, found.actual, seen.count, number, found.detail)
