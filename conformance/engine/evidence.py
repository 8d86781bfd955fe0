"""What one row has seen so far: exchanges in order, and what was made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

from conformance.checks.model import Finding, Note
from conformance.http import Exchange
from conformance.results.model import Attempt, BeyondPlan, Choice, RecordedExchange
from conformance.results.recording import record_exchange
from conformance.results.redaction import Redactor

Cited = TypeVar("Cited", Finding, Attempt, Choice, Note)


@dataclass(slots=True)
class Evidence:
    """Collects what a row sends and finds; the only mutable thing while it runs."""

    redactor: Redactor
    exchanges: list[RecordedExchange] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    """Why an attempt is inconclusive; each makes the row inconclusive at best."""
    editions: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    """How many requests left this machine, all that follow included."""
    beyond_plan: BeyondPlan = field(default_factory=BeyondPlan)
    conditional: int = 0
    """How many of them the plan foresees only after a certain answer."""
    _same: dict[tuple[object, ...], list[int]] = field(default_factory=dict)

    def keep(self, exchange: Exchange, label: str, role: str) -> int:
        """Record an exchange, redacted; its number within the row."""
        n = len(self.exchanges) + 1
        self.exchanges.append(record_exchange(exchange, n, label, role, self.redactor))
        self.requests += exchange.tries
        self.beyond_plan += BeyondPlan(repeated=max(0, exchange.tries - 1))
        self._same.setdefault(exchange.request.key, []).append(n)
        return n

    def branch(self) -> Evidence:
        """Evidence whose exchanges are recorded here; what it counts and finds is taken in later, or never."""
        return Evidence(self.redactor, exchanges=self.exchanges)

    def adopt(self, other: Evidence) -> int:
        """Take in all of another evidence; returns by how much the numbers of its exchanges grew."""
        more = len(self.exchanges)
        self.exchanges += [replace(item, n=item.n + more) for item in other.exchanges]
        self.add_counts(other)
        self.add_judgement(other, more)
        self.choices += _moved(other.choices, more)
        self.notes += _moved(other.notes, more)
        self.warnings += other.warnings
        for key, numbers in other._same.items():
            self._same.setdefault(key, []).extend(number + more for number in numbers)
        return more

    def add_judgement(self, other: Evidence, more: int = 0) -> None:
        """Take in what another says of the row, its exchanges being numbered by so many more here."""
        self.findings += _moved(other.findings, more)
        self.attempts += _moved(other.attempts, more)
        self.doubts += other.doubts
        self.editions.update(other.editions)

    def add_counts(self, other: Evidence) -> None:
        """Count the requests of another, without what it has gathered."""
        self.requests += other.requests
        self.beyond_plan += other.beyond_plan
        self.conditional += other.conditional

    @property
    def planned(self) -> int:
        """How many of the requests a plan foresees."""
        return self.requests - self.beyond_plan.total

    @contextmanager
    def count_as(self, kind: Literal["repeated", "shrunk", "confirmed"]) -> Iterator[None]:
        """Requests that are recorded inside of this block are beyond the plan, for this reason."""
        planned = self.planned
        try:
            yield
        finally:
            self.beyond_plan += BeyondPlan(**{kind: self.planned - planned})

    def find(self, found: Iterable[Finding], n: int | None) -> None:
        """Keep findings of exchange `n`, redacted and cut: an answer may hold megabytes."""
        self.findings += [replace(self.redactor.redact(item), exchange=n) for item in found]

    def add_notes(self, notes: Iterable[Note], n: int) -> None:
        """Keep remarks on exchange `n`; each is kept once."""
        known = {(item.about, item.text) for item in self.notes}
        new = (item for item in notes if (item.about, item.text) not in known)
        self.notes += [replace(item, exchange=n) for item in new]

    def counted(self) -> tuple[Finding, ...]:
        """The findings, each saying how often the same request was answered so where it was not always."""
        failing = {item.exchange for item in self.findings if item.exchange is not None}
        statuses = {one.n: one.response.status for one in self.exchanges if one.response is not None}
        group = {n: numbers for numbers in self._same.values() for n in numbers}
        counted = []
        for item in self.findings:
            numbers = group.get(item.exchange, []) if item.exchange else []
            # A control that is refused again is the same finding, and is said once.
            refused = statuses.get(item.exchange or 0) if item.check == "control" else None
            bad = sum(n in failing or (refused is not None and statuses.get(n) == refused) for n in numbers)
            times = f"{bad} of {len(numbers)}" if len(numbers) > 1 and bad < len(numbers) else ""
            counted.append(replace(item, times=times))
        return tuple(counted)


def _moved(items: Iterable[Cited], more: int) -> list[Cited]:
    """The items with the number of the exchange that they cite raised by `more`."""
    return [item if item.exchange is None else replace(item, exchange=item.exchange + more) for item in items]
