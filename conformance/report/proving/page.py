"""A proof as a page, in the report's style."""

from __future__ import annotations

from conformance.report.framing import drawn
from conformance.report.proving.curve import curve_of
from conformance.report.proving.text import blame_line, choices_line, headline
from conformance.results.proof import Outcome, Proof

__all__ = ["write"]


def write(proof: Proof) -> str:
    """One HTML file that needs neither network nor script."""
    return drawn(
        "conformance.report.proving",
        "proof.html.jinja",
        title=headline(proof),
        proof=proof,
        caught=Outcome.CAUGHT,
        curve_of=curve_of,
        blame_line=blame_line,
        choices_line=choices_line,
    )
