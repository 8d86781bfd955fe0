"""The blocks of a documentation page in any format: headings, tables, list items, paragraphs, code.

The text of a block has `inline code` in backticks and no other markup. Lines count from 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LEVEL_OF_LINES = 7
"""The level of headings that are lines with only a status or a code."""


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A block of text. `level` counts the enclosing titles or lists; 1 is the title of the page."""

    text: str
    line: int
    level: int = 1


class Heading(TextBlock):
    """A section's title."""


class Item(TextBlock):
    """An entry of a list, or a term with its definition (`term: definition`).

    Entries of nested lists and further paragraphs of an entry have a deeper level.
    """


class Paragraph(TextBlock):
    """A paragraph of running text."""


class Code(TextBlock):
    """A block of code, such as a sample response."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table; a cell that spans several rows or columns is repeated in each."""

    cells: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A table with its header; rows may have fewer cells, if the page lost some.

    `alike` are rows of all tables of the page with the same titles, which show what the columns hold.
    """

    header: tuple[str, ...]
    rows: tuple[TableRow, ...]
    line: int
    alike: tuple[TableRow, ...] = ()


Block = Heading | TableBlock | Item | Paragraph | Code


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """A parsed page: its path or address, and its blocks in order."""

    name: str
    blocks: tuple[Block, ...]


def build_table(rows: Sequence[TableRow], line: int) -> TableBlock | None:
    """Return a table whose header is the first row; None if there are no other rows."""
    return TableBlock(rows[0].cells, tuple(rows[1:]), line) if len(rows) > 1 else None


@dataclass(frozen=True, slots=True)
class Node:
    """A block with its children: the section of a heading, or the nested entries and code of a list entry."""

    block: Block
    inside: tuple[Node, ...] = ()

    def below(self) -> list[Block]:
        return [block for node in self.inside for block in (node.block, *node.below())]


def build_outline(blocks: Sequence[Block], around: int = 0) -> tuple[Node, ...]:
    """Return the blocks of a page as a tree; `around` is the depth of the enclosing block."""
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
    """Return the depth of a block: a heading's level, entries below all headings, code below what it follows."""
    if isinstance(block, Heading):
        return block.level
    if isinstance(block, Item):
        return 10 + block.level
    return around + 1 if isinstance(block, Code) else 9
