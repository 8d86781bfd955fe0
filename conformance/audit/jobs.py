"""Which targets are run with which contract, in which order, and which of them share a pace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from conformance.audit.job import AuditOptions, Job, JobOutcome, digest_file
from conformance.audit.profiles import ProfileSummary
from conformance.audit.worker import load_job_contract
from conformance.contract.contract import Contract
from conformance.errors import ConfigError, Problem
from conformance.validation import suggest

__all__ = ["JobList", "build_jobs", "choose_profiles", "group_by_pace", "load_contracts"]


@dataclass(frozen=True, slots=True)
class JobList:
    """What is to be run, and what cannot be."""

    orders: Mapping[str, Job] = field(default_factory=dict)
    """By the name of the target, in the order of the profiles."""
    unusable: tuple[JobOutcome, ...] = ()


def load_contracts(folders: Iterable[Path]) -> dict[str, tuple[Contract, str]]:
    """Every contract by its name, with the digest of its files; raises Unusable."""
    found = {}
    for folder in folders:
        said = digest_file(folder.resolve())
        contract = load_job_contract(str(folder), said)
        found[contract.name] = contract, said
    return found


def choose_profiles(
    glances: Sequence[ProfileSummary], only: Sequence[str], known: Iterable[str]
) -> tuple[ProfileSummary, ...]:
    """The targets of these contracts, all where none is named; raises Unusable where that leaves nothing."""
    known = tuple(known)
    problems = [
        Problem("--contract", f"there is no contract {name!r}", suggest(name, known, "contracts"))
        for name in only
        if name not in known
    ]
    kept = tuple(one for one in glances if not only or one.contract in only or one.problem)
    if not problems and not kept:
        problems.append(Problem("--contract", f"no profile is for {' or '.join(only)}", "give other profiles"))
    if problems:
        raise ConfigError(problems)
    return kept


def build_jobs(
    glances: Iterable[ProfileSummary], known: Mapping[str, tuple[Contract, str]], manner: AuditOptions, output: Path
) -> JobList:
    """An order for each profile that can be read, and an outcome for each that cannot."""
    glances = tuple(glances)
    paces = _paces(glances)
    orders, unusable = {}, []
    for one in glances:
        if one.problem or one.contract not in known:
            hint = suggest(one.contract, tuple(known), "contracts") or "check `contract`"
            problem = Problem(str(one.path), f"there is no contract {one.contract!r}", hint)
            unusable.append(JobOutcome(one.name, problem=one.problem or str(problem), exit_code=4))
            continue
        contract, edition = known[one.contract]
        orders[one.name] = Job(
            name=one.name,
            profile=str(one.path.resolve()),
            profile_digest=digest_file(one.path),
            document=one.document,
            contract=str(contract.folder),
            contract_digest=edition,
            manner=manner,
            pace=paces.get(one.pace_group) if one.pace_group else None,
            output=str((output / one.folder).resolve()),
        )
    return JobList(orders, tuple(unusable))


def group_by_pace(glances: Iterable[ProfileSummary], orders: Mapping[str, Job]) -> list[list[tuple[Job, float]]]:
    """Targets of one pace group one after the other, each with the seconds in which its requests still count."""
    groups: dict[str, list[tuple[Job, float]]] = {}
    for one in glances:
        if one.name in orders:
            order = orders[one.name]
            key = f"group {one.pace_group}" if one.pace_group else f"alone {one.name}"
            groups.setdefault(key, []).append((order, order.pace[1] if order.pace else 0.0))
    # The longest first: they decide when the audit is over.
    return sorted(groups.values(), key=len, reverse=True)


def _paces(glances: Iterable[ProfileSummary]) -> dict[str, tuple[int, float]]:
    """The slowest pace in each group: what counts the requests counts those to all of its targets."""
    found: dict[str, tuple[int, float]] = {}
    for one in glances:
        if one.pace_group and one.pace:
            held = found.get(one.pace_group, one.pace)
            found[one.pace_group] = min(held, one.pace, key=lambda pace: pace[0] / pace[1])
    return found
