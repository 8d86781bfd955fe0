"""A target that is still starting is waited for, and no longer than the profile says."""

from __future__ import annotations

import socket
from types import SimpleNamespace

import pytest

from conformance.client import connection
from conformance.client.connection import wait_until_listening


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize(
    ("refusals", "seconds", "expected", "now"),
    [(0, 60.0, True, 0.0), (3, 60.0, True, 1.5), (1000, 2.0, False, 2.0), (0, 0.0, False, 0.0)],
)
def test_it_waits_until_a_connection_is_accepted_or_the_time_is_over(
    monkeypatch: pytest.MonkeyPatch, refusals: int, seconds: float, expected: bool, now: float
) -> None:
    clock, tried = Clock(), list[tuple[str, int]]()
    monkeypatch.setattr(connection, "time", clock)

    def connect(address: tuple[str, int], _: float) -> socket.socket:
        tried.append(address)
        if len(tried) <= refusals:
            raise ConnectionRefusedError
        return socket.socket()

    monkeypatch.setattr(connection, "socket", SimpleNamespace(create_connection=connect))
    found = wait_until_listening("https://a.test/x", seconds)
    assert (found, clock.now) == (expected, now)
    assert set(tried) <= {("a.test", 443)}


def test_a_socket_that_listens_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert wait_until_listening(f"http://127.0.0.1:{server.getsockname()[1]}", 5.0) is True
