"""An answer held against an expectation: every aspect looked at, every finding kept. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.judge.bodies import whole_body
from conformance.judge.expectation import Expectation
from conformance.judge.faults import one_or_all, told
from conformance.judge.finding import Finding, Level
from conformance.judge.form import envelope, leaks
from conformance.judge.rules import Rules, json_of
from conformance.wire import Answer

__all__ = ["findings", "has_must"]


def findings(answer: Answer, wanted: Expectation, rules: Rules, where: str) -> tuple[Finding, ...]:
    """Everything in which an answer differs from what was promised."""
    return tuple(_findings(answer, wanted, rules, where))


def _findings(answer: Answer, wanted: Expectation, rules: Rules, where: str) -> Iterator[Finding]:
    if answer.status not in wanted.statuses:
        yield Finding(
            "status", Level.MUST, one_or_all(wanted.statuses), answer.status, where, detail="; ".join(answer.faults)
        )
    yield from leaks(answer, rules, where)
    error = answer.status >= 400
    body = json_of(answer)
    if error and wanted.envelope:
        yield from envelope(answer, body, rules, where)
    if answer.status in wanted.statuses or (error and wanted.envelope):
        yield from told(body, wanted, rules, where)
    if answer.status in wanted.statuses:
        yield from whole_body(answer, body, wanted, where)


def has_must(found: Sequence[Finding]) -> bool:
    """Whether any of them makes a violation."""
    return any(item.level is Level.MUST for item in found)
