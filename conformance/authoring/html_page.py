"""HTML as blocks, through lxml: pages of every format that is rendered to HTML are read here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import html
from lxml.html import defs

from conformance.authoring.blocks import Block, Code, Heading, Item, Paragraph, TableRow, build_table

_LEFT_OUT = frozenset({"script", "style", "nav", "footer", "noscript", "template", "svg", "head"})
_HEADINGS = {"summary": 6, **{f"h{level}": level for level in range(1, 7)}}
_INLINE = frozenset({*defs.special_inline_tags, *defs.phrase_tags, *defs.font_style_tags, "mark", "time", "svg", "wbr"})
_CELLS = "./*[self::td or self::th or @role='cell' or @role='columnheader' or @role='rowheader']"
_WIDEST = 100
"""Rows or columns that a cell may span; more is a mistake of the page."""


def read_html(text: str) -> tuple[Block, ...]:
    """The blocks of an HTML document or fragment.

    An element's line is that of its `data-line`, which rendered pages have, or else its own.
    """
    if not text.strip():
        return ()
    page = html.fromstring(re.sub(r"\A\s*<\?xml[^>]*>", "", text) if "<html" in text.lower() else f"<div>{text}</div>")
    return tuple(_walk(page, 0, []))


def _walk(element: Any, level: int, terms: list[tuple[str, int]]) -> Iterator[Block]:
    """The blocks below an element; `level` counts the lists around it.

    `terms` holds the term and the line of an entry of a list whose text has not come yet; further texts are below it.
    """
    run: list[Any] = [element.text]
    for child in [*element, None]:
        tag = _tag(child)
        if tag in _INLINE and all(_tag(one) in _INLINE for one in child.iterdescendants("*")):
            run += [child, child.tail]
            continue
        if child is None or tag:
            yield from _texts(run, level, terms, _line(element))
            run = []
        if tag and tag not in _LEFT_OUT:
            yield from _block(child, tag, level, terms)
        run.append(child.tail if child is not None else "")


def _texts(run: list[Any], level: int, terms: list[tuple[str, int]], line: int) -> Iterator[Block]:
    """What stands between two blocks: an entry of a list, or a paragraph."""
    text = _plain("".join(_marked(part) if not isinstance(part, str) else part for part in run if part is not None))
    lines = [_line(part) for part in run if part is not None and not isinstance(part, str)]
    if text and terms:
        term, line = terms.pop()
        yield Item(f"{term}: {text}" if term else text, line, level)
    elif text:
        line = lines[0] if lines and not (run[0] or "").strip() else line
        yield Item(text, line, level + 1) if level else Paragraph(text, line)


def _block(element: Any, tag: str, level: int, terms: list[tuple[str, int]]) -> Iterator[Block]:
    line = _line(element)
    if tag in {"table", "pre", "dl", "ul", "ol", *_HEADINGS} and terms and (term := terms.pop())[0]:
        yield Item(f"{term[0]}: ", term[1], level)
    if tag in _HEADINGS:
        yield Heading(_text(element).rstrip("\u00b6# "), _HEADINGS[tag], line)
    elif tag == "table" or element.get("role") == "table":
        if (table := build_table(_rows(element), line)) is not None:
            yield table
    elif tag == "pre":
        yield Code(element.text_content(), line)
    elif tag == "dl":
        yield from _definitions(element, level + 1)
    elif tag == "li" and not element.xpath(".//h1|.//h2|.//h3|.//h4"):
        yield from () if _is_navigation(element) else _walk(element, max(level, 1), [("", line)])
    elif tag == "li":
        yield from _walk(element, 0, [])  # the page is laid out by a list
    else:
        if tag not in defs.tags and (title := element.get("title") or element.get("code")):
            yield Heading(title, 6, line)  # a component, such as an accordion
        yield from _walk(element, level + (tag in {"ul", "ol"}), terms)


def _tag(element: Any) -> str:
    return element.tag if element is not None and isinstance(element.tag, str) else ""


def _line(element: Any) -> int:
    """The line of an element, or of the first below or around it that knows its own."""
    below = element.xpath("descendant-or-self::*/@data-line") or element.xpath("ancestor::*/@data-line")[-1:]
    return int(below[0]) if below else element.sourceline or 1


def _is_navigation(entry: Any) -> bool:
    """Whether an entry of a list is nothing but links: to places of this page, or above the page's title."""
    links = entry.xpath(".//a[@href]")
    texts = ["".join(one.text_content().split()) for one in links]
    is_link = bool(links) and "".join(texts) == "".join(entry.text_content().split())
    return is_link and (all(one.get("href").startswith("#") for one in links) or bool(entry.xpath("following::h1[1]")))


def _definitions(element: Any, level: int) -> Iterator[Block]:
    term: Any = None
    for child in element.xpath("./dt|./dd|./div/dt|./div/dd"):
        if child.tag == "dt":
            term = child
        elif term is not None:
            title = re.sub(r"^(?:status)?code\s+|^exception\s+|^>\S*\s*", "", _text(term).rstrip(": \u00b6"))
            yield from _walk(child, level, [(title, _line(term if term.get("data-line") else child))])


def _rows(table: Any) -> list[TableRow]:
    """Every row with its spans written out; of several rows of titles the last, and no title across all columns."""
    rows: list[tuple[TableRow, bool]] = []
    below: dict[int, tuple[int, str]] = {}
    for row in table.xpath(".//tr|.//*[@role='row']"):
        cells: list[str] = []
        for cell in row.xpath(_CELLS):
            _fill(cells, below)
            text, down = _text(cell), _span(cell, "rowspan")
            for _ in range(_span(cell, "colspan")):
                if down > 1:
                    below[len(cells)] = (down - 1, text)
                cells.append(text)
        _fill(cells, below)
        if cells and (len(cells) == 1 or len(row.xpath(_CELLS)) > 1 or below):
            rows.append((TableRow(tuple(cells), _line(row)), not row.xpath("./td|./*[@role='cell']")))
    while len(rows) > 1 and rows[0][1] and rows[1][1]:
        rows.pop(0)
    return [row for row, _ in rows]


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
    return _plain(_marked(element))


def _marked(node: Any) -> str:
    """The text of an element, code in backticks, the ends of blocks and lines as such."""
    tag = _tag(node)
    if tag in _LEFT_OUT or not tag:
        return ""
    mark = "`" if tag in {"code", "tt", "samp", "kbd"} else "\n" if tag == "br" else ""
    parts = [mark, node.text or ""]
    for child in node:
        after = child.tail or ""
        parts += [_marked(child), f" {after}" if child.tag == "span" and after[:1].isalnum() else after]
    return "".join([*parts, "\n" if tag in {"p", "div", "li"} else mark])


def _plain(text: str) -> str:
    lines = (re.sub(r"[ \t\r\f\xa0]+", " ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)
