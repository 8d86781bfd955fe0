"""After a killed run: what its ledger lists is taken away from the target, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from conformance.contract.contract import Contract
from conformance.contract_run import build_context
from conformance.engine.cleanup import delete_created
from conformance.engine.context import RunContext
from conformance.engine.evidence import Evidence
from conformance.engine.journal import FileLedger, read_open_entries
from conformance.target.loader import Target

__all__ = ["SweepResult", "sweep"]

RESTORE = "restore"
DOUBT = "killed while it was under way: it was to be refused, and had neither a name nor an ID to be found by"
_PERMITTED = frozenset({"write", "delete"})
"""Taking away what we made needs no more than making it did; a killed run may have had it by `--allow`."""


@dataclass(frozen=True, slots=True)
class SweepResult:
    """One entry of the ledger, and why something of it may be left (empty: nothing is)."""

    operation: str
    names: tuple[str, ...]
    row: str
    why: str
    doubt: str = ""
    """What reads cannot tell and a person may want to look at."""


def sweep(contract: Contract, target: Target, path: Path, seed: int = 0) -> Iterator[SweepResult]:
    """Undo every open entry of this contract and target, the last first; each is struck out when nothing is left."""
    expected = [
        entry
        for entry in read_open_entries(path)
        if entry.contract == contract.name and entry.base_url == target.base_url
    ]
    if not expected:
        return
    context = _context(contract, target, path, seed)
    try:
        for entry in reversed(expected):
            unknowable = not (entry.made or entry.names or entry.operation == RESTORE)
            why = "" if unknowable else delete_created(context, Evidence(context.redactor), entry)
            if not why:
                context.ledger.undone(entry.id)
            doubt = DOUBT if unknowable else ""
            yield SweepResult(entry.operation, entry.names, entry.row, context.redactor.text(why), doubt)
    finally:
        close = getattr(context.session, "close", None)
        if close is not None:
            close()


def _context(contract: Contract, target: Target, path: Path, seed: int) -> RunContext:
    permitted = replace(target, allow=target.allow | _PERMITTED)
    return replace(build_context(contract, permitted, "standard", seed), ledger=FileLedger(path))
