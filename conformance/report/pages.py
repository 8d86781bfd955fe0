"""Jinja as the report uses it: autoescape for all that is written, and every text made visible before it."""

from __future__ import annotations

from functools import cache, partial
from importlib.resources import files
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from conformance.report import html
from conformance.report.bilingual import attribute, closing_button, filters, script, script_words, show_both
from conformance.report.sanitize import clip_text, format_json, show_invisible, to_one_line
from conformance.report.text_diff import diff_texts
from conformance.report.translation import checked_language, translate
from conformance.report.view import SYMBOLS, WORST_FIRST

__all__ = ["build_environment", "render_page", "render_page_in"]


@cache
def build_environment(package: str, language: str = "en") -> Environment:
    """An environment with the templates of `package` and the frame; our words are in `language`."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("conformance.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_seen,
    )
    made.globals.update(
        attribute=partial(attribute, language),
        both=partial(show_both, language),
        closing=partial(closing_button, language),
        difference=diff_texts,
        language=language,
        say=translate,
        symbols=SYMBOLS,
        verdicts=WORST_FIRST,
        word=lambda verdict: translate(f"verdict.{verdict}", language),
    )
    made.filters.update(clip=clip_text, json=format_json, line=to_one_line, span=_span, **filters(language))
    return made


def render_page(package: str, template: str, **values: Any) -> str:
    """A whole page in English: one file that needs no network.

    It has the report's style, and where the package has them the template's own style sheet and script: `audit.css` and
    `audit.js` beside `audit.html.jinja`.
    """
    return _drawn(package, "en", template, titles=(values["title"],) * 2, words="", follow=False, **values)


def render_page_in(language: str | None, package: str, template: str, **values: Any) -> str:
    """The same as a page that can be switched between our languages, and is in `language` at first.

    For None it is in English, and the script follows the browser's language. `titles` has English and Japanese.
    """
    values |= {"words": script_words(), "follow": language is None}
    return _drawn(package, checked_language(language), template, **values)


def _drawn(package: str, language: str, template: str, **values: Any) -> str:
    own = files(package).joinpath("templates")
    style = html.render_head() + files("conformance.report").joinpath("templates", "frame.css").read_text("utf-8")
    name = template.partition(".")[0]
    parts = [own.joinpath(f"{name}.{kind}") for kind in ("css", "js")]
    css, js = (part.read_text("utf-8") if part.is_file() else "" for part in parts)
    # Our own files, which hold no text of a target.
    trusted = {"style": Markup(style + css), "script": Markup(js)}  # noqa: S704
    if values["words"]:
        trusted["script"] = script() + trusted["script"]
    return build_environment(package, language).get_template(template).render(**trusted, **values)


def _seen(value: Any) -> Any:
    return show_invisible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _span(seconds: float) -> str:
    """A time as people say it."""
    if seconds < 90:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
