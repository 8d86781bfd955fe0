"""The suite catches servers that are wrong, by the right row, and blames none that is right."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.prove.model import ContractProof, FaultProof, Proof
from tests.proof.proofs import Proofs

ENOUGH_AT_SMOKE = 0.8
"""Four of five, with three requests a row."""
KINDS = {"status", "message", "code", "field", "fault", "envelope", "content-type", "language", "body", "leak"}
KINDS |= {"effect", "control", "choice"}
"""Every kind of expectation that a finding can be about."""


def faults(*proofs: Proof) -> Iterator[FaultProof]:
    return (fault for proof in proofs for one in proof.contracts for fault in one.faults)


def told(one: ContractProof) -> list[str]:
    return [f"{one.contract}: {fault.name} ({fault.outcome}): {fault.sentence}" for fault in one.survivors]


def test_smoke_catches_four_of_five_faults(proofs: Proofs) -> None:
    every = list(faults(proofs.smoke))
    caught = sum(bool(fault.catching) for fault in every)
    assert caught / len(every) >= ENOUGH_AT_SMOKE, [line for one in proofs.smoke.contracts for line in told(one)]


def test_standard_catches_every_fault_of_the_sample(proofs: Proofs) -> None:
    assert [line for one in proofs.standard.contracts for line in told(one)] == []


def test_no_right_server_is_blamed_at_any_depth(proofs: Proofs) -> None:
    alarms = [
        (proof.depth, one.contract, server.seed, blame.row, blame.where, blame.expected, blame.actual, blame.reason)
        for proof in (proofs.smoke, proofs.standard)
        for one in proof.contracts
        for server in one.alarms
        for blame in server.alarms
    ]
    assert alarms == []


def test_every_row_catches_a_fault(proofs: Proofs) -> None:
    caught = {blame.row for fault in faults(proofs.smoke, proofs.standard) for blame in fault.catching}
    assert [row.id for one in proofs.smoke.contracts for row in one.rows if row.id not in caught] == []


def test_every_kind_of_expectation_catches_a_fault(proofs: Proofs) -> None:
    seen = {
        check for fault in faults(proofs.smoke, proofs.standard) for blame in fault.catching for check in blame.checks
    }
    assert KINDS - seen == set()


def test_no_kind_of_expectation_is_unknown_here(proofs: Proofs) -> None:
    seen = {
        check for fault in faults(proofs.smoke, proofs.standard) for blame in fault.blames for check in blame.checks
    }
    assert seen - KINDS == set()


def test_a_reworded_message_is_drift_and_no_violation(proofs: Proofs) -> None:
    worded = [fault for fault in faults(proofs.smoke) if fault.wording_only]
    assert worded
    assert [(fault.name, blame) for fault in worded for blame in fault.blames if blame.verdict == "violates"] == []


def test_a_right_server_gets_far_fewer_requests_at_smoke(proofs: Proofs) -> None:
    pairs = zip(proofs.smoke.contracts, proofs.standard.contracts, strict=True)
    assert all(0 < 2 * less.requests <= more.requests for less, more in pairs)
