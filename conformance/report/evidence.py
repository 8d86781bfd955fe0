"""Chooses which evidence of a row a page shows, and how much of it; evidence of deviations comes first.

A page must open quickly; `results.json` and the HAR file have everything that was recorded.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count

from conformance.checks.model import Finding, Level, Verdict
from conformance.messages import Message, join_messages
from conformance.report.sanitize import format_json
from conformance.results.model import (
    Attempt,
    Exploration,
    ExploredFinding,
    RecordedExchange,
    Results,
    RowResult,
    TargetRun,
)

_WEIGHT = {Level.MUST: 0, Level.SHOULD: 1, Level.NOTE: 2}
_EXPECTED = {"as-promised", "recorded"}
_ROLES = {"example": 4, "control": 5, "open": 6, "boundary": 7}


def list_rows(run: TargetRun) -> tuple[RowResult, ...]:
    """Return the rows of a run, then each explored operation as a row of the table `explored`."""
    return (*run.rows, *map(row_of_exploration, run.explored, count(1)))


def row_of_exploration(one: Exploration, number: int = 0) -> RowResult:
    """Convert an explored operation to a row, so that reports of rows can show it."""
    labels = {exchange.n: exchange.label for exchange in one.exchanges}
    return RowResult(
        id=f"explored/{one.operation}",
        table="explored",
        row=number,
        verdict=one.verdict,
        reason=one.reason,
        requests=one.requests,
        findings=tuple(_finding(found, labels.get(found.exchange or 0, "")) for found in one.findings),
        exchanges=one.exchanges,
        cause=f"{one.method} {one.path}",
        file=one.file,
        line=one.line,
        lacks=one.lacks,
        notes=one.notes,
        observed=", ".join(f"{times} x {status}" for status, times in one.statuses),
        seconds=one.seconds,
    )


def _finding(found: ExploredFinding, where: str) -> Finding:
    parts = [found.detail] if found.detail else []
    parts += [Message("{n} times", n=found.count)] if found.count > 1 else []
    detail = join_messages("; ", parts)
    return Finding(found.check, found.level, found.expected, found.actual, where, found.exchange, detail)


@dataclass(frozen=True, slots=True)
class Tier:
    """The most exchanges of a row (`good`: of one that conforms), characters of each body, and attempts to show."""

    exchanges: int
    good: int
    body: int
    attempts: int


TIERS = (
    Tier(40, 40, 4000, 40),
    Tier(12, 6, 1200, 30),
    Tier(6, 3, 400, 12),
    Tier(3, 1, 160, 6),
    Tier(1, 0, 80, 1),
)
"""Tiers in descending order; a page uses the first with which it is small enough."""


def estimate_size(results: Results, limits: Tier) -> int:
    """Estimate the bytes of a page with these limits, rather too low, because a rendered page is measured again."""
    size = 50_000
    for row in (row for run in results.runs for row in list_rows(run)):
        size += 2500 + 300 * min(len(row.attempts), limits.attempts)
        for one in choose_exchanges(row, limits):
            bodies = (one.request.body or "", one.response.body if one.response else "")
            size += 1200 + sum(len(body[: limits.body].encode("utf-8", "replace")) for body in bodies)
    return size


def choose_exchanges(row: RowResult, limits: Tier) -> tuple[RecordedExchange, ...]:
    """Return the exchanges to show, in the order of sending."""
    findings: dict[int | None, int] = {}
    for finding in row.findings:
        weight = _WEIGHT[finding.level]
        findings[finding.exchange] = min(weight, findings.get(finding.exchange, weight))
    weighed = sorted(row.exchanges, key=lambda one: (findings.get(one.n, _ROLES.get(one.role, 8)), one.n))
    most = limits.good if row.verdict is Verdict.CONFORMS else limits.exchanges
    return tuple(sorted(weighed[:most], key=lambda one: one.n))


def choose_attempts(attempts: Iterable[Attempt], most: int) -> tuple[Attempt, ...]:
    """Return the attempts to show, in order; those as promised are omitted first, and of these the drawn ones."""
    numbered = enumerate(attempts)
    weighed = sorted(numbered, key=lambda one: (one[1].outcome in _EXPECTED, one[1].role == "drawn"))
    return tuple(attempt for _, attempt in sorted(weighed[:most], key=lambda one: one[0]))


Group = tuple[Finding, ...]
"""Equal findings about several inputs; the first one represents them all."""


def group_findings(findings: Iterable[Finding]) -> tuple[Group, ...]:
    """Group equal findings; the most severe groups first, else in order."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for one in findings:
        key = (_WEIGHT[one.level], one.check, format_json(one.expected), format_json(one.actual), one.detail)
        groups.setdefault(key, []).append(one)
    return tuple(tuple(groups[key]) for key in sorted(groups, key=lambda key: str(key[0])))


def proof_exchanges(row: RowResult) -> RecordedExchange | None:
    """Return the exchange of the row's most severe finding, or None if it was not kept."""
    numbers = [one.exchange for one in sorted(row.findings, key=lambda one: _WEIGHT[one.level]) if one.exchange]
    kept = {exchange.n: exchange for exchange in row.exchanges}
    return next((kept[number] for number in numbers if number in kept), None)


def doubtful_exchange(row: RowResult) -> RecordedExchange | None:
    """Return the exchange that explains an inconclusive row: one without a response, or else the last control."""
    silent = [one for one in row.exchanges if one.response is None]
    return next(iter([*silent, *(one for one in reversed(row.exchanges) if one.role == "control")]), None)
