"""A comparison as a page, in the report's style."""

from __future__ import annotations

from typing import Any, Final

from conformance.compare.format import (
    HEADINGS,
    explain_not_blamed,
    format_change_value,
    format_headline,
    format_our_names,
    format_turn,
    list_sections,
)
from conformance.compare.model import Comparison
from conformance.compare.tables import list_tables
from conformance.messages import Message
from conformance.report.page import render_page

_ABOUT: Final = {"message": Message("message"), "edition": Message("edition"), "answer": Message("answer")}


def render_comparison(comparison: Comparison, language: str | None = None) -> str:
    """The page of a comparison; for `language` see `render_page`."""
    functions: dict[str, Any] = {
        "excuse": explain_not_blamed,
        "our_names": format_our_names,
        "sections": list_sections,
        "tables": list_tables,
        "turn": format_turn,
        "change_value": format_change_value,
    }
    return render_page(
        "conformance.compare",
        "comparison.html.jinja",
        title=format_headline(comparison),
        language=language,
        labels=comparison.labels_ja,
        comparison=comparison,
        headings=HEADINGS,
        about=_ABOUT,
        **functions,
    )
