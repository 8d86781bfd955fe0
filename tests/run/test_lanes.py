"""Rows side by side: what may change the same thing waits, and no more is under way than there are workers."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from conformance.engine.lanes import CHAIN, EVERYTHING, PROBES, Lane, Lanes, Turns, hurry
from conformance.http import Exchange, Request, Response


def changes(*names: str) -> Lane:
    return Lane(changes=frozenset(names))


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        (changes("a"), changes("a"), True),
        (changes("a"), changes("b"), False),
        (changes(EVERYTHING), changes("b"), True),
        (Lane(), changes("a"), False),
        (Lane(sees=frozenset("a")), changes("a"), True),
        (Lane(sees=frozenset("a")), Lane(sees=frozenset("a")), False),
        (Lane(sees=frozenset("a")), changes(EVERYTHING), True),
        (Lane(owns=frozenset("a")), Lane(owns=frozenset("a")), False),
        (Lane(owns=frozenset("a")), Lane(sees=frozenset("a")), True),
        (Lane(owns=frozenset("a")), Lane(sees=frozenset("b")), False),
        (Lane(owns=frozenset("a")), changes("a"), True),
    ],
)
def test_only_what_touches_the_same_thing_waits(one: Lane, other: Lane, meet: bool) -> None:
    assert (meet, meet) == (one.meets(other), other.meets(one))


def test_jobs_of_one_lane_run_in_their_order_and_those_of_others_beside_them() -> None:
    begun: list[str] = []
    together = threading.Barrier(2, timeout=5)

    def run(name: str) -> str:
        begun.append(name)
        if name in ("a1", "b1"):
            together.wait()
        return name.upper()

    lanes = Lanes({"a1": changes("a"), "a2": changes("a"), "b1": changes("b"), "a3": changes("a")}, run, 4)
    futures = lanes.start()
    assert ["A1", "A2", "B1", "A3"] == [future.result(5) for future in futures.values()]
    lanes.stop()
    assert ["a1", "a2", "a3"] == [name for name in begun if name.startswith("a")]


def test_a_job_that_fails_keeps_no_other_from_beginning() -> None:
    def run(name: str) -> str:
        if name == "first":
            raise ValueError(name)
        return name

    lanes = Lanes({"first": changes("a"), "second": changes("a")}, run, 2)
    futures = lanes.start()
    assert isinstance(futures["first"].exception(5), ValueError)
    assert "second" == futures["second"].result(5)
    lanes.stop()


def test_who_has_more_haste_goes_first() -> None:
    order: list[str] = []
    gate, begun = threading.Event(), threading.Event()

    class Slow:
        def send(self, request: Request, **options: Any) -> Exchange:
            order.append(request.url)
            begun.set()
            gate.wait(5)
            return Exchange(request, Response(200))

    turns = Turns(Slow(), 1)  # type: ignore[arg-type]

    def ask(name: str, haste: int) -> None:
        hurry(haste)
        turns.send(Request("GET", name))

    asked = {"first": 0, "reads": 0, "probes": PROBES, "chain": CHAIN}
    threads = [threading.Thread(target=ask, args=item) for item in asked.items()]
    for count, thread in enumerate(threads):
        thread.start()
        begun.wait(5)
        while sum(turns._waiting.values()) < count:
            time.sleep(0.001)
    gate.set()
    for thread in threads:
        thread.join()
    assert ["first", "chain", "probes", "reads"] == order


def test_no_more_requests_are_under_way_than_there_are_workers() -> None:
    now, most, lock = [0], [0], threading.Lock()

    class Slow:
        sent = 7

        def send(self, request: Request, **options: Any) -> Exchange:
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            time.sleep(0.01)
            with lock:
                now[0] -= 1
            return Exchange(request, Response(200))

    turns = Turns(Slow(), 3)  # type: ignore[arg-type]
    threads = [threading.Thread(target=turns.send, args=(Request("GET", "http://h/"),)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (3, 7) == (most[0], turns.sent)
