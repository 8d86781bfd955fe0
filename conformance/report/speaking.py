"""Results in a reader's language, for the forms that hold one language only: the terminal and the Markdown summary.

Facts stay: IDs, statuses, requests, answers and what a target said. The JSON forms are never written from these.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from conformance.report.phrases import Phrases
from conformance.results.model import Exploration, Finding, Results, RowResult, TargetRun

__all__ = ["SPOKEN", "phrases_of", "spoken", "spoken_row", "spoken_value"]

SPOKEN: Final = frozenset(("message", "language", "code", "field", "status", "content-type"))
"""Aspects whose wanted and got are values as they go over the wire, never words of ours."""


def phrases_of(runs: Iterable[TargetRun]) -> Phrases:
    """What is said in Japanese of these runs, with the labels of all their contracts."""
    return Phrases({label: said for run in runs for label, said in run.contract.labels_ja.items()})


def spoken(results: Results, language: str) -> Results:
    """The same results, with words of ours in `language`; English is what they are written in."""
    if language != "ja":
        return results
    phrases = phrases_of(results.runs)
    return replace(
        results,
        runs=tuple(_run(run, phrases) for run in results.runs),
        why_partial=phrases.sentence(results.why_partial),
    )


def spoken_row(row: RowResult, language: str, phrases: Phrases | None = None) -> RowResult:
    """One row; without `phrases` the labels of its controls stay as they are."""
    if language != "ja":
        return row
    known = phrases or Phrases()
    return replace(
        row,
        cause=row.cause_ja or row.cause,
        reason=row.reason and known.sentence(row.reason),
        findings=tuple(_finding(found, known) for found in row.findings),
        warnings=tuple(map(known.sentence, row.warnings)),
    )


def _run(run: TargetRun, phrases: Phrases) -> TargetRun:
    return replace(
        run,
        rows=tuple(spoken_row(row, "ja", phrases) for row in run.rows),
        explored=tuple(_explored(one, phrases) for one in run.explored),
        warnings=tuple(map(phrases.sentence, run.warnings)),
    )


def _finding(found: Finding, phrases: Phrases) -> Finding:
    return replace(
        found,
        aspect=phrases.aspect(found.aspect),
        wanted=spoken_value(found.aspect, found.wanted, phrases),
        got=spoken_value(found.aspect, found.got, phrases),
        where=phrases.label(found.where),
        detail=phrases.sentence(found.detail),
    )


def _explored(one: Exploration, phrases: Phrases) -> Exploration:
    findings = tuple(
        replace(
            found,
            aspect=phrases.aspect(found.aspect),
            wanted=spoken_value(found.aspect, found.wanted, phrases),
            got=spoken_value(found.aspect, found.got, phrases),
            detail=phrases.sentence(found.detail),
        )
        for found in one.findings
    )
    return replace(one, findings=findings, reason=one.reason and phrases.sentence(one.reason))


def spoken_value(aspect: str, value: Any, phrases: Phrases) -> Any:
    """What a finding wanted or got, in Japanese where it is said in words of ours."""
    ours = isinstance(value, str) and (aspect not in SPOKEN or value == "absent")
    return phrases.value(value) if ours else value
