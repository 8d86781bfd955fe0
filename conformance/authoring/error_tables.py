"""Tables of errors: one a row, or one of two columns that is about a single error."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from http import HTTPStatus

from conformance.authoring.blocks import Table, TableRow
from conformance.authoring.columns import (
    Column,
    Role,
    align_cells,
    classify_columns,
    is_blank,
    plain_cell,
    role_of_label,
)
from conformance.authoring.error_row import ErrorRow, build_rows
from conformance.authoring.error_text import ABOUT_ERRORS

__all__ = ["labels_of_table", "read_table"]


_OTHERS = re.compile(r"((http|response|request) )?headers?( names?)?|ヘッダー?|请求头|响应头", re.IGNORECASE)
"""The title of a first column that does not name errors."""


def read_table(table: Table, status: int | None, *, about_errors: bool) -> Iterator[ErrorRow]:
    if (labels := labels_of_table(table)) is not None:
        yield from build_rows(labels, table.line, status=status)
        return
    columns = classify_columns(table)
    roles = {column.role for column in columns}
    about_errors = about_errors or any(map(ABOUT_ERRORS.search, table.header))
    if not (
        "status" in roles
        or (status is not None and roles & {"code", "message", "cause"})
        or (about_errors and _is_coded(roles, table))
        or (about_errors and {"message", "cause"} <= roles and any(map(ABOUT_ERRORS.search, table.header)))
    ):
        return
    names_others = "status" not in roles and _OTHERS.fullmatch(plain_cell(table.header[0])) is not None
    if names_others or any(_are_types(table, place) for place in range(len(table.header))):
        return  # headers, or the members of a body
    mixed = "status" not in roles and _is_mixed(table, columns)
    above: dict[int, str] = {}
    for row in _with_entries_joined(table.rows):
        cells = align_cells(row.cells, columns)
        held: dict[Role, list[str]] = {}
        for place, (cell, column) in enumerate(zip(cells, columns, strict=False)):
            if column.role == "operation":
                above[place] = text = cell or above.get(place, "")
            else:
                text = cell if column.role == "message" else plain_cell(cell)
            if column.role is not None and not is_blank(plain_cell(text)):
                held.setdefault(column.role, []).append(text)
        if any(re.fullmatch(r"[1-5](xx\b|\*\*).*", cell, re.IGNORECASE) for cell in row.cells[:1]):
            continue  # a class of statuses
        if "code" not in held and re.fullmatch(r"-?\d{4,}", (held.get("status") or [""])[0]):
            held["code"] = held.pop("status")  # statuses and numbers of the vendor's own in one column
        if mixed and re.fullmatch(r"[1-5]\d\d", (held.get("code") or [""])[0]):
            held["status"] = held.pop("code")
        languages = [column.language for cell, column in zip(cells, columns, strict=False)
                     if column.role == "message" and not is_blank(plain_cell(cell))]  # fmt: skip
        yield from build_rows(held, row.line, status=status, languages=languages)


def _with_entries_joined(rows: Sequence[TableRow]) -> Iterator[TableRow]:
    """Rows whose last cell is a list that the page broke into lines are one row again."""
    last: TableRow | None = None
    for row in rows:
        filled = [cell for cell in row.cells if cell]
        if last is not None and len(filled) == 1 and re.match(r"[\u2022\u30fb*-]\s", row.cells[0]):
            place = max(n for n, cell in enumerate(last.cells) if cell)
            cells = (*last.cells[:place], f"{last.cells[place]} {filled[0]}", *last.cells[place + 1 :])
            last = TableRow(cells, last.line)
            continue
        if last is not None:
            yield last
        last = row
    if last is not None:
        yield last


def _are_types(table: Table, place: int) -> bool:
    """Whether every cell of a column names a type of JSON."""
    cells = [row.cells[place].strip("` ").lower() for row in table.rows if place < len(row.cells)]
    return bool(cells) and {*cells} <= {"string", "integer", "number", "boolean", "array", "object"}


def _is_coded(roles: set[Role | None], table: Table) -> bool:
    """Codes with messages or causes: a table of errors without statuses, and none of parameters or fields."""
    has_field = "field" in roles and not any(map(ABOUT_ERRORS.search, table.header))
    return "code" in roles and bool(roles & {"message", "cause"}) and not has_field


def _is_mixed(table: Table, columns: Sequence[Column]) -> bool:
    """Whether the codes of a table are statuses as well as longer numbers of the vendor's own."""
    place = next((place for place, column in enumerate(columns) if column.role == "code"), None)
    cells = [plain_cell(row.cells[place]) for row in table.rows if place is not None and place < len(row.cells)]
    statuses = {str(status.value) for status in HTTPStatus if status >= 400}
    return sum(cell in statuses for cell in cells) > 2 and all(re.fullmatch(r"\d+", cell) for cell in cells if cell)


def labels_of_table(table: Table) -> dict[Role, list[str]] | None:
    """A table of two columns that is about one error: `Status | 404`, `Message | …`."""
    if len(table.header) != 2:
        return None
    pairs = [table.header, *(row.cells for row in table.rows if len(row.cells) == 2)]
    labels: dict[Role, list[str]] = {}
    for label, value in pairs:
        if (role := role_of_label(label)) is not None:
            labels.setdefault(role, []).append(value)
    named = set(labels) & {"status", "code", "message", "cause"}
    is_record = len(named) > 1 and len(labels) * 2 > len(pairs) and role_of_label(table.header[1]) is None
    return labels if is_record else None
