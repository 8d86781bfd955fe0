"""The one attempt function: bind a probe, send it, judge the answer. Every driver goes through it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.contract.placeholders import Missing
from conformance.contract.wording import wordings
from conformance.exchange.binding import Bound, Scope
from conformance.judge.answering import findings, has_must
from conformance.judge.choosing import choice_of
from conformance.judge.expectation import Expectation, expectation
from conformance.judge.finding import Finding, Level
from conformance.judge.telling import brief, editions
from conformance.plan.attempts import Probe
from conformance.results.model import Attempt, Choice
from conformance.run.evidence import Evidence
from conformance.run.ground import Ground
from conformance.run.telling import captured, lookup
from conformance.wire import Answer, Exchange, Silence

__all__ = ["Outcome", "attempt", "promise"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One probe that was sent: its exchange and number, what was found, and whether it tells anything."""

    probe: Probe
    exchange: Exchange
    n: int
    found: tuple[Finding, ...]
    telling: bool

    @property
    def accepted(self) -> bool:
        """The target took the input for valid."""
        return self.exchange.answer is not None and self.exchange.answer.status < 300


@dataclass(frozen=True, slots=True)
class _Sent:
    """A probe that was answered, with all that its answer is held against."""

    probe: Probe
    bound: Bound
    scope: Scope
    wanted: Expectation
    exchange: Exchange
    answer: Answer
    n: int


def attempt(
    ground: Ground,
    evidence: Evidence,
    row: str,
    probe: Probe,
    captures: Mapping[str, Any],
    *,
    unpaced: bool = False,
    patient: bool = False,
) -> Outcome | None:
    """Send one probe and judge it; None where a placeholder had no value (which makes the row inconclusive).

    `patient` waits out a refusal for lack of allowance even where the row promises it.
    """
    scope = Scope(captures, probe.language, probe.other_language, f"{row}/{probe.label}")
    try:
        bound = ground.binder.bind(probe.operation, probe.request, probe.tier, scope)
        wanted = promise(ground, row, bound, scope)
    except Missing as missing:
        evidence.silences.append(f"{probe.label}: nothing gave a value for {missing}")
        return None
    asked: frozenset[int] = (
        frozenset()
        if patient
        else frozenset([*wanted.statuses, *(status for status in probe.accept if isinstance(status, int))])
    )
    exchange = ground.session.send(bound.request, asked_for=asked, unpaced=unpaced, repeatable=probe.repeatable)
    n = evidence.keep(exchange, probe.label, probe.role)
    if isinstance(exchange.reply, Silence):
        return _silent(evidence, probe, exchange, exchange.reply, n)
    sent = _Sent(probe, bound, scope, wanted, exchange, exchange.reply, n)
    return _open(ground, evidence, sent) if probe.accept else _firm(ground, evidence, sent)


def promise(ground: Ground, row: str, bound: Bound, scope: Scope) -> Expectation:
    """What a row promises for one request; raises Missing."""
    entry = ground.rules.row(row)
    return expectation(
        entry.case.expect,
        lookup(ground, bound, scope),
        row=row,
        wordings=wordings(entry),
        message_level=ground.contract.file.message_level,
        language=scope.language,
    )


def _silent(evidence: Evidence, probe: Probe, exchange: Exchange, silence: Silence, n: int) -> Outcome:
    said = f"no answer ({silence.kind}{f': {silence.detail}' if silence.detail else ''})"
    evidence.silences.append(f"{probe.label}: {said}")
    evidence.attempts.append(_tried(probe, "no-answer", said, n))
    return Outcome(probe, exchange, n, (), telling=False)


def _firm(ground: Ground, evidence: Evidence, sent: _Sent) -> Outcome:
    probe, answer = sent.probe, sent.answer
    said = brief(answer, ground.rules)
    if probe.unless and answer.status < 300 and _exists(ground, sent):
        evidence.attempts.append(_tried(probe, "no-answer", f"{said} (the input happens to be valid)", sent.n))
        return Outcome(probe, sent.exchange, sent.n, (), telling=False)
    found = findings(answer, sent.wanted, ground.rules, probe.label)
    evidence.find(found, sent.n)
    evidence.editions.update(editions(answer, sent.wanted, ground.rules))
    drifted = any(item.level is Level.SHOULD for item in found)
    outcome = "violation" if has_must(found) else "drift" if drifted else "as-promised"
    evidence.attempts.append(_tried(probe, outcome, said, sent.n))
    return Outcome(probe, sent.exchange, sent.n, found, telling=True)


def _open(ground: Ground, evidence: Evidence, sent: _Sent) -> Outcome:
    probe, answer = sent.probe, sent.answer
    rows = [name for name in probe.accept if isinstance(name, str) and "/" in name]
    others = {name: promise(ground, name, sent.bound, sent.scope) for name in rows}
    chosen, found = choice_of(answer, probe.accept, sent.wanted, others, ground.rules, where=probe.label)
    evidence.find(found, sent.n)
    outcome = "violation" if has_must(found) else "recorded"
    evidence.attempts.append(_tried(probe, outcome, brief(answer, ground.rules), sent.n))
    if outcome == "recorded":
        evidence.choices.append(Choice(_named(probe), chosen, sent.n))
    return Outcome(probe, sent.exchange, sent.n, found, telling=True)


def _exists(ground: Ground, sent: _Sent) -> bool:
    """Whether a success shows that the input was valid after all: what was asked for is what came."""
    look = lookup(ground, sent.bound, sent.scope)
    for pointer, text in (sent.probe.unless or {}).items():
        head, _, member = str(text).strip("{}").partition(".")
        there, got = captured(sent.answer, pointer)
        try:
            asked = look(head, tuple(member.split(".")))
        except Missing:
            return False
        if not there or str(got) != str(asked):
            return False
    return True


def _named(probe: Probe) -> str:
    part = probe.label.partition("=")[0]
    return f"{part}={probe.value}" if probe.value else probe.label


def _tried(probe: Probe, outcome: str, answer: str, n: int) -> Attempt:
    return Attempt(probe.label, probe.role, probe.value, outcome, answer, n)
