"""Jobs side by side: what writes to a resource holds it, and no more requests are under way than there are workers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import replace
from typing import Any

import pytest

from conformance.engine.scheduler import ANY_RESOURCE, LimitedSender, ScheduledJob, Scheduler
from conformance.http import Exchange, Request, Response


def write(name: str, run: Callable[[], Any], *resources: str, after: tuple[str, ...] = ()) -> ScheduledJob:
    return ScheduledJob(name, run, frozenset(resources), writes=True, after=frozenset(after))


def read(name: str, run: Callable[[], Any], *resources: str) -> ScheduledJob:
    return ScheduledJob(name, run, frozenset(resources))


class Log:
    """What began and ended, in order."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self._running = self._most_running = 0

    def job(self, name: str, most: float = 0.02) -> Callable[[], str]:
        """A job that ends as soon as another has run beside it, or else after so many seconds."""

        def run() -> str:
            with self._changed:
                self.lines.append(f"+{name}")
                self._running += 1
                self._most_running = max(self._most_running, self._running)
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._most_running > 1, most)
                self._running -= 1
                self.lines.append(f"-{name}")
            return name.upper()

        return run

    def overlap(self, one: str, other: str) -> bool:
        began, ended = self.lines.index(f"+{other}"), self.lines.index(f"-{other}")
        return self.lines.index(f"+{one}") < ended and began < self.lines.index(f"-{one}")


def run_all(jobs: list[ScheduledJob], workers: int = 4) -> list[Any]:
    scheduler = Scheduler(jobs, workers)
    scheduler.start()
    try:
        return [future.result(5) for future in scheduler.futures.values()]
    finally:
        scheduler.stop()


@pytest.mark.parametrize(
    ("first", "second", "side_by_side"),
    [
        (("a",), ("a",), False),
        (("a",), ("b",), True),
        (("a", "b"), ("b", "c"), False),
        ((ANY_RESOURCE,), ("b",), False),
    ],
)
def test_two_writers_overlap_only_where_they_share_no_resource(
    first: tuple[str, ...], second: tuple[str, ...], side_by_side: bool
) -> None:
    log, most = Log(), 5 if side_by_side else 0.02
    results = run_all([write("one", log.job("one", most), *first), write("two", log.job("two", most), *second)])
    assert results == ["ONE", "TWO"]
    assert log.overlap("one", "two") == side_by_side


@pytest.mark.parametrize("both", [True, False])
def test_writers_of_one_resource_overlap_where_both_write_only_to_their_own(both: bool) -> None:
    log, most = Log(), 5 if both else 0.02
    own = replace(write("own", log.job("own", most), "a"), isolated=True)
    run_all([own, replace(write("other", log.job("other", most), "a"), isolated=both)])
    assert log.overlap("own", "other") == both


def test_what_only_reads_runs_beside_a_writer() -> None:
    log = Log()
    run_all([write("one", log.job("one", 5), "a"), read("two", log.job("two", 5), "a")])
    assert log.overlap("one", "two")


def test_writers_of_several_resources_all_end() -> None:
    log = Log()
    pairs = [("a", "b"), ("b", "c"), ("c", "a"), ("b", "a"), ("c", "b"), ("a", "c")]
    jobs = [write(str(number), log.job(str(number), 0.005), *pair) for number, pair in enumerate(pairs)]
    assert run_all(jobs, 6) == [str(number) for number in range(6)]


def test_a_job_begins_after_those_that_it_names() -> None:
    log = Log()
    run_all([write("late", log.job("late"), "a", after=("early",)), write("early", log.job("early"), "b")])
    assert log.lines == ["+early", "-early", "+late", "-late"]


def test_a_job_that_fails_keeps_no_other_from_beginning() -> None:
    def fail() -> None:
        raise ValueError("first")

    scheduler = Scheduler([write("first", fail, "a"), write("second", lambda: 2, "a", after=("first",))], 2)
    scheduler.start()
    assert isinstance(scheduler.futures["first"].exception(5), ValueError)
    assert scheduler.futures["second"].result(5) == 2
    scheduler.stop()


def test_after_a_stop_nothing_begins() -> None:
    begun, go = threading.Event(), threading.Event()

    def wait() -> bool:
        begun.set()
        return go.wait(5)

    scheduler = Scheduler([write("first", wait, "a"), write("second", lambda: 2, "a")], 2)
    scheduler.start()
    assert begun.wait(5)
    stop = threading.Thread(target=scheduler.stop)
    stop.start()
    with pytest.raises(CancelledError):
        scheduler.futures["second"].result(5)
    go.set()
    stop.join(5)
    assert scheduler.futures["first"].result(5) is True


def test_a_reader_is_told_that_somebody_wrote_to_what_it_reads() -> None:
    scheduler: Scheduler
    both = threading.Barrier(3, timeout=5)

    def disturbed(name: str) -> Callable[[], bool]:
        def run() -> bool:
            both.wait()
            return scheduler.was_disturbed(name)

        return run

    jobs = [
        write("writer", lambda: both.wait() >= 0, "a"),
        read("same", disturbed("same"), "a"),
        read("other", disturbed("other"), "b"),
    ]
    scheduler = Scheduler(jobs, 3)
    scheduler.start()
    assert scheduler.futures["same"].result(5)
    assert not scheduler.futures["other"].result(5)
    scheduler.stop()


def test_alone_nothing_else_runs_whoever_asks_for_it() -> None:
    running, most, lock = [0], [0], threading.Lock()
    scheduler: Scheduler

    def count() -> int:
        with lock:
            running[0] += 1
        time.sleep(0.01)
        with lock:
            running[0] -= 1
        return 0

    def alone() -> int:
        with scheduler.alone():
            with lock:
                most[0] = max(most[0], running[0])
            time.sleep(0.01)
            with lock:
                most[0] = max(most[0], running[0])
        return 1

    scheduler = Scheduler([read(str(number), alone if number % 2 else count, "a") for number in range(10)], 4)
    scheduler.start()
    with scheduler.alone():
        most[0] = max(most[0], running[0])
    assert [future.result(5) for future in scheduler.futures.values()] == [0, 1] * 5
    assert most == [0]
    scheduler.stop()


def test_no_more_requests_are_under_way_than_there_are_workers() -> None:
    now, most, lock, three = [0], [0], threading.Lock(), threading.Barrier(3, timeout=5)

    class Slow:
        sent = 7

        def send(self, request: Request, **options: Any) -> Exchange:
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            time.sleep(0.01)
            three.wait()
            with lock:
                now[0] -= 1
            return Exchange(request, Response(200))

    limited = LimitedSender(Slow(), 3)  # type: ignore[arg-type]
    threads = [threading.Thread(target=limited.send, args=(Request("GET", "http://h/"),)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 3
    assert limited.sent == 7
