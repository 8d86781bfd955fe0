"""Translates our own texts into Japanese; texts of a target or a vendor are not translated.

A `Message` is translated by its template, which is the key in `translations/ja.json`. Any other text is shown
unchanged, except labels of controls for which the contract has a Japanese one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from conformance.errors import ConfigError, Problem
from conformance.messages import Message, clip_text
from conformance.report.sanitize import to_one_line
from conformance.results.model import TargetRun

LANGUAGES: Final = ("en", "ja")
NO_LABELS: Final[Mapping[str, str]] = MappingProxyType({})


class Bilingual(NamedTuple):
    """A text of a contract in both languages; if it has only one, that is used for both."""

    english: str
    japanese: str = ""


def check_language(language: str | None) -> str:
    """Return the language, `en` for None; raise ConfigError if there is no translation into it."""
    if language is None:
        return LANGUAGES[0]
    if language not in LANGUAGES:
        what = f"there is no translation into {language!r}"
        raise ConfigError([Problem("--language", what, f"use {' or '.join(LANGUAGES)}")])
    return language


def collect_labels(runs: Iterable[TargetRun]) -> dict[str, str]:
    """Return the Japanese translations of the labels that these contracts give to their controls."""
    return {label: japanese for run in runs for label, japanese in run.contract.labels_ja.items()}


def translate(text: str, language: str, labels: Mapping[str, str] = NO_LABELS) -> str:
    """Translate a message into a language of LANGUAGES; return other text unchanged, except for `labels`."""
    if language == LANGUAGES[0]:
        return str(text)
    if not isinstance(text, Message):
        return labels.get(text, text)
    values: dict[str, Any] = {
        name: translate(value, language, labels) if isinstance(value, str) else value
        for name, value in text.values.items()
    }
    template = _templates().get(text.template) or text.template.replace(", ", "、")  # templates that only join others
    return template.format(**values)


class Translator:
    """Shows texts in one language, English for None, with the contracts' `labels` in it; raises ConfigError."""

    def __init__(self, language: str | None = None, labels: Mapping[str, str] = NO_LABELS) -> None:
        self.language, self.labels = check_language(language), labels

    @classmethod
    def of(cls, runs: Iterable[TargetRun], language: str | None) -> Translator:
        return cls(language, collect_labels(runs))

    def __call__(self, text: str | Bilingual, limit: int | None = None) -> str:
        """Return the translated text in one line of at most `limit` characters, with invisible characters replaced."""
        if isinstance(text, Bilingual):
            shown = text[LANGUAGES.index(self.language)] or text.english or text.japanese
        else:
            shown = translate(text, self.language, self.labels)
        line = to_one_line(shown)
        return line if limit is None else clip_text(line, limit)


@cache
def _templates() -> Mapping[str, str]:
    text = files("conformance.report").joinpath("translations", "ja.json").read_text(encoding="utf-8")
    templates: Mapping[str, str] = json.loads(text)
    return templates
