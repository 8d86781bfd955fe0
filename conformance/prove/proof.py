"""Builds a proof from the servers that were tried."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from conformance import reference
from conformance.contract.contract import Contract
from conformance.plan.model import RowPlan, count_requests
from conformance.prove.model import (
    ContractProof,
    FaultProof,
    ProbePower,
    Proof,
    RightServerProof,
    RowProof,
    ServerProof,
)
from conformance.prove.trials import TrialOptions
from conformance.results.model import Suite
from conformance.session.contract_run import plan_rows
from conformance.target.loader import target_from_mapping
from conformance.version import VERSION


def build_proof(
    contracts: Mapping[str, Contract],
    done: Sequence[ServerProof],
    options: TrialOptions,
    started: str,
    seconds: float,
    *,
    partial: bool = False,
) -> Proof:
    """Return the proof in the order of rows and catalogue, in whatever order the trials ended."""
    proofs = tuple(_prove_contract(contract, done, options) for contract in contracts.values())
    return Proof(Suite("conformance", VERSION), options.depth, options.seed, started, seconds, proofs, partial)


def _prove_contract(contract: Contract, done: Iterable[ServerProof], options: TrialOptions) -> ContractProof:
    own = [server for server in done if server.contract == contract.name]
    by_fault = {server.name: server for server in own if isinstance(server, FaultProof)}
    catalogue = [fault.name for fault in reference.faults(contract.name)]
    faults = tuple(by_fault[name] for name in catalogue if name in by_fault)
    right = (server for server in own if isinstance(server, RightServerProof))
    return ContractProof(
        contract.name,
        contract.file.edition,
        whole=by_fault.keys() >= set(catalogue),
        rows=tuple(_count_catches(row.id, faults) for row in contract.rows),
        faults=faults,
        conforming=tuple(sorted(right, key=lambda one: -1 if one.seed is None else one.seed)),
        probes=tuple(_measure_probes(_plan(contract, options), faults)),
    )


def _count_catches(row: str, faults: Sequence[FaultProof]) -> RowProof:
    caught = sum(any(blame.row == row for blame in fault.catching) for fault in faults)
    return RowProof(row, sum(row in fault.rows for fault in faults), caught)


def _plan(contract: Contract, options: TrialOptions) -> Iterable[RowPlan]:
    """Return the plans of a run against the usual server."""
    with reference.start(contract.name) as server:
        target = target_from_mapping(server.profile, where=f"the embedded server of {contract.name}", environ={})
    return plan_rows(contract, target, contract.rows, options.depth, options.seed).values()


def _measure_probes(plans: Iterable[RowPlan], faults: Sequence[FaultProof]) -> Iterator[ProbePower]:
    """Yield each probe and control in the order of the plan, with the faults that it shows alone.

    A control that another row sends adds no requests.
    """
    caught: dict[tuple[str, str], dict[str, None]] = {}
    for fault in faults:
        for probe in fault.probes:
            caught.setdefault(probe, {})[fault.name] = None
    for plan in plans:
        probes = [probe for stage in plan.probe_stages for probe in stage.probes]
        sent = [(probe.label, 1 + (plan.repeats if probe is plan.probes[0] else 0)) for probe in probes]
        sent += [(one.where, count_requests([RowPlan(plan.row, controls=(one,))])) for one in plan.controls]
        for label, requests in sent if not plan.lacks else ():
            yield ProbePower(plan.row.id, label, requests, tuple(caught.get((plan.row.id, str(label)), ())))


def number_faults(proof: ContractProof) -> dict[tuple[str, str], frozenset[int]]:
    """Return the numbers of the faults that each probe shows, by row and label of the probe."""
    numbers = {fault.name: number for number, fault in enumerate(proof.faults)}
    shown: dict[tuple[str, str], frozenset[int]] = {}
    for probe in proof.probes:
        key = probe.row, str(probe.label)
        shown[key] = shown.get(key, frozenset()) | {numbers[name] for name in probe.faults}
    return shown
