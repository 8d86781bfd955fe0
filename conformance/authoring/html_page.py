"""HTML as blocks, through lxml: pages of every format that is rendered to HTML are read here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import copy
from typing import Any

from lxml import html

from conformance.authoring.blocks import Block, Code, Heading, Item, Paragraph, TableRow, build_table

_LEFT_OUT = frozenset({"script", "style", "nav", "footer", "noscript", "template", "svg", "head"})
_HEADINGS = {"summary": 6, **{f"h{level}": level for level in range(1, 7)}}
_PICTURE = re.compile("\\d\ufe0f?\u20e3|[\u2600-\u27bf\U0001f000-\U0001faff]\ufe0f?")
"""A pictogram, or a digit in a keycap."""
_WIDEST = 100
"""Rows or columns that a cell may span; more is a mistake of the page."""


def read_html(text: str) -> tuple[Block, ...]:
    """The blocks of an HTML document or fragment.

    An element's line is that of its `data-line`, which rendered pages have, or else its own.
    """
    if not text.strip():
        return ()
    return tuple(_walk(html.fromstring(text if "<html" in text.lower() else f"<div>{text}</div>")))


def _walk(element: Any, level: int = 0) -> Iterator[Block]:
    """The blocks below an element; `level` counts the lists around it."""
    for child in element:
        tag, line = child.tag if isinstance(child.tag, str) else "", _line(child)
        if tag in _LEFT_OUT or not tag:
            continue
        if tag in _HEADINGS:
            yield Heading(_text(child).rstrip("\u00b6# "), _HEADINGS[tag], line)
        elif tag == "table":
            if (table := build_table(_rows(child), line)) is not None:
                yield table
        elif tag == "pre":
            yield Code(child.text_content(), line)
        elif tag == "dl":
            yield from _definitions(child, level + 1)
        elif tag in {"ul", "ol"}:
            yield from _walk(child, level + 1)
        elif tag == "li":
            yield from _entry(child, max(level, 1))
        elif tag == "p" or (not len(child) and _text(child)):
            yield Item(_text(child), line, level + 1) if level else Paragraph(_text(child), line)
        else:
            yield from _walk(child, level)


def _line(element: Any) -> int:
    """The line of an element, or of the first below or around it that knows its own."""
    below = element.xpath("descendant-or-self::*/@data-line") or element.xpath("ancestor::*/@data-line")[-1:]
    return int(below[0]) if below else element.sourceline or 1


def _entry(element: Any, level: int, term: str = "", line: int = 0) -> Iterator[Block]:
    """An entry of a list, or a definition of a term: its own text, then what else is within it."""
    blocks = "descendant-or-self::*[self::ul or self::ol or self::dl or self::table or self::pre]"
    inner = [one for one in element if one.xpath(blocks) or (one.tag == "p" and one.getprevious() is not None)]
    own = html.Element("li")
    own.text = element.text
    own.extend([copy(child) for child in element if child not in inner])
    text = _text(own)
    if text or term:
        yield Item(f"{term}: {text}" if term else text, line or _line(element), level)
    within = html.Element("div", {"data-line": str(_line(element))})
    within.extend(inner)
    yield from _walk(within, level)


def _definitions(element: Any, level: int) -> Iterator[Block]:
    term: Any = None
    for child in element.xpath("./dt|./dd|./div/dt|./div/dd"):
        if child.tag == "dt":
            term = child
        elif term is not None:
            title = re.sub(r"^(?:status)?code\s+|^>\S*\s*", "", _text(term).rstrip(": "))
            yield from _entry(child, level, title, _line(term if term.get("data-line") else child))


def _rows(table: Any) -> list[TableRow]:
    """Every row with its spans written out."""
    rows: list[TableRow] = []
    below: dict[int, tuple[int, str]] = {}
    for row in table.xpath(".//tr"):
        cells: list[str] = []
        for cell in row.xpath("./td|./th"):
            _fill(cells, below)
            text, down = _text(cell), _span(cell, "rowspan")
            for _ in range(_span(cell, "colspan")):
                if down > 1:
                    below[len(cells)] = (down - 1, text)
                cells.append(text)
        _fill(cells, below)
        if cells:
            rows.append(TableRow(tuple(cells), _line(row)))
    return rows


def _fill(cells: list[str], below: dict[int, tuple[int, str]]) -> None:
    """Repeat what spans from the rows above."""
    while (held := below.pop(len(cells), None)) is not None:
        count, text = held
        if count > 1:
            below[len(cells)] = (count - 1, text)
        cells.append(text)


def _span(cell: Any, name: str) -> int:
    text = cell.get(name, "1").strip()
    return min(int(text[:9]), _WIDEST) if text.isascii() and text.isdigit() and int(text[:9]) else 1


def _text(element: Any) -> str:
    """The text of an element, code in backticks, line breaks as such."""
    parts: list[str] = []

    def visit(node: Any) -> None:
        tag = node.tag if isinstance(node.tag, str) else ""
        if tag in _LEFT_OUT or not tag:
            return
        mark = "`" if tag in {"code", "tt", "samp", "kbd"} else "\n" if tag == "br" else ""
        parts.append(mark + (node.text or ""))
        for child in node:
            visit(child)
            after = child.tail or ""
            parts.append(f" {after}" if child.tag == "span" and after[:1].isalnum() else after)
        parts.append("\n" if tag in {"p", "div", "li"} else mark)

    visit(element)
    plain = _PICTURE.sub("", "".join(parts))
    lines = (re.sub(r"[ \t\r\f\xa0]+", " ", line).strip() for line in plain.split("\n"))
    return "\n".join(line for line in lines if line)
