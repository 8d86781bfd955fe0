"""Writes the folder of an audit: a folder for each target as soon as it is done, and the matrix."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from conformance.audit.forms import format_audit
from conformance.audit.jobs import Job, JobOutcome
from conformance.audit.matrix import build_matrix
from conformance.checks.model import Verdict
from conformance.errors import ConformanceError, OutputError
from conformance.files import read_text, write_text
from conformance.report.writers import WRITERS
from conformance.results.model import Results
from conformance.results.serialization import read_results
from conformance.version import VERSION

_FORMS: Final = ("json", "html", "badge")
_JOB_FILE: Final = "job.json"
"""Everything the results depend on; written last, so that it exists only if the target is done."""


def write_target_folder(folder: Path, results: Results, job: Job | None = None, language: str | None = None) -> None:
    """Write a target's results, report and badge, then the description of its job; raise OutputError."""
    for form in _FORMS:
        writer = WRITERS[form]
        write_text(folder / writer.file, writer.write(results, language))
    if job is not None and not results.partial:
        write_text(folder / _JOB_FILE, _describe_job(job))


def clear_target_folder(folder: Path) -> None:
    """Delete the results of an earlier audit, but not its ledger; raise OutputError."""
    for name in (_JOB_FILE, *(WRITERS[form].file for form in _FORMS)):
        try:
            (folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"{folder}: {error.strerror or error}") from None


def read_kept_results(folder: Path, job: Job) -> Results | None:
    """Return the results of an equal job of an earlier audit, None also if the target was down then."""
    try:
        if read_text(folder / _JOB_FILE) != _describe_job(job):
            return None
        results = read_results(folder / WRITERS["json"].file)
        return None if _was_down(results) else results
    except ConformanceError:
        return None  # missing or damaged: run it again


def _was_down(results: Results) -> bool:
    """Return whether no request succeeded, or a row is inconclusive and its last request was not answered."""
    rows = [row for run in results.runs for row in run.rows]
    last = [row.exchanges[-1] for row in rows if row.verdict is Verdict.INCONCLUSIVE and row.exchanges]
    accepted = any(one.response and one.response.status < 300 for row in rows for one in row.exchanges)
    return not accepted or any(one.response is None for one in last)


def _describe_job(job: Job) -> str:
    """Return JSON of everything that affects the requests: profile, cases, options, version of the suite."""
    asked = {
        "suite": VERSION,
        "profile": job.profile_digest,
        "contract": job.contract_digest,
        "pace": job.pace,
        "options": asdict(job.options),
    }
    return json.dumps(asked, indent=1, sort_keys=True) + "\n"


def drop_exchanges(results: Results) -> Results:
    """Return results without exchanges, attempts and notes, so that hundreds of targets fit into memory."""
    runs = tuple(
        replace(
            run,
            rows=tuple(replace(row, exchanges=(), attempts=(), notes=()) for row in run.rows),
            explored=tuple(replace(one, exchanges=(), notes=()) for one in run.explored),
        )
        for run in results.runs
    )
    return replace(results, runs=runs)


def write_matrix(
    output: Path, jobs: Sequence[Job], outcomes: Mapping[str, JobOutcome], language: str | None = None
) -> None:
    """Write `audit.html`, `audit.json` and `audit.csv`, targets in the order of jobs; raise OutputError."""
    kept = {job: results for job in jobs if (results := outcomes[job.name].results) is not None}
    lost = {name: outcome.problem for name, outcome in outcomes.items() if outcome.results is None}
    reports = {job.name: job.folder for job in kept}
    matrix = build_matrix([(job.name, results) for job, results in kept.items()], lost, reports)
    for form in ("json", "html", "csv"):
        write_text(output / f"audit.{form}", format_audit(matrix, form, language))
