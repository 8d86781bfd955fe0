"""The suite catches servers that are wrong, by the right row, and blames none that is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from conformance import reference
from conformance.api import run
from conformance.checks.model import Verdict
from conformance.contract.contract import Contract
from conformance.contract.power import control_key
from conformance.prove.model import FaultProof, Proof
from conformance.session.contract_run import plan_rows
from conformance.target.loader import target_from_mapping
from tests.prove.proofs import Proofs

pytestmark = pytest.mark.timeout(600)
"""The two proofs are made by the first test."""
CHECKS = {"status", "message", "code", "field", "fault", "envelope", "content-type", "language", "body", "leak"}
CHECKS |= {"effect", "control", "choice", "allowance"}
"""Every check that a finding can come from."""


def faults(*proofs: Proof) -> Iterator[FaultProof]:
    return (fault for proof in proofs for one in proof.contracts for fault in one.faults)


def survivors(proof: Proof) -> list[str]:
    return [f"{one.contract}: {fault.name} ({fault.outcome})" for one in proof.contracts for fault in one.survivors]


def test_smoke_sends_what_shows_about_four_of_five_faults(contracts: Mapping[str, Contract]) -> None:
    """As they were measured one by one: no server is started for it."""
    shown, known = 0, 0
    for name, contract in contracts.items():
        with reference.start(name) as server:
            target = target_from_mapping(server.profile, where=name, environ={})
        plans = plan_rows(contract, target, contract.rows, "smoke", 0).items()
        keys = {(row, str(probe.label)) for row, plan in plans for probe in plan.probes}
        keys |= {control_key(row, control.label) for row, plan in plans for control in plan.controls}
        shown += len(frozenset().union(*(contract.power.get(key, frozenset()) for key in keys)))
        known += len(frozenset().union(*contract.power.values()))
    assert round(shown / known, 2) >= 0.8


def test_smoke_catches_two_of_three_faults_of_a_sample(proofs: Proofs) -> None:
    every = list(faults(proofs.smoke))
    caught = sum(bool(fault.catching) for fault in every)
    assert caught / len(every) >= 0.66, survivors(proofs.smoke)


def test_standard_catches_every_fault_of_the_sample(proofs: Proofs) -> None:
    assert survivors(proofs.standard) == []


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


def test_every_check_catches_a_fault(proofs: Proofs) -> None:
    every = faults(proofs.smoke, proofs.standard)
    assert {check for fault in every for blame in fault.catching for check in blame.checks} >= CHECKS


def test_no_check_is_missing_from_the_list_above(proofs: Proofs) -> None:
    every = faults(proofs.smoke, proofs.standard)
    assert {check for fault in every for blame in fault.blames for check in blame.checks} <= CHECKS


def test_a_reworded_message_is_drift_and_no_violation(proofs: Proofs) -> None:
    reworded = [fault for fault in faults(proofs.smoke, proofs.standard) if fault.wording_only]
    assert len(reworded) >= 5
    assert [(fault.name, blame) for fault in reworded for blame in fault.blames if blame.verdict == "violates"] == []


def test_a_right_server_gets_at_most_half_of_the_requests_at_smoke(proofs: Proofs) -> None:
    requests = [
        (smoke.requests, standard.requests)
        for smoke, standard in zip(proofs.smoke.contracts, proofs.standard.contracts, strict=True)
    ]
    assert len(requests) == 2
    assert [pair for pair in requests if not 0 < 2 * pair[0] <= pair[1]] == []


def test_a_proof_says_which_probes_show_a_fault_and_what_they_cost(proofs: Proofs) -> None:
    for one in proofs.standard.contracts:
        planned = {(probe.row, probe.label): probe for probe in one.probes}
        assert sum(probe.requests for probe in one.probes) <= one.requests
        unnamed = [fault.name for fault in one.faults if fault.catching and not fault.probes]
        assert unnamed == []
        for fault in one.faults:
            named = [planned.get((row, label)) for row, label in fault.probes if label != "set-up"]
            assert not named or any(probe is not None and fault.name in probe.faults for probe in named), fault.name


@pytest.mark.parametrize("reported", ["by layer", "all"])
def test_a_text_that_has_a_length_may_be_required_as_well(contracts: Mapping[str, Contract], reported: str) -> None:
    choices = {"required_texts": "also the length", "several_faults": reported}
    with reference.start("kuroco", variants=choices) as server:
        rows = ["topics-write/required-empty", "topics-write/length"]
        (one,) = run(contracts["kuroco"], server.profile, rows=rows).runs
    assert [(row.id, row.verdict, row.findings) for row in one.rows] == [(row, Verdict.CONFORMS, ()) for row in rows]
