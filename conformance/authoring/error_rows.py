"""The error tables of a page: each documented error with its status, code, messages, field, cause and line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

from conformance.authoring.blocks import Block, Code, Heading, Item, Page, Paragraph, Table, TableRow
from conformance.authoring.columns import STATUS, classify_columns, find_statuses, is_blank, plain_cell, role_of_label
from conformance.authoring.envelope import guess_envelope
from conformance.authoring.error_lists import leading_entries, read_list
from conformance.authoring.error_row import ErrorRow, ErrorTable
from conformance.authoring.error_sections import LEVEL_OF_LINES, levels_of_codes, read_section, section_of
from conformance.authoring.error_tables import read_table
from conformance.authoring.error_text import (
    ABOUT_ERRORS,
    ABOUT_OTHERS,
    CODE,
    code_of_title,
    error_statuses,
    follows_status,
    read_labels,
    strip_phrase,
)

__all__ = ["find_error_tables", "sample_texts"]

_NUMBERED = re.compile(r"-?\d{3,6}\s*[:\uff1a=]\s*\S")
"""How a line begins that is a number of the vendor's own and what it stands for: `701: Username is empty`."""
_CLASS = re.compile(r"\W*[1-5]xx\b.{0,40}", re.IGNORECASE)
"""A line that is about a class of statuses: `5xx - Server error`."""


def find_error_tables(page: Page) -> tuple[ErrorTable, ...]:
    """Every table or list of a page whose entries are errors, in the page's order."""
    found: list[tuple[ErrorTable, bool]] = []
    open_headings: list[Heading] = []
    blocks = _with_headings(_with_paragraph_tables(_with_titles_of_sample(page)))
    of_page = _title_of_page(page, blocks)
    coded = levels_of_codes(blocks)
    skipped = 0
    for place, block in enumerate(blocks):
        if place < skipped:
            continue
        if isinstance(block, Heading):
            open_headings = [*(one for one in open_headings if one.level < block.level), block]
        titles = [of_page, *(one.text for one in open_headings)]
        about_errors = any(map(ABOUT_ERRORS.search, titles)) and not (
            ABOUT_OTHERS.search(titles[-1]) and not ABOUT_ERRORS.search(titles[-1]) and not code_of_title(titles[-1])
        )
        status = next((statuses[0] for one in reversed(open_headings) if (statuses := error_statuses(one.text))), None)
        section = False
        rows: tuple[ErrorRow, ...] = ()
        if isinstance(block, Heading):
            inside = section_of(blocks, place)
            rows = tuple(read_section(block, inside, status, is_code=about_errors and block.level in coded))
            section = True
            if rows and not any(isinstance(one, Heading) for one in inside):
                skipped = place + 1 + len(inside)
        elif isinstance(block, Table):
            rows = tuple(read_table(block, status, about_errors=about_errors))
        elif isinstance(block, Item):
            entries = leading_entries(blocks[place:])
            rows = tuple(read_list(entries, status, about_errors=about_errors))
            skipped = place + len(entries)
        if rows:
            names = tuple(one.text for one in open_headings)
            found.append((ErrorTable(names[:-1] if section else names, rows, rows[0].line), section))
    return _joined(found)


def _with_titles_of_sample(page: Page) -> list[Block]:
    """The blocks, where a column that is called as a key of the sample answer is called what that key says."""
    envelope = guess_envelope(sample_texts(page)) or {}
    named = {envelope[role]: role for role in ("message", "code", "field") if role in envelope}

    def rename(titles: Sequence[str]) -> tuple[str, ...]:
        return tuple(named.get(plain_cell(title), title) for title in titles)

    return [replace(block, header=rename(block.header)) if isinstance(block, Table) else block for block in page.blocks]


def _title_of_page(page: Page, blocks: Sequence[Block]) -> str:
    """What a page is about by its name and first title, where all of it is about that."""
    titles = (block.text for block in blocks if isinstance(block, Heading) and block.level < LEVEL_OF_LINES)
    first = next(titles, blocks[0].text[:200] if blocks and isinstance(blocks[0], Paragraph) else "")
    return f"{PurePath(page.name.rstrip('/')).stem} {first}"


def _joined(tables: Sequence[tuple[ErrorTable, bool]]) -> tuple[ErrorTable, ...]:
    """Sections that are about one error each belong to one table: that of the section around them."""
    joined: list[ErrorTable] = []
    for table, section in tables:
        about_status = bool(table.titles) and bool(error_statuses(table.titles[-1]))
        titles = table.titles[:-1] if about_status else table.titles
        if (section or about_status) and joined and joined[-1].titles == titles:
            joined[-1] = replace(joined[-1], rows=(*joined[-1].rows, *table.rows))
        else:
            joined.append(replace(table, titles=titles))
    return tuple(joined)


def _with_headings(blocks: Sequence[Block]) -> list[Block]:
    """Paragraphs that are nothing but a status or a code are headings; several that begin with a status are a list."""
    made: list[Block] = []
    for place, block in enumerate(blocks):
        before = made[-1] if made else None
        after = blocks[place + 1] if place + 1 < len(blocks) else None
        if not isinstance(block, Paragraph):
            made.append(block)
        elif _is_title(block.text, after):
            made.append(Heading(block.text, LEVEL_OF_LINES, block.line))
        elif (begins := _beginning(block.text)) and not (isinstance(before, Heading) and _is_code_alone(before.text)):
            near = [one for one in blocks[max(place - 2, 0) : place + 3] if isinstance(one, Paragraph)]
            several = sum(bool(begins.match(one.text)) for one in near) > 1
            made.append(Item(block.text, block.line) if several else block)
        else:
            made.append(block)
    return made


def _is_status_alone(text: str) -> bool:
    """Whether a line is nothing but a status with its phrase: `404 Not Found`, `400 Error: Bad Request`."""
    statuses = error_statuses(text)
    if not statuses or not STATUS.match(text.replace("`", "")) or read_labels([text]):
        return False
    return not strip_phrase(re.sub(r"^\W*errors?\W+", "", find_statuses(text)[1], flags=re.IGNORECASE), statuses[0])


def _is_title(text: str, after: Block | None) -> bool:
    """Whether a paragraph is nothing but a status, a class of statuses, or a code with a text below it."""
    return (
        _is_status_alone(text)
        or _CLASS.fullmatch(text) is not None
        or (_is_code_alone(text) and isinstance(after, Paragraph))
    )


def _is_code_alone(text: str) -> bool:
    return CODE.fullmatch(text.strip("`* ")) is not None and re.search(r"[a-z]_[a-z]|[A-Z]_[A-Z]", text) is not None


def _beginning(text: str) -> re.Pattern[str] | None:
    """How the entries of a list begin of which a line may be one: by a status, or by a number of the vendor's own."""
    statuses = error_statuses(text)
    at_start = STATUS.match(text.replace("`", "")) is not None
    if statuses and at_start and follows_status(find_statuses(text)[1], statuses[0]):
        return STATUS
    return _NUMBERED if _NUMBERED.match(text) else None


def _with_paragraph_tables(blocks: Sequence[Block]) -> list[Block]:
    """Paragraphs that are the titles of columns, and those after them as rows of so many cells."""
    made: list[Block] = []
    at = 0
    while at < len(blocks):
        run = _paragraphs(blocks, at)
        width = _width(run)
        if width >= 2:
            whole = [run[n : n + width] for n in range(width, len(run) - width + 1, width)]
            of_status = next(n for n, one in enumerate(whole[0]) if STATUS.match(one.text))
            rows = whole[: next((n for n, row in enumerate(whole) if not STATUS.match(row[of_status].text)), None)]
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
    """How many paragraphs at the beginning are the titles of columns, a status among them; 0 where they are none."""
    texts = [paragraph.text for paragraph in run]
    count = next(
        (
            n
            for n, text in enumerate(texts[:8])
            if len(text) > 40 or "`" in text or is_blank(text) or STATUS.match(text)
        ),
        min(len(texts), 8),
    )
    for width in range(min(count, len(texts) // 2), 1, -1):
        columns = classify_columns(Table(tuple(texts[:width]), (TableRow(tuple(texts[width : 2 * width]), 0),), 0))
        roles = [column.role for column in columns]
        first = [bool(STATUS.match(text)) for text in texts[width : 2 * width]]
        titled = role_of_label(texts[0]) is not None and not any(map(_is_code_alone, texts[:width]))
        if titled and first == [role == "status" for role in roles] and any(first):
            return width
    return 0


def sample_texts(page: Page) -> tuple[str, ...]:
    """The code blocks of a page, in order: sample answers may be among them."""
    return tuple(block.text for block in page.blocks if isinstance(block, Code))
