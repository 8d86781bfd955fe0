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
from conformance.prove.model import Proof
from conformance.prove.proof import build_proof
from conformance.prove.subjects import Subject, contract_folders_of, right_servers, wrong_servers
from conformance.prove.trials import Trial, TrialOptions, run_trials
from tests.prove.proofs import Proofs

CASES = Path(__file__).parents[2] / "cases"
WORKERS = int(os.environ.get("PROOF_WORKERS", "2"))
FAULTS_OF_A_ROW = int(os.environ.get("PROOF_FAULTS_OF_A_ROW", "1"))
SEEDS = int(os.environ.get("PROOF_SEEDS", "2"))
RARE = {"allows_20_requests_in_10_seconds", "login_failure_lacks_its_status"}
"""Faults that are always tried: few others are shown by the checks `allowance` and `body`."""
SMOKE, STANDARD = TrialOptions("smoke", 0, own_rows=True), TrialOptions("standard", 0, own_rows=True)


@pytest.fixture(scope="session")
def folders() -> Mapping[str, Path]:
    return contract_folders_of(CASES, None)


@pytest.fixture(scope="session")
def proofs(folders: Mapping[str, Path]) -> Proofs:
    return Proofs(
        _prove(folders, list(_at_smoke(folders)), SMOKE), _prove(folders, list(_at_standard(folders)), STANDARD)
    )


def _at_smoke(folders: Mapping[str, Path]) -> Iterator[Subject]:
    for name, folder in folders.items():
        yield from wrong_servers(folder, _some_of_each_row(reference.faults(name), "smoke"))
        yield from right_servers(name, folder, SEEDS, 0)


def _some_of_each_row(faults: tuple[reference.Fault, ...], draw: str) -> Iterator[reference.Fault]:
    """Drawn by their names, so that a new fault takes the place of one and leaves the others."""
    by_row: dict[tuple[str, int], list[reference.Fault]] = {}
    for fault in sorted(faults, key=lambda fault: zlib.crc32(f"{draw} {fault.name}".encode())):
        by_row.setdefault(fault.rows[0], []).append(fault)
    for group in by_row.values():
        yield from (fault for at, fault in enumerate(group) if at < FAULTS_OF_A_ROW or fault.name in RARE)


def _at_standard(folders: Mapping[str, Path]) -> Iterator[Subject]:
    for name, folder in folders.items():
        yield from wrong_servers(folder, _some_of_each_row(reference.faults(name), "standard"))
        yield from right_servers(name, folder, SEEDS, 100)


def _prove(folders: Mapping[str, Path], subjects: list[Subject], options: TrialOptions) -> Proof:
    done: list[Trial] = list(run_trials(subjects, options, WORKERS))
    return build_proof(folders, done, options, "2026-11-22T01:00:00Z", 0.0)
