"""What a documentation page is made of, whatever its format: headings, tables, list items, paragraphs, code.

Text of a block keeps `inline code` in backticks; everything else of its markup is gone. Lines count from 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LEVEL_OF_LINES = 7
"""The level of headings that are lines with nothing but a status or a code."""


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A block that is text. `level` counts the titles or the lists around it; 1 is the page's own title."""

    text: str
    line: int
    level: int = 1


class Heading(TextBlock):
    """A section's title."""


class Item(TextBlock):
    """One entry of a list, or a term with its definition (`term: definition`).

    Entries of a list within a list are of a deeper level, and so are further paragraphs of an entry.
    """


class Paragraph(TextBlock):
    """A paragraph of running text."""


class Code(TextBlock):
    """A block of code, such as a sample answer."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a table, spans written out: a cell that spans three rows stands in each of them."""

    cells: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A table: the texts of its header, and its rows, which may have fewer cells where a page lost some."""

    header: tuple[str, ...]
    rows: tuple[TableRow, ...]
    line: int


Block = Heading | TableBlock | Item | Paragraph | Code


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """A page that was read: where it came from, and its blocks in order."""

    name: str
    blocks: tuple[Block, ...]


def build_table(rows: Sequence[TableRow], line: int) -> TableBlock | None:
    """A table whose first row is its header; None where there is nothing below it."""
    return TableBlock(rows[0].cells, tuple(rows[1:]), line) if len(rows) > 1 else None


@dataclass(frozen=True, slots=True)
class Node:
    """A block with what stands below it: the section of a heading, the entries and code within an entry of a list."""

    block: Block
    inside: tuple[Node, ...] = ()

    def below(self) -> list[Block]:
        """Every block below this one, in the page's order."""
        return [block for node in self.inside for block in (node.block, *node.below())]


def build_outline(blocks: Sequence[Block], around: int = 0) -> tuple[Node, ...]:
    """The blocks of a page as a tree; `around` is how deep they stand."""
    nodes: list[Node] = []
    at = 0
    while at < len(blocks):
        block, first = blocks[at], at + 1
        own, at = _depth(block, around), first
        while isinstance(block, Heading | Item) and at < len(blocks) and _depth(blocks[at], own) > own:
            at += 1
        nodes.append(Node(block, build_outline(blocks[first:at], own)))
    return tuple(nodes)


def _depth(block: Block, around: int) -> int:
    """How deep a block is: a heading by its level, an entry below all headings; code belongs to what it follows."""
    if isinstance(block, Heading):
        return block.level
    if isinstance(block, Item):
        return 10 + block.level
    return around + 1 if isinstance(block, Code) else 9
