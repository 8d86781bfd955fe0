"""No secret leaves: every text that is kept goes through here first, and is searched by value.

A secret is found plain, in base64, URL-encoded, escaped as JSON, Python or HTML, in any mixture of these, wrapped by
line breaks and split over neighbouring header values. It is replaced by `secret:NAME` between `OPEN` and `CLOSE`.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.results.disguises import base64_forms, escapes, unescaped

__all__ = ["CLOSE", "OPEN", "Redactor"]

OPEN, CLOSE = "\u2039", "\u203a"
"""Single angle quotation marks: around what stands for something that is not shown."""

LAYERS = 3
SHORT = 4
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
        self._escapes = escapes(frozenset())
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
            self._escapes = escapes(frozenset("".join(form.text for form in self._forms)))
            self._margin = max(self._margin, WIDEST * len(value) + 16)
            self._done = {}

    def text(self, text: str, limit: int | None = None) -> str:
        """The text without secrets, control characters and lone surrogates; of its first `limit` characters only.

        A secret that the limit cuts in two is replaced as a whole.
        """
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
        return self.text(str(value))

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
            view = unescaped(text, self._escapes)
            if view is not None:
                for span in self._spans(view.text, depth + 1, telling=telling):
                    start, end = view.source(span.start, span.end)
                    spans.append(_Span(start, end, span.name, span.plain))
        return spans


def _forms_of(name: str, value: str) -> list[_Form]:
    plain = {value, value.strip(), LINE_BREAK.sub("", value)}
    if " " in value:
        plain.add(value.replace(" ", "+"))
    return [_Form(text, name, plain=True, alone=len(text) < SHORT) for text in plain if text] + [
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
