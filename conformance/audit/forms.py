"""Formats an audit as CSV and JSON for programs, and as `audit.html` with a link to the evidence in each cell."""

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


def format_audit(matrix: Matrix, form: str, language: str | None = None) -> str:
    """Format the matrix as `csv` (RFC 4180), `json` or `html`; for `language`, see `render_template`."""
    if form == "csv":
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerows([escape_cell(cell) for cell in line] for line in _lines(matrix))
        return text.getvalue()
    if form == "json":
        return _format_json(matrix)
    return render_template(
        "conformance.audit",
        "audit.html.jinja",
        title=Message("Audit"),
        language=language,
        labels=matrix.labels_ja,
        matrix=matrix,
        folders=[column.report and quote(column.report) for column in matrix.columns],
        broken=_find_violated_rows(matrix),
        hint=_tooltip,
        count_line=format_counts,
        choice_of=format_choice,
    )


def _lines(matrix: Matrix) -> Iterator[Iterable[str]]:
    """Yield a line for each row with the verdicts of all targets, then for sums, cost and open choices."""
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


def _format_json(matrix: Matrix) -> str:
    """Format `targets`, `tables` and `choices` as JSON; cells are in the order of `targets`."""
    values = asdict(matrix)
    for row in (row for table in values["tables"] for row in table["rows"]):
        for cell, column in zip(row["cells"], matrix.columns, strict=True):
            if cell is not None and column.report is not None:
                cell["link"] = f"{column.report}/report.html#{row['id']}"
    choices = [
        {**one, "differs": choice.differs} for one, choice in zip(values["choices"], matrix.choices, strict=True)
    ]
    head = {"format": FORMAT, "unfair": matrix.unfair, "targets": values["columns"]}
    return format_json_text({**head, "tables": values["tables"], "choices": choices})


def _find_violated_rows(matrix: Matrix) -> list[tuple[AuditedRow, list[tuple[TargetColumn, AuditCell]]]]:
    """Return the rows that a target violates, with those targets; rows that most targets violate come first."""
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


def _tooltip(cell: AuditCell) -> str:
    known = Message("known: {reason}", reason=cell.known) if cell.known else ""
    return join_messages(": ", filter(None, (VERDICTS[cell.verdict], cell.why, known)))


def format_counts(counts: Mapping[Verdict, int]) -> str:
    """Format counts, the worst verdict first: `violates: 1, conforms: 31`."""
    present = [verdict for verdict in WORST_FIRST if counts[verdict]]
    return join_messages(", ", [Message("{verdict}: {n}", n=counts[one], verdict=VERDICTS[one]) for one in present])
