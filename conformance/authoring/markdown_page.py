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


def read_markdown(text: str) -> tuple[Block, ...]:
    """The blocks of a Markdown document (CommonMark with tables); front matter is left out."""
    blank = _FRONT_MATTER.sub(lambda match: "\n" * match[0].count("\n"), text)
    tokens = MarkdownIt("commonmark").enable("table").parse(blank)
    return tuple(_blocks(tokens))


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    at = 0
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
        elif token.type == "paragraph_open":
            inside = at > 0 and tokens[at - 1].type == "list_item_open"
            text = _inline(tokens[at + 1])
            yield Item(text, line) if inside else Paragraph(text, line)
        at += 1


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
