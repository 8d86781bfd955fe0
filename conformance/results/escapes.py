"""Decodes escapes in a text (percent, JSON, HTML, …), so that a secret in any mixture of them is found.

A `DecodedView` remembers where in the text each of its characters came from.
"""

import html
import re
from bisect import bisect_right
from dataclasses import dataclass
from operator import itemgetter

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
    runs: list[tuple[int, int, int, bool]]
    """Where in `text` each run begins, from where to where of the original it came, and whether it is an escape."""

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Where in the original the characters `start` to `end` came from."""
        run, begin, _, is_escape = self.runs[bisect_right(self.runs, start, key=itemgetter(0)) - 1]
        first = begin if is_escape else begin + start - run
        run, begin, last, is_escape = self.runs[bisect_right(self.runs, end - 1, key=itemgetter(0)) - 1]
        return first, last if is_escape else begin + end - run


def unescape(text: str) -> DecodedView | None:
    """A view of the text without its escapes and line breaks; None where there are none."""
    if HINT.search(text) is None:
        return None
    parts: list[str] = []
    runs: list[tuple[int, int, int, bool]] = []
    position = size = 0

    def add(part: str, start: int, end: int, *, is_escape: bool) -> None:
        nonlocal size
        if part:
            parts.append(part)
            runs.append((size, start, end, is_escape))
            size += len(part)

    for match in ESCAPE.finditer(text):
        start, end = match.span()
        add(text[position:start], position, start, is_escape=False)
        add(_meaning(match.lastgroup or "", match[0]), start, end, is_escape=True)
        position = end
    if not position:
        return None
    add(text[position:], position, len(text), is_escape=False)
    return DecodedView("".join(parts), runs)


def _meaning(kind: str, escape: str) -> str:
    if kind == "break":
        return ""
    if kind in {"octets", "hex"}:
        return bytes.fromhex(re.sub(r"%|\\x", "", escape)).decode("utf-8", "replace")
    if kind == "unit":
        units = bytes.fromhex(escape.replace("\\u", ""))
        return units.decode("utf-16-be", "replace")
    if kind == "short":
        return SHORT.get(escape[1], escape[1])
    return html.unescape(escape)
