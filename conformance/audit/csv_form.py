"""An audit as a spreadsheet, whose programs take a cell that begins with a sign for a formula and run it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Final

from conformance.audit.model import Matrix
from conformance.checks.model import Verdict
from conformance.report.sanitize import to_one_line

__all__ = ["escape_formula", "format_csv_audit"]

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def format_csv_audit(matrix: Matrix) -> str:
    """RFC 4180: a line per row with the verdict of each target, then sums and cost, then the open choices."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([escape_formula(cell) for cell in line] for line in _lines(matrix))
    return text.getvalue()


def escape_formula(cell: str) -> str:
    """The text in one line, with an apostrophe before what a spreadsheet would calculate."""
    # What is blank or unseen at the start does not keep a spreadsheet from seeing the sign behind it.
    return (
        "'" + to_one_line(cell)
        if cell.startswith(_FORMULA) or cell.lstrip().startswith(_FORMULA)
        else to_one_line(cell)
    )


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
