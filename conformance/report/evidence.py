"""Which of a row's proof a page shows, and how much of it: the proof of a deviation before all else.

`results.json` and the HAR file hold everything that was recorded; a page must open within a moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from conformance.results.model import Attempt, Level, RecordedExchange, RowResult

__all__ = ["GENEROUS", "SPARE", "TIERS", "Limits", "chosen_attempts", "chosen_exchanges", "proof_of"]

_MOST_DRAWN = 8
_WEIGHT = {Level.MUST: 0, Level.SHOULD: 1, Level.NOTE: 2}
_ROLES = {"example": 4, "control": 5, "open": 6, "boundary": 7}


@dataclass(frozen=True, slots=True)
class Limits:
    """How many exchanges of a row are shown, and how many characters of each body."""

    exchanges: int
    body: int


GENEROUS = Limits(exchanges=40, body=4000)
SPARE = Limits(exchanges=3, body=160)
TIERS = (GENEROUS, Limits(exchanges=12, body=1200), Limits(exchanges=6, body=400), SPARE)
"""From the most to the least; a page takes the first with which it is small enough."""


def chosen_exchanges(row: RowResult, limits: Limits) -> tuple[RecordedExchange, ...]:
    """The exchanges to show, in the order in which they were sent."""
    findings = {}
    for finding in row.findings:
        weight = _WEIGHT[finding.level]
        findings[finding.exchange] = min(weight, findings.get(finding.exchange, weight))
    weighed = sorted(row.exchanges, key=lambda one: (findings.get(one.n, _ROLES.get(one.role, 8)), one.n))
    return tuple(sorted(weighed[: limits.exchanges], key=lambda one: one.n))


def chosen_attempts(attempts: Iterable[Attempt]) -> tuple[tuple[Attempt, ...], int]:
    """The attempts to show, and how many drawn ones that went as promised are left off."""
    shown, left, drawn = [], 0, 0
    for attempt in attempts:
        dull = attempt.role == "drawn" and attempt.outcome == "as-promised"
        drawn += dull
        if dull and drawn > _MOST_DRAWN:
            left += 1
        else:
            shown.append(attempt)
    return tuple(shown), left


def proof_of(row: RowResult) -> RecordedExchange | None:
    """The exchange that shows the row's gravest finding, if it was kept."""
    numbers = [one.exchange for one in sorted(row.findings, key=lambda one: _WEIGHT[one.level]) if one.exchange]
    kept = {exchange.n: exchange for exchange in row.exchanges}
    return next((kept[number] for number in numbers if number in kept), None)
