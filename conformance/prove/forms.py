"""Formats a proof as text for a terminal, as JSON, and as an HTML page in the report's style."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final

from conformance.messages import Message, join_messages, plural_message
from conformance.prove.curve import build_curve
from conformance.prove.model import Blame, ContractProof, FaultProof, Outcome, Proof
from conformance.report.page import render_template
from conformance.report.words import VERDICTS, name_of
from conformance.results.serialization import format_json_text

OUTCOMES: Final[Mapping[Outcome, Message]] = {
    Outcome.CAUGHT: Message("caught"),
    Outcome.SURVIVED: Message("survived"),
    Outcome.ELSEWHERE: Message("caught by other rows only"),
}


def format_proof_headline(proof: Proof) -> str:
    contracts = proof.contracts
    faults, caught = sum(len(one.faults) for one in contracts), sum(one.caught for one in contracts)
    right, blamed = sum(len(one.conforming) for one in contracts), sum(len(one.alarms) for one in contracts)
    parts = [
        Message("{n} of {total} faults caught", n=caught, total=faults),
        Message("{n} of {total} right servers blamed", n=blamed, total=right),
    ]
    if idle := sum(len(one.idle) for one in contracts):
        parts.append(plural_message(idle, "{n} row that catches no fault", "{n} rows that catch no fault"))
    parts.append(Message("depth {depth}", depth=proof.depth))
    if proof.partial:
        parts.append(Message("broken off"))
    return join_messages(", ", parts)


def format_fault(fault: FaultProof) -> str:
    outcome = OUTCOMES[fault.outcome]
    if fault.outcome is Outcome.CAUGHT:
        values = {"outcome": outcome, "fault": fault.name, "row": fault.row, "n": fault.after}
        return Message("{outcome}: {fault}: {row}, after {n} requests", **values)
    name = f"{fault.name} ({', '.join(fault.rows)})"
    return join_messages(": ", [outcome, name, *([format_blame(fault.strays[0])] if fault.strays else [])])


def format_blame(blame: Blame) -> str:
    """Return the verdict of a row against a server, with its finding or reason, in one line."""
    parts: list[str] = [Message("{row} {verdict}", row=blame.row, verdict=VERDICTS[blame.verdict])]
    if blame.where:
        checks = join_messages(", ", map(name_of, blame.checks))
        finding = {"check": checks, "where": blame.where, "expected": blame.expected, "actual": blame.actual}
        parts.append(Message("{check} at {where}: expected {expected}, got {actual}", **finding))
    parts += [blame.reason] if blame.reason else []
    return join_messages(": ", parts)


def _find_milestones(one: ContractProof) -> Iterator[tuple[int, int]]:
    """Yield 50, 80 and 100 per cent with the number of requests by which that share of caught faults was caught."""
    for share in (0.5, 0.8, 1.0):
        enough = next((after for after, total in one.curve if total and total >= share * one.caught), None)
        if enough is not None:
            yield round(100 * share), enough


def _format_json(proof: Proof) -> str:
    """Format every field of the proof as JSON; each contract also has its counts and its curve."""
    made: dict[str, Any] = {**asdict(proof), "stands": proof.stands}
    for values, one in zip(made["contracts"], proof.contracts, strict=True):
        values["counts"] = {
            "faults": len(one.faults),
            "caught": one.caught,
            "survived": sum(fault.outcome is Outcome.SURVIVED for fault in one.faults),
            "elsewhere": sum(fault.outcome is Outcome.ELSEWHERE for fault in one.faults),
            "conforming": len(one.conforming),
            "alarms": len(one.alarms),
            "idle": len(one.idle),
        }
        values["requests"] = one.requests
        for fault, known in zip(values["faults"], one.faults, strict=True):
            fault |= {"outcome": known.outcome, "row": known.row, "after": known.after}
        values["curve"] = [list(point) for point in one.curve]
        values["bound"] = [list(point) for point in one.bound]
        values["share_after"] = {str(n): round(one.share_after(n), 4) for n in (50, 100, 150, 200, 300, 400, 500)}
    return format_json_text(made)


def format_proof(proof: Proof, form: str = "txt", language: str | None = None) -> str:
    """Format a proof as `txt`, `json` or `html`: for each contract, failures in full and successes as counts."""
    if form == "json":
        return _format_json(proof)
    return render_template(
        "conformance.prove",
        f"proof.{form}.jinja",
        title=Message("The proof stands") if proof.stands else Message("The proof does not stand"),
        headline=format_proof_headline(proof),
        language=language,
        proof=proof,
        outcomes=OUTCOMES,
        caught=Outcome.CAUGHT,
        curve_of=build_curve,
        milestones=_find_milestones,
        fault_line=format_fault,
        blame_line=format_blame,
        choices_line=lambda server: (
            ", ".join(f"{name}={choice}" for name, choice in server.variants.items()) or Message("every usual choice")
        ),
    )
