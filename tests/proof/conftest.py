"""The suite held against wrong and right servers: once for all tests of this folder, in processes.

The numbers can be changed from outside, for a quicker or a deeper look: PROOF_WORKERS, PROOF_SAMPLE, PROOF_SEEDS.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from conformance import reference
from conformance.contract.contract import Contract
from conformance.contract.loader import read_contract
from conformance.prove.model import Proof
from conformance.prove.proof import ProofDuration, build_proof
from conformance.prove.subjects import Subject, contract_folders_of, right_servers, sample_faults, wrong_servers
from conformance.prove.workers import Trial, TrialOptions, run_trials
from tests.proof.proofs import Proofs

CASES = Path(__file__).parents[2] / "cases"
WORKERS = int(os.environ.get("PROOF_WORKERS", "2"))
SAMPLE = int(os.environ.get("PROOF_SAMPLE", "40"))
SEEDS = int(os.environ.get("PROOF_SEEDS", "5"))
SMOKE, STANDARD = TrialOptions("smoke", 0), TrialOptions("standard", 0)


@pytest.fixture(scope="session")
def places() -> Mapping[str, Path]:
    return contract_folders_of(CASES, None)


@pytest.fixture(scope="session")
def contracts(places: Mapping[str, Path]) -> dict[str, Contract]:
    return {name: read_contract(folder) for name, folder in places.items()}


@pytest.fixture(scope="session")
def proofs(places: Mapping[str, Path]) -> Proofs:
    return Proofs(_proof(places, list(_all(places)), SMOKE), _proof(places, list(_some(places)), STANDARD))


def _all(places: Mapping[str, Path]) -> Iterator[Subject]:
    for name, folder in places.items():
        yield from wrong_servers(folder, reference.faults(name))
        yield from right_servers(name, folder, SEEDS, 0)


def _some(places: Mapping[str, Path]) -> Iterator[Subject]:
    for name, folder in places.items():
        yield from wrong_servers(folder, sample_faults(reference.faults(name), SAMPLE // len(places), 0))
        yield from right_servers(name, folder, SEEDS, 100)


def _proof(places: Mapping[str, Path], subjects: list[Subject], way: TrialOptions) -> Proof:
    done: list[Trial] = list(run_trials(subjects, way, WORKERS))
    return build_proof(places, done, way, ProofDuration("2026-11-22T01:00:00Z", 0.0))
