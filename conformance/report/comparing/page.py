"""A comparison as a page, in the report's style."""

from __future__ import annotations

from conformance.report.comparing.model import Comparison
from conformance.report.comparing.saying import HEADINGS, headline, sections, turn, value, why_not_blamed
from conformance.report.framing import drawn

__all__ = ["write"]


def write(comparison: Comparison) -> str:
    """One HTML file that needs neither network nor script."""
    return drawn(
        "conformance.report.comparing",
        "comparison.html.jinja",
        title=headline(comparison),
        comparison=comparison,
        headings=HEADINGS,
        sections=sections,
        turn=turn,
        value=value,
        why_not_blamed=why_not_blamed,
    )
