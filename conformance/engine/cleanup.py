"""What the suite made is taken away again: by the ID that its answer told, or found by its recognisable name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from conformance.client.builder import PlaceholderScope
from conformance.contract.schema import CreatedResource, Step
from conformance.engine.context import RunContext
from conformance.engine.evidence import Evidence
from conformance.engine.journal import Entry
from conformance.engine.journal_entries import captures_needed, had_no_effect, is_traced, journal_entry
from conformance.engine.probe import ProbeResult, send_probe
from conformance.engine.steps import StepSequence, run_steps
from conformance.engine.values import read_capture
from conformance.http import Response
from conformance.jsontools import resolve_pointer
from conformance.messages import Message
from conformance.plan.model import Probe, RowPlan
from conformance.plan.steps import plan_steps

__all__ = ["ProbeCleanup", "delete_created", "find_and_delete"]

_LABEL = Message("clean-up")


def delete_created(context: RunContext, evidence: Evidence, entry: Entry) -> str:
    """Undo one entry of the ledger; why something may be left, or nothing.

    Deletes by ID where the ledger has it. Otherwise whatever bears one of the entry's own names, and nothing else.
    """
    steps = [Step.model_validate(step) for step in entry.steps]
    if steps:
        chain = _run(context, evidence, steps, dict(entry.captures))
        if _gone(chain):
            return ""
        if not chain.lacking:
            return chain.why
    return find_and_delete(context, evidence, entry.operation, entry.names)


def find_and_delete(context: RunContext, evidence: Evidence, operation: str, names: Iterable[str]) -> str:
    """Look for what bears one of these names, and take it away; why something may be left, or nothing."""
    trace = context.contract.file.created_resources.get(operation)
    expected = list(names)
    if trace is None or not expected:
        return Message("nothing tells what {operation} made", operation=operation)
    for name in expected:
        chain = _run(context, evidence, [trace.read], {"name": name})
        if not chain.passed:
            return Message("could not be looked for: {reason}", reason=chain.why)
        for captures in _bearing(trace, name, chain):
            undone = _run(context, evidence, trace.undo, captures)
            if not _gone(undone):
                return undone.why
    return ""


def _bearing(trace: CreatedResource, name: str, chain: StepSequence) -> Iterator[dict[str, Any]]:
    """The captures of each item of the list that bears the name as a whole word."""
    response = chain.calls[-1].exchange.response if chain.calls else None
    try:
        there, items = resolve_pointer(response.json() if response else None, trace.in_)
    except ValueError:
        return
    for item in items if there and isinstance(items, list) else ():
        _, text = resolve_pointer(item, trace.name)
        if isinstance(text, str) and name in text:
            yield {key: resolve_pointer(item, pointer)[1] for key, pointer in trace.capture.items()}


def _run(context: RunContext, evidence: Evidence, steps: Iterable[Step], captures: Mapping[str, Any]) -> StepSequence:
    planned = plan_steps(context.contract, steps, "standard")
    return run_steps(
        context, evidence, planned, dict(captures), label=_LABEL, role="clean-up", salt=f"{_LABEL}/{sorted(captures)}"
    )


def _gone(chain: StepSequence) -> bool:
    """Undone now, or not there any more."""
    if chain.passed:
        return True
    response = chain.broken.exchange.response if chain.broken else None
    return response is not None and response.status == 404


class ProbeCleanup:
    """Sends one row's probes, and leaves nothing of them behind."""

    def __init__(self, context: RunContext, plan: RowPlan, captures: Mapping[str, Any]) -> None:
        self._context, self._plan, self._captures = context, plan, captures
        self._row = plan.row.id

    def attempt(self, evidence: Evidence, probe: Probe) -> ProbeResult | None:
        """Send a probe and judge it; what it made is taken back at once, a failure being a warning."""
        if not self._leaves(probe):
            return send_probe(self._context, evidence, self._row, probe, self._captures)
        scope = PlaceholderScope(self._captures, probe.language, probe.other_language, f"{self._row}/{probe.label}")
        noted = journal_entry(self._context, self._row, probe.operation, probe.request, self._steps(), scope=scope)
        entry = self._context.ledger.intend(noted) if is_traced(self._context, probe.operation) else ""
        finished = False
        try:
            outcome = send_probe(self._context, evidence, self._row, probe, self._captures)
            finished = True
        finally:
            if not finished and noted.names:  # interrupted: it may have arrived
                self._strike(entry, find_and_delete(self._context, evidence, probe.operation, noted.names))
        if outcome is None or had_no_effect(outcome.exchange):
            self._strike(entry, "")
            return outcome
        why = self._taken_back(evidence, entry, noted.names, outcome)
        if why:
            evidence.warnings.append(
                Message("what {operation} left behind may still be there: {reason}", operation=probe.label, reason=why)
            )
        return outcome

    def _taken_back(self, evidence: Evidence, entry: str, names: tuple[str, ...], outcome: ProbeResult) -> str:
        response = outcome.exchange.response
        if response is None or not outcome.accepted:
            # A fault of the server's says nothing of what was made before it.
            traceable = is_traced(self._context, outcome.probe.operation) and names
            why = find_and_delete(self._context, evidence, outcome.probe.operation, names) if traceable else ""
            return self._strike(entry, why)
        captures = {**self._captures, **self._told(response)}
        steps = [step.model_dump(mode="json") for step in self._steps()]
        if entry:
            self._context.ledger.made(entry, captures_needed(self._context, steps, captures))
        label = Message("undo of {label}", label=outcome.probe.label)
        chain = run_steps(
            self._context,
            evidence,
            self._plan.undo,
            captures,
            label=label,
            role="clean-up",
            salt=f"{self._row}/{label}",
        )
        gone = chain.broken is not None and _status(chain.broken.exchange.response) == 404
        if not chain.lacking:
            return self._strike(entry, "" if gone else chain.why)
        if not names:
            return self._strike(entry, "")  # accepted, and nothing made that has an ID or a name
        return self._strike(entry, find_and_delete(self._context, evidence, outcome.probe.operation, names))

    def _strike(self, entry: str, why: str) -> str:
        if entry and not why:
            self._context.ledger.undone(entry)
        return why

    def _told(self, response: Response) -> dict[str, Any]:
        """What the case's undo takes from the answer."""
        undo = self._plan.row.case.undo
        found = {name: read_capture(response, pointer) for name, pointer in (undo.capture if undo else {}).items()}
        return {name: value for name, (there, value) in found.items() if there}

    def _leaves(self, probe: Probe) -> bool:
        undo = self._plan.row.case.undo
        if undo is None or not self._plan.undo or probe.permission == "read":
            return False
        return undo.for_ is None or probe.operation in undo.for_

    def _steps(self) -> list[Step]:
        undo = self._plan.row.case.undo
        return undo.steps if undo else []


def _status(response: Response | None) -> int:
    return response.status if response else 0
