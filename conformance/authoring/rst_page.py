"""reStructuredText pages as blocks, through docutils."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docutils import nodes
from docutils.core import publish_doctree

from conformance.authoring.blocks import Block, Code, Heading, Item, Paragraph, TableRow, build_table

__all__ = ["read_rst"]

_QUIET = {"report_level": 5, "halt_level": 5, "file_insertion_enabled": False, "raw_enabled": False}
"""Directives and roles of Sphinx are unknown to docutils, and no file is read on behalf of a page."""


def read_rst(text: str) -> tuple[Block, ...]:
    """The blocks of a reStructuredText document."""
    return tuple(_walk(publish_doctree(text, settings_overrides=_QUIET), 0))


def _walk(node: Any, level: int) -> Iterator[Block]:
    for child in node.children:
        line = _line(child)
        if isinstance(child, nodes.section):
            yield from _walk(child, level + 1)
        elif isinstance(child, nodes.title):
            yield Heading(_text(child), max(level, 1), line)
        elif isinstance(child, nodes.table):
            if (table := build_table(_rows(child), line)) is not None:
                yield table
        elif isinstance(child, nodes.literal_block):
            yield Code(child.astext(), line)
        elif isinstance(child, nodes.list_item):
            yield Item(_text(child), line)
        elif isinstance(child, nodes.definition_list_item):
            term, *rest = child.children
            yield Item(f"{_text(term)}: {' '.join(_text(one) for one in rest)}", line)
        elif isinstance(child, nodes.paragraph):
            yield Paragraph(_text(child), line)
        elif not isinstance(child, nodes.Text | nodes.system_message | nodes.comment):
            yield from _walk(child, level)


def _rows(table: Any) -> list[TableRow]:
    rows: list[TableRow] = []
    below: dict[int, tuple[int, str]] = {}
    for row in table.findall(nodes.row):
        cells: list[str] = []
        for entry in row.children:
            _fill(cells, below)
            text, down = _text(entry), int(entry.get("morerows", 0))
            for _ in range(1 + int(entry.get("morecols", 0))):
                if down:
                    below[len(cells)] = (down, text)
                cells.append(text)
        _fill(cells, below)
        rows.append(TableRow(tuple(cells), _line(row)))
    return rows


def _fill(cells: list[str], below: dict[int, tuple[int, str]]) -> None:
    """Repeat what spans from the rows above."""
    while (held := below.pop(len(cells), None)) is not None:
        count, text = held
        if count > 1:
            below[len(cells)] = (count - 1, text)
        cells.append(text)


def _line(node: Any) -> int:
    """The line of a node, or of the first below it or above it that knows its own."""
    for one in node.findall():
        if getattr(one, "line", None):
            return int(one.line)
    while node is not None:
        if getattr(node, "line", None):
            return int(node.line)
        node = node.parent
    return 1


def _text(node: Any) -> str:
    if isinstance(node, nodes.literal):
        return f"`{node.astext()}`"
    if isinstance(node, nodes.Text):
        return " ".join(str(node).split("\n"))
    joint = "\n" if isinstance(node, nodes.entry | nodes.list_item | nodes.definition) else ""
    return joint.join(_text(child) for child in node.children).strip()
