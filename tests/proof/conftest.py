"""The suite held against wrong and right servers: once for all tests of this folder, in processes.

The numbers can be changed from outside, for a quicker or a deeper look: PROOF_WORKERS, PROOF_SAMPLE, PROOF_SEEDS.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from proofs import Proofs

from conformance import reference
from conformance.cli.proving.crew import Trial, Way, trials
from conformance.cli.proving.proving import Lasted, proved
from conformance.cli.proving.subjects import Subject, folders, rights, sampled, wrongs
from conformance.contract.contract import Contract
from conformance.contract.reading import read_contract
from conformance.results.proof import Proof

CASES = Path(__file__).parents[2] / "cases"
WORKERS = int(os.environ.get("PROOF_WORKERS", "2"))
SAMPLE = int(os.environ.get("PROOF_SAMPLE", "40"))
SEEDS = int(os.environ.get("PROOF_SEEDS", "5"))
SMOKE, STANDARD = Way("smoke", 0), Way("standard", 0)


@pytest.fixture(scope="session")
def places() -> Mapping[str, Path]:
    return folders(CASES, None)


@pytest.fixture(scope="session")
def contracts(places: Mapping[str, Path]) -> dict[str, Contract]:
    return {name: read_contract(folder) for name, folder in places.items()}


@pytest.fixture(scope="session")
def proofs(places: Mapping[str, Path]) -> Proofs:
    return Proofs(_proof(places, list(_all(places)), SMOKE), _proof(places, list(_some(places)), STANDARD))


def _all(places: Mapping[str, Path]) -> Iterator[Subject]:
    for name, folder in places.items():
        yield from wrongs(folder, reference.faults(name))
        yield from rights(name, folder, SEEDS, 0)


def _some(places: Mapping[str, Path]) -> Iterator[Subject]:
    for name, folder in places.items():
        yield from wrongs(folder, sampled(reference.faults(name), SAMPLE // len(places), 0))
        yield from rights(name, folder, SEEDS, 100)


def _proof(places: Mapping[str, Path], subjects: list[Subject], way: Way) -> Proof:
    done: list[Trial] = list(trials(subjects, way, WORKERS))
    return proved(places, done, way, Lasted("2026-11-22T01:00:00Z", 0.0))
