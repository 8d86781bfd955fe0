"""A comparison in words: headings and lines that text and Markdown share, and the sentence that comes first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from conformance.report.comparing.model import Comparison, Kind, OurChange, RowChange, RunChange
from conformance.report.harmless import as_json
from conformance.report.words import say
from conformance.results.model import Verdict

__all__ = ["heading", "headline", "run_name", "sections", "side", "turn", "value", "what", "why_not_blamed"]

_OURS: Final = {
    "suite": "ours.suite",
    "contract edition": "ours.edition",
    "depth": "ours.depth",
    "seed": "ours.seed",
    "broken off": "run.broken-off",
    "wanted": "ours.wanted",
    "known deviation": "ours.known",
    "rows chosen": "ours.chosen",
}
"""What we did otherwise, where it has a name of ours; all else is the name of something in a profile."""


def heading(kind: Kind, language: str = "en") -> str:
    """What stands above the rows of a kind."""
    return say(f"change.{kind}", language)


def headline(comparison: Comparison, language: str = "en") -> str:
    """Worse, changed or unchanged, and how much of what."""
    counts = say("list.comma", language).join(_counts(comparison, language))
    if comparison.worse:
        return say("compare.worse", language, counts=counts)
    if counts:
        return say("compare.changed", language, counts=counts)
    return say("compare.same" if comparison.runs else "compare.nothing", language)


def side(verdict: Verdict | None, language: str = "en") -> str:
    """A verdict as the report names it; a dash where there was no such row."""
    return "—" if verdict is None else say(f"verdict.{verdict}", language)


def turn(row: RowChange, language: str = "en") -> str:
    """`conforms → violates`."""
    return f"{side(row.old, language)} → {side(row.new, language)}"


def value(one: Any, language: str = "en") -> str:
    """A value on our side: text as it is, nothing as `nothing`, anything else as JSON."""
    if one is None or one == []:
        return say("compare.none", language)
    return one if isinstance(one, str) else as_json(one)


def what(name: str, language: str = "en") -> str:
    """What we did otherwise, by its name; what stands in a profile keeps the name it has there."""
    return name if language == "en" or name not in _OURS else say(_OURS[name], language)


def run_name(name: str, language: str = "en") -> str:
    """A contract and a target, `kuroco on staging`, as `only_old` and `only_new` name them."""
    contract, _, target = name.partition(" on ")
    return say("compare.run", language, contract=contract, target=target)


def why_not_blamed(row: RowChange, changes: tuple[OurChange, ...], language: str = "en") -> str:
    """Why a row that looks worse is not held against the target; empty for one that is."""
    if row.known:
        return say("compare.expected", language, reason=row.known)
    if not row.ours:
        return ""
    said = {
        one.what: f"{what(one.what, language)}: {value(one.old, language)} → {value(one.new, language)}"
        for one in changes
        if one.row in {"", row.id}
    }
    reasons = "; ".join(said.get(name, what(name, language)) for name in row.ours)
    return say("compare.explained", language, changes=reasons)


def _counts(comparison: Comparison, language: str) -> Iterator[str]:
    rows = Counter(row.kind for run in comparison.runs for row in run.rows)
    yield from (say(f"counted.{kind}", language, n=rows[kind]) for kind in Kind if rows[kind])
    for key, number in (
        ("counted.wordings", sum(len(run.wordings) for run in comparison.runs)),
        ("counted.choices", sum(len(run.choices) for run in comparison.runs)),
        ("counted.undocumented", sum(len(run.undocumented) for run in comparison.runs)),
        ("counted.explored", sum(len(run.explored) for run in comparison.runs)),
    ):
        if number:
            yield say(key, language, n=number)


def sections(run: RunChange) -> tuple[tuple[Kind, tuple[RowChange, ...]], ...]:
    """The rows by kind, the gravest first, without kinds that have none."""
    return tuple((kind, run.of(kind)) for kind in Kind if run.of(kind))
