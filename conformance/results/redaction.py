"""The forms in which a secret can stand in a text: base64 within a longer run, and escapes of several kinds.

Escapes are taken off the text, not put on the secret, so that any mixture of them is seen; a `View` remembers where
in the text each of its characters came from.
"""

from __future__ import annotations

import html
import math
import re
import threading
from base64 import b64encode
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from conformance.messages import Message

__all__ = ["CLOSE", "OPEN", "DecodedView", "Redactor", "base64_forms", "find_escapes", "unescape"]

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


@lru_cache(maxsize=64)
def find_escapes(alphabet: frozenset[str]) -> re.Pattern[str]:
    """What can be taken off where only these characters matter: their escapes, and line breaks between them."""
    before, after = ("".join(map(re.escape, sorted(alphabet | more))) for more in (ENDS, STARTS))
    escape = ASCII_ESCAPE if all(char.isascii() for char in alphabet) else ANY_ESCAPE
    rest = rf"[ \t]*(?:\r?\n[ \t]*)*(?=[{after}])"
    lines = rf"(?P<break>(?<=[{before}]\n){rest}|(?<=[{before}]\r)\n{rest})"
    return re.compile(rf"[%&\\\r\n](?:{escape}|{lines})", re.VERBOSE)


def unescape(text: str, pattern: re.Pattern[str]) -> DecodedView | None:
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
    return DecodedView("".join(parts), starts, sources, escaped)


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


OPEN, CLOSE = "\u2039", "\u203a"
"""Single angle quotation marks: around what stands for something that is not shown."""

LAYERS = 3
SHORT_SECRET = 4
"""A secret with fewer characters is replaced only where it stands by itself: a text would hardly survive otherwise."""
REMEMBERED, MOST_REMEMBERED = 1024, 4096
"""Characters of a text, and texts, whose redaction is remembered: headers and messages come again and again."""
TELLING = 8
"""A shorter value may stand in an answer by chance."""
DEEPEST = 60
WIDEST = 12
"""Characters that one character of a secret can take: `%5Cu0041`, and a line break with its indent."""

UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]|\r(?!\n)"
)
BASE64 = re.compile(r"[A-Za-z0-9+/_-]?={0,2}")
LINE_BREAK = re.compile(r"\r?\n")

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Form:
    text: str
    name: str
    plain: bool
    alone: bool = False


@dataclass(frozen=True, slots=True, order=True)
class _Span:
    start: int
    end: int
    name: str
    plain: bool = False


class Redactor:
    """Replaces every secret by a mark with its name. Safe for threads; its `repr` shows names only."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, str] = {}
        self._forms: tuple[_Form, ...] = ()
        self._escapes = find_escapes(frozenset())
        self._margin = 0
        self._done: dict[str, str] = {}
        for name, value in secrets.items():
            self.learn(name, value)

    def __repr__(self) -> str:
        return f"Redactor({sorted(set(self._known.values()))})"

    def learn(self, name: str, value: str) -> None:
        """Keeps one more secret back, such as a token that a step captured; one name may have several values."""
        with self._lock:
            if not value.strip() or value in self._known:
                return
            self._known[value] = name
            self._forms = tuple(
                sorted((*self._forms, *_forms_of(name, value)), key=lambda form: len(form.text), reverse=True)
            )
            self._escapes = find_escapes(frozenset("".join(form.text for form in self._forms)))
            self._margin = max(self._margin, WIDEST * len(value) + 16)
            self._done = {}

    def text(self, text: str, limit: int | None = None) -> str:
        """The text without secrets, control characters and lone surrogates; of its first `limit` characters only.

        A secret that the limit cuts in two is replaced as a whole. A `Message` stays one, its values redacted, unless
        its text as a whole needs more than that.
        """
        if isinstance(text, Message):
            redacted = text.map_texts(self.text)
            whole = self.text(str(text), limit)
            return redacted if redacted == whole else whole
        if len(text) > (REMEMBERED if limit is None else min(REMEMBERED, limit)):
            return self._redacted(text, limit)
        done = self._done
        shown = done.get(text)
        if shown is None:
            shown = self._redacted(text, limit)
            if len(done) < MOST_REMEMBERED:
                done[text] = shown
        return shown

    def _redacted(self, text: str, limit: int | None) -> str:
        end = len(text) if limit is None else min(limit, len(text))
        window = text if limit is None else text[: limit + self._margin]
        spans = _joined(self._spans(window)) if self._forms else []
        if not spans:
            return _printable(text[:end])
        parts: list[str] = []
        position = 0
        for span in spans:
            if span.start >= end:
                break
            parts.append(_printable(text[position : span.start]))
            # The lines of a text stay countable: a wrapped secret leaves its line breaks behind.
            breaks = "".join(LINE_BREAK.findall(text[span.start : span.end]))
            parts.append(f"{_mark(span.name)}{breaks}")
            position = span.end
        parts.append(_printable(text[position:end]))
        return "".join(parts)

    def json(self, value: Any) -> Any:
        """A JSON value without secrets, in keys too; what is no JSON value, or nests too deep, becomes text."""
        return self._json(value, 0)

    def bytes_text(self, data: bytes) -> str:
        """Bytes as text without secrets: UTF-8, and escapes where they are not."""
        return self.text(data.decode("utf-8", "backslashreplace"))

    def headers(self, headers: Headers) -> Headers:
        """A list of headers without secrets, also where one is split over neighbouring values."""
        if not headers:
            return ()
        values = self.text("\n".join(LINE_BREAK.sub(" ", value) for _, value in headers)).split("\n")
        return tuple((self.text(name), value) for (name, _), value in zip(headers, values, strict=True))

    def found_in(self, text: str) -> tuple[str, ...]:
        """The names of the secrets that a text gives away: of 8 characters or more, with none of theirs beside them."""
        return tuple(sorted({span.name for span in self._spans(text, telling=True) if span.plain}))

    def _json(self, value: Any, depth: int) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return self._scalar(value)
        if isinstance(value, bytes):
            return self.bytes_text(value)
        if isinstance(value, Mapping | list | tuple | set | frozenset):
            if depth >= DEEPEST:
                return f"{OPEN}nested too deeply to be shown{CLOSE}"
            if isinstance(value, Mapping):
                return {self.text(str(key)): self._json(item, depth + 1) for key, item in value.items()}
            return [self._json(item, depth + 1) for item in value]
        return self.text(value if isinstance(value, str) else str(value))

    def _scalar(self, value: float | None) -> Any:
        if isinstance(value, float) and not math.isfinite(value):
            return str(value)
        if value is None or isinstance(value, bool):
            return value
        try:
            name = self._known.get(str(value))
        except ValueError:  # an integer of more digits than Python writes
            return hex(value) if isinstance(value, int) else None
        return value if name is None else _mark(name)

    def _spans(self, text: str, depth: int = 0, *, telling: bool = False) -> list[_Span]:
        spans = [span for form in self._forms for span in _found(form, text, telling=telling)]
        if depth < LAYERS and self._forms:
            view = unescape(text, self._escapes)
            if view is not None:
                for span in self._spans(view.text, depth + 1, telling=telling):
                    start, end = view.source(span.start, span.end)
                    spans.append(_Span(start, end, span.name, span.plain))
        return spans


def _forms_of(name: str, value: str) -> list[_Form]:
    plain = {value, value.strip(), LINE_BREAK.sub("", value)}
    if " " in value:
        plain.add(value.replace(" ", "+"))
    return [_Form(text, name, plain=True, alone=len(text) < SHORT_SECRET) for text in plain if text] + [
        _Form(text, name, plain=False) for text in base64_forms(value) - plain
    ]


def _found(form: _Form, text: str, *, telling: bool) -> Iterable[_Span]:
    start = text.find(form.text)
    if start < 0 or (telling and (not form.plain or len(form.text) < TELLING)):
        return
    while start >= 0:
        end = start + len(form.text)
        if not (form.alone or telling) or _alone(text, start, end):
            if not form.plain and (match := BASE64.match(text, end)) is not None:
                end = match.end()
            yield _Span(start, end, form.name, form.plain)
        start = text.find(form.text, start + 1)


def _alone(text: str, start: int, end: int) -> bool:
    return not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum())


def _joined(spans: list[_Span]) -> list[_Span]:
    """Spans that overlap as one, under the name of the longest, so that none leaves a tail."""
    joined: list[_Span] = []
    longest = 0
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        if joined and span.start < joined[-1].end:
            last = joined[-1]
            name = span.name if span.end - span.start > longest else last.name
            longest = max(longest, span.end - span.start)
            joined[-1] = _Span(last.start, max(last.end, span.end), name)
        else:
            longest = span.end - span.start
            joined.append(span)
    return joined


def _mark(name: str) -> str:
    return f"{OPEN}secret:{_printable(name)}{CLOSE}"


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    return UNPRINTABLE.sub(lambda match: match[0].encode("unicode-escape").decode("ascii"), text)
