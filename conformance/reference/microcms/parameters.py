"""Query parameters of the lists: limit, offset, imageOnly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from conformance.reference.catalogue import Row
from conformance.reference.decisions import Ask, Decisions
from conformance.reference.microcms.parsing import Unreadable, boolean, integer

__all__ = ["Parameters"]

LIMIT: Final = 10
"""How many a page has when nobody says."""
MOST: Final = 100
_ROWS: Final[Mapping[str, Mapping[str, tuple[int, int, int]]]] = {
    # below, above, not an integer; 0 where the table has no such row
    "contents-get": {"limit": (1, 2, 3), "offset": (4, 0, 5)},
    "media-get": {"limit": (1, 2, 3), "offset": (5, 0, 6)},
    "members-list": {"limit": (1, 2, 3)},
}


class Parameters:
    """Reads what a list was asked for, or refuses it with a row of its table."""

    def __init__(self, decisions: Decisions, choices: Mapping[str, str]) -> None:
        self._decisions = decisions
        self._choices = choices

    def paging(self, ask: Ask, table: str, *names: str) -> tuple[int, int]:
        """Limit and offset of a list; only those named are looked at."""
        order = list(reversed(names)) if self._choices["parameter_order"] == "offset-first" else list(names)
        found = {"limit": LIMIT, "offset": 0}
        if self._choices["parameter_order"] == "parse-first":
            numbers = {name: self._parsed(ask, table, name) for name in order}
            found |= {
                name: self._within(ask, table, name, number) for name, number in numbers.items() if number is not None
            }
        else:
            for name in order:
                number = self._parsed(ask, table, name)
                if number is not None:
                    found[name] = self._within(ask, table, name, number)
        limit = found["limit"] if self._decisions.does("limit", ask) else LIMIT
        return limit, found["offset"] if self._decisions.does("offset", ask) else 0

    def image_only(self, ask: Ask) -> bool:
        """Whether only pictures are wanted."""
        text = ask.value("imageOnly")
        if text is None:
            return False
        ask.facts.update(name="imageOnly", raw=text)
        try:
            wanted = boolean(text, self._choices)
        except Unreadable:
            self._decisions.refuse(("media-get", 4), ask, value=text)
            return False
        return wanted and self._decisions.does("imageOnly", ask)

    def _parsed(self, ask: Ask, table: str, name: str) -> int | None:
        row = (table, _ROWS[table][name][2])
        text = self._text(ask, name, row)
        if text is None:
            return None
        ask.facts.update(name=name, raw=text, number=None)
        try:
            return integer(text, self._choices)
        except Unreadable:
            self._decisions.refuse(row, ask, value=text)
            return None

    def _text(self, ask: Ask, name: str, row: Row) -> str | None:
        values = list(ask.query.get(name, ()))
        bracketed = ask.query.get(f"{name}[]", ())
        if bracketed and self._choices["integer_brackets"] != "ignored":
            if self._choices["integer_brackets"] == "rejected":
                self._decisions.refuse(row, ask, value=bracketed[0])
            values = values or list(bracketed)
        if len(values) > 1 and self._choices["integer_twice"] == "rejected":
            self._decisions.refuse(row, ask, value=values[0])
        if not values:
            return None
        return values[-1] if self._choices["integer_twice"] == "last" else values[0]

    def _within(self, ask: Ask, table: str, name: str, number: int) -> int:
        below, above, _ = _ROWS[table][name]
        ask.facts.update(name=name, raw=self._text(ask, name, (table, below)), number=number)
        if number < 0:
            self._decisions.refuse((table, below), ask)
        if above and number > MOST:
            self._decisions.refuse((table, above), ask)
        return max(number, 0)
