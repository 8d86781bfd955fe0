"""Pages saved as text: tables whose bars are left over, cells that became paragraphs, headings that are short lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from conformance.authoring.blocks import Block, Code, Heading, Paragraph, Table, TableRow

__all__ = ["read_text_page"]

_RULE = re.compile(r"\s*\|?\s*:?-{3,}:?\s*(\|\s*:?-{3,}:?\s*)*\|?\s*\Z")
"""The line below a table's header."""
_TABS = re.compile(r"[^\t]+\t[^\t]*\S")


def read_text_page(text: str) -> tuple[Block, ...]:
    """The blocks of a page that was saved as text."""
    return tuple(_blocks(text.splitlines()))


def _blocks(lines: Sequence[str]) -> Iterator[Block]:
    at = 0
    while at < len(lines):
        if at + 1 < len(lines) and "|" in lines[at] and _RULE.match(lines[at + 1]):
            end = _end_of_bars(lines, at + 2)
            yield _bars(lines, at, end)
            at = end
        elif _TABS.match(lines[at]):
            end = next((n for n in range(at, len(lines)) if not _TABS.match(lines[n])), len(lines))
            rows = tuple(TableRow(_cells(lines[n], "\t"), n + 1) for n in range(at, end))
            if len(rows) > 1:
                yield Table(rows[0].cells, rows[1:], at + 1)
            at = end
        elif lines[at].strip() in {"{", "["} or lines[at].lstrip().startswith(("{ ", '{"')):
            end = _end_of_sample(lines, at)
            yield Code("\n".join(lines[at:end]), at + 1)
            at = end
        else:
            if lines[at].strip():
                yield _line(lines, at)
            at += 1


def _line(lines: Sequence[str], at: int) -> Block:
    """A line of text; a short one right before a table is the title of its section."""
    text = lines[at].strip()
    before_table = at + 2 < len(lines) and "|" in lines[at + 1] and _RULE.match(lines[at + 2]) is not None
    is_title = before_table and len(text) < 60 and "|" not in text and not text.endswith((".", "\u3002", ":"))
    return Heading(text, 2, at + 1) if is_title else Paragraph(text, at + 1)


def _end_of_bars(lines: Sequence[str], start: int) -> int:
    """Where a table ends: at the first line without a bar, or before the header of the next table."""
    for at in range(start, len(lines)):
        if "|" not in lines[at] or (at + 1 < len(lines) and _RULE.match(lines[at + 1])):
            return at
    return len(lines)


def _bars(lines: Sequence[str], start: int, end: int) -> Table:
    header = _cells(lines[start], "|")
    width = len(header)
    body = range(start + 2, end)
    if sum(len([cell for cell in _cells(lines[at], "|") if cell]) > 1 for at in body) * 2 > len(body):
        return Table(header, tuple(TableRow(_cells(lines[at], "|"), at + 1) for at in body), start + 1)
    # Line breaks within the cells broke each row: so many bars make one row, wherever its lines end.
    pieces = "\n".join(lines[at] for at in body).split("|")
    rows, line = [], start + 3
    for first in range(0, len(pieces) - width + 1, width):
        row = pieces[first : first + width]
        begins = line + len(row[0]) - len(row[0].lstrip("\n"))
        rows.append(TableRow(tuple(" ".join(cell.split()) for cell in row), begins))
        line += sum(cell.count("\n") for cell in row)
    return Table(header, tuple(rows), start + 1)


def _cells(line: str, bar: str) -> tuple[str, ...]:
    """The cells of a line; a bar at either end encloses, it does not separate."""
    text = line.strip() if bar == "|" else line.rstrip("\n")
    if bar == "|":
        text = text.removeprefix("|").removesuffix("|")
    return tuple(cell.strip() for cell in text.split(bar))


def _end_of_sample(lines: Sequence[str], start: int) -> int:
    depth = 0
    for at in range(start, min(start + 60, len(lines))):
        depth += sum(lines[at].count(sign) for sign in "{[") - sum(lines[at].count(sign) for sign in "}]")
        if depth <= 0:
            return at + 1
    return start + 1
