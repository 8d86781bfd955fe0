"""A comparison in words: headings and lines that text and Markdown share, and the sentence that comes first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from conformance.report.comparing.model import Comparison, Kind, OurChange, RowChange, RunChange
from conformance.report.harmless import as_json
from conformance.report.words import say
from conformance.results.model import Verdict

__all__ = ["HEADINGS", "headline", "sections", "side", "turn", "value", "why_not_blamed"]

HEADINGS: Final = {
    Kind.NEWLY_VIOLATING: "Newly violating",
    Kind.VIOLATING_OTHERWISE: "Violating in another way",
    Kind.NEWLY_INCONCLUSIVE: "Newly inconclusive",
    Kind.NO_LONGER_EXERCISED: "No longer exercised",
    Kind.DRIFTING: "Newly drifting",
    Kind.MENDED: "Mended",
    Kind.NEWLY_EXERCISED: "Newly exercised",
    Kind.ADDED: "Rows that are new",
    Kind.REMOVED: "Rows that are gone",
}
_COUNTED: Final = {
    Kind.NEWLY_VIOLATING: "newly violating",
    Kind.VIOLATING_OTHERWISE: "violating in another way",
    Kind.NEWLY_INCONCLUSIVE: "newly inconclusive",
    Kind.NO_LONGER_EXERCISED: "no longer exercised",
    Kind.DRIFTING: "newly drifting",
    Kind.MENDED: "mended",
    Kind.NEWLY_EXERCISED: "newly exercised",
    Kind.ADDED: "new",
    Kind.REMOVED: "gone",
}


def headline(comparison: Comparison) -> str:
    """Worse, changed or unchanged, and how much of what."""
    counts = ", ".join(_counts(comparison))
    if comparison.worse:
        return f"It got worse: {counts}."
    if counts:
        return f"It did not get worse, but something changed: {counts}."
    if not comparison.runs:
        return "Nothing can be compared: the two runs have no contract and target in common."
    return "Nothing changed in what the target does."


def side(verdict: Verdict | None) -> str:
    """A verdict as the report names it; a dash where there was no such row."""
    return "—" if verdict is None else say(f"verdict.{verdict}")


def turn(row: RowChange) -> str:
    """`conforms → violates`."""
    return f"{side(row.old)} → {side(row.new)}"


def value(one: Any) -> str:
    """A value on our side: text as it is, nothing as `nothing`, anything else as JSON."""
    if one is None or one == []:
        return "nothing"
    return one if isinstance(one, str) else as_json(one)


def why_not_blamed(row: RowChange, changes: tuple[OurChange, ...]) -> str:
    """Why a row that looks worse is not held against the target; empty for one that is."""
    if row.known:
        return f"Expected by the profile: {row.known}"
    if not row.ours:
        return ""
    said = {one.what: f"{one.what}: {value(one.old)} → {value(one.new)}" for one in changes if one.row in {"", row.id}}
    return "Explained by our side: " + "; ".join(said.get(name, name) for name in row.ours)


def _counts(comparison: Comparison) -> Iterator[str]:
    rows = [row for run in comparison.runs for row in run.rows]
    for kind, words in _COUNTED.items():
        if number := sum(row.kind is kind for row in rows):
            yield f"{number} {'row' if number == 1 else 'rows'} {words}"
    for one, many, number in (
        ("wording changed", "wordings changed", sum(len(run.wordings) for run in comparison.runs)),
        ("open choice changed", "open choices changed", sum(len(run.choices) for run in comparison.runs)),
        ("undocumented answer", "undocumented answers", sum(len(run.undocumented) for run in comparison.runs)),
        ("finding explored", "findings explored", sum(len(run.explored) for run in comparison.runs)),
    ):
        if number:
            yield f"{number} {one if number == 1 else many}"


def sections(run: RunChange) -> tuple[tuple[Kind, tuple[RowChange, ...]], ...]:
    """The rows by kind, the gravest first, without kinds that have none."""
    return tuple((kind, run.of(kind)) for kind in Kind if run.of(kind))
