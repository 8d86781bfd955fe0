"""What the suite made is taken away again: by the ID that its answer told, or found by its recognisable name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from conformance.contract.model import Step, Trace
from conformance.judge.rules import point
from conformance.plan.planning import planned_steps
from conformance.run.calls import Chain, run_chain
from conformance.run.evidence import Evidence
from conformance.run.ground import Ground
from conformance.run.ledger import Entry

__all__ = ["found_again", "take_back"]

_LABEL = "taken back"


def take_back(ground: Ground, evidence: Evidence, entry: Entry) -> str:
    """Undo one entry of the ledger; why something may be left, or nothing.

    Deletes by ID where the ledger has it. Otherwise whatever bears one of the entry's own names, and nothing else.
    """
    steps = [Step.model_validate(step) for step in entry.steps]
    if steps:
        chain = _run(ground, evidence, steps, dict(entry.captures))
        if _gone(chain):
            return ""
        if not chain.lacking:
            return chain.why
    return found_again(ground, evidence, entry.operation, entry.names)


def found_again(ground: Ground, evidence: Evidence, operation: str, names: Iterable[str]) -> str:
    """Look for what bears one of these names, and take it away; why something may be left, or nothing."""
    trace = ground.contract.file.traces.get(operation)
    wanted = list(names)
    if trace is None or not wanted:
        return f"nothing tells what {operation} made"
    for name in wanted:
        chain = _run(ground, evidence, [trace.read], {"name": name})
        if not chain.passed:
            return f"could not be looked for: {chain.why}"
        for captures in _bearing(trace, name, chain):
            undone = _run(ground, evidence, trace.undo, captures)
            if not _gone(undone):
                return undone.why
    return ""


def _bearing(trace: Trace, name: str, chain: Chain) -> Iterator[dict[str, Any]]:
    """The captures of each item of the list that bears the name as a whole word."""
    answer = chain.calls[-1].exchange.answer if chain.calls else None
    try:
        there, items = point(answer.json() if answer else None, trace.in_)
    except ValueError:
        return
    for item in items if there and isinstance(items, list) else ():
        _, text = point(item, trace.name)
        if isinstance(text, str) and name in text:
            yield {key: point(item, pointer)[1] for key, pointer in trace.capture.items()}


def _run(ground: Ground, evidence: Evidence, steps: Iterable[Step], captures: Mapping[str, Any]) -> Chain:
    planned = planned_steps(ground.contract, steps, "standard")
    return run_chain(
        ground, evidence, planned, dict(captures), label=_LABEL, role="clean-up", salt=f"{_LABEL}/{sorted(captures)}"
    )


def _gone(chain: Chain) -> bool:
    """Undone now, or not there any more."""
    if chain.passed:
        return True
    answer = chain.broken.exchange.answer if chain.broken else None
    return answer is not None and answer.status == 404
