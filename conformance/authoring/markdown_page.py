"""Markdown pages as blocks, through markdown-it; HTML within them is read too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

from conformance.authoring.blocks import Block, Code, Heading, Item, Paragraph, TableRow, build_table
from conformance.authoring.html_page import read_html

__all__ = ["read_markdown"]

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_TITLE = re.compile(r"^title:\s*[\"']?([^\"'\n]+)", re.MULTILINE)
_DEFINITION = re.compile(r"^([^\n:]{1,80})\n:\s+([^\n]*(?:\n(?!:|[^\n]{1,80}\n:)[^\n]*)*)", re.MULTILINE)


def read_markdown(text: str) -> tuple[Block, ...]:
    """The blocks of a Markdown document (CommonMark with tables); of its front matter the title is taken."""
    matter = _FRONT_MATTER.match(text)
    title = _TITLE.search(matter[0]) if matter else None
    blank = _FRONT_MATTER.sub(lambda match: "\n" * match[0].count("\n"), text)
    tokens = MarkdownIt("commonmark").enable("table").parse(blank)
    return (*([Heading(title[1], 1, 1)] if title else []), *_blocks(tokens))


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    at = level = 0
    while at < len(tokens):
        token = tokens[at]
        line = token.map[0] + 1 if token.map else 1
        if token.type == "heading_open":
            yield Heading(_inline(tokens[at + 1]), int(token.tag[1]), line)
        elif token.type == "table_open":
            end = next(n for n in range(at, len(tokens)) if tokens[n].type == "table_close")
            if (table := build_table(list(_rows(tokens[at:end])), line)) is not None:
                yield table
            at = end
        elif token.type in {"fence", "code_block"}:
            yield Code(token.content, line)
        elif token.type == "html_block":
            yield from read_html(token.content, line)
        elif token.type in {"bullet_list_open", "ordered_list_open"}:
            level += 1
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            level -= 1
        elif token.type == "paragraph_open":
            begins = tokens[at - 1].type == "list_item_open" if at else False
            yield from _paragraph(_inline(tokens[at + 1]), line, level and level + (not begins))
        at += 1


def _paragraph(text: str, line: int, level: int) -> Iterator[Block]:
    """A paragraph, an entry of a list, or terms with their definitions (`term`, below it `: definition`)."""
    defined = _DEFINITION.findall(text)
    if defined and not level:
        for term, definition in defined:
            yield Item(f"{term}: {definition}", line + text[: text.index(term)].count("\n"))
    elif level:
        yield Item(text, line, level)
    else:
        yield Paragraph(text, line)


def _rows(tokens: Sequence[Token]) -> Iterator[TableRow]:
    cells: list[str] = []
    line = 1
    for token, after in pairwise([*tokens, tokens[-1]]):
        if token.type == "tr_open":
            cells, line = [], token.map[0] + 1 if token.map else line
        elif token.type in {"th_open", "td_open"}:
            cells.append(_inline(after))
        elif token.type == "tr_close":
            yield TableRow(tuple(cells), line)


def _inline(token: Token) -> str:
    """The text of an inline token, code in backticks."""
    parts = []
    for child in token.children or ():
        if child.type == "code_inline":
            parts.append(f"`{child.content}`")
        elif child.type in {"softbreak", "hardbreak"} or (child.type == "html_inline" and "<br" in child.content):
            parts.append("\n")
        elif child.type in {"text", "image"}:
            parts.append(child.content)
    return "".join(parts).strip()
