"""Probes that write: in the ledger before they are sent, and taken back where the target accepted them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.contract.model import Step
from conformance.exchange.binding import Scope
from conformance.plan.attempts import Probe, RowPlan
from conformance.run.calls import run_chain
from conformance.run.evidence import Evidence
from conformance.run.ground import Ground
from conformance.run.intending import certainly_nothing, entry_of, needed, traced
from conformance.run.probing import Outcome, attempt
from conformance.run.taking_back import found_again
from conformance.run.telling import captured
from conformance.wire import Answer

__all__ = ["Undoing"]


class Undoing:
    """Sends one row's probes, and leaves nothing of them behind."""

    def __init__(self, ground: Ground, plan: RowPlan, captures: Mapping[str, Any]) -> None:
        self._ground, self._plan, self._captures = ground, plan, captures
        self._row = plan.row.id

    def attempt(self, evidence: Evidence, probe: Probe) -> Outcome | None:
        """Send a probe and judge it; what it made is taken back at once, a failure being a warning."""
        if not self._leaves(probe):
            return attempt(self._ground, evidence, self._row, probe, self._captures)
        scope = Scope(self._captures, probe.language, probe.other_language, f"{self._row}/{probe.label}")
        noted = entry_of(self._ground, self._row, probe.operation, probe.request, self._steps(), scope=scope)
        entry = self._ground.ledger.intend(noted) if traced(self._ground, probe.operation) else ""
        finished = False
        try:
            outcome = attempt(self._ground, evidence, self._row, probe, self._captures)
            finished = True
        finally:
            if not finished and noted.names:  # interrupted: it may have arrived
                self._strike(entry, found_again(self._ground, evidence, probe.operation, noted.names))
        if outcome is None or certainly_nothing(outcome.exchange):
            self._strike(entry, "")
            return outcome
        why = self._taken_back(evidence, entry, noted.names, outcome)
        if why:
            evidence.warnings.append(f"what {probe.label} left behind may still be there: {why}")
        return outcome

    def _taken_back(self, evidence: Evidence, entry: str, names: tuple[str, ...], outcome: Outcome) -> str:
        answer = outcome.exchange.answer
        if answer is None or not outcome.accepted:
            # A fault of the server's says nothing of what was made before it.
            traceable = traced(self._ground, outcome.probe.operation) and names
            why = found_again(self._ground, evidence, outcome.probe.operation, names) if traceable else ""
            return self._strike(entry, why)
        captures = {**self._captures, **self._told(answer)}
        steps = [step.model_dump(mode="json") for step in self._steps()]
        if entry:
            self._ground.ledger.made(entry, needed(self._ground, steps, captures))
        label = f"undo of {outcome.probe.label}"
        chain = run_chain(
            self._ground, evidence, self._plan.undo, captures, label=label, role="clean-up", salt=f"{self._row}/{label}"
        )
        gone = chain.broken is not None and _status(chain.broken.exchange.answer) == 404
        if not chain.lacking:
            return self._strike(entry, "" if gone else chain.why)
        if not names:
            return self._strike(entry, "")  # accepted, and nothing made that has an ID or a name
        return self._strike(entry, found_again(self._ground, evidence, outcome.probe.operation, names))

    def _strike(self, entry: str, why: str) -> str:
        if entry and not why:
            self._ground.ledger.undone(entry)
        return why

    def _told(self, answer: Answer) -> dict[str, Any]:
        """What the case's undo takes from the answer."""
        undo = self._plan.row.case.undo
        found = {name: captured(answer, pointer) for name, pointer in (undo.capture if undo else {}).items()}
        return {name: value for name, (there, value) in found.items() if there}

    def _leaves(self, probe: Probe) -> bool:
        undo = self._plan.row.case.undo
        if undo is None or not self._plan.undo or probe.tier == "read":
            return False
        return undo.for_ is None or probe.operation in undo.for_

    def _steps(self) -> list[Step]:
        undo = self._plan.row.case.undo
        return undo.steps if undo else []


def _status(answer: Answer | None) -> int:
    return answer.status if answer else 0
