"""An audit as CSV and JSON for other programs, and as `audit.html`: rows and targets, each cell a link to its proof."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Final
from urllib.parse import quote

from conformance.audit.matrix import AuditCell, AuditedRow, Matrix, TargetColumn
from conformance.checks.model import Verdict
from conformance.messages import Message, join_messages
from conformance.report.format import format_choice
from conformance.report.page import render_template
from conformance.report.sanitize import escape_cell
from conformance.report.words import VERDICTS, WORST_FIRST
from conformance.results.serialization import format_json_text

FORMAT: Final = 1


def format_csv_audit(matrix: Matrix) -> str:
    """RFC 4180: a line per row with the verdict of each target, then sums and cost, then the open choices."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([escape_cell(cell) for cell in line] for line in _lines(matrix))
    return text.getvalue()


def _lines(matrix: Matrix) -> Iterator[Iterable[str]]:
    columns = matrix.columns
    yield ("kind", "contract", "table", "row", *(column.name for column in columns))
    for row in matrix.rows:
        cells = (cell.verdict.value if cell else "" for cell in row.cells)
        yield ("row", row.contract, row.table, row.id, *cells)
    for verdict in Verdict:
        yield ("sum", "", "", verdict.value, *(str(column.counts.get(verdict, "")) for column in columns))
    yield ("target", "", "", "verdict", *(column.verdict.value if column.verdict else "" for column in columns))
    yield ("target", "", "", "base_url", *(column.base_url for column in columns))
    yield ("target", "", "", "editions", *(", ".join(column.editions) for column in columns))
    yield ("target", "", "", "requests", *(str(column.requests) for column in columns))
    yield ("target", "", "", "seconds", *(f"{column.seconds:.3f}" for column in columns))
    yield ("target", "", "", "problem", *(column.problem for column in columns))
    for choice in matrix.choices:
        yield ("choice", choice.contract, choice.row, choice.input, *(answer or "" for answer in choice.answers))


def format_json_audit(matrix: Matrix, links: Mapping[str, str] | None = None) -> str:
    """JSON: `targets` with verdict, counts and cost, `tables` with rows and sums, `choices`; places as in `targets`.

    `links` names the folder of each target's report; where it has one, each cell has its link.
    """
    links = links or {}
    values = asdict(matrix)
    targets = [{**one, "report": links.get(one["name"])} for one in values["columns"]]
    for row in (row for table in values["tables"] for row in table["rows"]):
        for cell, target in zip(row["cells"], targets, strict=True):
            if cell is not None and target["report"] is not None:
                cell["link"] = f"{target['report']}/report.html#{row['id']}"
    choices = [
        {**one, "differs": choice.differs} for one, choice in zip(values["choices"], matrix.choices, strict=True)
    ]
    head = {"format": FORMAT, "unfair": matrix.unfair, "targets": targets}
    return format_json_text({**head, "tables": values["tables"], "choices": choices})


def render_audit(matrix: Matrix, links: Mapping[str, str] | None = None, language: str | None = None) -> str:
    """The page, whole without script and sorted and filtered with it; for `language` see `render_template`.

    `links` names for each target the folder of its report, relative to the page; a cell leads to
    `<folder>/report.html#<row id>`. A target without a folder has cells without links.
    """
    links = links or {}
    return render_template(
        "conformance.audit",
        "audit.html.jinja",
        title=Message("Audit"),
        language=language,
        labels=matrix.labels_ja,
        matrix=matrix,
        folders=[quote(links[column.name]) if column.name in links else None for column in matrix.columns],
        broken=_broken(matrix),
        hint=_hint,
        count_line=format_counts,
        choice_of=format_choice,
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


def _hint(cell: AuditCell) -> str:
    """What is seen of a cell when it is pointed at."""
    known = Message("known: {reason}", reason=cell.known) if cell.known else ""
    return join_messages(": ", filter(None, (VERDICTS[cell.verdict], cell.why, known)))


def format_counts(counts: Mapping[Verdict, int]) -> str:
    """`violates: 1, conforms: 31`, the worst first."""
    present = [verdict for verdict in WORST_FIRST if counts[verdict]]
    return join_messages(", ", [Message("{verdict}: {n}", n=counts[one], verdict=VERDICTS[one]) for one in present])
