"""A badge in the form of shields.io's endpoint."""

from __future__ import annotations

from conformance.report.harmless import one_line
from conformance.report.view import tally
from conformance.results.model import Results, Verdict
from conformance.results.unseen import json_text

__all__ = ["write"]

_COLOURS = {
    Verdict.CONFORMS: "brightgreen", Verdict.DRIFTS: "yellow", Verdict.VIOLATES: "red",
    Verdict.INCONCLUSIVE: "blueviolet", Verdict.NOT_EXERCISED: "lightgrey",
}  # fmt: skip


def write(results: Results) -> str:
    """The verdict with how many of the rows have it; the label names the contracts."""
    rows = [row for run in results.runs for row in run.rows]
    counts = dict(tally(rows))
    verdict = results.verdict
    message = f"{verdict} {counts[verdict]}/{len(rows)}" if rows else verdict.value
    badge = {
        "schemaVersion": 1,
        "label": one_line(", ".join(run.contract.name for run in results.runs) or results.suite.name),
        "message": message + (" (partial)" if results.partial else ""),
        "color": _COLOURS[verdict],
        "isError": verdict in {Verdict.VIOLATES, Verdict.INCONCLUSIVE},
    }
    return json_text(badge)
