"""Our own words in English and Japanese; a target's and a vendor's words stay as they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final, TypeAlias

from conformance.errors import Problem, Unusable

__all__ = ["LANGUAGES", "catalogue", "checked_language", "fixed_words", "other", "say"]

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
        raise Unusable([Problem("--language", f"there are no words in {language!r}", f"use {' or '.join(LANGUAGES)}")])
    return language


def other(language: str) -> str:
    """The language that a page in `language` can be switched to."""
    return LANGUAGES[1 - LANGUAGES.index(language)]


def say(key: str, language: str = "en", **values: object) -> str:
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
