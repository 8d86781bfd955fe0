"""Two proofs for all tests of this folder: some faults of each row at smoke, others at standard.

PROOF_WORKERS, PROOF_FAULTS_OF_A_ROW and PROOF_SEEDS change the numbers.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from conformance import reference
from conformance.contract.contract import Contract
from conformance.contract.schema import Depth
from conformance.prove.model import Proof, ServerProof
from conformance.prove.proof import build_proof
from conformance.prove.servers import contracts_with_server, right_servers, wrong_servers
from conformance.prove.trials import TrialOptions, run_trials
from tests.prove.proofs import Proofs

CASES = Path(__file__).parents[2] / "cases"
WORKERS = int(os.environ.get("PROOF_WORKERS", "2"))
FAULTS_OF_A_ROW = int(os.environ.get("PROOF_FAULTS_OF_A_ROW", "1"))
SEEDS = int(os.environ.get("PROOF_SEEDS", "2"))
RARE = {"allows_20_requests_in_10_seconds", "login_failure_lacks_its_status"}
"""Faults that are always tried: few others are shown by the checks `allowance` and `body`."""


@pytest.fixture(scope="session")
def contracts() -> Mapping[str, Contract]:
    return contracts_with_server(CASES, None)


@pytest.fixture(scope="session")
def proofs(contracts: Mapping[str, Contract]) -> Proofs:
    return Proofs(_prove(contracts, "smoke", 0), _prove(contracts, "standard", 100))


def _prove(contracts: Mapping[str, Contract], depth: Depth, seed: int) -> Proof:
    """The faults that are drawn for a depth, and right servers from this seed on."""
    servers: list[ServerProof] = []
    for name, contract in contracts.items():
        servers += wrong_servers(contract, _some_of_each_row(reference.faults(name), depth))
        servers += right_servers(name, SEEDS, seed)
    options = TrialOptions({name: one.folder for name, one in contracts.items()}, depth, 0, own_rows=True)
    return build_proof(contracts, list(run_trials(servers, options, WORKERS)), options, "2026-11-22T01:00:00Z", 0.0)


def _some_of_each_row(faults: tuple[reference.Fault, ...], draw: str) -> Iterator[reference.Fault]:
    """Drawn by their names, so that a new fault takes the place of one and leaves the others."""
    by_row: dict[tuple[str, int], list[reference.Fault]] = {}
    for fault in sorted(faults, key=lambda fault: zlib.crc32(f"{draw} {fault.name}".encode())):
        by_row.setdefault(fault.rows[0], []).append(fault)
    for group in by_row.values():
        yield from (fault for at, fault in enumerate(group) if at < FAULTS_OF_A_ROW or fault.name in RARE)
