"""The servers that a proof is made against: each fault, and right servers that differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance import reference
from conformance.contract.contract import Contract
from conformance.contract.folders import find_all_contract_folders
from conformance.contract.loader import read_contract
from conformance.errors import ConfigError, Problem
from conformance.prove.model import FaultProof
from conformance.reference import Fault
from conformance.reference.catalogue import unknown_name_problems

_SLOW = "latency_ms"
"""The one variant that costs time and shows nothing: how long a right answer takes."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One server to try: with a fault, or conforming with random variants of a seed (None: every usual choice)."""

    contract: str
    folder: Path
    fault: str | None = None
    variants_seed: int | None = None

    @property
    def name(self) -> str:
        """What it is called on the screen."""
        if self.fault is not None:
            return self.fault
        return "the usual server" if self.variants_seed is None else f"a right server, seed {self.variants_seed}"

    def choices(self) -> dict[str, str]:
        """Its answers to the open questions that are not the usual ones."""
        if self.variants_seed is None:
            return {}
        usual = {variant.name: variant.default for variant in reference.variants(self.contract)}
        drawn = reference.random_variants(self.contract, self.variants_seed)
        return {name: choice for name, choice in drawn.items() if choice != usual[name] and name != _SLOW}


def contract_folders_of(root: Path, contract: str | None) -> dict[str, Path]:
    """The contracts below `root`, or shipped, that there is a reference server for, or the one asked for.

    Raises ConfigError where there is none.
    """
    found = {read_contract(folder).name: folder for folder in find_all_contract_folders(root)}
    usable = {name: folder for name, folder in found.items() if name in reference.contracts()}
    problems = list(unknown_name_problems("contract", contract, usable)) if contract else []
    if not usable and not contract:
        problems = [Problem(str(root), "there is no contract with a reference server", "run it where cases/ is")]
    if problems:
        raise ConfigError(problems)
    return {contract: usable[contract]} if contract else usable


def choose_faults(contracts: Iterable[str], names: Sequence[str]) -> dict[str, tuple[Fault, ...]]:
    """All faults, or those that are named; raises ConfigError with near names."""
    catalogues = {contract: reference.faults(contract) for contract in contracts}
    if not names:
        return catalogues
    every = {fault.name for catalogue in catalogues.values() for fault in catalogue}
    problems = [problem for name in names for problem in unknown_name_problems("fault", name, every)]
    if problems:
        raise ConfigError(problems)
    expected = set(names)
    kept = {one: tuple(f for f in catalogue if f.name in expected) for one, catalogue in catalogues.items()}
    return {contract: faults for contract, faults in kept.items() if faults}


def describe_fault(fault: Fault, contract: Contract) -> FaultProof:
    """A fault with the rows that it violates, before it has been tried."""
    rows = tuple(row.id for row in contract.rows if (row.table, row.number) in fault.rows)
    kind, sentence = fault.kind, fault.sentence
    return FaultProof(fault.name, contract.name, kind, sentence, rows, fault.wording_only, fault.rejects_valid)


def wrong_servers(folder: Path, faults: Iterable[Fault]) -> list[Subject]:
    """A server for each fault."""
    return [Subject(fault.contract, folder, fault.name) for fault in faults]


def right_servers(contract: str, folder: Path, count: int, seed: int) -> list[Subject]:
    """The usual server, then `count` that are drawn; none where `count` is 0."""
    drawn = [Subject(contract, folder, variants_seed=seed + index) for index in range(count)]
    return [Subject(contract, folder), *drawn] if drawn else []
