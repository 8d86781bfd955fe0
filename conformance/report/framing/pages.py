"""Jinja as the report uses it: autoescape for all that is written, and every text made visible before it."""

from __future__ import annotations

from functools import cache, partial
from importlib.resources import files
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from conformance.report import html
from conformance.report.bilingual import attribute, both, closing, filters, script, script_words
from conformance.report.difference import difference
from conformance.report.harmless import as_json, clip, one_line, visible
from conformance.report.view import SYMBOLS, WORST_FIRST
from conformance.report.words import checked_language, say

__all__ = ["drawn", "drawn_in", "environment"]


@cache
def environment(package: str, language: str = "en") -> Environment:
    """An environment with the templates of `package` and the frame; our words are in `language`."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("conformance.report.framing")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_seen,
    )
    made.globals.update(
        attribute=partial(attribute, language),
        both=partial(both, language),
        closing=partial(closing, language),
        difference=difference,
        language=language,
        say=say,
        symbols=SYMBOLS,
        verdicts=WORST_FIRST,
        word=lambda verdict: say(f"verdict.{verdict}", language),
    )
    made.filters.update(clip=clip, json=as_json, line=one_line, span=_span, **filters(language))
    return made


def drawn(package: str, template: str, **values: Any) -> str:
    """A whole page in English: one file that needs no network.

    It has the report's style, and where the package has them its own `page.css` and `page.js`.
    """
    return _drawn(package, "en", template, titles=(values["title"],) * 2, words="", follow=False, **values)


def drawn_in(language: str | None, package: str, template: str, **values: Any) -> str:
    """The same as a page that can be switched between our languages, and is in `language` at first.

    For None it is in English, and the script follows the browser's language. `titles` has English and Japanese.
    """
    values |= {"words": script_words(), "follow": language is None}
    return _drawn(package, checked_language(language), template, **values)


def _drawn(package: str, language: str, template: str, **values: Any) -> str:
    own = files(package).joinpath("templates")
    style = html.head() + files("conformance.report.framing").joinpath("templates", "frame.css").read_text("utf-8")
    parts = {name: own.joinpath(name) for name in ("page.css", "page.js")}
    css, js = (part.read_text("utf-8") if part.is_file() else "" for part in parts.values())
    # Our own files, which hold no text of a target.
    trusted = {"style": Markup(style + css), "script": Markup(js)}  # noqa: S704
    if values["words"]:
        trusted["script"] = script() + trusted["script"]
    return environment(package, language).get_template(template).render(**trusted, **values)


def _seen(value: Any) -> Any:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _span(seconds: float) -> str:
    """A time as people say it."""
    if seconds < 90:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
