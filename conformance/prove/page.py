"""A proof as a page, in the report's style."""

from __future__ import annotations

from conformance.prove.curve import build_curve
from conformance.prove.model import Outcome, Proof
from conformance.prove.text import format_blame, format_choices, format_proof_headline
from conformance.report.pages import render_page

__all__ = ["render_proof"]


def render_proof(proof: Proof) -> str:
    """One HTML file that needs neither network nor script."""
    return render_page(
        "conformance.prove",
        "proof.html.jinja",
        title=format_proof_headline(proof),
        proof=proof,
        caught=Outcome.CAUGHT,
        curve_of=build_curve,
        blame_line=format_blame,
        choices_line=format_choices,
    )
