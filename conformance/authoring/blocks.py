"""What a documentation page is made of, whatever its format: headings, tables, list items, paragraphs, code.

Text of a block keeps `inline code` in backticks; everything else of its markup is gone. Lines count from 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Block", "Code", "Heading", "Item", "Page", "Paragraph", "Table", "TableRow", "build_table"]


@dataclass(frozen=True, slots=True)
class Heading:
    """A section's title; level 1 is the page's own."""

    text: str
    level: int
    line: int


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a table, spans written out: a cell that spans three rows stands in each of them."""

    cells: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Table:
    """A table: the texts of its header, and its rows, which may have fewer cells where a page lost some."""

    header: tuple[str, ...]
    rows: tuple[TableRow, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a list, or a term with its definition (`term: definition`).

    Entries of a list within a list are of a deeper level, and so are further paragraphs of an entry.
    """

    text: str
    line: int
    level: int = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of running text."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Code:
    """A block of code, such as a sample answer."""

    text: str
    line: int


Block = Heading | Table | Item | Paragraph | Code


@dataclass(frozen=True, slots=True)
class Page:
    """A page that was read: where it came from, and its blocks in order."""

    name: str
    blocks: tuple[Block, ...]


def build_table(rows: Sequence[TableRow], line: int) -> Table | None:
    """A table whose first row is its header; None where there is nothing below it."""
    return Table(rows[0].cells, tuple(rows[1:]), line) if len(rows) > 1 else None
