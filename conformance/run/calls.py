"""Chains of calls: set-up, controls, reads around a write, clean-up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from time import sleep
from typing import Any

from conformance.contract.placeholders import Missing
from conformance.exchange.binding import Bound, Scope
from conformance.judge.answering import findings
from conformance.judge.expectation import Expectation, expectation
from conformance.judge.finding import Finding
from conformance.judge.rules import point
from conformance.plan.attempts import PlannedStep
from conformance.run.evidence import Evidence
from conformance.run.ground import Ground
from conformance.wire import Answer, Exchange, Silence

__all__ = ["Call", "Chain", "run_chain"]


@dataclass(frozen=True, slots=True)
class Call:
    """One call that was made: its exchange, its number in the row, and what was not as it should be."""

    step: PlannedStep
    exchange: Exchange
    n: int
    wanted: Expectation
    found: tuple[Finding, ...]

    @property
    def refused(self) -> bool:
        """Another status than the documented one of success."""
        return isinstance(self.exchange.reply, Answer) and any(item.aspect == "status" for item in self.found)


@dataclass(slots=True)
class Chain:
    """A chain as far as it went. `broken` is the call that ended it, `lacking` the placeholder that had no value."""

    calls: list[Call] = field(default_factory=list)
    broken: Call | None = None
    lacking: str = ""

    @property
    def passed(self) -> bool:
        return self.broken is None and not self.lacking

    @property
    def why(self) -> str:
        """Why it did not pass, in a few words."""
        if self.lacking:
            return f"nothing gave a value for {self.lacking}"
        if self.broken is None:
            return ""
        reply = self.broken.exchange.reply
        if isinstance(reply, Silence):
            return f"{self.broken.step.operation}: no answer ({reply.kind}: {reply.detail})"
        return f"{self.broken.step.operation} was answered {reply.status}"


def run_chain(
    ground: Ground,
    evidence: Evidence,
    steps: Iterable[PlannedStep],
    captures: dict[str, Any],
    *,
    label: str,
    role: str,
    salt: str,
    language: str | None = None,
) -> Chain:
    """Make the calls in order until one fails; what succeeded and left something behind is undone, whatever happens."""
    runner = _Runner(ground, evidence, captures, Scope(captures, language, language, salt), (label, role))
    try:
        for step in steps:
            if not runner.call(step):
                break
    finally:
        runner.undo()
    return runner.chain


class _Runner:
    def __init__(
        self, ground: Ground, evidence: Evidence, captures: dict[str, Any], scope: Scope, said: tuple[str, str]
    ) -> None:
        self._ground, self._evidence, self._captures, self._scope = ground, evidence, captures, scope
        self._label, self._role = said
        self._left: list[tuple[Bound, PlannedStep, int]] = []
        self.chain = Chain()

    def call(self, step: PlannedStep) -> bool:
        """Make one call; whether the chain goes on."""
        try:
            if self._needless(step):
                return True
            bound = self._ground.binder.bind(step.operation, step.request, step.tier, self._scope)
            wanted = expectation(step.step.expect, lookup(self._ground, bound, self._scope))
        except Missing as missing:
            self.chain.lacking = str(missing)
            return False
        if step.step.wait:
            sleep(step.step.wait)
        made = self._send(step, bound, wanted)
        self.chain.calls.append(made)
        if not isinstance(made.exchange.reply, Answer) or made.found:
            self.chain.broken = made
            if not isinstance(made.exchange.reply, Answer) or made.refused:
                return False
        self._capture(step, made.exchange.reply)
        self._forget(bound)
        self._remember(step)
        return self.chain.broken is None

    def undo(self) -> None:
        """Take back what was left, the last first; a failure is a warning, never a verdict."""
        for bound, step, entry in reversed(self._left):
            exchange = self._ground.session.send(bound.request)
            n = self._evidence.keep(exchange, f"{self._label}: {step.operation}", "clean-up")
            reply = exchange.reply
            if isinstance(reply, Answer) and (reply.status < 300 or reply.status == 404):
                self._ground.ledger.undone(entry)
            else:
                said = reply.status if isinstance(reply, Answer) else reply.kind
                self._evidence.warnings.append(f"clean-up by {step.operation} failed (exchange {n}): {said}")
        self._left.clear()

    def _send(self, step: PlannedStep, bound: Bound, wanted: Expectation) -> Call:
        exchange = self._ground.session.send(
            bound.request, asked_for=frozenset(wanted.statuses), repeatable=step.step.repeatable
        )
        role = self._role
        n = self._evidence.keep(exchange, f"{self._label}: {step.operation}", role)
        reply = exchange.reply
        found = findings(reply, wanted, self._ground.rules, self._label) if isinstance(reply, Answer) else ()
        return Call(step, exchange, n, wanted, found)

    def _needless(self, step: PlannedStep) -> bool:
        """A step whose every condition holds already is left out."""
        conditions = step.step.unless or {}
        return bool(conditions) and all(
            self._ground.binder.fill(text, self._scope) == value for text, value in conditions.items()
        )

    def _capture(self, step: PlannedStep, answer: Answer) -> None:
        for name, pointer in (step.step.capture or {}).items():
            ways = [captured(answer, way) for way in ([pointer] if isinstance(pointer, str) else pointer)]
            there, value = next((way for way in ways if way[0]), (False, None))
            if there:
                self._captures[name] = value
                if name in (step.step.secret or ()):
                    self._ground.redactor.learn(name, str(value))

    def _remember(self, step: PlannedStep) -> None:
        if step.undo is None:
            return
        try:
            bound = self._ground.binder.bind(step.undo.operation, step.undo.request, step.undo.tier, self._scope)
        except Missing:
            self._evidence.warnings.append(f"what {step.operation} left behind cannot be named, so it is not deleted")
            return
        self._left.append((bound, step.undo, self._ground.ledger.intend(bound.request)))

    def _forget(self, bound: Bound) -> None:
        """What a later call of the chain has undone needs no undoing."""
        kept = []
        for left in self._left:
            if left[0].request.key == bound.request.key:
                self._ground.ledger.undone(left[2])
            else:
                kept.append(left)
        self._left = kept


def captured(answer: Answer, pointer: str) -> tuple[bool, Any]:
    """A member of a JSON body; not there where the body is no JSON."""
    try:
        return point(answer.json(), pointer)
    except ValueError:
        return False, None


def lookup(ground: Ground, bound: Bound, scope: Scope) -> Any:
    """Placeholders of an expectation: what was sent in this request, and all that a request may name."""

    def look(head: str, members: tuple[str, ...]) -> Any:
        if head not in bound.values:
            return ground.binder.fill("{" + ".".join([head, *members]) + "}", scope)
        value: Any = bound.values[head]
        for member in members:
            if isinstance(value, list) and member.isdigit() and int(member) < len(value):
                value = value[int(member)]
            elif isinstance(value, Mapping) and member in value:
                value = value[member]
            else:
                raise Missing(".".join([head, *members]))
        return value

    return look
