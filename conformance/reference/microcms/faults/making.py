"""Faults by kind: a rule not enforced, one that does not exist, another answer, an effect too many or too few."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from conformance.reference.catalogue import Fault, Row
from conformance.reference.decisions import Ask, Broken, Twist
from conformance.reference.messages import Reply

__all__ = [
    "CONTRACT",
    "Test",
    "accepts",
    "always",
    "answers",
    "both",
    "effect",
    "given",
    "not_given",
    "number",
    "on",
    "raw",
    "refuses",
    "status",
    "succeeds",
]

CONTRACT: Final = "microcms-management"
Test = Callable[[Ask], bool]
Counted = Callable[[Test], Test]


def always(ask: Ask) -> bool:  # noqa: ARG001 - a test like the others
    """True for every request."""
    return True


def on(*operations: str) -> Test:
    """Whether the request is one of these operations."""
    return lambda ask: ask.operation in operations


def given(name: str) -> Test:
    """Whether a query parameter is there."""
    return lambda ask: name in ask.query


def not_given(*names: str) -> Test:
    """Whether none of these query parameters is there."""
    return lambda ask: not any(name in ask.query for name in names)


def number(test: Callable[[int], bool]) -> Test:
    """Whether the parameter that is being looked at is a number of this kind."""

    def held(ask: Ask) -> bool:
        value = ask.facts.get("number")
        return isinstance(value, int) and test(value)

    return held


def raw(test: Callable[[str], object]) -> Test:
    """Whether the parameter that is being looked at was sent as a text of this kind."""
    return lambda ask: bool(test(str(ask.facts.get("raw", ""))))


def both(*tests: Test) -> Test:
    """Whether all of them hold."""
    return lambda ask: all(test(ask) for test in tests)


def accepts(
    name: str,
    row: Row | tuple[Row, ...],
    sentence: str,
    test: Test = always,
    *,
    aspect: str = "lenient",
    counted: Counted | None = None,
) -> Broken:
    """A server that does not hold a row against some of the requests that break its rule.

    `counted` makes a fresh test for each server from `test`, for those that are wrong only now and then.
    """
    rows = _rows(row)

    def make() -> Twist:
        held = counted(test) if counted else test
        return Twist(spares=lambda broken, ask: broken in rows and held(ask))

    return Broken(Fault(name, CONTRACT, rows, aspect, sentence), make)


def refuses(name: str, row: Row | tuple[Row, ...], sentence: str, test: Test, *, with_row: Row | None = None) -> Broken:
    """A server that holds a row against requests that break no rule."""
    rows = _rows(row)
    told = with_row or rows[0]
    return Broken(
        Fault(name, CONTRACT, rows, "control", sentence),
        lambda: Twist(invents=lambda ask: told if test(ask) else None),
    )


def answers(  # noqa: PLR0917 - a table of faults reads best by position
    name: str,
    row: Row | tuple[Row, ...],
    aspect: str,
    sentence: str,
    change: Callable[[Reply, Ask], Reply],
    test: Test = always,
    *,
    wording_only: bool = False,
    counted: Counted | None = None,
) -> Broken:
    """A server that answers the right row in the wrong way."""
    rows = _rows(row)

    def make() -> Twist:
        held = counted(test) if counted else test
        return Twist(alters=lambda reply, ask: change(reply, ask) if reply.row in rows and held(ask) else reply)

    return Broken(Fault(name, CONTRACT, rows, aspect, sentence, wording_only), make)


def succeeds(  # noqa: PLR0917 - a table of faults reads best by position
    name: str, row: Row | tuple[Row, ...], aspect: str, sentence: str, change: Callable[[Reply, Ask], Reply], test: Test
) -> Broken:
    """A server that answers what it accepts in the wrong way."""

    def altered(reply: Reply, ask: Ask) -> Reply:
        return change(reply, ask) if reply.row is None and reply.status < 300 and test(ask) else reply

    return Broken(Fault(name, CONTRACT, _rows(row), aspect, sentence), lambda: Twist(alters=altered))


def effect(
    name: str, row: Row | tuple[Row, ...], sentence: str, which: str, test: Test = always, *, rejected: bool
) -> Broken:
    """A server that does what it rejects (`rejected`), or does not do what it accepts."""

    def done(asked: str, ask: Ask, wanted: bool) -> bool:
        flipped = asked == which and wanted is not rejected and test(ask)
        return not wanted if flipped else wanted

    return Broken(Fault(name, CONTRACT, _rows(row), "effect", sentence), lambda: Twist(effects=done))


def status(code: int) -> Callable[[Reply, Ask], Reply]:
    """Another status, and the rest as it was."""
    return lambda reply, _ask: reply.but(status=code)


def _rows(row: Row | tuple[Row, ...]) -> tuple[Row, ...]:
    return (row,) if isinstance(row[0], str) else row
