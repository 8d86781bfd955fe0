"""How a fault of the Kuroco site is put together: when it strikes, and what is then different."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, cast

from conformance.reference.catalogue import Fault, Row
from conformance.reference.decisions import Ask, Broken, Test, Twist
from conformance.reference.kuroco.setting import Visit
from conformance.reference.kuroco.vocabulary import (
    EMAIL,
    EMPTY,
    LENGTH,
    LOGIN,
    MISSING,
    NO_GROUP,
    NOT_FOUND,
    NUMBER,
    PROFILE,
    REGEX,
    TEL,
    TITLE,
    TOKEN,
    URL,
    ZIP,
)
from conformance.reference.messages import Reply

__all__ = [
    "NAMES",
    "Change",
    "altering",
    "always",
    "both",
    "broken",
    "insisting",
    "inventing",
    "on",
    "on_row",
    "seen",
    "sparing",
    "speaking",
    "value",
]

Change = Callable[[Reply, Visit], Reply]

NAMES: Final[dict[Row, str]] = {
    LOGIN: "login",
    PROFILE: "profile",
    TOKEN: "token",
    NOT_FOUND: "not_found",
    NO_GROUP: "no_group",
    TITLE: "title",
    MISSING: "missing_text",
    EMPTY: "empty_text",
    EMAIL: "email",
    TEL: "tel",
    ZIP: "zip",
    URL: "url",
    NUMBER: "number",
    REGEX: "regex",
    LENGTH: "length",
}
"""What each row is called in the names of faults."""


def broken(
    name: str,
    rows: Row | tuple[Row, ...],
    aspect: str,
    sentence: str,
    make: Callable[[], Twist],
    *,
    wording_only: bool = False,
) -> Broken:
    """A named fault; `make` gives its behaviour anew for each server."""
    found = (rows,) if isinstance(rows[0], str) else rows
    fault = Fault(name, "kuroco", found, aspect, sentence, wording_only)
    return Broken(fault, make)


def seen(ask: Ask) -> Visit:
    """The request as the Kuroco site understands it."""
    return cast(Visit, ask)


def always(ask: Ask) -> bool:
    """On every request."""
    return ask is not None


def on(*operations: str) -> Test:
    """On requests for these operations."""
    return lambda ask: ask.operation in operations


def speaking(language: str, by: str | None = None) -> Test:
    """On answers in a language, and only those that were asked for by `_lang` or by `accept-language`."""
    return lambda ask: seen(ask).language == language and by in (None, seen(ask).asked_by)


def both(*tests: Test) -> Test:
    """Where every test holds."""
    return lambda ask: all(test(ask) for test in tests)


def value(test: Callable[[str], bool]) -> Test:
    """Where the value under check is a string that the test holds for."""

    def held(ask: Ask) -> bool:
        check = seen(ask).check
        return check is not None and isinstance(check.value, str) and test(check.value)

    return held


def altering(
    row: Row | None, change: Change, when: Test = always, turns: Callable[[Test], Test] | None = None
) -> Twist:
    """Answers that follow a row (none: every answer) are changed; `turns` picks some of those that it is due for."""

    def due(ask: Ask) -> bool:
        return (row is None or seen(ask).row == row) and when(ask)

    strikes = turns(due) if turns else due
    return Twist(alters=lambda reply, ask: change(reply, seen(ask)) if strikes(ask) else reply)


def on_row(
    name: str,
    row: Row,
    aspect: str,
    sentence: str,
    change: Change,
    *,
    when: Test = always,
    turns: Callable[[Test], Test] | None = None,
    wording_only: bool = False,
) -> Broken:
    """A fault of the answers that follow one row."""
    make = partial(altering, row, change, when, turns)
    return broken(name, row, aspect, sentence, make, wording_only=wording_only)


def sparing(row: Row, when: Test = always) -> Twist:
    """What a row refuses is let through."""
    return Twist(spares=lambda held, ask: held == row and when(ask))


def inventing(row: Row, when: Test = always) -> Twist:
    """What is valid is refused by a row."""

    def invent(ask: Ask) -> Row | None:
        check = seen(ask).check
        mine = check is None or check.row == row
        return row if mine and when(ask) else None

    return Twist(invents=invent)


def insisting(effect: str, *, done: bool, when: Test = always) -> Twist:
    """An effect is done, or left undone, whatever was answered."""
    return Twist(effects=lambda name, ask, wanted: done if name == effect and when(ask) else wanted)
