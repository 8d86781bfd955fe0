"""What a unit of work is told, and what it gives back: plain values that may travel to another machine.

No secret is in an order. The worker reads the profile where it runs, and resolves its credentials there.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from conformance.contract.schema import Depth
from conformance.results.model import Results

__all__ = ["AuditOptions", "Job", "JobOutcome", "digest_file"]


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """How every target of an audit is treated: the same for all, or the comparison is not fair."""

    depth: Depth = "standard"
    seed: int = 0
    allow: tuple[str, ...] = ()
    """Permissions beside those of the profiles."""
    explore: bool = True
    seconds: float = 3600.0
    """After so many seconds a target's rows begin nothing new; what is known until then is kept."""


@dataclass(frozen=True, slots=True)
class Job:
    """One target to be run."""

    name: str
    """Unique in the audit."""
    profile: str
    """The profile's path. It is read there where the worker finds the very same file."""
    profile_digest: str
    document: str | None
    """The profile as JSON, as it is written, for a worker that has no such file; None where a secret stands in it."""
    contract: str
    """The folder of the contract."""
    contract_digest: str
    manner: AuditOptions
    pace: tuple[int, float] | None = None
    """The pace of its group, where that is slower than its own."""
    output: str | None = None
    """The folder for the ledger of what is made on the target, where the worker runs; None for no ledger."""


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """What came of an order. `results` and no `problem` where all went well; partial results have both."""

    name: str
    results: Results | None = None
    problem: str = ""
    exit_code: int = 0
    """Of our own errors: 4 for what is unusable, 3 for a fault of the suite or its surroundings."""


def digest_file(path: Path) -> str:
    """Of a file, or of the YAML files in a folder; empty where there is none."""
    files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    found = hashlib.sha256()
    try:
        for file in files:
            found.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    except OSError:
        return ""
    return found.hexdigest() if files else ""
