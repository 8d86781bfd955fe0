"""A badge in the form of shields.io's endpoint."""

from __future__ import annotations

from conformance.checks.model import Verdict
from conformance.report.sanitize import to_one_line
from conformance.report.view import count_verdicts
from conformance.results.model import Results
from conformance.results.serialization import format_json_text

__all__ = ["format_badge"]

_COLOURS = {
    Verdict.CONFORMS: "brightgreen", Verdict.DRIFTS: "yellow", Verdict.VIOLATES: "red",
    Verdict.INCONCLUSIVE: "blueviolet", Verdict.NOT_EXERCISED: "lightgrey",
}  # fmt: skip


def format_badge(results: Results) -> str:
    """The verdict with how many of the rows have it; the label names the contracts."""
    rows = [row for run in results.runs for row in run.rows]
    counts = dict(count_verdicts(rows))
    verdict = results.verdict
    message = f"{verdict} {counts[verdict]}/{len(rows)}" if rows else verdict.value
    badge = {
        "schemaVersion": 1,
        "label": to_one_line(", ".join(run.contract.name for run in results.runs) or results.suite.name),
        "message": message + (" (partial)" if results.partial else ""),
        "color": _COLOURS[verdict],
        "isError": verdict in {Verdict.VIOLATES, Verdict.INCONCLUSIVE},
    }
    return format_json_text(badge)
