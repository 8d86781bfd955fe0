"""Lists the servers of a proof: one for each fault, and conforming ones with different open choices."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from conformance import reference
from conformance.contract.contract import Contract
from conformance.contract.folders import find_all_contract_folders
from conformance.contract.loader import read_contract
from conformance.errors import ConfigError, Problem
from conformance.prove.model import FaultProof, RightServerProof
from conformance.reference import Fault
from conformance.reference.catalogue import unknown_name_problems

_SLOW = "latency_ms"
"""The variant for the duration of a response, which costs time and shows nothing."""


def contracts_with_server(root: Path, contract: str | None) -> dict[str, Contract]:
    """Return contracts with a reference server, or only the named one; raise ConfigError if there is none."""
    found = {one.name: one for one in map(read_contract, find_all_contract_folders(root))}
    usable = {name: one for name, one in found.items() if name in reference.contracts()}
    problems = list(unknown_name_problems("contract", contract, usable)) if contract else []
    if not usable and not contract:
        problems = [Problem(str(root), "there is no contract with a reference server", "run it where cases/ is")]
    if problems:
        raise ConfigError(problems)
    return {contract: usable[contract]} if contract else usable


def choose_faults(contracts: Iterable[str], names: Sequence[str]) -> dict[str, tuple[Fault, ...]]:
    """Return all faults or the named ones, by contract; raise ConfigError with similar names for an unknown one."""
    catalogues = {contract: reference.faults(contract) for contract in contracts}
    if not names:
        return catalogues
    every = {fault.name for catalogue in catalogues.values() for fault in catalogue}
    problems = [problem for name in names for problem in unknown_name_problems("fault", name, every)]
    if problems:
        raise ConfigError(problems)
    kept = {one: tuple(fault for fault in catalogue if fault.name in names) for one, catalogue in catalogues.items()}
    return {contract: faults for contract, faults in kept.items() if faults}


def wrong_servers(contract: Contract, faults: Iterable[Fault]) -> list[FaultProof]:
    """Return an untried server for each fault, with the rows that it violates."""
    return [
        FaultProof(
            contract=contract.name,
            name=fault.name,
            check=fault.kind,
            rows=tuple(row.id for row in contract.rows if (row.table, row.number) in fault.rows),
            wording_only=fault.wording_only,
            refuses=fault.rejects_valid,
        )
        for fault in faults
    ]


def right_servers(contract: str, count: int, seed: int) -> list[RightServerProof]:
    """Return the usual server and `count` servers with drawn choices, all untried; none if `count` is 0."""
    usual = {name: choices[0] for name, choices in reference.variants(contract).items()}
    servers = [RightServerProof(contract=contract, seed=None, variants={})] if count else []
    for own in range(seed, seed + count):
        drawn = reference.random_variants(contract, own)
        unusual = {name: choice for name, choice in drawn.items() if choice != usual[name] and name != _SLOW}
        servers.append(RightServerProof(contract=contract, seed=own, variants=unusual))
    return servers
