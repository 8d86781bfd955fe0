"""What the cells of a table, or the labels of an entry, say of documented errors, as rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.authoring.blocks import TableBlock
from conformance.authoring.columns import (
    PHRASES,
    Role,
    align_cells,
    classify_columns,
    find_statuses,
    is_blank,
    is_phrase,
    plain_cell,
    role_of_label,
    roles_of_titles,
    split_codes,
)
from conformance.authoring.error_text import (
    ABOUT_ERRORS,
    STATUS_IN_TEXT,
    STATUS_WITH_MESSAGE,
    is_error_code,
    strip_phrase,
    tells_success,
    trim,
)

_CLASS = re.compile(r"[1-5](xx\b|\*\*).*|[1-5]\d\d\s*[-\u2013]\s*[1-5]\d\d", re.IGNORECASE)
"""A class of statuses, or a range of them."""


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One documented error; what the page does not say is empty. `messages` pairs texts with languages."""

    status: int | None
    code: str
    field: str
    messages: tuple[tuple[str, str | None], ...]
    cause: str
    note: str
    operation: str
    line: int


@dataclass(frozen=True, slots=True)
class ErrorTable:
    """The errors of one section of a page, under the titles of the sections around it."""

    titles: tuple[str, ...]
    rows: tuple[ErrorRow, ...]
    line: int


def build_rows(
    held: Mapping[Role, Sequence[str]],
    line: int,
    around: Sequence[int] = (),
    *,
    languages: Sequence[str | None] = (),
) -> Iterator[ErrorRow]:
    """The rows of one entry: one for each of its statuses and codes; none where it tells of a success.

    `held` has the cells by role, `around` are the statuses of the section, `languages` those of the messages.
    """
    texts = {role: [" ".join(cell.split()) for cell in cells] for role, cells in held.items()}
    statuses, rest = find_statuses((texts.get("status") or [""])[0])
    causes = [text.replace("`", "") for text in texts.get("cause", [])]
    cause = " ".join([text for text in causes if not (statuses and is_phrase(text))] or causes)
    messages = [
        (text, language)
        for cell, language in zip(held.get("message", ()), [*languages, *[None] * 9], strict=False)
        for text in _messages(cell)
    ]
    messages = [pair for pair in messages if not is_phrase(pair[0])] or messages
    if not statuses and messages and (status_line := STATUS_WITH_MESSAGE.fullmatch(messages[0][0])):
        statuses, messages = (int(status_line[1]),), [(status_line[2], messages[0][1]), *messages[1:]]
    if not statuses:
        named = STATUS_IN_TEXT.search(cause)
        statuses = tuple(around) or ((int(named[1] or named[2]),) if named else ())
    codes = split_codes((held.get("code") or [""])[0]) or [""]
    codes = ["" if code.isdigit() and int(code) in statuses else code for code in codes]
    if not statuses and (
        tells_success([*codes, *causes, *(text for text, _ in messages)]) or not (any(codes) or messages or cause)
    ):
        return
    if cause and statuses:
        phrase = next((phrase for number, phrase in PHRASES if number == statuses[0] and _names(cause, phrase)), "")
        cause = trim(cause[len(phrase) :])
    elif statuses:
        cause = strip_phrase(rest, statuses[0]) or ("" if any(codes) or messages else trim(rest))
    parts = [*codes, cause, *(text for text, _ in messages)]
    for one in statuses or (None,):
        for code in codes:
            if one is not None and one < 400 and (not is_error_code(code, one) or tells_success(parts)):
                continue
            yield ErrorRow(
                status=one,
                code=code.replace("`", ""),
                field=texts.get("field", [""])[0].replace("`", ""),
                messages=tuple(dict.fromkeys(messages)),
                cause=cause,
                note=" ".join(texts.get("note", [])).replace("`", ""),
                operation=texts.get("operation", [""])[0].replace("`", ""),
                line=line,
            )


def _names(cause: str, phrase: str) -> bool:
    """Whether a cause begins with the phrase of its status, and goes on after a dash or a colon."""
    return re.match(re.escape(phrase) + r"\s*(?:[:\u2013\u2014]|-+\s)", cause, re.IGNORECASE) is not None


def _messages(cell: str) -> list[str]:
    """The wordings in a message cell: each text in backticks on a line of its own, or else the whole cell."""
    lines = [line.strip() for line in cell.split("\n") if line.strip()]
    if len(lines) > 1 and all(re.fullmatch(r"`[^`]+`", line) for line in lines):
        return [plain_cell(line) for line in lines]
    whole = " ".join(lines)
    coded = re.findall(r"`([^`]+)`", whole)
    if len(coded) == 1 and not whole.startswith('"') and len(coded[0]) * 2 > len(whole):
        return [coded[0]]
    text = plain_cell(whole).replace("`", "")
    return [text] if text else []


def read_table(table: TableBlock, around: Sequence[int], *, about_errors: bool) -> Iterator[ErrorRow]:
    if (labels := labels_of_table(table)) is not None:
        yield from build_rows(labels, table.line, around)
        return
    columns = classify_columns(table)
    roles = {column.role for column in columns}
    about_errors = about_errors or any(map(ABOUT_ERRORS.search, table.header))
    if not (
        "status" in roles
        or (around and roles & {"code", "message", *({"cause"} & roles_of_titles(table))})
        or (about_errors and _is_coded(roles, table))
        or (about_errors and {"message", "cause"} <= roles and any(map(ABOUT_ERRORS.search, table.header)))
    ):
        return
    if any(_are_types(table, place) for place in range(len(table.header))):
        return  # the members of a body
    above: dict[int, str] = {}
    for row in table.rows:
        cells = align_cells(row.cells, columns)
        held: dict[Role, list[str]] = {}
        for place, (cell, column) in enumerate(zip(cells, columns, strict=False)):
            if column.role == "operation":
                above[place] = text = cell or above.get(place, "")
            else:
                text = cell if column.role == "message" else plain_cell(cell)
            if column.role is not None and not is_blank(plain_cell(text)):
                held.setdefault(column.role, []).append(text)
        if any(_CLASS.fullmatch(cell.strip()) for cell in row.cells[:1]):
            continue
        number = (held.get("status") or [""])[0]
        if "code" not in held and re.fullmatch(r"-?\d+", number) and not find_statuses(number)[0]:
            held["code"] = held.pop("status")  # statuses and numbers of the vendor's own in one column
        languages = [column.language for cell, column in zip(cells, columns, strict=False)
                     if column.role == "message" and not is_blank(plain_cell(cell))]  # fmt: skip
        yield from build_rows(held, row.line, around, languages=languages)


def _are_types(table: TableBlock, place: int) -> bool:
    """Whether every cell of a column names a type of JSON."""
    cells = [row.cells[place].strip("` ").lower() for row in table.rows if place < len(row.cells)]
    return bool(cells) and {*cells} <= {"string", "integer", "number", "boolean", "array", "object"}


def _is_coded(roles: set[Role | None], table: TableBlock) -> bool:
    """Codes with messages or causes: a table of errors without statuses, and none of parameters or fields."""
    has_field = "field" in roles and not any(map(ABOUT_ERRORS.search, table.header))
    return "code" in roles and bool(roles & {"message", "cause"}) and not has_field


def labels_of_table(table: TableBlock) -> dict[Role, list[str]] | None:
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
