"""Our own words in English and Japanese; a target's and a vendor's words stay as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, Final, TypeAlias

from conformance.checks.model import Finding
from conformance.errors import ConfigError, Problem
from conformance.results.model import Exploration, Results, RowResult, StoredMessage, TargetRun
from conformance.results.stored_messages import store_messages

__all__ = [
    "LANGUAGES",
    "SPOKEN",
    "Phrases",
    "catalogue",
    "checked_language",
    "fixed_words",
    "other",
    "phrases_for",
    "translate",
    "translate_results",
    "translate_row",
    "translate_value",
]

LANGUAGES: Final = ("en", "ja")

Entry: TypeAlias = Mapping[str, str | Mapping[str, str]]


@cache
def catalogue() -> Mapping[str, Entry]:
    """Every entry: per language a text with `{placeholders}`, or one text for one and one for any other number."""
    text = files("conformance.report").joinpath("words.json").read_text(encoding="utf-8")
    entries: Mapping[str, Entry] = json.loads(text)
    return entries


def checked_language(language: str | None) -> str:
    """The language itself, English for None; Unusable where there are no words in it."""
    if language is None:
        return LANGUAGES[0]
    if language not in LANGUAGES:
        raise ConfigError(
            [Problem("--language", f"there are no words in {language!r}", f"use {' or '.join(LANGUAGES)}")]
        )
    return language


def other(language: str) -> str:
    """The language that a page in `language` can be switched to."""
    return LANGUAGES[1 - LANGUAGES.index(language)]


def translate(key: str, language: str = "en", **values: object) -> str:
    """The text of an entry; `n` also chooses between one and many. KeyError for an unknown entry."""
    text = catalogue()[key][language]
    if not isinstance(text, str):
        text = text["one" if values.get("n") == 1 else "other"]
    return text.format(**values) if values else text


def fixed_words(language: str) -> dict[str, str]:
    """The entries that need no value, as a page's script switches between them."""
    return {
        key: text
        for key, entry in catalogue().items()
        if isinstance(text := entry[language], str) and ("{" not in text or key == "tool.shown")
    }


_SLOT: Final = re.compile(r"\{(\w+)\}")
_FITS: Final = {
    "op": r"[\w.-]+",
    "n": r"[\d,]+",
    "status": r"\d{3}",
    "kind": r"[a-z-]+",
    "seconds": r"[\d.]+",
    "lacks": r"(?:(?:credentials|fixtures|hooks|vantages)\.|allow: |depth: ).+",
}
_LONGEST: Final = 2000
"""Characters of a sentence that is looked for: ours are shorter, whatever a target put into them."""
_TELLING: Final = 25
"""With so many characters of its own, a pattern that begins with a slot is fitted by no text of a target by chance."""
_JOINT: Final = "; "
_DEEPEST: Final = 8
"""How many messages are translated one within another."""


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A sentence with slots; `start` is what it begins with, so that most patterns are passed over at once."""

    start: str
    form: re.Pattern[str]
    said: str
    own: int
    """Characters that are no slot's."""


class Phrases:
    """What is said in Japanese, for the labels of one set of results; each text is looked for once."""

    def __init__(self, labels: Mapping[str, str] | None = None, messages: Iterable[StoredMessage] = ()) -> None:
        """`labels` are those of the contracts' controls, each with its Japanese; `messages` those of the results."""
        self._labels = dict(labels or {})
        self._messages = {message.text: message for message in messages}
        self._known: dict[tuple[str, str], str | None] = {}

    def sentence(self, text: str) -> str:
        """A reason, a detail, a warning or a note: all of it, or each of its parts between semicolons."""
        return self._cached("sentences", text) or text

    def answer(self, text: str) -> str:
        """An answer in a few words: of ours is only what is said where none came."""
        return self._cached("answers", text) or text

    def label(self, text: str) -> str:
        """The label of an attempt or of an exchange, and where a finding was made."""
        return self._cached("labels", text) or text

    def value(self, text: str) -> str:
        """What was expected or got, where that is said in words."""
        return self._cached("values", text) or text

    def check(self, text: str) -> str:
        """What a finding looked at."""
        return _plain("aspects").get(text, text)

    def kind(self, text: str) -> str:
        """The kind of a silence."""
        return _plain("kinds").get(text, text)

    def _cached(self, section: str, text: str) -> str | None:
        key = section, text
        if key not in self._known:
            self._known[key] = self._found(section, text)
        return self._known[key]

    def _translate_message(self, message: StoredMessage, depth: int = 0) -> str:
        values = {}
        for name, value in message.values.items():
            inner = self._messages.get(value) if isinstance(value, str) and depth < _DEEPEST else None
            if inner is not None:
                values[name] = self._translate_message(inner, depth + 1)
            else:
                values[name] = self._labels.get(value, value) if isinstance(value, str) else value
        try:
            return _message_catalogue().get(message.template, message.template).format(**values)
        except (LookupError, ValueError):  # a results.json that somebody has changed
            return message.text

    def _found(self, section: str, text: str) -> str | None:
        if text in self._messages:
            return self._translate_message(self._messages[text])
        if section == "labels" and text in self._labels:
            return self._labels[text]
        if not text or len(text) > _LONGEST:
            return None
        if section != "sentences" or _JOINT not in text:
            return self._matched(section, text)
        parts = text.split(_JOINT)
        said = [self._cached(section, part) for part in parts]
        if not any(said):
            return self._matched(section, text)
        return _JOINT.join(new or old for new, old in zip(said, parts, strict=True))

    def _matched(self, section: str, text: str) -> str | None:
        for pattern in _patterns(section):
            if text.startswith(pattern.start) and (match := pattern.form.fullmatch(text)):
                slots = match.groupdict()
                if not pattern.start and pattern.own < _TELLING and not self._is_ours(section, slots):
                    continue
                return pattern.said.format_map({slot: self._filled(slot, said) for slot, said in slots.items()})
        return None

    def _is_ours(self, section: str, slots: Mapping[str, str]) -> bool:
        """Of a pattern without words at its beginning: whether what is in its slots tells that it is one of ours."""
        if slots.get("kind") in _plain("kinds"):
            return True
        known = "label" in slots and self._cached("labels", slots["label"]) is not None
        if known or (section == "labels" and "label" in slots):
            return known
        return "why" not in slots or self._cached("sentences", slots["why"]) is not None

    def _filled(self, slot: str, text: str) -> str:
        if slot == "why":
            return self.sentence(text)
        if slot in {"label", "op"}:  # an attempt may be named where an operation is
            return self.label(text)
        return self.kind(text) if slot == "kind" else text


@cache
def _message_catalogue() -> Mapping[str, str]:
    """The Japanese of each template."""
    text = files("conformance.report").joinpath("translations", "ja.json").read_text(encoding="utf-8")
    templates: Mapping[str, str] = json.loads(text)
    return {
        **{english: japanese for section in _catalogue().values() for english, japanese in section.items()},
        **templates,
    }


@cache
def _catalogue() -> Mapping[str, Mapping[str, str]]:
    text = files("conformance.report").joinpath("phrases.json").read_text(encoding="utf-8")
    sections: Mapping[str, Mapping[str, str]] = json.loads(text)
    return sections


def _plain(section: str) -> Mapping[str, str]:
    return _catalogue()[section]


@cache
def _patterns(section: str) -> tuple[_Pattern, ...]:
    """The most telling first: a pattern with more words of its own fits less by chance."""
    entries = sorted(_catalogue()[section].items(), key=lambda entry: -len(_SLOT.sub("", entry[0])))
    return tuple(_pattern(english, japanese) for english, japanese in entries)


def _pattern(english: str, japanese: str) -> _Pattern:
    pieces = _SLOT.split(english)
    form = "".join(
        f"(?P<{piece}>{_FITS.get(piece, '.+?')})" if index % 2 else re.escape(piece)
        for index, piece in enumerate(pieces)
    )
    own = sum(len(piece) for piece in pieces[::2])
    return _Pattern(pieces[0], re.compile(form, re.DOTALL), japanese, own)


SPOKEN: Final = frozenset(("message", "language", "code", "field", "status", "content-type"))
"""Aspects whose wanted and got are values as they go over the wire, never words of ours."""


def phrases_for(runs: Iterable[TargetRun]) -> Phrases:
    """What is said in Japanese of these runs, with the labels of all their contracts."""
    runs = tuple(map(store_messages, runs))
    messages = [message for run in runs for message in run.messages]
    messages += [message for run in runs for row in run.rows for message in row.messages]
    messages += [message for run in runs for one in run.explored for message in one.messages]
    return Phrases({label: said for run in runs for label, said in run.contract.labels_ja.items()}, messages)


def translate_results(results: Results, language: str) -> Results:
    """The same results, with words of ours in `language`; English is what they are written in."""
    if language != "ja":
        return results
    phrases = phrases_for(results.runs)
    return replace(
        results,
        runs=tuple(_run(run, phrases) for run in results.runs),
        why_partial=phrases.sentence(results.why_partial),
    )


def translate_row(row: RowResult, language: str, phrases: Phrases | None = None) -> RowResult:
    """One row; without `phrases` the labels of its controls stay as they are."""
    if language != "ja":
        return row
    known = phrases or Phrases()
    return replace(
        row,
        cause=row.cause_ja or row.cause,
        reason=row.reason and known.sentence(row.reason),
        findings=tuple(_finding(found, known) for found in row.findings),
        warnings=tuple(map(known.sentence, row.warnings)),
    )


def _run(run: TargetRun, phrases: Phrases) -> TargetRun:
    return replace(
        run,
        rows=tuple(translate_row(row, "ja", phrases) for row in run.rows),
        explored=tuple(_explored(one, phrases) for one in run.explored),
        warnings=tuple(map(phrases.sentence, run.warnings)),
    )


def _finding(found: Finding, phrases: Phrases) -> Finding:
    return replace(
        found,
        check=phrases.check(found.check),
        expected=translate_value(found.check, found.expected, phrases),
        actual=translate_value(found.check, found.actual, phrases),
        where=phrases.label(found.where),
        detail=phrases.sentence(found.detail),
    )


def _explored(one: Exploration, phrases: Phrases) -> Exploration:
    findings = tuple(
        replace(
            found,
            check=phrases.check(found.check),
            expected=translate_value(found.check, found.expected, phrases),
            actual=translate_value(found.check, found.actual, phrases),
            detail=phrases.sentence(found.detail),
        )
        for found in one.findings
    )
    return replace(one, findings=findings, reason=one.reason and phrases.sentence(one.reason))


def translate_value(check: str, value: Any, phrases: Phrases) -> Any:
    """What a finding expected or got, in Japanese where it is said in words of ours."""
    ours = isinstance(value, str) and (check not in SPOKEN or value == "absent")
    return phrases.value(value) if ours else value
