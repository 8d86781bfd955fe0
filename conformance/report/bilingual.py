"""Words of ours on a page in two languages: one is shown, the other stands where the page's script finds it.

A template ends a start tag with what `filters` and the functions below give, so that no element is needed for a word.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

from markupsafe import Markup

from conformance.report.sanitize import clip_text, show_invisible, to_one_line
from conformance.report.translation import LANGUAGES, fixed_words, other, translate

__all__ = [
    "attribute",
    "build_translator",
    "closing_button",
    "filters",
    "in_each",
    "script",
    "script_words",
    "show_both",
]

_ENGLISH, _JAPANESE = LANGUAGES
SWITCHED: Final = frozenset(("title", "aria-label"))
"""The attributes that `language.js` switches."""


def filters(language: str) -> dict[str, Callable[..., Markup]]:
    """Of entries of the catalogue: `t` a span, `w` the end of a start tag and the text, `a` an attribute."""
    # Filters and not functions: Jinja applies them to a constant once, when it compiles the template.
    return {
        "a": lambda key, name, **values: attribute(language, name, *in_each(lambda one: translate(key, one, **values))),
        "t": lambda key, **values: _span(language, key, tuple(values.items())),
        "w": lambda key, **values: _words(language, key, tuple(values.items())),
    }


def in_each(make: Callable[[str], str]) -> tuple[str, str]:
    """What is made for English and for Japanese, as `both` and `attribute` want it."""
    return make(_ENGLISH), make(_JAPANESE)


def show_both(language: str, english: str, japanese: str) -> Markup:
    """A span with two texts; where one is empty, the other stands for both."""
    return _spanned(closing_button(language, english, japanese))


def closing_button(language: str, english: str, japanese: str) -> Markup:
    """The same as the end of a start tag and the text after it."""
    shown, instead = _in_order(language, english, japanese)
    return _switched(shown, instead)


def attribute(language: str, name: str, english: str, japanese: str) -> Markup:
    """` title="…"` with the other language beside it; `name` is one of SWITCHED."""
    if name not in SWITCHED:
        raise ValueError(f"the script does not switch {name}")
    shown, instead = _in_order(language, english, japanese)
    if shown == instead:
        return Markup(' {}="{}"').format(Markup(name), shown)  # noqa: S704 - one of two names
    return Markup(' {0}="{1}" data-alt-{0}="{2}"').format(Markup(name), shown, instead)  # noqa: S704 - the same


def build_translator(language: str, say_it: Callable[[str], str]) -> Callable[..., Markup]:
    """What a template says of texts that results hold in English: in both languages, each looked for once."""

    @cache
    def told(text: str, limit: int | None = None) -> Markup:
        texts = [to_one_line(one) for one in (text, say_it(text))]
        english, japanese = texts if limit is None else [clip_text(one, limit) for one in texts]
        return show_both(language, english, japanese)

    return told


def script() -> Markup:
    """The script that switches the language; it comes before a page's own, which hears of it by `cf-spoken`."""
    text = files("conformance.report").joinpath("templates", "language.js").read_text(encoding="utf-8")
    return Markup(text)  # noqa: S704 - our own file


@cache
def script_words() -> Markup:
    """The words that the script switches between: JSON that may stand inside a script element."""
    text = json.dumps({one: fixed_words(one) for one in LANGUAGES}, ensure_ascii=False).replace("<", "\\u003c")
    return Markup(text)  # noqa: S704 - nothing in it can end the element


# A page says the same few things of thousands of exchanges.
@lru_cache(maxsize=1 << 14)
def _words(language: str, key: str, given: tuple[tuple[str, Any], ...]) -> Markup:
    if not given:
        return Markup(' data-t="{}">{}').format(key, translate(key, language))
    values = {name: to_one_line(value) if isinstance(value, str) else value for name, value in given}
    return _switched(translate(key, language, **values), translate(key, other(language), **values))


@lru_cache(maxsize=1 << 14)
def _span(language: str, key: str, given: tuple[tuple[str, Any], ...]) -> Markup:
    return _spanned(_words(language, key, given))


def _in_order(language: str, english: str, japanese: str) -> tuple[str, str]:
    """What is shown, and what instead of it in the other language."""
    texts = {_ENGLISH: show_invisible(english or japanese), _JAPANESE: show_invisible(japanese or english)}
    return texts[language], texts[other(language)]


def _switched(shown: str, instead: str) -> Markup:
    if shown == instead:
        return Markup(">{}").format(shown)
    return Markup(' data-alt="{}">{}').format(instead, shown)


def _spanned(words: Markup) -> Markup:
    return words[1:] if words.startswith(">") else Markup("<span{}</span>").format(words)
