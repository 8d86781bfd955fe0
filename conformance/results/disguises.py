"""The forms in which a secret can stand in a text: base64 within a longer run, and escapes of several kinds.

Escapes are taken off the text, not put on the secret, so that any mixture of them is seen; a `View` remembers where
in the text each of its characters came from.
"""

from __future__ import annotations

import html
import re
from base64 import b64encode
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["View", "base64_forms", "escapes", "unescaped"]

HINT = re.compile(r"[%\\&\n]")
# Each begins behind its first character, and the whole pattern with a set of those: that makes the search fast.
ASCII_ESCAPE = r"""(?<=%)(?P<octets>[0-7][0-9A-Fa-f])
    |(?<=\\)(?:(?P<short>[/"'\\bfnrt])|(?P<hex>x[0-7][0-9A-Fa-f])|(?P<unit>u00[0-7][0-9A-Fa-f]))
    |(?<=&)(?P<entity>(?:\#0*[0-9]{1,3}|\#[xX]0*[0-7]?[0-9A-Fa-f]|[A-Za-z]{2,8});)"""
ANY_ESCAPE = r"""(?<=%)(?P<octets>[0-7][0-9A-Fa-f]|[89A-Fa-f][0-9A-Fa-f](?:%[89A-Fa-f][0-9A-Fa-f])*)
    |(?<=\\)(?:(?P<short>[/"'\\bfnrt])
        |(?P<hex>x[0-7][0-9A-Fa-f]|x[89A-Fa-f][0-9A-Fa-f](?:\\x[89A-Fa-f][0-9A-Fa-f])*)
        |(?P<unit>u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}))
    |(?<=&)(?P<entity>(?:\#[0-9]{1,7}|\#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});)"""
ENDS = frozenset("0123456789abcdefABCDEF;/\"'\\nrt")
"""The characters that an escape can end with."""
STARTS = frozenset("%&\\")
SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
LEAST_BASE64 = 8
"""Fewer characters of base64 stand in too many texts by chance."""


@dataclass(frozen=True, slots=True)
class View:
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


@lru_cache(maxsize=64)
def escapes(alphabet: frozenset[str]) -> re.Pattern[str]:
    """What can be taken off where only these characters matter: their escapes, and line breaks between them."""
    before, after = ("".join(map(re.escape, sorted(alphabet | more))) for more in (ENDS, STARTS))
    escape = ASCII_ESCAPE if all(char.isascii() for char in alphabet) else ANY_ESCAPE
    rest = rf"[ \t]*(?:\r?\n[ \t]*)*(?=[{after}])"
    lines = rf"(?P<break>(?<=[{before}]\n){rest}|(?<=[{before}]\r)\n{rest})"
    return re.compile(rf"[%&\\\r\n](?:{escape}|{lines})", re.VERBOSE)


def unescaped(text: str, pattern: re.Pattern[str]) -> View | None:
    """A view of the text without what the pattern takes off; None where there is nothing of it."""
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

    for match in pattern.finditer(text):
        start, end = match.span()
        add(text[position:start], position, start, escape=False)
        add(_meaning(match.lastgroup or "", match[0]), start, end, escape=True)
        position = end
    if not position:
        return None
    add(text[position:], position, len(text), escape=False)
    return View("".join(parts), starts, sources, escaped)


def base64_forms(value: str) -> set[str]:
    """The characters that the base64 of any text holds which holds the value, for each of its three alignments."""
    raw = value.encode("utf-8", "surrogateescape")
    forms = set()
    for shift in range(3):
        encoded = b64encode(b"\0" * shift + raw).decode("ascii").rstrip("=")
        sure = encoded[(0, 2, 3)[shift] : (shift + len(raw)) * 8 // 6]
        if len(sure) >= LEAST_BASE64:
            forms |= {sure, sure.replace("+", "-").replace("/", "_")}
    return forms


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
