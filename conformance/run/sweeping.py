"""After a killed run: what its ledger lists is taken away from the target, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from conformance.contract.contract import Contract
from conformance.run.evidence import Evidence
from conformance.run.ground import Ground
from conformance.run.ledger import FileLedger, open_entries
from conformance.run.running import prepare
from conformance.run.taking_back import take_back
from conformance.target.target import Target

__all__ = ["Swept", "sweep"]

RESTORE = "restore"
DOUBT = "killed while it was under way: it was to be refused, and had neither a name nor an ID to be found by"
_PERMITTED = frozenset({"write", "delete"})
"""Taking away what we made needs no more than making it did; a killed run may have had it by `--allow`."""


@dataclass(frozen=True, slots=True)
class Swept:
    """One entry of the ledger, and why something of it may be left (empty: nothing is)."""

    operation: str
    names: tuple[str, ...]
    row: str
    why: str
    doubt: str = ""
    """What reads cannot tell and a person may want to look at."""


def sweep(contract: Contract, target: Target, path: Path, seed: int = 0) -> Iterator[Swept]:
    """Undo every open entry of this contract and target, the last first; each is struck out when nothing is left."""
    wanted = [
        entry for entry in open_entries(path) if entry.contract == contract.name and entry.base_url == target.base_url
    ]
    if not wanted:
        return
    ground = _ground(contract, target, path, seed)
    try:
        for entry in reversed(wanted):
            unknowable = not (entry.made or entry.names or entry.operation == RESTORE)
            why = "" if unknowable else take_back(ground, Evidence(ground.redactor), entry)
            if not why:
                ground.ledger.undone(entry.id)
            doubt = DOUBT if unknowable else ""
            yield Swept(entry.operation, entry.names, entry.row, ground.redactor.text(why), doubt)
    finally:
        close = getattr(ground.session, "close", None)
        if close is not None:
            close()


def _ground(contract: Contract, target: Target, path: Path, seed: int) -> Ground:
    permitted = replace(target, allow=target.allow | _PERMITTED)
    return replace(prepare(contract, permitted, "standard", seed), ledger=FileLedger(path))
