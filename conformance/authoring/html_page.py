"""Reads HTML as blocks with lxml. Markdown and reStructuredText are rendered to HTML and read here, too."""

import re
from collections.abc import Iterator
from typing import Any

from lxml import html
from lxml.html import defs

from conformance.authoring.blocks import Block, Code, Heading, Item, Paragraph, TableRow, build_table
from conformance.authoring.error_text import TYPES_OF_JSON, error_statuses

_LEFT_OUT = frozenset({"script", "style", "nav", "footer", "noscript", "template", "svg", "head"})
_HEADINGS = {"summary": 6, **{f"h{level}": level for level in range(1, 7)}}
_INLINE = frozenset({*defs.special_inline_tags, *defs.phrase_tags, *defs.font_style_tags, "mark", "time", "svg", "wbr"})
_CELLS = "./*[self::td or self::th or @role='cell' or @role='columnheader' or @role='rowheader']"
_WIDEST = 100
"""The most rows or columns that a cell may span; more is a mistake in the page."""
_MOST_COLUMNS = 500
"""The most cells of a row that are read: cells that span rows would make each row longer than the one above."""
_LINE = "data-line"
_CROWDED = re.compile(r"<(\w+)(?:[^<>=\s]*[=\s]){2000,}[^<>]*")
"""A tag with so many attributes that the parser, which compares each with all others, would not come to an end."""


def read_html(text: str) -> tuple[Block, ...]:
    """Return the blocks of HTML, with lines from `data-line` (of an element, its first child or the one before)."""
    text = _CROWDED.sub(r"<\1", text)
    page = html.fromstring(re.sub(r"\A\s*<\?xml[^>]*>", "", text) if "<html" in text.lower() else f"<div>{text}</div>")
    line, is_marked = 0, _LINE in text
    for element in page.iter("*"):
        own = element.get(_LINE) or (element[0].get(_LINE) if len(element) else None) or ""
        line = int(own) if own.isdecimal() else line or 1 if is_marked else element.sourceline or 1
        element.set(_LINE, str(line))
    return tuple(_walk(page, 0))


def _walk(element: Any, level: int) -> Iterator[Block]:
    """Yield the blocks below an element; `level` counts the enclosing lists."""
    run: list[Any] = [element.text]
    for child in [*element, None]:
        tag = _tag(child)
        if tag in _INLINE and all(_tag(one) in _INLINE for one in child.iterdescendants("*")):
            run += [child, child.tail]
            continue
        if child is None or tag:
            texts = [_marked_text(part) if _tag(part) else part for part in run if isinstance(part, str) or _tag(part)]
            inline = [part for part in run if _tag(part)]
            if text := _normalize("".join(texts)):
                yield Paragraph(text, _line(inline[0] if inline and not (run[0] or "").strip() else element))
            run = []
        if tag and tag not in _LEFT_OUT:
            yield from _read_block(child, tag, level)
        run.append(child.tail if child is not None else "")


def _read_block(element: Any, tag: str, level: int) -> Iterator[Block]:
    line = _line(element)
    if tag in _HEADINGS:
        yield Heading(_text(element).rstrip("\u00b6# "), line, _HEADINGS[tag])
    elif tag == "table" or element.get("role") == "table":
        if (table := build_table(_rows(element), line)) is not None:
            yield table
    elif tag == "pre":
        yield Code(element.text_content(), line)
    elif tag == "dl":
        yield from _definitions(element, level + 1)
    elif tag == "li" and element.xpath(".//h1|.//h2|.//h3|.//h4"):
        yield from _walk(element, 0)  # the list is only the layout of the page
    elif tag == "li" and _is_navigation(element):
        return
    elif tag == "li":
        yield from _entry(element, max(level, 1), line)
    else:
        is_typed = (element.get("type") or "").lower() in TYPES_OF_JSON
        named = element.get("title") or element.get("code") or ("" if is_typed else element.get("path"))
        if tag not in defs.tags and (title := named):
            yield Heading(title, line, 6)  # a component, such as an accordion
        yield from _walk(element, level + (tag in {"ul", "ol"}))


def _entry(element: Any, level: int, line: int, term: str = "") -> Iterator[Block]:
    """Yield a list entry, or a term with its definition; further paragraphs are entries one level deeper."""
    for place, block in enumerate(_walk(element, level)):
        if isinstance(block, Paragraph) and place:
            yield Item(block.text, block.line, level + 1)
        elif isinstance(block, Paragraph):
            yield Item(f"{term}: {block.text}" if term else block.text, line, level)
        else:
            if term and not place:
                yield Item(f"{term}: ", line, level)
            yield block


def _is_navigation(entry: Any) -> bool:
    """Return whether a list entry consists of links to anchors of this page, or of links above the page's title."""
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
            title = re.sub(r"\A(?!\d+ )\w+(?: \w+)+\Z", r"`\g<0>`", title)
            yield from _entry(child, level, _line(term), title)


def _tag(element: Any) -> str:
    tag = getattr(element, "tag", "")
    return tag if isinstance(tag, str) else ""


def _line(element: Any) -> int:
    return int(element.get(_LINE))


def _rows(table: Any) -> list[TableRow]:
    """Return the rows with spans expanded; of title rows the last, across all columns only statuses."""
    rows: list[tuple[TableRow, bool]] = []
    below: dict[int, tuple[int, str]] = {}
    for row in table.xpath(".//tr|.//*[@role='row']"):
        cells: list[str] = []
        own = row.xpath(_CELLS)
        waiting = [(_span(cell, "colspan"), _span(cell, "rowspan"), _text(cell)) for cell in reversed(own)]
        while (waiting or len(cells) in below) and len(cells) < _MOST_COLUMNS:
            width, down, text = (1, *below.pop(len(cells))) if len(cells) in below else waiting.pop()
            for _ in range(width):
                if down > 1:
                    below[len(cells)] = (down - 1, text)
                cells.append(text)
        spans_all = len(own) == 1 < len(cells) and not below
        if spans_all:
            cells[1:] = [""] * len(cells[1:])
        if cells and (not spans_all or error_statuses(cells[0])):
            rows.append((TableRow(tuple(cells), _line(row)), not row.xpath("./td|./*[@role='cell']")))
    while len(rows) > 1 and rows[0][1] and rows[1][1]:
        rows.pop(0)
    return [row for row, _ in rows]


def _span(cell: Any, name: str) -> int:
    text = cell.get(name, "1").strip()
    return min(int(text[:9]), _WIDEST) if text.isascii() and text.isdigit() and int(text[:9]) else 1


def _text(element: Any) -> str:
    return _normalize(_marked_text(element))


def _marked_text(node: Any) -> str:
    """Return the text of an element with code in backticks, and newlines after blocks and for `<br>`."""
    tag = _tag(node)
    if tag in _LEFT_OUT or not tag:
        return ""
    mark = "`" if tag in {"code", "tt", "samp", "kbd"} else "\n" if tag == "br" else ""
    parts = [mark, node.text or ""]
    for child in node:
        after = child.tail or ""
        parts += [_marked_text(child), f" {after}" if child.tag == "span" and after[:1].isalnum() else after]
    return "".join([*parts, "\n" if tag in {"p", "div", "li"} else mark])


def _normalize(text: str) -> str:
    lines = (re.sub(r"[ \t\r\f\xa0]+", " ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)
