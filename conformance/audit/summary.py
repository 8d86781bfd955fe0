"""An audit on a terminal: a line for each target as it is done, a summary, and the exit code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from conformance.audit.jobs import JobOutcome
from conformance.checks.model import Verdict
from conformance.messages import Message, join_messages, plural_message
from conformance.report.format import format_duration
from conformance.report.translation import Translator, check_language
from conformance.report.words import SYMBOLS, VERDICTS, WORST_FIRST
from conformance.results.model import Results

INTERRUPTED = 2
NOTHING_EXERCISED = 5
_INTERNAL, _UNUSABLE = 3, 4


def format_line(outcome: JobOutcome, language: str | None = None, *, before: bool = False) -> str:
    """`✓ conforms  staging  32/32  523 requests in 54 s`."""
    say = Translator(check_language(language))
    name, results = say(outcome.name), outcome.results
    if results is None:
        return f"! {say(Message('no results'))}  {name}  {say(outcome.problem)}"
    rows = [row for run in results.runs for row in run.rows]
    good = sum(row.verdict in {Verdict.CONFORMS, Verdict.DRIFTS} for row in rows)
    requests, time = sum(run.requests for run in results.runs), format_duration(results.seconds)
    cost = plural_message(requests, "{n} request in {time}", "{n} requests in {time}", time=time)
    verdict = f"{SYMBOLS[results.verdict]} {say(VERDICTS[results.verdict])}"
    line = f"{verdict}  {name}  {good}/{len(rows)}  {say(Message('done before') if before else cost)}"
    return f"{line}  ({say(outcome.problem)})" if outcome.problem else line


def format_audit_summary(
    kept: Iterable[Results], failed: Sequence[JobOutcome], output: Path, language: str | None = None
) -> str:
    """How many targets have which verdict, and where the page is."""
    counts = Counter(results.verdict for results in kept)
    present = [verdict for verdict in WORST_FIRST if counts[verdict]]
    parts = [Message("{verdict}: {n}", n=counts[verdict], verdict=VERDICTS[verdict]) for verdict in present]
    parts += [Message("{n} without results", n=len(failed))] if failed else []
    summary = join_messages(", ", parts) or Message("nothing")
    return Translator(check_language(language))(
        Message("{summary}; see {page}", summary=summary, page=output / "audit.html")
    )


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
    return 0 if verdicts - {Verdict.NOT_EXERCISED} else NOTHING_EXERCISED
