"""The results of many targets side by side, as one matrix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from conformance.audit.model import AuditCell, AuditedRow, AuditedTable, Matrix, OpenChoice, TargetColumn
from conformance.checks.model import Verdict
from conformance.messages import Message
from conformance.report.format import format_reason
from conformance.report.translation import collect_labels
from conformance.results.model import Results, RowResult, TableName, TargetRun
from conformance.results.normalize import Normalizer

RowKey = tuple[str, str]
RowsOfTarget = Mapping[RowKey, tuple[RowResult, str]]
NamedResults = tuple[str, Results | None]


def build_matrix(runs: Sequence[tuple[str, Results]], failures: Mapping[str, str] | None = None) -> Matrix:
    """The matrix of the targets in their order, then those of `failures`: the name and why there are no results.

    A target may have been run against several contracts. Where its results hold one contract twice, a cell has the
    worse verdict of its row.
    """
    failures = failures or {}
    targets: list[NamedResults] = [*runs, *((name, None) for name in failures if name not in dict(runs))]
    rows = [_rows(results) for _, results in targets]
    return Matrix(
        columns=tuple(_column(name, results, failures.get(name, "")) for name, results in targets),
        tables=tuple(_tables(targets, rows)),
        choices=_choices([results for _, results in targets]),
        labels_ja=collect_labels(run for _, results in runs for run in results.runs),
    )


def _column(name: str, results: Results | None, problem: str) -> TargetColumn:
    if results is None:
        return TargetColumn(name, "", None, {}, problem=problem or Message("no results"))
    runs = results.runs
    counts = Counter(row.verdict for run in runs for row in run.rows)
    return TargetColumn(
        name=name,
        base_url=", ".join(dict.fromkeys(str(run.target.get("base_url", "")) for run in runs)),
        verdict=results.verdict,
        counts={verdict: counts[verdict] for verdict in Verdict},
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


def _rows(results: Results | None) -> RowsOfTarget:
    """Each row with its anchor in the target's report, with the number of the run where a row ID stands twice."""
    rows: dict[RowKey, tuple[RowResult, str]] = {}
    taken: set[str] = set()
    order = list(Verdict)
    for number, run in enumerate(results.runs if results else (), 1):
        for row in run.rows:
            anchor = row.id if row.id not in taken else f"run-{number}/{row.id}"
            taken.add(anchor)
            key = run.contract.name, row.id
            if key not in rows or order.index(row.verdict) > order.index(rows[key][0].verdict):
                rows[key] = row, anchor
    return rows


def _tables(targets: Sequence[NamedResults], rows_of_targets: Sequence[RowsOfTarget]) -> Iterable[AuditedTable]:
    runs = [run for _, results in targets if results for run in results.runs]
    for contract in dict.fromkeys(run.contract.name for run in runs):
        own = [run for run in runs if run.contract.name == contract]
        names = {table.name: table for run in reversed(own) for table in run.contract.tables}
        rows: dict[str, RowResult] = {}
        for run in own:
            for row in run.rows:
                rows.setdefault(row.id, row)
        asked = [_has_contract(results, contract) for _, results in targets]
        for name in _order(own, rows.values()):
            ordered = sorted((row for row in rows.values() if row.table == name), key=lambda row: row.row)
            audited = tuple(_audit_row(contract, row, rows_of_targets) for row in ordered)
            table = names.get(name, TableName(name, name))
            yield AuditedTable(contract, name, table.title, audited, tuple(_sums(audited, asked)), table.title_ja)


def _order(runs: Iterable[TargetRun], rows: Iterable[RowResult]) -> Iterable[str]:
    """The vendor's order of tables, then what only rows name; a table without rows is left out."""
    used = dict.fromkeys(row.table for row in rows)
    named = dict.fromkeys(table.name for run in runs for table in run.contract.tables)
    return [name for name in (*named, *(one for one in used if one not in named)) if name in used]


def _audit_row(contract: str, row: RowResult, rows_of_targets: Sequence[RowsOfTarget]) -> AuditedRow:
    cells: list[AuditCell | None] = []
    for one in rows_of_targets:
        found = one.get((contract, row.id))
        cells.append(_cell(*found) if found else None)
    return AuditedRow(contract, row.id, row.table, row.row, row.cause, tuple(cells), row.cause_ja)


def _cell(row: RowResult, anchor: str) -> AuditCell:
    known = row.known.reason if row.known else ""
    if row.verdict is Verdict.CONFORMS:
        return AuditCell(row.verdict, "", anchor, row.requests, known)
    return AuditCell(row.verdict, format_reason(row), anchor, row.requests, known)


def _sums(rows: Iterable[AuditedRow], asked: Sequence[bool]) -> Iterable[Mapping[Verdict, int] | None]:
    rows = tuple(rows)
    for at, was_asked in enumerate(asked):
        counts = Counter(cell.verdict for row in rows if (cell := row.cells[at]) is not None)
        yield {verdict: counts[verdict] for verdict in Verdict} if was_asked else None


def _has_contract(results: Results | None, contract: str) -> bool:
    return results is not None and any(run.contract.name == contract for run in results.runs)


def _choices(targets: Sequence[Results | None]) -> tuple[OpenChoice, ...]:
    """Choices on which targets differ come first; answers of one target to one input are joined."""
    found: dict[tuple[str, str, str], list[set[str]]] = {}
    for at, results in enumerate(targets):
        for run in results.runs if results else ():
            normalizer = Normalizer(run.target)
            for row in run.rows:
                for choice in row.choices:
                    key = run.contract.name, row.id, normalizer.normalize(choice.input)
                    found.setdefault(key, [set() for _ in targets])[at].add(normalizer.normalize(choice.answer))
    choices = [
        OpenChoice(*key, tuple(", ".join(sorted(answers)) or None for answers in per_target))
        for key, per_target in found.items()
    ]
    return tuple(sorted(choices, key=lambda choice: not choice.differs))
