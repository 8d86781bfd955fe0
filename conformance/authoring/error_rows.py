"""The error tables of a page: each documented error with its status, code, messages, field, cause and line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus

from conformance.authoring.blocks import Block, Code, Heading, Item, Page, Paragraph, Table, TableRow
from conformance.authoring.columns import (
    IDENTIFIER,
    STATUS,
    Column,
    Role,
    align_cells,
    classify_columns,
    is_blank,
    plain_cell,
)

__all__ = ["ErrorRow", "ErrorTable", "find_error_tables", "sample_texts"]

_QUOTED = re.compile(r"`([^`]+)`|\"([^\"]{3,})\"|“([^”]+)”|「([^」]+)」")
_IN_TEXT = re.compile(r"\((?:HTTP )?([45]\d\d)\b[^)]{0,40}\)")
"""A status that a cause names in brackets."""
_MARKS = "`*:-. ()[]\u2013\u2014\u3001\uff1a"
"""What stands between a status, its phrase and a cause."""
_NUMBER_OF_PHRASE = {status.phrase.casefold(): status.value for status in HTTPStatus}


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


def find_error_tables(page: Page) -> tuple[ErrorTable, ...]:
    """Every table or list of a page whose entries are errors, in the page's order."""
    found: list[ErrorTable] = []
    open_headings: list[Heading] = []
    blocks = _with_paragraph_tables(page.blocks)
    for place, block in enumerate(blocks):
        if isinstance(block, Heading):
            open_headings = [*(one for one in open_headings if one.level < block.level), block]
            rows: tuple[ErrorRow, ...] = tuple(_of_section(block, blocks[place + 1 :]))
        elif isinstance(block, Table):
            rows = tuple(_of_table(block, _status_of(open_headings)))
        elif isinstance(block, Item) and (place == 0 or not isinstance(blocks[place - 1], Item)):
            rows = tuple(_of_list(blocks[place:], _status_of(open_headings)))
        else:
            rows = ()
        if rows:
            found.append(ErrorTable(tuple(one.text for one in open_headings), rows, rows[0].line))
    return _joined(found)


def _status_of(headings: Sequence[Heading]) -> int | None:
    """The status that the innermost heading is about."""
    match = STATUS.match(headings[-1].text.replace("`", "")) if headings else None
    return int(match[1]) if match and int(match[1]) >= 400 else None


def _joined(tables: Sequence[ErrorTable]) -> tuple[ErrorTable, ...]:
    """Sections that are about one status each belong to one table: that of the section around them."""
    joined: list[ErrorTable] = []
    for table in tables:
        about_status = bool(table.titles) and STATUS.match(table.titles[-1].replace("`", "")) is not None
        titles = table.titles[:-1] if about_status else table.titles
        if about_status and joined and joined[-1].titles == titles:
            joined[-1] = replace(joined[-1], rows=(*joined[-1].rows, *table.rows))
        else:
            joined.append(replace(table, titles=titles))
    return tuple(joined)


# --- tables


def _of_table(table: Table, status: int | None) -> Iterator[ErrorRow]:
    columns = classify_columns(table)
    roles = {column.role for column in columns}
    if not ("status" in roles or (status is not None and roles & {"code", "message", "cause"}) or _is_coded(roles)):
        return
    above: dict[int, str] = {}
    for row in table.rows:
        cells = align_cells(row.cells, columns)
        for place, column in enumerate(columns):
            if column.role == "operation":
                above[place] = cells[place] or above.get(place, "")
                cells = (*cells[:place], above[place], *cells[place + 1 :])
        if (error := _of_row(row, cells, columns, status)) is not None:
            yield error


def _is_coded(roles: set[Role | None]) -> bool:
    """Codes with messages, or with causes and the title of a code: a table of errors without statuses."""
    return "code" in roles and bool(roles & {"message", "cause"}) and "field" not in roles


def _of_row(row: TableRow, cells: Sequence[str], columns: Sequence[Column], status: int | None) -> ErrorRow | None:
    held: dict[str, list[str]] = {}
    messages: list[tuple[str, str | None]] = []
    for cell, column in zip(cells, columns, strict=False):
        text = plain_cell(cell)
        if column.role == "message" and text:
            messages += [(one, column.language) for one in _messages(cell)]
        elif column.role is not None and text:
            held.setdefault(column.role, []).append(" ".join(text.split()))
    said = STATUS.match(held.get("status", [""])[0])
    in_text = _IN_TEXT.search(" ".join(held.get("cause", [])))
    own = int(said[1]) if said else status or (int(in_text[1]) if in_text else None)
    if own is not None and own < 400:
        return None
    if own is None and not held.get("code") and not messages and not held.get("cause"):
        return None
    first = {role: texts[0].replace("`", "") for role, texts in held.items()}
    return ErrorRow(
        status=own,
        code=first.get("code", ""),
        field=first.get("field", ""),
        messages=tuple(dict.fromkeys(messages)),
        cause=" ".join(held.get("cause", [])).replace("`", ""),
        note=" ".join(held.get("note", [])).replace("`", ""),
        operation=first.get("operation", ""),
        line=row.line,
    )


def _messages(cell: str) -> list[str]:
    """The wordings in a message cell: each text in backticks on a line of its own, or else the whole cell."""
    lines = [line.strip() for line in cell.split("\n") if line.strip()]
    if len(lines) > 1 and all(re.fullmatch(r"`[^`]+`", line) for line in lines):
        return [plain_cell(line) for line in lines]
    whole = " ".join(lines)
    coded = re.findall(r"`([^`]+)`", whole)
    return [coded[0]] if len(coded) == 1 and not whole.startswith('"') else [plain_cell(whole).replace("`", "")]


# --- lists, and sections that are about one status


def _of_list(blocks: Sequence[Block], status: int | None) -> Iterator[ErrorRow]:
    for block in blocks:
        if not isinstance(block, Item):
            return
        if (error := _of_item(block, status)) is not None:
            yield error


def _of_item(item: Item, status: int | None) -> ErrorRow | None:
    text = " ".join(item.text.split())
    match = STATUS.match(text)
    if match and int(match[1]) >= 400:
        own: int | None = int(match[1])
        rest = text[match.end() :]
    else:
        own, rest = status, text
    if own is None:
        return None
    if rest.count("`") % 2:
        rest = f"`{rest.lstrip()}"  # the status stood within the same code
    quoted = [next(filter(None, groups)).strip() for groups in _QUOTED.findall(rest)]
    quoted = [one for one in quoted if _NUMBER_OF_PHRASE.get(one.casefold()) != own]
    codes = [one for one in quoted if IDENTIFIER.fullmatch(one) and " " not in one]
    messages = [one for one in quoted if one not in codes]
    if not match and not quoted:
        return None
    cause = _without_phrase(_QUOTED.sub(" ", rest), own)
    return ErrorRow(
        own, codes[0] if codes else "", "", tuple((one, None) for one in messages), cause, "", "", item.line
    )


def _without_phrase(text: str, status: int) -> str:
    """A text without the marks at its ends and without the reason phrase of its status."""
    plain = " ".join(text.split()).lstrip(_MARKS).strip()
    for phrase, number in _NUMBER_OF_PHRASE.items():
        if number == status and plain.casefold().startswith(phrase):
            plain = plain[len(phrase) :]
    return plain.lstrip(_MARKS).rstrip(_MARKS.replace(".", "")).strip()


def _of_section(heading: Heading, after: Sequence[Block]) -> Iterator[ErrorRow]:
    """A heading with a status whose section has neither table nor list: the section itself is one error."""
    match = STATUS.match(heading.text.replace("`", ""))
    if match is None or int(match[1]) < 400:
        return
    inside: list[Block] = []
    for block in after:
        if isinstance(block, Heading):
            break
        inside.append(block)
    if any(isinstance(block, Table) for block in inside) or any(
        isinstance(block, Item) and _of_item(block, int(match[1])) is not None for block in inside
    ):
        return
    texts = [block.text for block in inside if isinstance(block, Paragraph)]
    title = _without_phrase(heading.text.replace("`", "")[match.end() :], int(match[1]))
    quoted = [one for text in texts[:3] for one in re.findall(r"`([^`]+)`", text)]
    code = title if IDENTIFIER.fullmatch(title) and title != title.capitalize() else ""
    messages = tuple((one, None) for one in quoted if " " in one)[:1]
    cause = " ".join(texts[0].split()).replace("`", "") if texts else ("" if code else title)
    yield ErrorRow(int(match[1]), code, "", messages, cause, "", "", heading.line)


# --- tables whose cells became paragraphs


def _with_paragraph_tables(blocks: Sequence[Block]) -> list[Block]:
    """Paragraphs that are the titles of columns, and those after them as rows of so many cells."""
    made: list[Block] = []
    at = 0
    while at < len(blocks):
        run = _paragraphs(blocks, at)
        width = _width(run)
        if width >= 2 and len(run) >= 2 * width:
            rows = [run[n : n + width] for n in range(width, len(run) - width + 1, width)]
            table_rows = tuple(TableRow(tuple(one.text for one in row), row[0].line) for row in rows)
            made.append(Table(tuple(one.text for one in run[:width]), table_rows, run[0].line))
            at += width * (1 + len(rows))
        else:
            made.append(blocks[at])
            at += 1
    return made


def _paragraphs(blocks: Sequence[Block], at: int) -> list[Paragraph]:
    run: list[Paragraph] = []
    for block in blocks[at:]:
        if not isinstance(block, Paragraph):
            break
        run.append(block)
    return run


def _width(run: Sequence[Paragraph]) -> int:
    """How many paragraphs at the beginning are the titles of columns, a status among them."""
    titles: list[str] = []
    for paragraph in run[:8]:
        if (
            is_blank(paragraph.text)
            or len(paragraph.text) > 40
            or "`" in paragraph.text
            or STATUS.match(paragraph.text)
        ):
            break
        table = Table((paragraph.text,), (), paragraph.line)
        if classify_columns(table)[0].role is None:
            break
        titles.append(paragraph.text)
    roles = {column.role for column in classify_columns(Table(tuple(titles), (), 0))}
    return len(titles) if "status" in roles else 0


def sample_texts(page: Page) -> tuple[str, ...]:
    """The code blocks of a page, in order: sample answers may be among them."""
    return tuple(block.text for block in page.blocks if isinstance(block, Code))
