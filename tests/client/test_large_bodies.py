"""Large bodies of several targets: one target at a time, and nobody waits who need not."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from conformance.client.large_bodies import LargeBody, judge_alone, one_target_at_a_time
from conformance.http import Exchange, Request, Response

WIDE = b'{"a": [' + b",".join(b"1" for _ in range(2_100)) + b"]}"
LONG = b'{"a": "' + b"x" * 140_000 + b'"}'


def answer(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def started(owner: object) -> tuple[threading.Thread, list[LargeBody]]:
    got: list[LargeBody] = []
    thread = threading.Thread(target=lambda: got.append(LargeBody(owner)), daemon=True)
    thread.start()
    thread.join(0.05)
    return thread, got


def test_another_target_waits_until_every_large_body_of_the_first_is_gone() -> None:
    with one_target_at_a_time():
        held = [LargeBody("a"), LargeBody("a")]
        thread, got = started("b")
        held.pop()
        assert (thread.is_alive(), got) == (True, [])
        held.clear()
        thread.join(5)
        assert len(got) == 1


def test_nobody_waits_for_ever_nor_where_there_is_one_target(monkeypatch: pytest.MonkeyPatch) -> None:
    held = [LargeBody("a"), LargeBody("b")]
    monkeypatch.setattr("conformance.client.large_bodies._WAIT", 0.01)
    with one_target_at_a_time():
        held.append(LargeBody("c"))
    assert len(held) == 3


def test_a_fourth_huge_body_waits_for_room_but_not_for_one_of_its_own_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(owner: str) -> LargeBody:
        body = LargeBody(owner)
        body.become_huge()
        return body

    monkeypatch.setattr("conformance.client.large_bodies._ROOM", 60)
    held = [read("a") for _ in range(3)]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(read, "a")
        with pytest.raises(TimeoutError):
            waiting.result(0.05)
        held.clear()
        assert isinstance(waiting.result(5), LargeBody)


def test_a_body_beyond_a_megabyte_waits_for_room_once(
    serve: Callable[..., Any], talk: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = list[object]()
    monkeypatch.setattr(LargeBody, "become_huge", lambda body: waited.append(id(body)))
    for size in (1 << 20, 3 << 20):
        server = serve(answer(b"x" * size))
        assert talk(server.url).send(Request("GET", server.url)).response.size == size
    assert len(waited) == 1


@pytest.mark.parametrize(("body", "large"), [(WIDE, True), (LONG, True), (b"[" + b"1," * 1_900 + b"1]", False)])
def test_a_body_is_large_by_its_size_or_its_members(
    serve: Callable[..., Any], talk: Callable[..., Any], body: bytes, *, large: bool
) -> None:
    server = serve(answer(body))
    response = talk(server.url).send(Request("GET", server.url)).response
    assert isinstance(response, Response)
    assert isinstance(response.large, LargeBody) is large


def test_targets_with_large_bodies_take_turns(
    serve: Callable[..., Any], talk: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, now, most = threading.Lock(), [0], [0]

    class Counted(LargeBody):
        def __init__(self, owner: object) -> None:
            super().__init__(owner)
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])

        def __del__(self) -> None:
            with lock:
                now[0] -= 1
            super().__del__()

    monkeypatch.setattr("conformance.client.http1.LargeBody", Counted)
    server = serve(answer(WIDE))
    sessions = [talk(server.url) for _ in range(6)]
    with one_target_at_a_time(), ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(lambda one: one.send(Request("GET", server.url)).response.status, sessions))
    assert statuses == [200] * 6
    assert (most, now) == ([1], [0])


@pytest.mark.parametrize(
    ("sent", "received", "waits"),
    [(b"", object(), True), (b"x" * 140_000, None, True), (b"x" * 1_000, None, False)],
)
def test_what_is_large_is_judged_by_one_thread_at_a_time(sent: bytes, received: object, *, waits: bool) -> None:
    exchange = Exchange(Request("POST", "/", body=sent), Response(200, large=received))
    done = threading.Event()

    def judge() -> None:
        with judge_alone(exchange), judge_alone(exchange):
            done.set()

    with judge_alone(exchange):
        thread = threading.Thread(target=judge, daemon=True)
        thread.start()
        assert done.wait(0.05 if waits else 30) is not waits
    thread.join(5)
    assert done.is_set()


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="nothing tells how much memory is in use")
def test_threads_keep_no_memory_of_what_they_have_read() -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def read_and_forget() -> None:
        LargeBody(None)
        for size in (16, 8, 8):
            kept = [bytearray(size << 20) for _ in range(3)]
            del kept
        read.wait()
        measured.wait()

    read, measured = threading.Barrier(5), threading.Barrier(5)
    before = resident()
    threads = [threading.Thread(target=read_and_forget) for _ in range(4)]
    for thread in threads:
        thread.start()
    read.wait()
    grown = resident() - before
    measured.wait()
    for thread in threads:
        thread.join()
    assert grown < 30 << 20
