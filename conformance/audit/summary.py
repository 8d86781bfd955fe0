"""An audit on a terminal: a line for each target as it is done, a summary, and the exit code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from conformance.audit.jobs import JobOutcome
from conformance.checks.model import Verdict
from conformance.report.sanitize import to_one_line
from conformance.report.view import SYMBOLS
from conformance.results.model import Results

__all__ = ["INTERRUPTED", "audit_exit_code", "format_audit_summary", "format_line"]

INTERRUPTED = 2
_INTERNAL, _UNUSABLE, _NOTHING = 3, 4, 5


def format_line(outcome: JobOutcome, *, before: bool = False) -> str:
    """`✓ conforms  staging  32/32  523 requests in 54 s`."""
    name, results = to_one_line(outcome.name), outcome.results
    if results is None:
        return f"! no results  {name}  {to_one_line(outcome.problem)}"
    rows = [row for run in results.runs for row in run.rows]
    good = sum(row.verdict in {Verdict.CONFORMS, Verdict.DRIFTS} for row in rows)
    requests = sum(run.requests for run in results.runs)
    cost = "done before" if before else f"{requests} requests in {results.seconds:.1f} s"
    line = f"{SYMBOLS[results.verdict]} {results.verdict}  {name}  {good}/{len(rows)}  {cost}"
    return f"{line}  ({to_one_line(outcome.problem)})" if outcome.problem else line


def format_audit_summary(kept: Iterable[Results], failed: Sequence[JobOutcome], output: Path) -> str:
    """How many targets have which verdict, and where the page is."""
    counts = Counter(results.verdict for results in kept)
    parts = [f"{counts[verdict]} {verdict}" for verdict in reversed(Verdict) if counts[verdict]]
    parts += [f"{len(failed)} without results"] if failed else []
    return f"{', '.join(parts) or 'nothing'}; see {output / 'audit.html'}"


def audit_exit_code(kept: Sequence[Results], failed: Iterable[JobOutcome], *, strict: bool, interrupted: bool) -> int:
    """The exit code of the worst target; our own faults first, for what could not be run may not pass."""
    if interrupted:
        return INTERRUPTED
    codes = {outcome.exit_code for outcome in failed}
    for code in (_INTERNAL, _UNUSABLE):
        if code in codes:
            return code
    verdicts = {results.verdict for results in kept}
    bad = {Verdict.VIOLATES, Verdict.INCONCLUSIVE} | ({Verdict.DRIFTS} if strict else set())
    if verdicts & bad or any(results.partial for results in kept):
        return 1
    return 0 if verdicts - {Verdict.NOT_EXERCISED} else _NOTHING
