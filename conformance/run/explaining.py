"""What the outcomes of a row come to: findings that a refusal explains, and notes on the HTTP of its answers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from conformance.judge.finding import Finding
from conformance.judge.http_notes import notes
from conformance.results.model import Note
from conformance.run.controlling import reason_of
from conformance.run.evidence import Evidence
from conformance.run.ground import Ground
from conformance.run.probing import Outcome

__all__ = ["explained", "noted"]

NEVER_EXPLAINED = frozenset(["effect", "leak"])
"""What is wrong with a refusal whatever it was refused for."""


def explained(
    ground: Ground, evidence: Evidence, outcomes: Sequence[Outcome], refusals: Collection[tuple[int, str]]
) -> tuple[tuple[Finding, ...], list[str]]:
    """The findings and the doubts of a row.

    Where valid and faulty requests were refused in the same words, the refusal tells nothing of the row.
    """
    found, doubts = evidence.counted(), list(evidence.silences)
    if not refusals:
        return found, doubts
    same = {
        outcome.n
        for outcome in outcomes
        if outcome.exchange.answer is not None and reason_of(ground, outcome.exchange.answer) in refusals
    }
    kept = tuple(item for item in found if item.exchange not in same or item.aspect in NEVER_EXPLAINED)
    if len(kept) < len(found):
        doubts.append("the faulty request was refused in the same words as the valid one")
    return kept, doubts


def noted(outcomes: Sequence[Outcome]) -> Iterator[Note]:
    """What may be noted of the HTTP of the answers, each once."""
    seen: set[tuple[str, str]] = set()
    for outcome in outcomes:
        for note in notes(outcome.exchange):
            if (note.about, note.text) not in seen:
                seen.add((note.about, note.text))
                yield Note(note.about, note.text, note.reference, outcome.n)
