"""The folder of an audit: one folder for each target, written as soon as it is done, and the matrix of all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from conformance import __version__
from conformance.cli.filing import read_results, write_text
from conformance.errors import ConformanceError, Unwritable
from conformance.report import WRITERS, auditing
from conformance.results.model import Results
from conformance.run.auditing.order import Order, Outcome
from conformance.run.auditing.profiles import Glance

__all__ = ["clear", "keep", "kept_before", "lean", "write_matrix"]

_FORMS: Final = ("json", "html", "badge")
_ASKED: Final = "order.json"
"""Written last: where it is, the target is done, and it says with what."""


def keep(folder: Path, results: Results, order: Order | None = None, language: str | None = None) -> None:
    """Write one target's results, report and badge, then what was asked for; raises Unwritable."""
    for form in _FORMS:
        writer = WRITERS[form]
        write_text(folder / writer.file, writer.write(results, language))
    if order is not None and not results.partial:
        write_text(folder / _ASKED, _asked(order))


def clear(folder: Path) -> None:
    """Nothing of an earlier audit is taken for this one's; its ledger stays."""
    for name in (_ASKED, *(WRITERS[form].file for form in _FORMS)):
        try:
            (folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise Unwritable(f"{folder}: {error.strerror or error}") from None


def kept_before(folder: Path, order: Order) -> Results | None:
    """What an earlier audit left of a target, if it is whole and the very same was asked for."""
    try:
        if (folder / _ASKED).read_text(encoding="utf-8") != _asked(order):
            return None
        return read_results(folder / WRITERS["json"].file)
    except (OSError, UnicodeDecodeError, ConformanceError):
        return None  # not there, or damaged: it is done again


def _asked(order: Order) -> str:
    """All that decides what is sent: profile, cases, manner, and who we are."""
    asked = {
        "suite": __version__,
        "profile": order.profile_digest,
        "contract": order.contract_digest,
        "pace": order.pace,
        "manner": asdict(order.manner),
    }
    return json.dumps(asked, indent=1, sort_keys=True) + "\n"


def lean(results: Results) -> Results:
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
    glances: Sequence[Glance],
    kept: Mapping[str, Results],
    failed: Iterable[Outcome],
    language: str | None = None,
) -> auditing.Matrix:
    """Write `audit.html`, `audit.json` and `audit.csv`, targets in the order of their profiles; raises Unwritable."""
    found = [(one.name, kept[one.name]) for one in glances if one.name in kept]
    matrix = auditing.matrix(found, {one.name: one.problem for one in failed})
    links = {one.name: one.folder for one in glances if one.name in kept}
    write_text(output / "audit.json", auditing.json(matrix, links))
    write_text(output / "audit.html", auditing.audit_html(matrix, links, language))
    write_text(output / "audit.csv", auditing.csv(matrix))
    return matrix
