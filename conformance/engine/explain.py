"""What the outcomes of a row come to: findings that a refusal explains, and notes on the HTTP of its answers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from conformance.checks.http_notes import check_http_notes
from conformance.checks.model import Finding
from conformance.engine.context import RunContext
from conformance.engine.controls import refusal_reason
from conformance.engine.evidence import Evidence
from conformance.engine.probe import ProbeResult
from conformance.messages import Message
from conformance.results.model import Note

__all__ = ["collect_notes", "explain_findings"]

NEVER_EXPLAINED = frozenset(["effect", "leak"])
"""What is wrong with a refusal whatever it was refused for."""


def explain_findings(
    context: RunContext, evidence: Evidence, outcomes: Sequence[ProbeResult], refusals: Collection[tuple[int, str]]
) -> tuple[tuple[Finding, ...], list[str]]:
    """The findings and the doubts of a row.

    Where valid and faulty requests were refused in the same words, the refusal tells nothing of the row.
    """
    found, doubts = evidence.counted(), list(evidence.doubts)
    if not refusals:
        return found, doubts
    same = {
        outcome.n
        for outcome in outcomes
        if outcome.exchange.response is not None and refusal_reason(context, outcome.exchange.response) in refusals
    }
    kept = tuple(item for item in found if item.exchange not in same or item.check in NEVER_EXPLAINED)
    if len(kept) < len(found):
        doubts.append(Message("the faulty request was refused in the same words as the valid one"))
    return kept, doubts


def collect_notes(outcomes: Sequence[ProbeResult]) -> Iterator[Note]:
    """What may be noted of the HTTP of the answers, each once."""
    seen: set[tuple[str, str]] = set()
    for outcome in outcomes:
        for note in check_http_notes(outcome.exchange):
            if (note.about, note.text) not in seen:
                seen.add((note.about, note.text))
                yield Note(note.about, note.text, note.reference, outcome.n)
