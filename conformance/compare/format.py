"""A comparison in words: headings and lines that text and Markdown share, and the sentence that comes first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from conformance.checks.model import Verdict
from conformance.compare.model import Comparison, Kind, OurChange, RowChange, RunChange
from conformance.report.sanitize import format_json
from conformance.report.translation import translate

__all__ = [
    "explain_not_blamed",
    "format_change_value",
    "format_heading",
    "format_headline",
    "format_run_name",
    "format_side",
    "format_turn",
    "format_what",
    "list_sections",
]

_OURS: Final = {
    "suite": "ours.suite",
    "contract edition": "ours.edition",
    "depth": "ours.depth",
    "seed": "ours.seed",
    "broken off": "run.broken-off",
    "expected": "ours.expected",
    "known deviation": "ours.known",
    "rows chosen": "ours.chosen",
}
"""What we did otherwise, where it has a name of ours; all else is the name of something in a profile."""


def format_heading(kind: Kind, language: str = "en") -> str:
    """What stands above the rows of a kind."""
    return translate(f"change.{kind}", language)


def format_headline(comparison: Comparison, language: str = "en") -> str:
    """Worse, changed or unchanged, and how much of what."""
    counts = translate("list.comma", language).join(_counts(comparison, language))
    if comparison.worse:
        return translate("compare.worse", language, counts=counts)
    if counts:
        return translate("compare.changed", language, counts=counts)
    return translate("compare.same" if comparison.runs else "compare.nothing", language)


def format_side(verdict: Verdict | None, language: str = "en") -> str:
    """A verdict as the report names it; a dash where there was no such row."""
    return "—" if verdict is None else translate(f"verdict.{verdict}", language)


def format_turn(row: RowChange, language: str = "en") -> str:
    """`conforms → violates`."""
    return f"{format_side(row.old, language)} → {format_side(row.new, language)}"


def format_change_value(one: Any, language: str = "en") -> str:
    """A value on our side: text as it is, nothing as `nothing`, anything else as JSON."""
    if one is None or one == []:
        return translate("compare.none", language)
    return one if isinstance(one, str) else format_json(one)


def format_what(name: str, language: str = "en") -> str:
    """What we did otherwise, by its name; what stands in a profile keeps the name it has there."""
    return name if language == "en" or name not in _OURS else translate(_OURS[name], language)


def format_run_name(name: str, language: str = "en") -> str:
    """A contract and a target, `kuroco on staging`, as `only_old` and `only_new` name them."""
    contract, _, target = name.partition(" on ")
    return translate("compare.run", language, contract=contract, target=target)


def explain_not_blamed(row: RowChange, changes: tuple[OurChange, ...], language: str = "en") -> str:
    """Why a row that looks worse is not held against the target; empty for one that is."""
    if row.known:
        return translate("compare.expected", language, reason=row.known)
    if not row.ours:
        return ""
    said = {
        one.what: f"{format_what(one.what, language)}: {_format_turn(one, language)}"
        for one in changes
        if one.row in {"", row.id}
    }
    reasons = "; ".join(said.get(name, format_what(name, language)) for name in row.ours)
    return translate("compare.explained", language, changes=reasons)


def _format_turn(one: OurChange, language: str) -> str:
    return f"{format_change_value(one.old, language)} → {format_change_value(one.new, language)}"


def _counts(comparison: Comparison, language: str) -> Iterator[str]:
    rows = Counter(row.kind for run in comparison.runs for row in run.rows)
    yield from (translate(f"counted.{kind}", language, n=rows[kind]) for kind in Kind if rows[kind])
    for key, number in (
        ("counted.wordings", sum(len(run.wordings) for run in comparison.runs)),
        ("counted.choices", sum(len(run.choices) for run in comparison.runs)),
        ("counted.undocumented", sum(len(run.undocumented) for run in comparison.runs)),
        ("counted.explored", sum(len(run.explored) for run in comparison.runs)),
    ):
        if number:
            yield translate(key, language, n=number)


def list_sections(run: RunChange) -> tuple[tuple[Kind, tuple[RowChange, ...]], ...]:
    """The rows by kind, the gravest first, without kinds that have none."""
    return tuple((kind, run.of(kind)) for kind in Kind if run.of(kind))
