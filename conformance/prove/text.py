"""A proof for a terminal: plain lines, nothing in them that a terminal obeys."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.prove.model import Blame, ContractProof, FaultProof, Outcome, Proof, RightServerProof
from conformance.report.sanitize import clip_text, to_one_line

__all__ = ["format_blame", "format_choices", "format_fault", "format_proof", "format_proof_headline"]

_LONGEST = 300


def format_proof_headline(proof: Proof) -> str:
    """What it comes to, in one sentence."""
    faults = sum(len(one.faults) for one in proof.contracts)
    caught = sum(one.caught for one in proof.contracts)
    right = sum(len(one.conforming) for one in proof.contracts)
    blamed = sum(len(one.alarms) for one in proof.contracts)
    parts = [f"{caught} of {faults} faults caught", f"{blamed} of {right} right servers blamed"]
    idle = sum(len(one.idle) for one in proof.contracts)
    parts += [f"{idle} rows that catch no fault"] if idle else []
    return ", ".join(parts) + f", at {proof.depth}" + (" (broken off)" if proof.partial else "")


def format_fault(fault: FaultProof) -> str:
    """One fault and what became of it."""
    if fault.outcome is Outcome.CAUGHT:
        return f"caught    {fault.name}: {fault.row}, after {fault.after} requests"
    first = f": {format_blame(fault.strays[0])}" if fault.strays else ""
    return f"{fault.outcome.value:9} {fault.name} ({', '.join(fault.rows)}) {fault.sentence}{first}"


def format_blame(blame: Blame) -> str:
    """One row's complaint."""
    text = f"{blame.row} {blame.verdict.value}"
    if blame.where:
        text += f" at {blame.where}: {', '.join(blame.checks)}: expected {blame.expected}, got {blame.actual}"
    return clip_text(text + (f" ({blame.reason})" if blame.reason else ""), _LONGEST)


def format_choices(server: RightServerProof) -> str:
    """The choices of a right server that are not the usual ones."""
    return ", ".join(f"{name}={choice}" for name, choice in server.variants.items()) or "every usual choice"


def format_proof(proof: Proof) -> str:
    """Per contract what went wrong, whole; what went right, in numbers."""
    return "\n".join(to_one_line(line) for line in _lines(proof)) + "\n"


def _lines(proof: Proof) -> Iterator[str]:
    for one in proof.contracts:
        yield f"{one.contract}, edition {one.edition}"
        yield from _contract(one)
        yield ""
    yield format_proof_headline(proof)
    yield f"{proof.seconds:.0f} s, seed {proof.seed}"


def _contract(one: ContractProof) -> Iterator[str]:
    share = f" ({100 * one.caught / len(one.faults):.0f} %)" if one.faults else ""
    yield f"  {one.caught} of {len(one.faults)} faults caught{share}; a right server gets {one.requests} requests"
    yield from _curve(one)
    for fault in one.survivors:
        yield f"  {format_fault(fault)}"
    for fault in one.faults:
        if fault.catching and fault.missed:
            yield f"  partly    {fault.name}: not by {', '.join(fault.missed)}"
    for server in one.alarms:
        yield f"  false alarm, seed {server.seed} ({format_choices(server)})"
        for blame in server.alarms:
            yield f"    {format_blame(blame)}"
    for row in one.idle:
        yield f"  idle      {row.id}: catches none of its {row.faults} faults"


def _curve(one: ContractProof) -> Iterator[str]:
    """How many requests it took for a half, for four fifths, and for all that were caught."""
    for share in (0.5, 0.8, 1.0):
        enough = next((after for after, total in one.curve if total and total >= share * one.caught), None)
        if enough is not None:
            yield f"  {100 * share:.0f} % of these after {enough} requests"
