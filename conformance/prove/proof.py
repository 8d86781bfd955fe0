"""From trials to a proof."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from conformance import reference
from conformance.contract.contract import Contract
from conformance.contract.loader import read_contract
from conformance.contract.power import probe_key
from conformance.prove.model import (
    Catch,
    ContractProof,
    FaultProof,
    Outcome,
    ProbePower,
    Proof,
    RightServerProof,
    count_catches,
)
from conformance.prove.subjects import describe_fault
from conformance.prove.trials import Trial, TrialOptions
from conformance.reference import Fault
from conformance.results.model import Suite
from conformance.version import VERSION


def build_proof(
    folders: Mapping[str, Path], done: Sequence[Trial], options: TrialOptions, started: str, seconds: float
) -> Proof:
    """The proof, in the order of the contracts' rows and of the catalogue, whatever order the trials ended in."""
    contracts = tuple(_contract(read_contract(folder), done) for folder in folders.values())
    suite = Suite("conformance", VERSION)
    return Proof(suite, options.depth, options.seed, started, seconds, contracts)


def judge_fault(fault: Fault, contract: Contract, trial: Trial) -> FaultProof:
    """The outcome of a fault, from its trial."""
    made = describe_fault(fault, contract)
    made = replace(made, blames=trial.blames, requests=trial.requests, seconds=trial.seconds)
    if made.catching:
        first = made.catching[0]
        return replace(made, outcome=Outcome.CAUGHT, row=first.row, after=first.after)
    return replace(made, outcome=Outcome.ELSEWHERE) if made.strays else made


def _contract(contract: Contract, done: Iterable[Trial]) -> ContractProof:
    own = [trial for trial in done if trial.subject.contract == contract.name]
    by_fault = {trial.subject.fault: trial for trial in own if trial.subject.fault is not None}
    catalogue = reference.faults(contract.name)
    faults = tuple(judge_fault(fault, contract, by_fault[fault.name]) for fault in catalogue if fault.name in by_fault)
    rights = (trial for trial in own if trial.subject.fault is None)
    return ContractProof(
        contract.name,
        contract.file.edition,
        whole=all(fault.name in by_fault for fault in catalogue),
        rows=count_catches([row.id for row in contract.rows], faults),
        faults=faults,
        conforming=tuple(
            RightServerProof(
                contract.name, one.subject.variants_seed, one.subject.choices(), one.blames, one.requests, one.seconds
            )
            for one in sorted(
                rights, key=lambda one: -1 if one.subject.variants_seed is None else one.subject.variants_seed
            )
        ),
        probes=tuple(_measure_probes((probe for trial in own for probe in trial.probes), faults)),
    )


def _measure_probes(planned: Iterable[ProbePower], faults: Sequence[FaultProof]) -> Iterator[ProbePower]:
    """What was planned, each with the faults that it shows."""
    caught: dict[tuple[str, Catch], dict[str, None]] = {}
    for fault in faults:
        for probe in fault.probes:
            caught.setdefault(probe, {})[fault.name] = None
    for plan in planned:
        yield replace(plan, faults=tuple(caught.get((plan.row, Catch(plan.role, plan.label)), ())))


def number_faults(proof: ContractProof) -> dict[tuple[str, str], frozenset[int]]:
    """The faults that each probe shows, as numbers; by row and label, a control's with the word before it."""
    numbers = {fault.name: number for number, fault in enumerate(proof.faults)}
    shown: dict[tuple[str, str], frozenset[int]] = {}
    for probe in proof.probes:
        key = probe_key(probe.row, probe.role, probe.label)
        shown[key] = shown.get(key, frozenset()) | {numbers[name] for name in probe.faults}
    return shown
