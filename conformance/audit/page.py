"""An audit as `audit.html`: rows and targets, each cell a link to its proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any
from urllib.parse import quote

from conformance.audit.model import AuditCell, AuditedRow, AuditedTable, Matrix, TargetColumn
from conformance.checks.model import Verdict
from conformance.messages import Message, join_messages, plural_message
from conformance.report.format import format_choice
from conformance.report.page import render_page
from conformance.report.words import VERDICTS, WORST_FIRST


def render_audit(matrix: Matrix, links: Mapping[str, str] | None = None, language: str | None = None) -> str:
    """The page, whole without script and sorted and filtered with it; for `language` see `render_page`.

    `links` names for each target the folder of its report, relative to the page; a cell leads to
    `<folder>/report.html#<row id>`. A target without a folder has cells without links.
    """
    links = links or {}
    functions: dict[str, Any] = {
        "rank": _rank,
        "score": _score,
        "hint": _hint,
        "count_line": _count_line,
        "choice_of": format_choice,
    }
    return render_page(
        "conformance.audit",
        "audit.html.jinja",
        title=Message("Audit"),
        language=language,
        labels=matrix.labels_ja,
        matrix=matrix,
        folders=[quote(links[column.name]) if column.name in links else None for column in matrix.columns],
        contracts=_contracts(matrix),
        broken=_broken(matrix),
        headline=_headline(matrix.columns),
        heading=_heading(matrix),
        unfair=join_messages(", ", matrix.unfair),
        **functions,
    )


def _broken(matrix: Matrix) -> list[tuple[AuditedRow, list[tuple[TargetColumn, AuditCell]]]]:
    """The rows that some target violates, each with those targets; rows that most targets violate come first."""
    found = []
    for row in matrix.rows:
        targets = [
            (column, cell)
            for column, cell in zip(matrix.columns, row.cells, strict=True)
            if cell is not None and cell.verdict is Verdict.VIOLATES
        ]
        if targets:
            found.append((row, targets))
    return sorted(found, key=lambda entry: -len(entry[1]))


def _heading(matrix: Matrix) -> str:
    targets = plural_message(len(matrix.columns), "{n} target", "{n} targets")
    return join_messages(", ", [targets, plural_message(len(matrix.rows), "{n} row", "{n} rows")])


def _hint(cell: AuditCell) -> str:
    """What is seen of a cell when it is pointed at."""
    known = Message("known: {reason}", reason=cell.known) if cell.known else ""
    return join_messages(": ", filter(None, (VERDICTS[cell.verdict], cell.why, known)))


def _count_line(counts: Mapping[Verdict, int]) -> str:
    present = [verdict for verdict in WORST_FIRST if counts[verdict]]
    return join_messages(", ", [Message("{verdict}: {n}", n=counts[one], verdict=VERDICTS[one]) for one in present])


def _contracts(matrix: Matrix) -> list[tuple[str, list[AuditedTable]]]:
    return [(name, list(tables)) for name, tables in groupby(matrix.tables, key=lambda table: table.contract)]


def _rank(verdict: Verdict | None) -> int:
    """0 for the worst; a target without results stands behind all."""
    return len(WORST_FIRST) if verdict is None else WORST_FIRST.index(verdict)


def _score(counts: Mapping[Verdict, int]) -> str:
    """`30/32`: rows that keep every firm promise, of those there are."""
    good = counts.get(Verdict.CONFORMS, 0) + counts.get(Verdict.DRIFTS, 0)
    return f"{good}/{sum(counts.values())}"


def _headline(columns: Sequence[TargetColumn]) -> list[tuple[Any, int]]:
    """How many targets have which verdict, worst first; None for those without results."""
    counted = [(verdict, sum(column.verdict is verdict for column in columns)) for verdict in (*WORST_FIRST, None)]
    return [(verdict, number) for verdict, number in counted if number]
