"""From trials to a proof."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from conformance import __version__, reference
from conformance.contract.contract import Contract
from conformance.contract.loader import read_contract
from conformance.prove.model import ContractProof, FaultProof, Outcome, Proof, RightServerProof, rows_worth
from conformance.prove.subjects import breaks_controls
from conformance.prove.workers import Trial, TrialOptions
from conformance.reference import Fault
from conformance.results.model import Suite

__all__ = ["ProofDuration", "build_proof", "settle_fault"]


def build_proof(folders: Mapping[str, Path], done: Sequence[Trial], way: TrialOptions, lasted: ProofDuration) -> Proof:
    """The proof, in the order of the contracts' rows and of the catalogue, whatever order the trials ended in."""
    contracts = tuple(_contract(read_contract(folder), done) for folder in folders.values())
    suite = Suite("conformance", __version__)
    return Proof(suite, way.depth, way.seed, lasted.started, lasted.seconds, contracts, lasted.partial)


@dataclass(frozen=True, slots=True)
class ProofDuration:
    """When the trials began, how long they took, and whether they were broken off."""

    started: str
    seconds: float
    partial: bool = False


def settle_fault(fault: Fault, contract: Contract, trial: Trial) -> FaultProof:
    """What a trial says of a fault."""
    rows = tuple(row.id for row in contract.rows if (row.table, row.number) in fault.rows)
    made = FaultProof(
        fault.name,
        contract.name,
        fault.kind,
        fault.sentence,
        rows,
        fault.wording_only,
        breaks_controls(fault),
        trial.blames,
        trial.requests,
        trial.seconds,
    )
    if made.catching:
        first = made.catching[0]
        return replace(made, outcome=Outcome.CAUGHT, row=first.row, after=first.after)
    return replace(made, outcome=Outcome.ELSEWHERE) if made.strays else made


def _contract(contract: Contract, done: Iterable[Trial]) -> ContractProof:
    own = [trial for trial in done if trial.subject.contract == contract.name]
    by_fault = {trial.subject.fault: trial for trial in own if trial.subject.fault is not None}
    catalogue = reference.faults(contract.name, pending=True)
    faults = tuple(settle_fault(fault, contract, by_fault[fault.name]) for fault in catalogue if fault.name in by_fault)
    rights = sorted((trial for trial in own if trial.subject.fault is None), key=_by_seed)
    return ContractProof(
        contract.name,
        contract.file.edition,
        whole=all(fault.pending or fault.name in by_fault for fault in catalogue),
        rows=rows_worth([row.id for row in contract.rows], faults),
        faults=faults,
        conforming=tuple(_conforming(trial) for trial in rights),
    )


def _conforming(trial: Trial) -> RightServerProof:
    subject = trial.subject
    return RightServerProof(
        subject.contract, subject.freedoms, subject.choices(), trial.blames, trial.requests, trial.seconds
    )


def _by_seed(trial: Trial) -> int:
    return -1 if trial.subject.freedoms is None else trial.subject.freedoms
