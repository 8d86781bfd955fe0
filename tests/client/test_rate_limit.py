from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from conformance.client.rate_limit import LearntLimiter, RateLimiter
from conformance.http import Request
from conformance.quantities import Pace

Start = Callable[..., Any]


class Clock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 100.0
        self.lock = threading.Lock()

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        with self.lock:
            self.time += seconds


def moments(pace: Pace, count: int, idle: Callable[[int], float] = lambda _: 0.0) -> list[float]:
    clock = Clock()
    pacer = RateLimiter(pace, now=clock.now, sleep=clock.sleep)
    found = []
    for n in range(count):
        clock.sleep(idle(n))
        with pacer.request():
            found.append(clock.now())
    return found


@pytest.mark.parametrize("idle", [lambda _: 0.0, lambda n: 9.0 if n == 9 else 0.0, lambda n: n % 7 * 0.4])
def test_no_window_holds_more_than_the_pace_allows(idle: Callable[[int], float]) -> None:
    found = moments(Pace(10, 10.0), 60, idle)
    for first in found:
        assert len([one for one in found if first <= one < first + 10.0]) <= 10


def test_what_fits_the_pace_does_not_wait() -> None:
    found = moments(Pace(10, 10.0), 20)
    assert found[:10] == [100.0] * 10
    assert found[10] == pytest.approx(110.0)
    assert found[-1] == pytest.approx(110.0)


def test_a_request_that_did_not_wait_is_counted() -> None:
    clock = Clock()
    pacer = RateLimiter(Pace(2, 10.0), now=clock.now, sleep=clock.sleep)
    for _ in range(3):
        with pacer.request(wait=False):
            assert clock.now() == 100.0
    with pacer.request():
        assert clock.now() == pytest.approx(110.0)


def test_a_request_counts_until_its_response_has_long_been_there() -> None:
    """When it arrives on the way is not known, only that it had by then."""
    clock = Clock()
    pacer = RateLimiter(Pace(1, 10.0), now=clock.now, sleep=clock.sleep)
    with pacer.request():
        clock.sleep(3.0)
    with pacer.request():
        assert clock.now() == pytest.approx(113.0)


def test_threads_together_keep_the_pace() -> None:
    pacer, arrived = RateLimiter(Pace(5, 0.1)), []

    def send(_: int) -> None:
        with pacer.request():
            time.sleep(0.01)
            arrived.append(time.monotonic())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(16)))
    arrived.sort()
    assert all(later - sooner >= 0.1 for sooner, later in zip(arrived, arrived[5:], strict=False))


def test_processes_together_keep_the_pace_of_one_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    pacers, arrived = [RateLimiter(Pace(3, 0.1), target="http://api.test/") for _ in range(3)], []

    def send(n: int) -> None:
        with pacers[n % 3].request():
            time.sleep(0.01)
            arrived.append(time.monotonic())

    with ThreadPoolExecutor(9) as pool:
        list(pool.map(send, range(12)))
    arrived.sort()
    assert all(later - sooner >= 0.1 for sooner, later in zip(arrived, arrived[3:], strict=False))
    assert len(list(tmp_path.rglob("pace-*"))) == 1
    for pacer in pacers:
        pacer.close()
    assert list(tmp_path.rglob("pace-*")) == []


def test_another_target_or_a_folder_of_somebody_else_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    one, other = (RateLimiter(Pace(1, 50.0), target=f"http://api.test/{name}") for name in "ab")
    (tmp_path / "elsewhere").write_text("")
    with one.request(), other.request():
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "elsewhere"))
        with RateLimiter(Pace(1, 50.0), target="http://api.test/a").request():
            pass


def test_what_was_under_way_when_its_process_was_killed_counts_for_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    waited: list[float] = []
    late = [0.0]

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        late[0] += 2.6

    def now() -> float:
        return time.monotonic() + late[0]

    killed, next_ = (RateLimiter(Pace(1, 0.1), now=now, sleep=sleep, target="http://api.test") for _ in range(2))
    under_way = killed.request()
    under_way.__enter__()
    with next_.request():
        assert len(waited) == 2


def test_a_slow_request_of_this_process_counts_until_it_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    moment = [time.monotonic()]

    def sleep(seconds: float) -> None:
        moment[0] += 10.0
        if moment[0] > start + 30.0:
            raise KeyboardInterrupt

    start = moment[0]
    pacer = RateLimiter(Pace(1, 0.1), now=lambda: moment[0], sleep=sleep, target="http://api.test")
    with pacer.request(), pytest.raises(KeyboardInterrupt), pacer.request():
        pass


def test_where_the_disk_is_full_the_pace_of_one_process_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("os.pwrite", refuse)
    clock = Clock()
    pacer = RateLimiter(Pace(1, 10.0), now=clock.now, sleep=clock.sleep, target="http://api.test")
    for _ in range(3):
        with pacer.request():
            pass
    assert clock.now() == pytest.approx(120.0)


def test_the_pace_holds_over_all_requests_and_their_repetitions(serve: Start, talk: Start, waits: list[float]) -> None:
    server = serve(b"HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
    session = talk(server.url, limits={"tries": 1}, pace=Pace(2, 50.0))
    for _ in range(2):
        session.send(Request("GET", server.url))
    assert waits == []
    stopped = threading.Event()

    def stop(seconds: float) -> None:
        waits.append(seconds)
        stopped.set()
        raise KeyboardInterrupt

    session._pacer._sleep = stop
    with pytest.raises(KeyboardInterrupt):
        session.send(Request("GET", server.url))
    assert stopped.is_set()
    assert 49 < waits[-1] <= 50.5
    session.send(Request("GET", server.url), unpaced=True)


def test_the_documented_pace_is_kept_after_a_429(serve: Start, talk: Start) -> None:
    answers = [b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"] * 5
    answers.append(b"HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n\r\n")
    server = serve(lambda connection, number: response(connection))

    def response(connection: socket.socket) -> None:
        while server.head(connection):
            connection.sendall(answers.pop(0) if len(answers) > 1 else answers[0])

    session = talk(server.url, documented=Pace(3, 50.0), limits={"tries": 1})
    for _ in range(5):
        assert session.send(Request("GET", server.url)).response

    def stop(seconds: float) -> None:
        raise KeyboardInterrupt(seconds)

    session._documented._sleep = stop
    with pytest.raises(KeyboardInterrupt) as waited:
        session.send(Request("GET", server.url))
    assert 49 < waited.value.args[0] <= 50.5


def count_waits(limiter: LearntLimiter, waits: list[float], requests: int) -> int:
    """How many of so many requests had to wait."""
    before = len(waits)
    for _ in range(requests):
        with limiter.request():
            pass
    return len(waits) - before


def learnt(pace: Pace) -> tuple[LearntLimiter, list[float]]:
    """A limiter on a clock that only its own waits move, and these."""
    waits: list[float] = []
    return LearntLimiter(pace, now=lambda: 1000.0 + sum(waits), sleep=waits.append), waits


def test_a_single_429_slows_down_one_stretch_of_requests() -> None:
    limiter, waits = learnt(Pace(10, 10.0))
    assert count_waits(limiter, waits, 30) == 0
    limiter.slow_down()
    assert sum(count_waits(limiter, waits, 1) for _ in range(10)) == 1  # the ten slots are free again after ten seconds
    assert count_waits(limiter, waits, 400) == 0
    limiter.slow_down()
    count_waits(limiter, waits, 10)
    assert count_waits(limiter, waits, 400) == 0


def test_a_target_that_keeps_to_its_pace_is_asked_faster_less_and_less_often() -> None:
    limiter, waits = learnt(Pace(10, 10.0))
    count_waits(limiter, waits, 10)
    paced = []
    for _ in range(5):
        limiter.slow_down()
        limiter.slow_down()  # by one that was under way
        paced.append(limiter._left)
        count_waits(limiter, waits, limiter._left)
        count_waits(limiter, waits, 1)
    assert paced == [10, 20, 40, 80, 160]
    count_waits(limiter, waits, 100)
    limiter.slow_down()
    assert limiter._left == 10


def test_a_refusal_at_the_pace_itself_is_remembered_until_the_pace_is_let_go() -> None:
    limiter, waits = learnt(Pace(10, 10.0))
    limiter.slow_down(held=False)
    count_waits(limiter, waits, 3)
    assert limiter.refuses is False
    limiter.slow_down(held=True)
    count_waits(limiter, waits, 10)
    assert limiter.refuses is True
    count_waits(limiter, waits, 1)
    assert limiter.refuses is False
