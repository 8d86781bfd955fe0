"""Reads Markdown pages: markdown-it renders them to HTML with line numbers."""

import re
from itertools import count

from markdown_it import MarkdownIt

from conformance.authoring.blocks import Block
from conformance.authoring.html_page import read_html

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_TITLE = re.compile(r"^title:\s*[\"']?([^\"'\n]+)", re.MULTILINE)
_TABLE = re.compile(r"^[ \t]*<table\b.*?</table>", re.DOTALL | re.IGNORECASE | re.MULTILINE)
"""An HTML table; a blank line in it would end the HTML block."""
_TAG = re.compile(r"<[A-Za-z][\w-]*(?=[\s/>])")


def read_markdown(text: str) -> tuple[Block, ...]:
    """Return the blocks of a Markdown document (CommonMark with tables, and the title of its front matter)."""
    matter = _FRONT_MATTER.match(text)
    title = _TITLE.search(matter[0]) if matter else None
    blank = _FRONT_MATTER.sub(lambda match: "\n" * match[0].count("\n"), text)
    blank = _TABLE.sub(lambda match: re.sub(r"\n[ \t]*(?=\n)", "\n<!---->", match[0]), blank)
    markdown = MarkdownIt("commonmark", {"breaks": True}).enable("table")
    tokens = markdown.parse(blank)
    for token in tokens:
        if token.map and token.type == "html_block":
            token.content = _add_line_numbers(token.content, token.map[0] + 1)
        elif token.map:
            token.attrSet("data-line", str(token.map[0] + 1))
    rendered = str(markdown.renderer.render(tokens, markdown.options, {}))
    return read_html(f'<h1 data-line="1">{title[1]}</h1>{rendered}' if title else rendered)


def _add_line_numbers(text: str, first: int) -> str:
    """Add the line number of the page to each HTML element."""
    lines = zip(text.splitlines(), count(first), strict=False)
    return "\n".join(_TAG.sub(rf'\g<0> data-line="{number}"', line) for line, number in lines)
