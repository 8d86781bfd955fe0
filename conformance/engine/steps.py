"""Steps of a row or a set-up: sent in order, and whatever they leave on the target is taken back at their end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.client.builder import BuiltRequest
from conformance.engine.cleanup import describe_left, leave_for_later, take_back
from conformance.engine.context import RunContext
from conformance.engine.entries import (
    created_resource,
    read_created,
    record_intent,
    record_outcome,
    strike,
    undo_key,
)
from conformance.engine.evidence import Evidence
from conformance.engine.journal import LedgerEntry
from conformance.engine.step_sequence import StepResult, StepSender, StepSequence
from conformance.messages import Message
from conformance.plan.model import PlannedStep, RowPlan
from conformance.results.model import BeyondPlan

INTERRUPTIONS = 2
"""How often a sequence is begun again after a reset or a timeout; what it had made is taken back before."""


def run_steps(
    context: RunContext,
    evidence: Evidence,
    steps: Iterable[PlannedStep],
    captures: dict[str, Any],
    *,
    label: str,
    role: str,
    salt: str,
) -> StepSequence:
    """Send steps in order until one fails; what they left behind is taken back at the end, whatever happens.

    A step without an `undo` that creates a resource leaves it for later steps, at the latest for the end of the run.
    """
    sender = CleaningSender(context, evidence, captures, label=label, role=role, salt=salt)
    try:
        return sender.run(steps)
    finally:
        sender.take_back()


def run_row_steps(
    context: RunContext,
    row: str,
    evidence: Evidence,
    steps: Sequence[PlannedStep],
    captures: dict[str, Any],
    *,
    label: str,
    role: str,
) -> StepSequence:
    """Run steps of a row; begun again where nothing but the way to the target ended them."""
    for _ in range(INTERRUPTIONS):
        planned = evidence.planned
        sequence = run_steps(context, evidence, steps, captures, label=label, role=role, salt=f"{row}/{label}")
        if not sequence.interrupted:
            return sequence
        evidence.beyond_plan += BeyondPlan(repeated=evidence.planned - planned)
    return run_steps(context, evidence, steps, captures, label=label, role=role, salt=f"{row}/{label}")


def set_back_row(context: RunContext, evidence: Evidence, plan: RowPlan, captures: dict[str, Any]) -> None:
    """Set back what a row has changed with its own steps, and set it up again."""
    for steps, role, name in ((plan.after, "clean-up", "restore"), (plan.before, "step", "set-up")):
        salt = f"{plan.row.id}/{name}"  # as the first time, so that what is created anew reads the same
        run_steps(context, evidence, steps, captures, label=Message("set back"), role=role, salt=salt)


@dataclass(slots=True)
class CleaningSender(StepSender):
    """Sends steps and keeps account of what each of them may have left behind."""

    leaves_created: bool = True
    """Whether what a step without an `undo` has created is left to later steps, or else to the end of the run."""
    _open: list[LedgerEntry] = field(default_factory=list)
    """What the steps that were answered may have left."""
    _under_way: LedgerEntry | None = None
    """What the step may leave whose request is not over."""

    def before_send(self, step: PlannedStep) -> None:
        """Write into the ledger what the step may leave, and how that is taken back."""
        resource = created_resource(self.context.contract, step.operation)
        if step.undo is not None:
            steps, produced = [step.undo.step], tuple(step.step.capture or ())
        elif resource is not None:
            steps, produced = resource.undo, tuple(resource.made)
        else:
            return
        self._under_way = record_intent(
            self.context, step.operation, step.request, steps, row=self.salt, scope=self.scope, produced=produced
        )

    def after_send(self, built: BuiltRequest, result: StepResult) -> None:
        """Add the IDs to the ledger; strike what this step has taken back."""
        entry, self._under_way = self._under_way, None
        if entry is not None:
            self._open.append(entry)
            created = self._created(result) if result.accepted else None
            entry = record_outcome(self.context, entry, result.exchange, created)
            if entry is None:
                self._open.pop()
                return
            self._open[-1] = entry
        if not result.accepted:
            return
        self._strike_undone(built, entry)
        if entry is not None and result.step.undo is None and self.leaves_created:
            self._open.remove(entry)
            with self.context.shared.lock:
                self.context.shared.left[undo_key(self.context, entry) or (entry.id,)] = entry

    def _created(self, result: StepResult) -> dict[str, Any]:
        """What the steps that take it back may need: of those of a resource what its own response gives, no other."""
        created = read_created(self.context, result.step.operation, result.exchange.response)
        return created if result.step.undo is None else self.captures | created

    def take_back(self) -> None:
        """Take back what is left, the last first; a failure is a warning, never a verdict."""
        if self._under_way is not None:
            leave_for_later(self.context, self._under_way)
            self._under_way = None
        for left in reversed(self._open):
            why = take_back(self.context, self.evidence, left, self.label)
            if why:
                self.evidence.warnings.append(describe_left(left.operation, why))
        self._open.clear()

    def _strike_undone(self, built: BuiltRequest, current: LedgerEntry | None) -> None:
        """Strike what the request that was just accepted has taken back."""
        key, deletes = built.request.key, built.request.permission == "delete"
        with self.context.shared.lock:
            elsewhere = self.context.shared.left.pop(key, None)
        strike(self.context, elsewhere)
        for left in self._open[:]:
            undo = undo_key(self.context, left) if left is not current else None
            # Of what deletes a thing, method and URL say which; a change of it may be another with the same.
            if undo is not None and (undo[:2] == key[:2] if deletes else undo == key):
                self.context.shared.deleted |= dict.fromkeys(left.names if deletes else (), left.operation)
                strike(self.context, left)
                self._open.remove(left)
