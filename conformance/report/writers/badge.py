"""Formats a badge for the endpoint of shields.io."""

from conformance.checks.model import Verdict
from conformance.report.sanitize import to_one_line
from conformance.report.view import count_verdicts
from conformance.results.model import Results
from conformance.results.serialization import format_json_text

_COLOURS = {
    Verdict.CONFORMS: "brightgreen", Verdict.DRIFTS: "yellow", Verdict.VIOLATES: "red",
    Verdict.INCONCLUSIVE: "blueviolet", Verdict.NOT_EXERCISED: "lightgrey",
}  # fmt: skip
_NOT_WHOLE = "green"
"""The colour of a conforming run with rows that were not selected, not exercised, or are known deviations."""


def format_badge(results: Results) -> str:
    """Format the verdict, the number of rows with it, and what limits the run; the label has the contracts."""
    rows = [row for run in results.runs for row in run.rows]
    counts = dict(count_verdicts(row for row in rows if row.known is None))
    verdict, known = results.verdict, sum(row.known is not None for row in rows)
    is_error = verdict in {Verdict.VIOLATES, Verdict.INCONCLUSIVE}
    explored = is_error and sum(one.verdict is verdict for run in results.runs for one in run.explored)
    parts = [f"{verdict} {counts[verdict]}/{len(rows)}" if counts[verdict] else verdict.value]
    parts += [f"{explored} in exploration"] if explored else []
    parts += [f"{known} known"] if known else []
    left = counts[Verdict.NOT_EXERCISED]
    unselected = sum(max(0, run.contract.rows - len(run.rows)) for run in results.runs if not results.partial)
    parts += [f"{left} not exercised"] if left and verdict is not Verdict.NOT_EXERCISED else []
    parts += [f"{unselected} not selected"] if unselected else []
    parts += [f"budget {run.budget}" for run in results.runs if any(row.untried for row in run.rows)]
    parts += ["broken off"] if results.partial else []
    colour = _COLOURS[verdict]
    if verdict is Verdict.CONFORMS and (results.partial or known or left or unselected):
        colour = _COLOURS[Verdict.NOT_EXERCISED] if results.partial else _NOT_WHOLE
    badge = {
        "schemaVersion": 1,
        "label": to_one_line(", ".join(dict.fromkeys(run.contract.name for run in results.runs)) or results.suite.name),
        "message": ", ".join(parts),
        "color": colour,
        "isError": is_error,
    }
    return format_json_text(badge)
