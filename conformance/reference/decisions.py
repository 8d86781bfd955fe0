"""The places where a server decides, and how a fault changes one of them.

A site asks `Decisions` at each: whether a rule of the table holds for this request, whether a rule that does not exist
is held against it, what the reply says, whether an effect is done. Without faults every answer is the documented one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.reference.catalogue import Fault, Row
from conformance.reference.messages import Incoming, Reply

__all__ = ["Ask", "Broken", "Decisions", "Refusal", "Twist", "after", "every"]


@dataclass(slots=True)
class Ask:
    """A request as a site has come to understand it, for predicates to look at.

    `query` and `path` are decoded; `operation` is the site's own name for what was asked for; `key` is the
    credential as it came; `facts` holds what else the site found out (the parsed body, the value of a rule).
    """

    incoming: Incoming
    method: str = ""
    path: str = ""
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    operation: str = ""
    key: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    def value(self, name: str) -> str | None:
        """The first value of a query parameter; None where it is absent."""
        values = self.query.get(name)
        return values[0] if values else None


Test = Callable[[Ask], bool]


class Refusal(Exception):
    """A request that is answered with a row of the table; `facts` fill the message's gaps."""

    def __init__(self, row: Row, **facts: str) -> None:
        super().__init__(row)
        self.row = row
        self.facts = facts


@dataclass(slots=True)
class Twist:
    """How one fault changes decisions; a part that is None changes nothing.

    `spares(row, ask)`: a rule that applies is not held against the request, which goes on as if it were valid.
    `invents(ask)`: the row that a valid request is refused with.
    `alters(reply, ask)`: another reply in place of the right one.
    `effects(effect, ask, wanted)`: whether an effect is done, where `wanted` says what is right.
    """

    spares: Callable[[Row, Ask], bool] | None = None
    invents: Callable[[Ask], Row | None] | None = None
    alters: Callable[[Reply, Ask], Reply] | None = None
    effects: Callable[[str, Ask, bool], bool] | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """A fault with its behaviour; `make` gives a fresh one for each server, since some of them count."""

    fault: Fault
    make: Callable[[], Twist]


class Decisions:
    """Every decision of one server, with the faults that change some of them."""

    def __init__(self, twists: Iterable[Twist] = ()) -> None:
        self._twists = tuple(twists)

    def holds(self, row: Row, ask: Ask) -> bool:
        """Whether a rule is held against a request that breaks it."""
        return not any(twist.spares(row, ask) for twist in self._twists if twist.spares)

    def refuse(self, row: Row, ask: Ask, **facts: str) -> None:
        """Raises Refusal, unless a fault spares the request: then it returns, and the request goes on."""
        if self.holds(row, ask):
            raise Refusal(row, **facts)

    def invented(self, ask: Ask) -> Row | None:
        """A row that a request is refused with for no reason; None from a right server."""
        found = (twist.invents(ask) for twist in self._twists if twist.invents)
        return next((row for row in found if row is not None), None)

    def reply(self, reply: Reply, ask: Ask) -> Reply:
        """The reply that goes out in place of the right one."""
        for twist in self._twists:
            if twist.alters:
                reply = twist.alters(reply, ask)
        return reply

    def does(self, effect: str, ask: Ask, *, wanted: bool = True) -> bool:
        """Whether an effect is done: as wanted (True after acceptance, False after rejection) or as a fault has it."""
        for twist in self._twists:
            if twist.effects:
                wanted = twist.effects(effect, ask, wanted)
        return wanted


class _Counter:
    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._seen = 0

    def up(self) -> int:
        with self._guard:
            self._seen += 1
            return self._seen


def after(times: int, test: Test) -> Test:
    """True from the (times + 1)th request on for which `test` is true: right at first, then wrong."""
    counter = _Counter()
    return lambda ask: test(ask) and counter.up() > times


def every(nth: int, test: Test) -> Test:
    """True for every nth request for which `test` is true: mostly right."""
    counter = _Counter()
    return lambda ask: test(ask) and counter.up() % nth == 0
