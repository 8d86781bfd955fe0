"""Which targets are run with which contract: a job for each, as plain values that can be sent to another machine.

A job holds no secret. The worker reads the profile where it runs, and resolves its credentials there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from conformance.audit.profiles import ProfileSummary
from conformance.contract.contract import Contract
from conformance.contract.loader import read_contract
from conformance.contract.schema import Depth
from conformance.errors import ConfigError, Problem
from conformance.results.model import Results
from conformance.target.schema import Pace
from conformance.validation import suggest


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
    budget: str = ""
    """The most requests that a target's rows may plan, as it was written: `120`, `2m`; empty for no limit."""


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
    options: AuditOptions
    pace: Pace | None = None
    """The pace of its group, where that is slower than its own."""
    output: str | None = None
    """The folder for the ledger of what is made on the target, where the worker runs; None for no ledger."""


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """The outcome of a job. `results` and no `problem` where all went well; partial results have both."""

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


@lru_cache(maxsize=16)
def load_job_contract(folder: str, expected: str) -> Contract:
    """The contract, read once in each process; raises ConfigError where it is not the edition of the job."""
    path = Path(folder)
    if digest_file(path) != expected:
        what = "the worker has another edition of this contract" if path.is_dir() else "the worker has no such contract"
        raise ConfigError([Problem(folder, what, "give every worker the same cases, in the same place")])
    return read_contract(path)


def load_contracts(folders: Iterable[Path]) -> dict[str, tuple[Contract, str]]:
    """Every contract by its name, with the digest of its files; raises ConfigError."""
    found = {}
    for folder in folders:
        digest = digest_file(folder.resolve())
        contract = load_job_contract(str(folder), digest)
        found[contract.name] = contract, digest
    return found


def choose_profiles(
    summaries: Sequence[ProfileSummary], only: Sequence[str], known: Iterable[str]
) -> tuple[ProfileSummary, ...]:
    """The targets of these contracts, all where none is named; raises ConfigError where that leaves nothing."""
    known = tuple(known)
    problems = [
        Problem("--contract", f"there is no contract {name!r}", suggest(name, known, "contracts"))
        for name in only
        if name not in known
    ]
    kept = tuple(one for one in summaries if not only or one.contract in only or one.problem)
    if not problems and not kept:
        problems.append(Problem("--contract", f"no profile is for {' or '.join(only)}", "give other profiles"))
    if problems:
        raise ConfigError(problems)
    return kept


def build_jobs(
    summaries: Iterable[ProfileSummary], known: Mapping[str, tuple[Contract, str]], options: AuditOptions, output: Path
) -> tuple[dict[str, Job], list[JobOutcome]]:
    """A job for each profile that can be read, by its name, and an outcome for each that cannot."""
    summaries = tuple(summaries)
    paces = _paces(summaries)
    jobs, unusable = dict[str, Job](), list[JobOutcome]()
    for one in summaries:
        if one.problem or one.contract not in known:
            hint = suggest(one.contract, tuple(known), "contracts") or "check `contract`"
            problem = Problem(str(one.path), f"there is no contract {one.contract!r}", hint)
            unusable.append(JobOutcome(one.name, problem=one.problem or str(problem), exit_code=4))
            continue
        contract, edition = known[one.contract]
        jobs[one.name] = Job(
            name=one.name,
            profile=str(one.path.resolve()),
            profile_digest=digest_file(one.path),
            document=one.document,
            contract=str(contract.folder),
            contract_digest=edition,
            options=options,
            pace=paces.get(one.pace_group) if one.pace_group else None,
            output=str((output / one.folder).resolve()),
        )
    return jobs, unusable


def group_by_pace(summaries: Iterable[ProfileSummary], jobs: Mapping[str, Job]) -> list[list[tuple[Job, float]]]:
    """Targets of one pace group one after the other, each with the seconds in which its requests still count."""
    groups: dict[str, list[tuple[Job, float]]] = {}
    for one in summaries:
        if one.name in jobs:
            job = jobs[one.name]
            key = f"group {one.pace_group}" if one.pace_group else f"alone {one.name}"
            groups.setdefault(key, []).append((job, job.pace[1] if job.pace else 0.0))
    # The longest first: they decide when the audit is over.
    return sorted(groups.values(), key=len, reverse=True)


def _paces(summaries: Iterable[ProfileSummary]) -> dict[str, Pace]:
    """The slowest pace in each group: what counts the requests counts those to all of its targets."""
    found: dict[str, Pace] = {}
    for one in summaries:
        if one.pace_group and one.pace:
            slowest = found.get(one.pace_group, one.pace)
            found[one.pace_group] = min(slowest, one.pace, key=lambda pace: pace[0] / pace[1])
    return found
