"""HTML pages as blocks, through lxml."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import copy
from typing import Any

from lxml import html

from conformance.authoring.blocks import Block, Code, Heading, Item, Paragraph, TableRow, build_table

__all__ = ["read_html"]

_LEFT_OUT = frozenset({"script", "style", "nav", "footer", "noscript", "template", "svg", "head"})
_HEADINGS = {"summary": 6, **{f"h{level}": level for level in range(1, 7)}}
_WIDEST = 100
"""Rows or columns that a cell may span; more is a mistake of the page."""


def read_html(text: str, first_line: int = 1) -> tuple[Block, ...]:
    """The blocks of an HTML document or fragment; `first_line` is where it begins in the file."""
    if not text.strip():
        return ()
    return tuple(_walk(html.fromstring(f"<div>{text}</div>" if "<html" not in text.lower() else text), first_line - 1))


def _walk(element: Any, shift: int, level: int = 0) -> Iterator[Block]:
    """The blocks below an element; `level` counts the lists around it."""
    for child in element:
        tag = child.tag if isinstance(child.tag, str) else ""
        line = (child.sourceline or 1) + shift
        if tag in _LEFT_OUT or not tag:
            continue
        if tag in _HEADINGS:
            yield Heading(_text(child).rstrip("\u00b6# "), _HEADINGS[tag], line)
        elif tag == "table":
            if (table := build_table(_rows(child, shift), line)) is not None:
                yield table
        elif tag == "pre":
            yield Code(child.text_content(), line)
        elif tag == "dl":
            yield from _definitions(child, shift, level + 1)
        elif tag in {"ul", "ol"}:
            yield from _walk(child, shift, level + 1)
        elif tag == "li":
            yield from _entry(child, shift, max(level, 1))
        elif tag == "p":
            yield _paragraph(child, line, level)
        else:
            if not len(child) and _text(child):
                yield _paragraph(child, line, level)
            yield from _walk(child, shift, level)


def _paragraph(element: Any, line: int, level: int) -> Block:
    return Item(_text(element), line, level + 1) if level else Paragraph(_text(element), line)


def _entry(element: Any, shift: int, level: int) -> Iterator[Block]:
    """An entry of a list: its own text, then the lists, tables and code within it."""
    inner = [child for child in element if child.tag in {"ul", "ol", "dl", "table", "pre"}]
    if not inner:
        yield Item(_text(element), (element.sourceline or 1) + shift, level)
        return
    own = html.Element("li")
    own.text = element.text
    own.extend([copy(child) for child in element if child not in inner])
    if text := _text(own):
        yield Item(text, (element.sourceline or 1) + shift, level)
    within = html.Element("div")
    for child in inner:
        within.append(child)
    yield from _walk(within, shift, level)


def _definitions(element: Any, shift: int, level: int) -> Iterator[Block]:
    term = ""
    for child in element.xpath("./dt|./dd|./div/dt|./div/dd"):
        if child.tag == "dt":
            term = _text(child)
        else:
            yield Item(f"{term}: {_text(child)}", (child.sourceline or 1) + shift, level)


def _rows(table: Any, shift: int) -> list[TableRow]:
    """Every row with its spans written out."""
    rows: list[TableRow] = []
    below: dict[int, tuple[int, str]] = {}
    for row in table.xpath(".//tr"):
        cells: list[str] = []

        def fill() -> None:
            while (held := below.get(len(cells))) is not None:  # noqa: B023 - called within this turn only
                count, text = held
                below.pop(len(cells))  # noqa: B023
                if count > 1:
                    below[len(cells)] = (count - 1, text)  # noqa: B023
                cells.append(text)  # noqa: B023

        for cell in row.xpath("./td|./th"):
            fill()
            text, down = _text(cell), _span(cell, "rowspan")
            for _ in range(_span(cell, "colspan")):
                if down > 1:
                    below[len(cells)] = (down - 1, text)
                cells.append(text)
        fill()
        if cells:
            rows.append(TableRow(tuple(cells), (row.sourceline or 1) + shift))
    return rows


def _span(cell: Any, name: str) -> int:
    text = cell.get(name, "1").strip()
    return min(int(text), _WIDEST) if text.isdigit() and int(text) else 1


def _text(element: Any) -> str:
    """The text of an element, code in backticks, line breaks as such."""
    parts: list[str] = []

    def visit(node: Any) -> None:
        tag = node.tag if isinstance(node.tag, str) else ""
        if tag in _LEFT_OUT or not tag:
            return
        if tag == "br":
            parts.append("\n")
        mark = "`" if tag in {"code", "tt", "samp", "kbd"} else ""
        parts.append(mark + (node.text or ""))
        for child in node:
            visit(child)
            parts.append(child.tail or "")
        parts.append(mark)
        if tag in {"p", "div", "li"}:
            parts.append("\n")

    visit(element)
    lines = (
        re.sub(r"[ \t\r\f\xa0]+", " ", line).strip()
        for line in re.sub(r"(?<!\n)\n(?!\n)", "\n", "".join(parts)).split("\n")
    )
    return "\n".join(line for line in lines if line)
