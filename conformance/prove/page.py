"""A proof as a page, in the report's style."""

from __future__ import annotations

from typing import Any

from conformance.messages import Message
from conformance.prove.curve import build_curve
from conformance.prove.model import Outcome, Proof
from conformance.prove.text import OUTCOMES, format_blame, format_choices, format_proof_headline
from conformance.report.page import render_page


def render_proof(proof: Proof, language: str | None = None) -> str:
    """The page of a proof; for `language` see `render_page`."""
    functions: dict[str, Any] = {"curve_of": build_curve, "blame_line": format_blame, "choices_line": format_choices}
    return render_page(
        "conformance.prove",
        "proof.html.jinja",
        title=Message("The proof stands") if proof.stands else Message("The proof does not stand"),
        headline=format_proof_headline(proof),
        language=language,
        proof=proof,
        outcomes=OUTCOMES,
        caught=Outcome.CAUGHT,
        **functions,
    )
