"""A comparison as a page, in the report's style."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from conformance.compare.format import (
    explain_not_blamed,
    format_change_value,
    format_heading,
    format_headline,
    format_run_name,
    format_turn,
    format_what,
    list_sections,
)
from conformance.compare.model import Comparison, ExploredChange
from conformance.compare.wordings import EXAMPLE
from conformance.report.bilingual import build_translator, in_each
from conformance.report.format import format_choice
from conformance.report.pages import render_page_in
from conformance.report.sanitize import clip_text, format_json, to_one_line
from conformance.report.translation import Phrases, checked_language, translate, translate_value

__all__ = ["render_comparison"]

_LONGEST: Final = 600


def render_comparison(comparison: Comparison, language: str | None = None) -> str:
    """One HTML file that needs neither network nor script.

    Its text is in `language`; for None it is in English, and the script follows the browser's language. A reader can
    switch in either case.
    """
    phrases = Phrases()
    chosen = checked_language(language)
    return render_page_in(
        language,
        "conformance.compare",
        "comparison.html.jinja",
        titles=in_each(partial(format_headline, comparison)),
        comparison=comparison,
        sections=list_sections,
        answered=lambda text: in_each(partial(_answered, text, phrases)),
        check=build_translator(chosen, phrases.check),
        chosen=lambda answer: in_each(partial(format_choice, answer)),
        excuse=lambda row, changes: in_each(partial(explain_not_blamed, row, changes)),
        explained=lambda one: in_each(
            lambda to: translate("list.comma", to).join(format_what(name, to) for name in one.ours)
        ),
        found=lambda one, side: in_each(partial(_found, one, side, phrases)),
        heading=lambda kind: in_each(partial(format_heading, kind)),
        label=build_translator(
            chosen, lambda text: translate("role.example", "ja") if text == EXAMPLE else phrases.label(text)
        ),
        perhaps=lambda names: in_each(partial(_perhaps, names)),
        run_name=lambda key, name: in_each(lambda to: translate(key, to, run=format_run_name(name, to))),
        turn=lambda row: in_each(partial(format_turn, row)),
        value=lambda one: in_each(lambda to: clip_text(to_one_line(format_change_value(one, to)), _LONGEST)),
        what=lambda name: in_each(partial(format_what, name)),
        worded=lambda text: phrases.answer(text) != text,
    )


def _answered(text: str, phrases: Phrases, language: str) -> str:
    """Why no answer came, in quotes as answers are."""
    return clip_text(to_one_line(format_json(text if language == "en" else phrases.answer(text))), _LONGEST)


def _found(one: ExploredChange, side: Any, phrases: Phrases, language: str) -> str:
    """What exploration expected or got, as JSON."""
    said = side if language == "en" else translate_value(one.check, side, phrases)
    return clip_text(to_one_line(format_json(said)), _LONGEST)


def _perhaps(names: Sequence[str], language: str) -> str:
    changes = translate("list.comma", language).join(format_what(name, language) for name in names)
    return translate("compare.perhaps", language, changes=changes)
