"""reStructuredText pages as blocks, through docutils."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from docutils.core import publish_doctree
from docutils.parsers.rst import Directive, directives
from docutils.parsers.rst.languages import en

from conformance.authoring.blocks import Block, Code, Heading, Item, Paragraph, TableRow, build_table

__all__ = ["read_rst"]

_QUIET = {"report_level": 5, "halt_level": 5, "file_insertion_enabled": False, "raw_enabled": False}
"""Directives and roles of Sphinx are unknown to docutils, and no file is read on behalf of a page."""
_ROLE = re.compile(r":[a-z][\w:+.-]*:`([^`<]*?)\s*(?:<[^`>]*>)?`([^\s|`]*)")
"""A role such as :ref:`the text <target>` or :http:statuscode:`404`: its text is what the page shows."""
_KNOWN = frozenset(en.directives)
_DIRECTIVE = re.compile(r"^\s*\.\. ([a-z][\w:+-]*)::", re.MULTILINE)


class _Unknown(Directive):  # type: ignore[misc]
    """A directive that docutils does not know, such as `http:get`: its content is read, its options are not."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[Any]:
        """The content as if it stood there without the directive."""
        held = nodes.container()
        text = [line for line in self.content if not re.match(r":(synopsis|deprecated|noindex):", line)]
        if text:
            self.state.nested_parse(self.content, self.content_offset, held)
        return [held]


def read_rst(text: str) -> tuple[Block, ...]:
    """The blocks of a reStructuredText document."""
    plain = _ROLE.sub(
        lambda match: (match[1] + match[2]).ljust(len(match[0])), text
    )  # columns of tables stay where they are
    for name in set(_DIRECTIVE.findall(plain)):
        if name not in _KNOWN:
            directives.register_directive(name, _Unknown)
    return tuple(_walk(publish_doctree(plain, settings_overrides=_QUIET), 0, 0))


def _walk(node: Any, level: int, depth: int) -> Iterator[Block]:
    """The blocks below a node; `level` counts the sections around it, `depth` the lists."""
    for child in node.children:
        line = _line(child)
        if isinstance(child, nodes.section):
            yield from _walk(child, level + 1, depth)
        elif isinstance(child, nodes.title):
            yield Heading(_text(child), max(level, 1), line)
        elif isinstance(child, nodes.table):
            if (table := build_table(_rows(child), line)) is not None:
                yield table
        elif isinstance(child, nodes.literal_block):
            yield Code(child.astext(), line)
        elif isinstance(child, nodes.list_item):
            yield from _entry(child, level, depth + 1)
        elif isinstance(child, nodes.definition_list_item):
            term, *rest = child.children
            yield Item(f"{_text(term)}: {' '.join(_text(one) for one in rest)}", line, depth + 1)
        elif isinstance(child, nodes.field):
            name, body = child.children
            label = re.sub(r"^(?:status)?code\s+|^>\S*\s*", "", _text(name))
            yield Item(f"{label}: {_text(body)}", line, depth + 1)
        elif isinstance(child, nodes.paragraph):
            yield Item(_text(child), line, depth + 1) if depth else Paragraph(_text(child), line)
        elif not isinstance(child, nodes.Text | nodes.system_message | nodes.comment):
            yield from _walk(child, level, depth)


def _entry(item: Any, level: int, depth: int) -> Iterator[Block]:
    """An entry of a list: its first paragraph, then what else is in it."""
    if item.children and isinstance(item.children[0], nodes.paragraph):
        yield Item(_text(item.children[0]), _line(item), depth)
        item.remove(item.children[0])
    yield from _walk(item, level, depth)


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
        rows.append(TableRow(tuple(cells), max(_line(row), _line(table))))
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
