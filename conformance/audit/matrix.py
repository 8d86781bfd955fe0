"""Compares the results of many targets; every sequence of answers or cells has one entry for each column."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from conformance.checks.model import Verdict
from conformance.messages import Message
from conformance.report.format import format_reason
from conformance.report.translation import collect_labels
from conformance.report.view import count_verdicts
from conformance.results.matching import collect_choices, group_by_table
from conformance.results.model import Results, RowResult


@dataclass(frozen=True, slots=True)
class TargetColumn:
    name: str
    base_url: str
    verdict: Verdict | None
    """None for a target without results."""
    counts: Mapping[Verdict, int]
    requests: int = 0
    seconds: float = 0.0
    started: str = ""
    depth: str = ""
    seed: int = 0
    contracts: tuple[str, ...] = ()
    """Each contract with its edition: `kuroco 2024`."""
    editions: tuple[str, ...] = ()
    """The editions of the wordings that the target uses."""
    allow: tuple[str, ...] = ()
    undocumented: int = 0
    explored: int = 0
    """The number of operations in which exploration found a violation."""
    partial: bool = False
    problem: str = ""
    """Why there are no results, or why they are partial."""
    report: str | None = None
    """The folder of its report relative to the matrix, or None."""


@dataclass(frozen=True, slots=True)
class AuditCell:
    """A row on one target."""

    verdict: Verdict
    why: str
    requests: int
    known: str = ""


@dataclass(frozen=True, slots=True)
class AuditedRow:
    contract: str
    id: str
    table: str
    row: int
    cause: str
    cells: tuple[AuditCell | None, ...]
    cause_ja: str = ""

    def count(self, verdict: Verdict) -> int:
        return sum(cell is not None and cell.verdict is verdict for cell in self.cells)


@dataclass(frozen=True, slots=True)
class AuditedTable:
    """A table of a contract: its rows, and the number of rows with each verdict for each target."""

    contract: str
    name: str
    title: str
    rows: tuple[AuditedRow, ...]
    sums: tuple[Mapping[Verdict, int] | None, ...]
    """The counts of each target; None if it was not run against this contract."""
    title_ja: str = ""

    @property
    def targets(self) -> tuple[int, ...]:
        """The positions of the targets that were run against this contract."""
        return tuple(at for at, counts in enumerate(self.sums) if counts is not None)


@dataclass(frozen=True, slots=True)
class OpenChoice:
    """An input that the documents leave open, and how each target handles it."""

    contract: str
    row: str
    input: str
    answers: tuple[str | None, ...]
    """None for a target to which it was not sent."""

    @property
    def differs(self) -> bool:
        return len({answer for answer in self.answers if answer is not None}) > 1


@dataclass(frozen=True, slots=True)
class Matrix:
    columns: tuple[TargetColumn, ...]
    tables: tuple[AuditedTable, ...]
    choices: tuple[OpenChoice, ...]
    labels_ja: Mapping[str, str] = field(default_factory=dict)
    """Japanese translations of the labels that contracts give to controls."""

    @property
    def rows(self) -> tuple[AuditedRow, ...]:
        return tuple(row for table in self.tables for row in table.rows)

    @property
    def unfair(self) -> tuple[str, ...]:
        """The options that were not equal for all targets, so that comparing them may be unfair."""
        columns = [column for column in self.columns if column.verdict is not None]
        return tuple(
            what
            for what, values in (
                (Message("depth"), {column.depth for column in columns}),
                (Message("seed"), {column.seed for column in columns}),
                (Message("permissions"), {column.allow for column in columns}),
                (Message("contracts"), {column.contracts for column in columns}),
            )
            if len(values) > 1
        )


def build_matrix(
    runs: Sequence[tuple[str, Results]],
    failures: Mapping[str, str] | None = None,
    reports: Mapping[str, str] | None = None,
) -> Matrix:
    """Return the matrix of `runs` in order, then of the `failures`; `reports` has the folder of each report."""
    failures, reports = failures or {}, reports or {}
    named: dict[str, Results | None] = {**dict(runs), **{name: None for name in failures if name not in dict(runs)}}
    targets = tuple(named.values())
    columns = (_column(name, results, failures.get(name, "")) for name, results in named.items())
    return Matrix(
        columns=tuple(replace(column, report=reports.get(column.name)) for column in columns),
        tables=tuple(_tables(targets)),
        choices=_choices(targets),
        labels_ja=collect_labels(run for _, results in runs for run in results.runs),
    )


def _column(name: str, results: Results | None, problem: str) -> TargetColumn:
    if results is None:
        return TargetColumn(name, "", None, {}, problem=problem or Message("no results"))
    runs = results.runs
    return TargetColumn(
        name=name,
        base_url=", ".join(dict.fromkeys(str(run.target.get("base_url", "")) for run in runs)),
        verdict=results.verdict,
        counts=dict(count_verdicts(row for run in runs for row in run.rows)),
        requests=sum(run.requests for run in runs),
        seconds=results.seconds,
        started=results.started,
        depth=results.depth,
        seed=results.seed,
        contracts=tuple(f"{run.contract.name} {run.contract.edition}" for run in runs),
        editions=tuple(dict.fromkeys(edition for run in runs for edition in run.editions)),
        allow=tuple(sorted({str(one) for run in runs for one in run.target.get("allow") or ()})),
        undocumented=sum(len(run.undocumented) for run in runs),
        explored=sum(one.verdict is Verdict.VIOLATES for run in runs for one in run.explored),
        partial=results.partial,
        problem=problem or results.why_partial,
    )


def _tables(targets: Sequence[Results | None]) -> Iterator[AuditedTable]:
    """Yield each contract's tables in the vendor's order, then tables that only rows name; none without rows."""
    runs = [run for results in targets if results for run in results.runs]
    for contract in dict.fromkeys(run.contract.name for run in runs):
        found = [_rows(results, contract) for results in targets]
        rows = {row.id: row for own in reversed(found) for row in (own or {}).values()}
        names = {table.name: table for run in runs if run.contract.name == contract for table in run.contract.tables}
        for table, rows_of_table in group_by_table(rows.values(), names.values()):
            audited = tuple(_audit_row(contract, row, found) for row in rows_of_table)
            sums = tuple(
                None if own is None else dict(count_verdicts(row for row in own.values() if row.table == table.name))
                for own in found
            )
            yield AuditedTable(contract, table.name, table.title, audited, sums, table.title_ja)


def _rows(results: Results | None, contract: str) -> Mapping[str, RowResult] | None:
    """Return the rows of a contract by ID; None if the target was not run against it."""
    for run in results.runs if results else ():
        if run.contract.name == contract:
            return {row.id: row for row in run.rows}
    return None


def _audit_row(contract: str, row: RowResult, found: Iterable[Mapping[str, RowResult] | None]) -> AuditedRow:
    cells = tuple(_cell(own[row.id]) if own and row.id in own else None for own in found)
    return AuditedRow(contract, row.id, row.table, row.row, row.cause, cells, row.cause_ja)


def _cell(row: RowResult) -> AuditCell:
    why = "" if row.verdict is Verdict.CONFORMS else format_reason(row)
    return AuditCell(row.verdict, why, row.requests, row.known.reason if row.known else "")


def _choices(targets: Sequence[Results | None]) -> tuple[OpenChoice, ...]:
    """Return the open choices, those that differ first; several answers of a target to an input are joined."""
    found: dict[tuple[str, str, str], list[set[str]]] = {}
    for at, results in enumerate(targets):
        for run in results.runs if results else ():
            for key, answers in collect_choices(run).items():
                found.setdefault((run.contract.name, *key), [set() for _ in targets])[at] |= answers
    choices = [
        OpenChoice(*key, tuple(", ".join(sorted(answers)) or None for answers in per_target))
        for key, per_target in found.items()
    ]
    return tuple(sorted(choices, key=lambda choice: not choice.differs))
