"""Who may be at the same things at the same time: many who look, or many who change what is their own; never both."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from conformance.engine.lanes import Lane

__all__ = ["Rooms", "Visit"]


@dataclass(slots=True, eq=False)
class Visit:
    """One who is, or wants to be, at the things of a lane."""

    lane: Lane
    rank: int = 0
    """Those of a lower rank go first."""
    inside: bool = False
    beside: set[Visit] = field(default_factory=set)
    """Who was at some of the same things at the same time."""
    disturbed: bool = False
    """Something was changed meanwhile that should not have been, and by whom is not known."""


class Rooms:
    """Lets visits in that do not meet, in the order in which they come.

    Those that do not meet the first one come in with it, so that one that waits is passed once by some that came later.
    """

    def __init__(self) -> None:
        self._moved = threading.Condition()
        self._inside: list[Visit] = []
        self._waiting: list[Visit] = []

    def enter(self, lane: Lane, rank: int = 0) -> Visit:
        """Wait until the lane meets none of those inside, and none that waits and goes first."""
        visit = Visit(lane, rank)
        with self._moved:
            before = [other for other in self._waiting if other.rank <= rank]
            if any(lane.meets(other.lane) for other in (*self._inside, *before)):
                self._waiting = [*before, visit, *(other for other in self._waiting if other.rank > rank)]
                self._moved.wait_for(lambda: visit.inside)
            else:
                self._admit(visit)
        return visit

    def leave(self, visit: Visit) -> None:
        """Make room for those who wait."""
        with self._moved:
            self._inside.remove(visit)
            visit.inside = False
            before, passed = list(self._inside), list[Visit]()
            for other in self._waiting[:]:
                if any(other.lane.meets(one.lane) for one in (*before, *passed)):
                    passed.append(other)  # nobody who comes later goes before it
                elif not any(other.lane.meets(one.lane) for one in self._inside):
                    self._waiting.remove(other)
                    self._admit(other)
            self._moved.notify_all()

    @contextmanager
    def visit(self, lane: Lane, rank: int = 0) -> Iterator[Visit]:
        """Be inside for a while."""
        visit = self.enter(lane, rank)
        try:
            yield visit
        finally:
            self.leave(visit)

    def wait_for(self, others: Iterable[Visit]) -> None:
        """Wait until all of these have left."""
        with self._moved:
            self._moved.wait_for(lambda: not any(other.inside for other in others))

    def disturb(self, visit: Visit) -> None:
        """Something was changed: neither this one nor anybody beside it can say who did it."""
        with self._moved:
            for one in (visit, *visit.beside):
                one.disturbed = True

    def _admit(self, visit: Visit) -> None:
        for other in self._inside:
            if visit.lane.touches(other.lane):
                visit.beside.add(other)
                other.beside.add(visit)
                visit.disturbed = visit.disturbed or other.disturbed
        self._inside.append(visit)
        visit.inside = True
