"""Escapes are taken off a text, not put on what is looked for, so that any mixture of them is seen through.

A `DecodedView` remembers where in the text each of its characters came from.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from dataclasses import dataclass

HINT = re.compile(r"[%\\&\n]")
# Each begins behind its first character, and the whole pattern with a set of those: that makes the search fast.
ESCAPE = re.compile(
    r"""[%&\\\r\n](?:
    (?<=%)(?P<octets>[0-7][0-9A-Fa-f]|[89A-Fa-f][0-9A-Fa-f](?:%[89A-Fa-f][0-9A-Fa-f])*)
    |(?<=\\)(?:(?P<short>[/"'\\bfnrt])
        |(?P<hex>x[0-7][0-9A-Fa-f]|x[89A-Fa-f][0-9A-Fa-f](?:\\x[89A-Fa-f][0-9A-Fa-f])*)
        |(?P<unit>u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}))
    |(?<=&)(?P<entity>(?:\#0*[0-9]{1,7}|\#[xX]0*[0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});)
    |(?P<break>(?:(?<=\n)|(?<=\r)\n)[ \t]*(?:\r?\n[ \t]*)*))""",
    re.VERBOSE,
)
"""An escape, or a line break with the indent behind it."""
SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True, slots=True)
class DecodedView:
    """A text with one layer of escapes taken off."""

    text: str
    starts: list[int]
    """Where in `text` each run begins."""
    sources: list[tuple[int, int]]
    """From where in the original each run came; a run longer than its source is an escape."""
    escaped: list[bool]

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Where in the original the characters `start` to `end` came from."""
        first = bisect_right(self.starts, start) - 1
        last = bisect_right(self.starts, end - 1) - 1
        begin = self.sources[first][0] + (0 if self.escaped[first] else start - self.starts[first])
        if self.escaped[last]:
            return begin, self.sources[last][1]
        return begin, self.sources[last][0] + end - self.starts[last]


def unescape(text: str) -> DecodedView | None:
    """A view of the text without its escapes and line breaks; None where there are none."""
    if HINT.search(text) is None:
        return None
    parts: list[str] = []
    starts: list[int] = []
    sources: list[tuple[int, int]] = []
    escaped: list[bool] = []
    position = size = 0

    def add(part: str, start: int, end: int, *, escape: bool) -> None:
        nonlocal size
        if part:
            parts.append(part)
            starts.append(size)
            sources.append((start, end))
            escaped.append(escape)
            size += len(part)

    for match in ESCAPE.finditer(text):
        start, end = match.span()
        add(text[position:start], position, start, escape=False)
        add(_meaning(match.lastgroup or "", match[0]), start, end, escape=True)
        position = end
    if not position:
        return None
    add(text[position:], position, len(text), escape=False)
    return DecodedView("".join(parts), starts, sources, escaped)


def _meaning(kind: str, escape: str) -> str:
    if kind == "break":
        return ""
    if kind == "octets":
        return bytes.fromhex(escape.replace("%", "")).decode("utf-8", "replace")
    if kind == "hex":
        return bytes.fromhex(escape.replace("\\x", "")).decode("utf-8", "replace")
    if kind == "unit":
        units = bytes.fromhex(escape.replace("\\u", ""))
        return units.decode("utf-16-be", "replace")
    if kind == "short":
        return SHORT.get(escape[1], escape[1])
    return html.unescape(escape)
