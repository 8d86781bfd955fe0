"""Builds the jobs of an audit, one for each profile, as plain values that can be sent to a worker.

A job contains no secret. The worker reads the profile on its machine and resolves the credentials there.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from conformance.contract.contract import Contract
from conformance.contract.loader import digest_files, read_contract
from conformance.contract.schema import Depth
from conformance.errors import ConfigError, Problem
from conformance.jsontools import walk_texts
from conformance.quantities import Pace, read_pace_if_valid
from conformance.results.model import Results
from conformance.target.loader import read_profile_document, to_plain
from conformance.validation import suggest

_SUFFIXES = (".yaml", ".yml")
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_USER_IN_URL = re.compile(r"://[^/?#]*@")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """The options of an audit, equal for all targets, so that they can be compared."""

    depth: Depth = "standard"
    seed: int = 0
    allow: tuple[str, ...] = ()
    """Permissions in addition to those of the profiles."""
    explore: bool = True
    seconds: float = 3600.0
    """Seconds after which nothing new is begun on a target; results until then are kept."""
    budget: str = ""
    """The most requests that a target's rows may plan, as given: `120`, `2m`; empty for no limit."""


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    """Unique in the audit."""
    profile: str
    """The path of the profile, from which a worker reads it if the digest of the file is equal."""
    profile_digest: str = ""
    document: str | None = None
    """The profile as JSON, unresolved, for a worker without the file; None if it may contain a secret."""
    contract: str = ""
    """The folder of the contract."""
    contract_digest: str = ""
    options: AuditOptions = field(default_factory=AuditOptions)
    pace: Pace | None = None
    """The slowest pace of its group; None without a group or without a known pace."""
    pace_group: str | None = None
    """The name of the group of targets that share a pace."""
    output: str | None = None
    """The folder of the worker for the ledger of what is created on the target; None for no ledger."""
    problem: str = ""
    """Why it cannot be run: the profile is unreadable, or its contract unknown."""

    @property
    def folder(self) -> str:
        return _UNSAFE.sub("-", self.name).strip(".-")[:80] or "target"


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """The outcome of a job: `results` without a `problem` if all went well; partial results have both."""

    name: str
    results: Results | None = None
    problem: str = ""
    exit_code: int = 0
    """The exit code for an error: 4 for unusable input, 3 for a fault of the suite or its environment."""


def load_job_contract(folder: str, expected: str) -> Contract:
    """Return the contract in a folder; raise ConfigError if its digest is not the `expected` one."""
    path = Path(folder)
    if digest_files(path) != expected:
        what = "the worker has another edition of this contract" if path.is_dir() else "the worker has no such contract"
        raise ConfigError([Problem(folder, what, "give every worker the same cases, in the same place")])
    return read_contract(path)


def load_contracts(folders: Iterable[Path]) -> dict[str, Contract]:
    """Return every contract by name; raise ConfigError."""
    found = (load_job_contract(str(folder), digest_files(folder)) for folder in folders)
    return {contract.name: contract for contract in found}


def find_profiles(places: Sequence[Path]) -> tuple[Path, ...]:
    """Return the given profiles and those in the given folders; raise ConfigError if a place has none."""
    found: dict[Path, None] = {}
    problems = []
    for place in places:
        if place.is_dir():
            inside = sorted(path for path in place.iterdir() if path.suffix in _SUFFIXES and path.is_file())
            problems += [] if inside else [Problem(str(place), "there is no profile in this folder", "check the path")]
            found |= dict.fromkeys(inside)
        elif place.is_file():
            found[place] = None
        else:
            problems.append(Problem(str(place), "there is no such profile", "give a profile, or a folder of profiles"))
    if problems:
        raise ConfigError(problems)
    return tuple(found)


def build_jobs(
    profiles: Iterable[Path],
    contracts: Mapping[str, Contract],
    options: AuditOptions,
    output: Path,
    only: Sequence[str] = (),
) -> tuple[Job, ...]:
    """Return a job with a unique name for each profile, with `only` for these contracts; raise ConfigError if none."""
    problems = [
        Problem("--contract", f"there is no contract {name!r}", suggest(name, tuple(contracts), "contracts"))
        for name in only
        if name not in contracts
    ]
    taken: set[str] = set()
    read = (_read_job(one, contracts, options) for one in profiles)
    named = [(name, _with_unique_name(job, taken)) for name, job in read]
    kept = [job for name, job in named if not only or not name or name in only]
    if not problems and not kept:
        problems.append(Problem("--contract", f"no profile is for {' or '.join(only)}", "give other profiles"))
    if problems:
        raise ConfigError(problems)
    paces = _slowest_paces(kept)
    return tuple(
        replace(job, pace=paces.get(job.pace_group or ""), output=str((output / job.folder).absolute())) for job in kept
    )


def group_by_pace(jobs: Iterable[Job]) -> list[list[Job]]:
    """Group jobs by pace group, the largest first, because it determines the duration of the audit."""
    groups: dict[str, list[Job]] = {}
    for job in jobs:
        groups.setdefault(f"group {job.pace_group}" if job.pace_group else f"alone {job.name}", []).append(job)
    return sorted(groups.values(), key=len, reverse=True)


def _slowest_paces(jobs: Iterable[Job]) -> dict[str, Pace]:
    """Return the slowest pace of each group, because its rate limit counts the requests to all of its targets."""
    found: dict[str, Pace] = {}
    for job in jobs:
        if job.pace_group and job.pace:
            slowest = found.get(job.pace_group, job.pace)
            found[job.pace_group] = min(slowest, job.pace, key=lambda pace: pace[0] / pace[1])
    return found


def _read_job(path: Path, contracts: Mapping[str, Contract], options: AuditOptions) -> tuple[str, Job]:
    """Return contract name ("" if unreadable) and job of a profile, without resolving credentials."""
    document, problems = read_profile_document(path)
    value = document.value if document is not None else None
    if not isinstance(value, Mapping):
        problem = "; ".join(map(str, problems)) or f"{path}: not a profile"
        return "", Job(path.stem, str(path), problem=problem)
    name, job = str(value.get("contract", "")), Job(str(value.get("name") or path.stem), str(path.absolute()))
    if name not in contracts:
        hint = suggest(name, tuple(contracts), "contracts") or "check `contract`"
        return name, replace(job, problem=str(Problem(str(path), f"there is no contract {name!r}", hint)))
    return name, replace(
        job,
        profile_digest=digest_files(path),
        document=None if any(_find_secrets(value)) else json.dumps(to_plain(value), ensure_ascii=False),
        contract=str(contracts[name].folder),
        contract_digest=digest_files(contracts[name].folder),
        options=options,
        pace=read_pace_if_valid(value.get("pace")),
        pace_group=str(value["pace_group"]) if value.get("pace_group") else None,
    )


def _with_unique_name(job: Job, taken: set[str]) -> Job:
    name, number = job.name, 1
    while job.folder.lower() in taken:
        number += 1
        job = replace(job, name=f"{name}-{number}")
    taken.add(job.folder.lower())
    return job


def _find_secrets(value: Mapping[str, Any]) -> Iterator[bool]:
    """Yield whether each credential and text of a profile may be a secret: a literal, or a URL with a user in it."""
    yield from _literals(value.get("credentials"))
    yield from (_USER_IN_URL.search(text) is not None for text in walk_texts(value))


def _literals(form: Any) -> Iterator[bool]:
    if isinstance(form, Mapping):
        for key, value in form.items():
            if isinstance(value, Mapping):
                yield from _literals(value)
            else:
                # A value that is not a variable's name may be a key in the wrong place.
                yield key not in {"file", "header"} and not (key == "env" and _VARIABLE.fullmatch(str(value)))
    else:
        yield form is not None
