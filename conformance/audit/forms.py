"""An audit as CSV and as JSON, for other programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from typing import Final

from conformance.audit.model import Matrix
from conformance.checks.model import Verdict
from conformance.report.sanitize import to_one_line
from conformance.results.serialization import format_json_text

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def format_csv_audit(matrix: Matrix) -> str:
    """RFC 4180: a line per row with the verdict of each target, then sums and cost, then the open choices."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([escape_formula(cell) for cell in line] for line in _lines(matrix))
    return text.getvalue()


def escape_formula(cell: str) -> str:
    """The text in one line, with an apostrophe before what a spreadsheet would run as a formula."""
    # What is blank or invisible at the start does not keep a spreadsheet from seeing the sign behind it.
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


FORMAT: Final = 1


def format_json_audit(matrix: Matrix, links: Mapping[str, str] | None = None) -> str:
    """JSON: `targets` with verdict, counts and cost, `tables` with rows and sums, `choices`; places as in `targets`.

    `links` names the folder of each target's report; where it has one, each cell has its link.
    """
    links = links or {}
    values = asdict(replace(matrix, labels_ja={}))
    targets = [{**one, "report": links.get(one["name"])} for one in values["columns"]]
    tables = []
    for table in values["tables"]:
        for row in table["rows"]:
            for cell, target in zip(row["cells"], targets, strict=True):
                if cell is not None and target["report"] is not None:
                    cell["link"] = f"{target['report']}/report.html#{cell['anchor']}"
        tables.append(table)
    choices = [
        {**one, "differs": choice.differs} for one, choice in zip(values["choices"], matrix.choices, strict=True)
    ]
    head = {"format": FORMAT, "unfair": matrix.unfair, "targets": targets}
    return format_json_text({**head, "tables": tables, "choices": choices})
