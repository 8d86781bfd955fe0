"""A write is blamed for what it does every time; a coincidence with somebody else's writes is not."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from conformance.engine.culprit import NOT_AGAIN, Culprits, GuardedResource, find_culprits, stays_as_it_is

REQUEST = 0.001
"""Seconds that one request takes."""


class Clock(threading.Event):
    """Time that passes only when somebody waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def wait(self, timeout: float | None = None) -> bool:
        self.now += timeout or 0.0
        return False


@dataclass
class Shelf:
    """A resource: somebody else writes every `pause` seconds; writes in `effective` have an effect though rejected."""

    pause: float = 0.0
    effective: dict[str, int] = field(default_factory=dict)
    counts: bool = False
    """Each of somebody else's writes shows another value, instead of one of two in turn."""
    phase: float = 0.0
    own: str = ""
    clock: Clock = field(default_factory=Clock)
    log: list[str] = field(default_factory=list)

    def read(self) -> tuple[int, str]:
        self.log.append("read")
        self.clock.now += REQUEST
        writes = int((self.clock.now + self.phase) / self.pause) if self.pause else 0
        return (writes if self.counts else writes % 2), self.own

    def set_back(self) -> tuple[int, str]:
        self.clock.now += REQUEST
        self.own = ""
        return self.read()

    def repeat(self, write: str) -> str | None:
        self.log.append(write)
        self.clock.now += REQUEST
        if self.effective.get(write, 0):
            self.effective[write] -= 1
            self.own += write
        return write

    def find(
        self, *writes: str, is_own: bool = False, shows_repetition: bool = True, known: bool = False
    ) -> Culprits[str]:
        """What comes of a change after these writes."""
        for write in writes:
            self.repeat(write)
        resource = GuardedResource(
            self.read, self.set_back, self.repeat, tuple.__ne__, self.clock, is_own, shows_repetition, known, known
        )
        return find_culprits(resource, writes, self.read())


@pytest.fixture(autouse=True)
def drawn_gaps() -> Iterator[None]:
    """The order of the gaps is the same in each run of a test."""
    state = random.getstate()
    random.seed(0)
    yield
    random.setstate(state)


def test_the_write_that_does_it_every_time_is_found() -> None:
    assert Shelf(effective={"b": 99}).find("a", "b", "c").writes == ("b",)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_an_effect_that_does_not_come_three_times_again_is_a_doubt(times: int) -> None:
    assert Shelf(effective={"b": times}).find("a", "b", "c") == Culprits((), NOT_AGAIN)


def test_what_can_neither_be_set_back_nor_shows_again_is_held_against_all_writes() -> None:
    gone = Shelf(effective={"b": 1})
    gone.set_back = gone.read  # type: ignore[method-assign]
    assert gone.find("a", "b", shows_repetition=False).writes == ("a", "b")


def test_of_what_this_run_made_one_read_is_enough() -> None:
    shelf = Shelf(effective={"b": 99})
    assert shelf.find("b", is_own=True).writes == ("b",)
    assert (shelf.log.count("read"), shelf.clock.now < 0.1) == (11, True)


@pytest.mark.parametrize("counts", [False, True])
@pytest.mark.parametrize("pause", [0.002, 0.005, 0.02, 0.05, 0.1, 0.4, 0.7])
def test_no_coincidence_with_somebody_elses_writes_is_blamed(pause: float, counts: bool) -> None:
    phases = random.Random(1)
    shelves = (Shelf(pause, counts=counts, phase=phases.uniform(0, 2 * pause)) for _ in range(500))
    assert [found for shelf in shelves if (found := shelf.find("a", "b", "c", "d")).writes] == []


@pytest.mark.parametrize("pause", [0.02, 0.05, 0.1, 0.4, 0.7])
def test_beside_somebody_elses_writes_what_has_no_effect_is_no_doubt(pause: float) -> None:
    shelves = [Shelf(pause, counts=True, phase=phase / 1000) for phase in range(50)]
    assert {shelf.find("a", "b") for shelf in shelves} == {Culprits()}


@pytest.mark.parametrize("pause", [0.02, 0.1])
def test_beside_somebody_elses_writes_what_has_an_effect_is_a_doubt(pause: float) -> None:
    shelf = Shelf(pause, counts=True, effective={"b": 99})
    assert shelf.find("a", "b").doubt == "something changes while nothing is sent: somebody else writes"


def test_what_another_run_has_named_is_held_against_no_write() -> None:
    shelf = Shelf(effective={"b": 99})
    resource = GuardedResource(
        shelf.read,
        shelf.set_back,
        shelf.repeat,
        tuple.__ne__,
        shelf.clock,
        shows_another_run=lambda _, after: "b" in after[1],
    )
    assert find_culprits(resource, ("a", "b"), (0, "b")).writes == ()


def test_where_others_are_known_to_write_all_writes_are_repeated_before_one_read() -> None:
    shelf = Shelf(0.05, counts=True)
    assert shelf.find(*"abcdefghij", known=True) == Culprits()
    assert shelf.log[11:] == ["read", *"abcdefghij", "read"]


def test_beside_somebody_elses_writes_what_cannot_show_again_is_a_doubt() -> None:
    assert Shelf(0.05, counts=True).find("a", shows_repetition=False).doubt != ""


def test_somebody_who_writes_in_between_is_noticed() -> None:
    shelf = Shelf(0.25, counts=True)
    assert not stays_as_it_is(shelf.read, tuple.__ne__, (0, ""), 0.0, shelf.clock)


@pytest.mark.parametrize(("took", "least", "most"), [(0.001, 0.3, 0.31), (0.1, 1.0, 1.01), (3.0, 5.0, 5.01)])
def test_nothing_is_sent_for_ten_times_as_long_as_the_write_took(took: float, least: float, most: float) -> None:
    shelf = Shelf()
    assert stays_as_it_is(shelf.read, tuple.__ne__, (0, ""), took, shelf.clock)
    assert least <= shelf.clock.now <= most
    assert shelf.log == ["read"] * 5
