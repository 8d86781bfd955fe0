"""Replaces every secret in what is written or printed by its name.

A text that holds a secret in a form that cannot be replaced (encoded, in part, spread) is withheld as a whole.
"""

import dataclasses
import json
import math
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from itertools import islice
from operator import is_not
from typing import Any, TypeVar, get_type_hints
from weakref import WeakValueDictionary

from conformance.messages import Message
from conformance.results.encodings import LONGEST_SECRET, SecretDetector, base64_forms, list_secret_values
from conformance.results.escapes import unescape

T = TypeVar("T")

OPEN, CLOSE = "\u2039", "\u203a"
"""Single angle quotation marks: around what stands for something that is not shown."""

LAYERS = 3
SHORT_SECRET = 4
"""A secret with fewer characters is replaced only where it stands by itself: a text would hardly survive otherwise."""
REMEMBERED, MOST_REMEMBERED = 1024, 4096
"""Characters of a text, and texts, whose redaction is remembered: headers and messages come again and again."""
SHORTEST_LEAK = 8
"""A shorter value may stand in an answer by chance."""
SHORTEST_PIECE = 3
"""Characters of a secret that are replaced where a text was cut after them."""
DEEPEST = 60
MOST_MEMBERS = 200
"""Members of an array or object that are shown."""
LONGEST_HEADER = 16 << 10
MOST_UNESCAPED = 16 << 10
"""Characters of a text from which escapes are taken off to find what a secret may be mixed with."""
LONGEST_TEXT = 16 << 10
"""Characters of a text that are shown at most, whoever asks for it."""
WIDEST = 12
"""Characters that one character of a secret can take: `%5Cu0041`, and a line break with its indent."""

UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]|\r(?!\n)"
)
BASE64 = re.compile(r"[A-Za-z0-9+/_-]?={0,2}")
LINE_BREAK = re.compile(r"\r?\n")

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _SecretForm:
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
        self._forms: tuple[_SecretForm, ...] = ()
        self._marks = re.compile("secret:")
        """What stands in place of a secret: it may be named like a part of it. A target may write the same."""
        self._margin = 0
        self._detector = SecretDetector()
        self._done: dict[str, str] = {}
        self.clean = WeakValueDictionary[int, Any]()
        """By `id`, what was redacted by all secrets known so far, as long as it is in use."""
        self.learnt: dict[str, str] = {}
        """The name of each secret that was added later, by its value."""
        for name, value in secrets.items():
            self.learn(name, value)
        self.learnt.clear()

    def __repr__(self) -> str:
        return f"Redactor({sorted(set(self._known.values()))})"

    def learn(self, name: str, value: str) -> None:
        """Adds a secret, such as a token that a step captured; one name may have several values."""
        with self._lock:
            if not value.strip() or value in self._known:
                return
            self.learnt[value] = name
            for one in list_secret_values(value):
                self._known[one] = name
                self._detector.learn(name, one[:LONGEST_SECRET])
                if len(one) > LONGEST_SECRET:
                    continue
                self._forms = tuple(
                    sorted((*self._forms, *_forms_of(name, one)), key=lambda form: len(form.text), reverse=True)
                )
                self._margin = max(self._margin, WIDEST * len(one) + 16)
            names = sorted(map(_printable, self._known.values()), key=len, reverse=True)
            self._marks = re.compile(f"secret:(?:{'|'.join(map(re.escape, names))})")
            self._done, self.clean = {}, WeakValueDictionary()

    def text(self, text: str, limit: int | None = None) -> str:
        """The text without secrets, control characters and lone surrogates; of its first `limit` characters only.

        A secret that the limit cuts in two is replaced as a whole. A text that still holds one, encoded, in part or
        written in another way, is withheld. A `Message` stays one, its values redacted, unless its text as a whole
        needs more than that.
        """
        if isinstance(text, Message):
            redacted = text.map_texts(self.text)
            whole = self.text(str(redacted), limit)
            return redacted if redacted == whole else self.text(str(text), limit)
        done = {} if len(text) > REMEMBERED or (limit is not None and len(text) > limit) else self._done
        shown = done.get(text)
        if shown is None:
            shown = self._withhold(self._replace(text, limit))
            if len(done) < MOST_REMEMBERED:
                done[text] = shown
        return text if shown == text else shown

    def find_hidden(self, text: str) -> tuple[str, ...]:
        """The names of the secrets that a text holds in a form that is not replaced where it stands."""
        return self._detector.find(self._marks.sub(" ", self._replace(text, len(text))))

    def _withhold(self, shown: str) -> str:
        names = self._detector.find(self._marks.sub(" ", shown))
        if not names:
            return shown
        return f"{OPEN}a text that holds {', '.join(f'secret:{_printable(name)}' for name in names)}{CLOSE}"

    def _replace(self, text: str, limit: int | None) -> str:
        end = len(text) if limit is None else min(limit, len(text))
        if limit is None:
            end = min(end, LONGEST_TEXT)
        window = text[: end + self._margin]
        more = f"… {OPEN}{len(text):,} characters{CLOSE}" if len(text) > end and limit is None else ""
        spans = _joined([*self._spans(window), *self._cut_secrets(text)]) if self._forms else []
        if not spans:
            return _printable(text[:end]) + more
        parts: list[str] = []
        position = 0
        for span in spans:
            if span.start >= end:
                break
            parts.append(_printable(text[position : span.start]))
            # The lines of a text stay countable: a wrapped secret leaves its line breaks behind.
            breaks = "".join(LINE_BREAK.findall(text[span.start : span.end]))
            parts.append(f"{OPEN}secret:{_printable(span.name)}{CLOSE}{breaks}")
            position = span.end
        parts.append(_printable(text[position:end]))
        return "".join(parts) + more

    def _cut_secrets(self, text: str) -> Iterator[_Span]:
        """The beginnings of secrets, too short to be found by themselves, before the `…` of a text that was cut."""
        end = len(text) - 1
        for form in self._forms if text.endswith("…") else ():
            start = form.text[: SHORTEST_LEAK - 1].casefold()
            for n in range(len(start), SHORTEST_PIECE - 1, -1):
                if text[max(0, end - n) : end].casefold() == start[:n]:
                    yield _Span(end - n, end, form.name)
                    break

    def redact(self, value: T) -> T:
        """A value of dataclasses, tuples, mappings and texts without secrets, such as the result of a row."""
        return self._redact(value)  # type: ignore[no-any-return] # of the same type as it came

    def _redact(self, value: Any, *, is_ours: bool = False) -> Any:
        """The value without secrets; a number that `is_ours` stays, such as a count that equals a short secret."""
        if value is None or isinstance(value, str):
            return value if value is None or isinstance(value, Enum) else self.text(value)
        if members := _list_members(value.__class__):
            clean = self.clean  # as it is before: a secret may be learnt meanwhile
            if clean.get(id(value)) is value:
                return value
            changed = {}
            for name, ours in members:
                member = getattr(value, name)
                redacted = self.text(member) if member.__class__ is str else self._redact(member, is_ours=ours)
                if redacted is not member:
                    changed[name] = redacted
            shown = dataclasses.replace(value, **changed) if changed else value
            if hasattr(shown, "__weakref__"):
                clean[id(shown)] = shown
            return shown
        if isinstance(value, tuple):
            items = tuple([self._redact(item, is_ours=is_ours) for item in value])
            return items if any(map(is_not, items, value)) else value
        numbers = value.values() if isinstance(value, Mapping) else (value,)
        if is_ours and all(isinstance(number, int | float) for number in numbers):
            return value
        return self.json(value) if isinstance(value, Mapping | list | float | int) else value

    def json(self, value: Any) -> Any:
        """A JSON value without secrets, in keys too; withheld if several values together hold one, text if too deep."""
        shown = self._json(value, 0)
        if isinstance(shown, str | float | int) or not shown:
            return shown
        written = json.dumps(shown, ensure_ascii=False)
        withheld = self._withhold(written)
        return shown if withheld is written else withheld

    def headers(self, headers: Headers) -> Headers:
        """A list of headers without secrets, also where one is split over neighbouring values."""
        if not headers:
            return ()
        lines = "\n".join(LINE_BREAK.sub(" ", value[:LONGEST_HEADER]) for _, value in headers)
        values = self._replace(lines, len(lines)).split("\n")
        return tuple((self.text(name), self._withhold(value)) for (name, _), value in zip(headers, values, strict=True))

    def found_in(self, text: str) -> tuple[str, ...]:
        """The names of the secrets that a text gives away: of 8 characters or more, in whatever form."""
        plain = {span.name for span in self._spans(text[:MOST_UNESCAPED], leaks_only=True) if span.plain}
        return tuple(sorted(plain.union(self._detector.find(text))))

    def _json(self, value: Any, depth: int) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return self._scalar(value)
        if isinstance(value, bytes):
            return self.text(value.decode("utf-8", "backslashreplace"))
        if isinstance(value, Mapping | list | tuple | set | frozenset):
            if depth >= DEEPEST:
                return f"{OPEN}nested too deeply to be shown{CLOSE}"
            more = len(value) - MOST_MEMBERS
            if isinstance(value, Mapping):
                shown = islice(value.items(), MOST_MEMBERS)
                members = {self.text(str(key)): self._json(item, depth + 1) for key, item in shown}
                return {**members, "…": f"{OPEN}{more:,} more members{CLOSE}"} if more > 0 else members
            items = [self._json(item, depth + 1) for item in islice(value, MOST_MEMBERS)]
            return [*items, f"{OPEN}{more:,} more items{CLOSE}"] if more > 0 else items
        return self.text(value if isinstance(value, str) else str(value))

    def _scalar(self, value: float | None) -> Any:
        if isinstance(value, float) and not math.isfinite(value):
            return str(value)
        if value is None or isinstance(value, bool):
            return value
        try:
            text = str(value)
        except ValueError:  # an integer of more digits than Python writes
            return self.text(hex(value)) if isinstance(value, int) else None
        shown = self.text(text)
        return value if shown == text else shown

    def _spans(self, text: str, depth: int = 0, *, leaks_only: bool = False) -> list[_Span]:
        there = [form for form in self._forms if form.text in text]
        spans = [span for form in there for span in _found(form, text, leaks_only=leaks_only)]
        if depth < LAYERS and self._forms:
            view = unescape(text)
            if view is not None:
                for span in self._spans(view.text, depth + 1, leaks_only=leaks_only):
                    start, end = view.source(span.start, span.end)
                    spans.append(_Span(start, end, span.name, span.plain))
        return spans


def _forms_of(name: str, value: str) -> list[_SecretForm]:
    plain = {value, value.strip(), LINE_BREAK.sub("", value)}
    if " " in value:
        plain.add(value.replace(" ", "+"))
    return [_SecretForm(text, name, plain=True, alone=len(text) < SHORT_SECRET) for text in plain if text] + [
        _SecretForm(text, name, plain=False) for text in base64_forms(value) - plain
    ]


def _found(form: _SecretForm, text: str, *, leaks_only: bool) -> Iterable[_Span]:
    start = text.find(form.text)
    if start < 0 or (leaks_only and (not form.plain or len(form.text) < SHORTEST_LEAK)):
        return
    while start >= 0:
        end = start + len(form.text)
        if not (form.alone or leaks_only) or _alone(text, start, end):
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


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    return UNPRINTABLE.sub(lambda match: match[0].encode("unicode-escape").decode("ascii"), text)


@cache
def _list_members(kind: type) -> tuple[tuple[str, bool], ...]:
    """The members of a dataclass, and whether a number there is ours: what a target answered may be of any type."""
    hints = get_type_hints(kind) if dataclasses.is_dataclass(kind) else {}
    return tuple((name, "Any" not in str(hint)) for name, hint in hints.items() if hint not in (int, float))
