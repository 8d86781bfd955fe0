"""Rooms: many who look or many who move their own things, never both; and nobody waits for ever."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from conformance.engine.lanes import EVERYTHING, Lane
from conformance.engine.rooms import Rooms, Visit


def looks(*names: str) -> Lane:
    return Lane(sees=frozenset(names))


def moves(*names: str) -> Lane:
    return Lane(owns=frozenset(names))


def changes(*names: str) -> Lane:
    return Lane(changes=frozenset(names))


@dataclass
class Street:
    """Visitors by name, each in a thread of its own that waits to be let in."""

    rooms: Rooms = field(default_factory=Rooms)
    crew: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(16))
    coming: dict[str, Future[Visit]] = field(default_factory=dict)

    def come(self, name: str, lane: Lane, rank: int = 0) -> None:
        before = len(self.rooms._inside) + len(self.rooms._waiting)
        self.coming[name] = self.crew.submit(self.rooms.enter, lane, rank)
        while len(self.rooms._inside) + len(self.rooms._waiting) == before:
            time.sleep(0.001)

    def go(self, name: str) -> None:
        self.rooms.leave(self.coming.pop(name).result(5))

    @property
    def inside(self) -> set[str]:
        """Who is in; whoever was let in has told so before this returns."""
        let_in = list(self.rooms._inside)
        deadline = time.monotonic() + 5
        while sum(one.done() for one in self.coming.values()) < len(let_in) and time.monotonic() < deadline:
            time.sleep(0.001)
        return {name for name, one in self.coming.items() if one.done()}


@pytest.fixture
def street() -> Street:
    return Street()


def test_those_who_look_are_together_and_so_are_those_who_move_their_own(street: Street) -> None:
    for name, lane in (("a", looks("x")), ("b", looks("x")), ("other", changes("y"))):
        street.come(name, lane)
    assert {"a", "b", "other"} == street.inside
    street.come("c", moves("x"))
    street.come("d", moves("x"))
    assert {"a", "b", "other"} == street.inside
    street.go("a")
    assert {"b", "other"} == street.inside
    street.go("b")
    assert {"c", "d", "other"} == street.inside
    for name in ("c", "d", "other"):
        street.go(name)


def test_who_waits_is_not_passed_by_newcomers_of_the_other_group(street: Street) -> None:
    street.come("first", looks("x"))
    street.come("mover", moves("x"))
    street.come("late", looks("x"))
    assert {"first"} == street.inside
    street.go("first")
    assert {"mover"} == street.inside
    street.go("mover")
    assert {"late"} == street.inside
    street.go("late")


def test_who_changes_what_is_not_its_own_is_alone(street: Street) -> None:
    street.come("one", changes("x"))
    for name, lane in (
        ("two", changes("x")),
        ("looker", looks("x")),
        ("mover", moves("x")),
        ("all", changes(EVERYTHING)),
    ):
        street.come(name, lane)
    for name in ("one", "two", "looker", "mover", "all"):
        assert {name} == street.inside
        street.go(name)


def test_a_lower_rank_goes_first(street: Street) -> None:
    street.come("row", looks("x"))
    street.come("exploration", changes("x"), rank=1)
    street.come("another row", looks("x"))
    assert {"row", "another row"} == street.inside
    street.come("moving row", moves("x"))
    street.go("row")
    street.go("another row")
    assert {"moving row"} == street.inside
    street.go("moving row")
    assert {"exploration"} == street.inside
    street.go("exploration")


def test_all_who_were_beside_a_disturbance_know_of_it(street: Street) -> None:
    street.come("gone", looks("x"))
    gone = street.coming["gone"].result(5)
    street.go("gone")
    for name, lane in (("a", looks("x")), ("b", looks("x")), ("elsewhere", looks("y"))):
        street.come(name, lane)
    a, b, elsewhere = (street.coming[name].result(5) for name in ("a", "b", "elsewhere"))
    street.go("a")
    street.rooms.disturb(b)
    street.come("later", looks("x"))
    later = street.coming["later"].result(5)
    assert [True, True, True] == [a.disturbed, b.disturbed, later.disturbed]
    assert [False, False] == [gone.disturbed, elsewhere.disturbed]
    for name in ("b", "elsewhere", "later"):
        street.go(name)


@pytest.mark.parametrize("seed", range(4))
def test_no_two_that_meet_are_ever_inside_and_all_get_in(seed: int) -> None:
    chance = random.Random(seed)
    rooms, lock = Rooms(), threading.Lock()
    inside: list[Lane] = []
    met: list[tuple[Lane, Lane]] = []

    def visit(lane: Lane, rank: int) -> None:
        with rooms.visit(lane, rank):
            with lock:
                met.extend((lane, other) for other in inside if lane.meets(other))
                inside.append(lane)
            time.sleep(0.0005)
            with lock:
                inside.remove(lane)

    lanes = [
        chance.choice((looks, moves, changes))(*chance.sample("xyz", chance.choice((1, 1, 2)))) for _ in range(150)
    ]
    with ThreadPoolExecutor(24) as crew:
        through = [crew.submit(visit, lane, chance.randrange(2)) for lane in lanes]
        assert [None] * 150 == [one.result(20) for one in through]
    assert [] == met
