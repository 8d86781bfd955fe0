"""A comparison as a page, in the report's style."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from conformance.report.bilingual import in_each, teller
from conformance.report.comparing.model import Comparison, ExploredChange
from conformance.report.comparing.saying import (
    heading,
    headline,
    run_name,
    sections,
    turn,
    value,
    what,
    why_not_blamed,
)
from conformance.report.comparing.wordings import EXAMPLE
from conformance.report.framing import drawn_in
from conformance.report.harmless import as_json, clip, one_line
from conformance.report.phrases import Phrases
from conformance.report.saying import choice_said
from conformance.report.speaking import spoken_value
from conformance.report.words import checked_language, say

__all__ = ["write"]

_LONGEST: Final = 600


def write(comparison: Comparison, language: str | None = None) -> str:
    """One HTML file that needs neither network nor script.

    Its text is in `language`; for None it is in English, and the script follows the browser's language. A reader can
    switch in either case.
    """
    phrases = Phrases()
    chosen = checked_language(language)
    return drawn_in(
        language,
        "conformance.report.comparing",
        "comparison.html.jinja",
        titles=in_each(partial(headline, comparison)),
        comparison=comparison,
        sections=sections,
        answered=lambda text: in_each(partial(_answered, text, phrases)),
        aspect=teller(chosen, phrases.aspect),
        chosen=lambda answer: in_each(partial(choice_said, answer)),
        excuse=lambda row, changes: in_each(partial(why_not_blamed, row, changes)),
        explained=lambda one: in_each(lambda to: say("list.comma", to).join(what(name, to) for name in one.ours)),
        found=lambda one, side: in_each(partial(_found, one, side, phrases)),
        heading=lambda kind: in_each(partial(heading, kind)),
        label=teller(chosen, lambda text: say("role.example", "ja") if text == EXAMPLE else phrases.label(text)),
        perhaps=lambda names: in_each(partial(_perhaps, names)),
        run_name=lambda key, name: in_each(lambda to: say(key, to, run=run_name(name, to))),
        turn=lambda row: in_each(partial(turn, row)),
        value=lambda one: in_each(lambda to: clip(one_line(value(one, to)), _LONGEST)),
        what=lambda name: in_each(partial(what, name)),
        worded=lambda text: phrases.answer(text) != text,
    )


def _answered(text: str, phrases: Phrases, language: str) -> str:
    """Why no answer came, in quotes as answers are."""
    return clip(one_line(as_json(text if language == "en" else phrases.answer(text))), _LONGEST)


def _found(one: ExploredChange, side: Any, phrases: Phrases, language: str) -> str:
    """What exploration wanted or got, as JSON."""
    said = side if language == "en" else spoken_value(one.aspect, side, phrases)
    return clip(one_line(as_json(said)), _LONGEST)


def _perhaps(names: Sequence[str], language: str) -> str:
    changes = say("list.comma", language).join(what(name, language) for name in names)
    return say("compare.perhaps", language, changes=changes)
