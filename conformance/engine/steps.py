"""Chains of calls: set-up, controls, reads around a write, clean-up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from time import sleep
from typing import Any

from conformance.checks.context import Expectation, build_expectation
from conformance.checks.model import Finding
from conformance.checks.response import check_response
from conformance.client.builder import BuiltRequest, PlaceholderScope
from conformance.contract.schema import CreatedResource
from conformance.contract.templates import MissingValue
from conformance.engine.context import RunContext
from conformance.engine.evidence import Evidence
from conformance.engine.journal import Entry
from conformance.engine.journal_entries import captures_needed, had_no_effect, journal_entry
from conformance.engine.values import placeholder_lookup, read_capture
from conformance.http import Exchange, FailureKind, NoResponse, Response
from conformance.messages import Message
from conformance.plan.model import PlannedStep
from conformance.plan.steps import plan_steps

__all__ = ["StepResult", "StepSequence", "run_steps"]

GATEWAY = frozenset({502, 504})
"""Statuses of something between us and the target."""


@dataclass(frozen=True, slots=True)
class StepResult:
    """One call that was made: its exchange, its number in the row, and what was not as it should be."""

    step: PlannedStep
    exchange: Exchange
    n: int
    expected: Expectation
    found: tuple[Finding, ...]

    @property
    def refused(self) -> bool:
        """It was not accepted. A success of another status than the documented one is wrong, but no refusal."""
        outcome = self.exchange.outcome
        refused = isinstance(outcome, Response) and outcome.status >= 300
        return refused and any(item.check == "status" for item in self.found)


@dataclass(slots=True)
class StepSequence:
    """A chain as far as it went. `broken` is the call that ended it, `lacking` the placeholder that had no value."""

    calls: list[StepResult] = field(default_factory=list)
    broken: StepResult | None = None
    lacking: str = ""

    @property
    def passed(self) -> bool:
        return self.broken is None and not self.lacking

    @property
    def lost(self) -> bool:
        """What an earlier call of it wrote, and was told is written, is not found by the call that ended it."""
        end = self.broken
        if end is None or end.exchange.response is None or end.exchange.response.status != 404:
            return False
        return any(call.step.permission != "read" for call in self.calls[:-1])

    @property
    def interrupted(self) -> bool:
        """Whether nothing but the way to the target ended it, so that the whole of it may be tried again.

        A gateway's 502 is the way too, where the call was none that could be repeated by itself.
        """
        if self.broken is None or not isinstance(self.broken.exchange.outcome, NoResponse):
            return False
        failure, once = self.broken.exchange.outcome, self.broken.exchange.tries == 1
        gateway = failure.response is not None and failure.response.status in GATEWAY
        return failure.kind in (FailureKind.RESET, FailureKind.TIMEOUT) or (gateway and once)

    @property
    def why(self) -> str:
        """Why it did not pass, in a few words."""
        if self.lacking:
            return Message("nothing gave a value for {name}", name=self.lacking)
        if self.broken is None:
            return ""
        outcome = self.broken.exchange.outcome
        if isinstance(outcome, NoResponse):
            operation = self.broken.step.operation
            return Message("{operation}: {answer}", operation=operation, answer=outcome.summary)
        return Message("{operation} was answered {status}", operation=self.broken.step.operation, status=outcome.status)


def run_steps(
    context: RunContext,
    evidence: Evidence,
    steps: Iterable[PlannedStep],
    captures: dict[str, Any],
    *,
    label: str,
    role: str,
    salt: str,
    language: str | None = None,
) -> StepSequence:
    """Make the calls in order until one fails; what succeeded and left something behind is undone, whatever happens."""
    runner = _Runner(context, evidence, captures, PlaceholderScope(captures, language, language, salt), (label, role))
    try:
        for step in steps:
            if not runner.call(step):
                break
    finally:
        runner.undo()
    return runner.chain


@dataclass(slots=True, eq=False)
class _Left:
    """What a call may have left behind, from before it is sent until it is undone."""

    step: PlannedStep
    entry: Entry
    id: str
    bound: BuiltRequest | None
    """The request that undoes it; None as long as no answer has told its ID."""


class _Runner:
    def __init__(
        self,
        context: RunContext,
        evidence: Evidence,
        captures: dict[str, Any],
        scope: PlaceholderScope,
        said: tuple[str, str],
    ) -> None:
        self._context, self._evidence, self._captures, self._scope = context, evidence, captures, scope
        self._label, self._role = said
        self._left: list[_Left] = []
        self.chain = StepSequence()

    def call(self, step: PlannedStep) -> bool:
        """Make one call; whether the chain goes on."""
        try:
            if self._needless(step):
                return True
            bound = self._context.binder.bind(step.operation, step.request, step.permission, self._scope)
            expected = build_expectation(step.step.expect, placeholder_lookup(self._context, bound, self._scope))
        except MissingValue as missing:
            self.chain.lacking = str(missing)
            return False
        if step.step.wait:
            sleep(step.step.wait)
        left = self._intend(step)
        made = self._send(step, bound, expected)
        self.chain.calls.append(made)
        if left is not None and had_no_effect(made.exchange):
            self._strike(left)
        if not isinstance(made.exchange.outcome, Response) or (made.found and not self._will_do(made)):
            self.chain.broken = made
            if not isinstance(made.exchange.outcome, Response) or made.refused:
                return False
        self._capture(step, made.exchange.outcome)
        self._forget(bound, left)
        self._remember(left)
        return self.chain.broken is None

    def _will_do(self, made: StepResult) -> bool:
        """Cleaning up goes on after any success: what is wrong with an answer besides is told elsewhere."""
        return self._role == "clean-up" and not made.refused

    def undo(self) -> None:
        """Take back what was left, the last first; a failure is a warning, never a verdict."""
        for left in reversed(self._left[:]):
            why = self._by_id(left, left.bound) if left.bound else self._by_name(left)
            if why:
                self._evidence.warnings.append(why)
            else:
                self._strike(left)
        self._left.clear()

    def _by_id(self, left: _Left, bound: BuiltRequest) -> str:
        operation = left.step.undo.operation if left.step.undo else left.step.operation
        exchange = self._context.session.send(bound.request)
        n = self._evidence.keep(
            exchange, Message("{label}: {operation}", label=self._label, operation=operation), "clean-up"
        )
        outcome = exchange.outcome
        if isinstance(outcome, Response) and (outcome.status < 300 or outcome.status == 404):
            return ""
        said = outcome.status if isinstance(outcome, Response) else outcome.summary
        return Message("clean-up by {operation} failed (exchange {n}): {answer}", operation=operation, n=n, answer=said)

    def _by_name(self, left: _Left) -> str:
        """What was made without an answer that tells its ID bears a name all the same."""
        from conformance.engine.cleanup import find_and_delete  # noqa: PLC0415 - it is made of such chains itself

        why = find_and_delete(self._context, self._evidence, left.step.operation, left.entry.names)
        if not why:
            return ""
        operation = left.step.operation
        return Message("what {operation} left behind may still be there: {reason}", operation=operation, reason=why)

    def _send(self, step: PlannedStep, bound: BuiltRequest, expected: Expectation) -> StepResult:
        exchange = self._context.session.send(
            bound.request, asked_for=frozenset(expected.statuses), repeatable=step.step.repeatable
        )
        role = self._role
        n = self._evidence.keep(
            exchange, Message("{label}: {operation}", label=self._label, operation=step.operation), role
        )
        outcome = exchange.outcome
        found: tuple[Finding, ...] = ()
        if isinstance(outcome, Response):
            found = check_response(outcome, expected, self._context.rules, self._label)
        return StepResult(step, exchange, n, expected, found)

    def _needless(self, step: PlannedStep) -> bool:
        """A step whose every condition holds already is left out."""
        conditions = step.step.unless or {}
        return bool(conditions) and all(
            self._context.binder.fill(text, self._scope) == value for text, value in conditions.items()
        )

    def _capture(self, step: PlannedStep, response: Response) -> None:
        for name, pointer in (step.step.capture or {}).items():
            ways = [read_capture(response, way) for way in ([pointer] if isinstance(pointer, str) else pointer)]
            there, value = next((way for way in ways if way[0]), (False, None))
            if there:
                self._captures[name] = value
                if name in (step.step.secret or ()):
                    self._context.redactor.learn(name, str(value))

    def _intend(self, step: PlannedStep) -> _Left | None:
        """Before a request that leaves something behind: the ledger has it, and how it is undone if that is known."""
        trace = self._context.contract.file.created_resources.get(step.operation)
        if step.undo is None and trace is None:
            return None
        steps = [step.undo.step] if step.undo else trace.undo if trace else []
        entry = journal_entry(self._context, self._scope.salt, step.operation, step.request, steps, scope=self._scope)
        left = _Left(step, entry, self._context.ledger.intend(entry), self._undoing(step.undo))
        self._left.append(left)
        return left

    def _remember(self, left: _Left | None) -> None:
        """After it was made: by which ID it is undone."""
        if left is None or left not in self._left:
            return
        undo = left.step.undo
        if undo is None:
            self._hand_over(left)
            return
        left.bound = self._undoing(undo) or left.bound
        self._context.ledger.made(left.id, captures_needed(self._context, left.entry.steps, self._captures))
        if left.bound is None and not left.entry.names:
            self._left.remove(left)
            said = Message(
                "what {operation} left behind cannot be named, so it is not deleted", operation=left.step.operation
            )
            self._evidence.warnings.append(said)

    def _hand_over(self, left: _Left) -> None:
        """What the chain means to leave is undone by a later chain, or else at the end of the run."""
        self._left.remove(left)
        trace = self._context.contract.file.created_resources[left.step.operation]
        response = self.chain.calls[-1].exchange.response
        told = {name: read_capture(response, pointer)[1] for name, pointer in trace.made.items()} if response else {}
        self._context.ledger.made(left.id, told)
        key = self._key(trace, told) or (left.id,)
        with self._context.shared.lock:
            self._context.shared.left[key] = replace(left.entry, id=left.id, captures=told, made=True)

    def _key(self, trace: CreatedResource, told: dict[str, Any]) -> tuple[object, ...] | None:
        """By which request what was left will be taken away."""
        step = next(plan_steps(self._context.contract, trace.undo, "standard"))
        try:
            bound = self._context.binder.bind(step.operation, step.request, step.permission, PlaceholderScope(told))
        except MissingValue:
            return None
        return bound.request.key

    def _undoing(self, undo: PlannedStep | None) -> BuiltRequest | None:
        if undo is None:
            return None
        try:
            return self._context.binder.bind(undo.operation, undo.request, undo.permission, self._scope)
        except MissingValue:
            return None

    def _strike(self, left: _Left) -> None:
        self._context.ledger.undone(left.id)
        if left in self._left:
            self._left.remove(left)

    def _forget(self, bound: BuiltRequest, but: _Left | None) -> None:
        """What a later call of the chain has undone needs no undoing."""
        with self._context.shared.lock:
            elsewhere = self._context.shared.left.pop(bound.request.key, None)
        if elsewhere is not None:
            self._context.ledger.undone(elsewhere.id)
        for left in self._left[:]:
            if left is not but and left.bound is not None and left.bound.request.key == bound.request.key:
                self._strike(left)
