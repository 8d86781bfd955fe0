"""Results arranged as a page shows them: runs, tables in the vendor's order, rows with what is shown of their proof."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from conformance.checks.model import Level, Verdict
from conformance.report.evidence import (
    Group,
    Limits,
    choose_attempts,
    choose_exchanges,
    group_findings,
    proof_exchanges,
)
from conformance.report.sanitize import to_one_line
from conformance.results.model import (
    Attempt,
    Choice,
    Exploration,
    RecordedExchange,
    Results,
    RowResult,
    TableName,
    TargetRun,
)

__all__ = [
    "SYMBOLS",
    "WORST_FIRST",
    "RowView",
    "RunView",
    "Sentence",
    "TableView",
    "build_view",
    "collect_sentences",
    "count_verdicts",
]

WORST_FIRST = tuple(reversed(Verdict))
SYMBOLS: Mapping[str, str] = {
    "conforms": "✓", "drifts": "≈", "violates": "✗", "inconclusive": "?", "not-exercised": "○",
    "as-promised": "✓", "drift": "≈", "violation": "✗", "no-answer": "?", "recorded": "•",
}  # fmt: skip
"""Of verdicts and outcomes: colour never tells anything alone."""

Sentence = tuple[str, Mapping[str, object]]
"""An entry of the catalogue and its values."""


@dataclass(frozen=True, slots=True)
class RowView:
    """A row and what is shown of it; `anchor` is its ID, unless another run on the page has the same."""

    row: RowResult
    anchor: str
    exchanges: tuple[RecordedExchange, ...]
    left_off: int
    attempts: tuple[Attempt, ...]
    drawn_left_off: int
    proof: RecordedExchange | None

    @property
    def findings(self) -> tuple[Group, ...]:
        """The findings, those that say the same together, the gravest first."""
        return group_findings(self.row.findings)

    @property
    def bad(self) -> frozenset[int | None]:
        """The exchanges that a finding of weight was made on."""
        return frozenset(one.exchange for one in self.row.findings if one.level is not Level.NOTE)

    @property
    def firm(self) -> int:
        """How many findings weigh: notes do not."""
        return sum(finding.level is not Level.NOTE for finding in self.row.findings)


@dataclass(frozen=True, slots=True)
class TableView:
    """A table as in the vendor's document."""

    name: TableName
    anchor: str
    rows: tuple[RowView, ...]


@dataclass(frozen=True, slots=True)
class RunView:
    """One contract held against one target."""

    run: TargetRun
    anchor: str
    tables: tuple[TableView, ...]

    @property
    def rows(self) -> Iterator[RowView]:
        """The rows of every table."""
        for table in self.tables:
            yield from table.rows

    @property
    def strayed(self) -> Iterator[tuple[str, Exploration]]:
        """The explored operations that violate, each with its anchor."""
        for number, one in enumerate(self.run.explored, 1):
            if one.verdict is Verdict.VIOLATES:
                yield f"{self.anchor}/explored/{number}", one

    @property
    def choices(self) -> tuple[tuple[RowView, Choice], ...]:
        """Every open choice with the row that it was met at."""
        return tuple((row, choice) for row in self.rows for choice in row.row.choices)


def build_view(results: Results, limits: Limits) -> tuple[RunView, ...]:
    """The runs in their order, each with anchors that are unique on the page."""
    taken: set[str] = set()
    return tuple(_run(run, number, limits, taken) for number, run in enumerate(results.runs, 1))


def count_verdicts(rows: Iterable[RowResult]) -> tuple[tuple[Verdict, int], ...]:
    """How many rows have each verdict, worst first, all five of them."""
    counts = Counter(row.verdict for row in rows)
    return tuple((verdict, counts[verdict]) for verdict in WORST_FIRST)


def collect_sentences(runs: Iterable[TargetRun]) -> tuple[Sentence, ...]:
    """What came out of the runs, in one sentence, and what must not be overlooked beside it."""
    runs = tuple(runs)
    rows = [row for run in runs for row in run.rows]
    counts = dict(count_verdicts(rows))
    total = len(rows)
    worst = next((verdict for verdict in WORST_FIRST if counts[verdict]), Verdict.NOT_EXERCISED)
    said: list[Sentence] = [(f"sentence.{worst}", {"n": counts[worst], "total": total})]
    bad = sum(one.verdict is Verdict.VIOLATES for run in runs for one in run.explored)
    if bad:
        said.append(("sentence.explored", {"n": bad}))
    if known := sum(row.known is not None for row in rows):
        said.append(("also.known", {"n": known}))
    beside = (verdict for verdict in (Verdict.INCONCLUSIVE, Verdict.NOT_EXERCISED) if verdict is not worst)
    said.extend((f"also.{verdict}", {"n": counts[verdict]}) for verdict in beside if counts[verdict])
    return tuple(said)


def _run(run: TargetRun, number: int, limits: Limits, taken: set[str]) -> RunView:
    names = {table.name: table for table in run.contract.tables}
    for row in run.rows:
        names.setdefault(row.table, TableName(row.table, row.table))
    anchor = f"run-{number}"
    tables = []
    for table in names.values():
        rows = sorted((row for row in run.rows if row.table == table.name), key=lambda row: row.row)
        if rows:
            views = tuple(_row(row, anchor, limits, taken) for row in rows)
            tables.append(TableView(table, f"{anchor}/table/{to_one_line(table.name)}", views))
    return RunView(run, anchor, tuple(tables))


def _row(row: RowResult, prefix: str, limits: Limits, taken: set[str]) -> RowView:
    anchor, more = to_one_line(row.id), 1
    while anchor in taken:
        anchor = f"{prefix}/{to_one_line(row.id)}" + (f"/{more}" if more > 1 else "")
        more += 1
    taken.add(anchor)
    exchanges = choose_exchanges(row, limits)
    attempts, drawn = choose_attempts(row.attempts)
    return RowView(row, anchor, exchanges, len(row.exchanges) - len(exchanges), attempts, drawn, proof_exchanges(row))
