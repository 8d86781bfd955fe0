"""The folder of an audit: one folder for each target, written as soon as it is done, and the matrix of all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from conformance import __version__
from conformance.audit.csv_form import format_csv_audit
from conformance.audit.job import Job, JobOutcome
from conformance.audit.json_form import format_json_audit
from conformance.audit.matrix import build_matrix
from conformance.audit.model import Matrix
from conformance.audit.page import render_audit
from conformance.audit.profiles import ProfileSummary
from conformance.errors import ConformanceError, OutputError
from conformance.files import write_text
from conformance.report.writers import WRITERS
from conformance.results.model import Results
from conformance.results.serialization import read_results

__all__ = ["clear_target_folder", "drop_exchanges", "read_kept_results", "write_matrix", "write_target_folder"]

_FORMS: Final = ("json", "html", "badge")
_ASKED: Final = "order.json"
"""Written last: where it is, the target is done, and it says with what."""


def write_target_folder(folder: Path, results: Results, order: Job | None = None, language: str | None = None) -> None:
    """Write one target's results, report and badge, then what was asked for; raises Unwritable."""
    for form in _FORMS:
        writer = WRITERS[form]
        write_text(folder / writer.file, writer.write(results, language))
    if order is not None and not results.partial:
        write_text(folder / _ASKED, _asked(order))


def clear_target_folder(folder: Path) -> None:
    """Nothing of an earlier audit is taken for this one's; its ledger stays."""
    for name in (_ASKED, *(WRITERS[form].file for form in _FORMS)):
        try:
            (folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"{folder}: {error.strerror or error}") from None


def read_kept_results(folder: Path, order: Job) -> Results | None:
    """What an earlier audit left of a target, if it is whole and the very same was asked for."""
    try:
        if (folder / _ASKED).read_text(encoding="utf-8") != _asked(order):
            return None
        return read_results(folder / WRITERS["json"].file)
    except (OSError, UnicodeDecodeError, ConformanceError):
        return None  # not there, or damaged: it is done again


def _asked(order: Job) -> str:
    """All that decides what is sent: profile, cases, manner, and who we are."""
    asked = {
        "suite": __version__,
        "profile": order.profile_digest,
        "contract": order.contract_digest,
        "pace": order.pace,
        "manner": asdict(order.manner),
    }
    return json.dumps(asked, indent=1, sort_keys=True) + "\n"


def drop_exchanges(results: Results) -> Results:
    """Without what only the target's own report shows: hundreds of targets fit into memory."""
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
    output: Path,
    glances: Sequence[ProfileSummary],
    kept: Mapping[str, Results],
    failed: Iterable[JobOutcome],
    language: str | None = None,
) -> Matrix:
    """Write `audit.html`, `audit.json` and `audit.csv`, targets in the order of their profiles; raises Unwritable."""
    found = [(one.name, kept[one.name]) for one in glances if one.name in kept]
    matrix = build_matrix(found, {one.name: one.problem for one in failed})
    links = {one.name: one.folder for one in glances if one.name in kept}
    write_text(output / "audit.json", format_json_audit(matrix, links))
    write_text(output / "audit.html", render_audit(matrix, links, language))
    write_text(output / "audit.csv", format_csv_audit(matrix))
    return matrix
