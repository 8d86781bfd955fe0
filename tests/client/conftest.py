from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from conformance.client.policy import Limits
from conformance.client.session import Session
from conformance.target.loader import Target, target_from_mapping

Handler = Callable[[socket.socket, int], None]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def make_target(base_url: str, allow: Iterable[str] = (), **changes: Any) -> Target:
    """A target of this URL, whatever it is, with these permissions beside that to read."""
    bare = target_from_mapping({"contract": "any", "base_url": "http://127.0.0.1"}, where="test", environ={})
    return replace(bare, base_url=base_url, allow=frozenset(allow), **changes)


class RawServer:
    """Accepts connections and leaves each to `handler(connection, number)`; remembers what was asked of it."""

    def __init__(self, handler: Handler, host: str = "127.0.0.1") -> None:
        self.handler = handler
        self.no_delay = True
        self.requests: list[bytes] = []
        self.peers: list[str] = []
        self._listener = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self.port}"
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def head(self, connection: socket.socket) -> bytes:
        """One request up to its empty line; empty where the client has gone."""
        data = b""
        while b"\r\n\r\n" not in data:
            try:
                piece = connection.recv(1)
            except OSError:
                return b""
            if not piece:
                return b""
            data += piece
        self.requests.append(data)
        return data

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            connection.close()

    def _accept(self) -> None:
        number = 0
        while True:
            try:
                connection, peer = self._listener.accept()
            except OSError:
                return
            number += 1
            if self.no_delay:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.peers.append(peer[0])
            self._open.append(connection)
            threading.Thread(target=self._handle, args=(connection, number), daemon=True).start()

    def _handle(self, connection: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError), connection:
            self.handler(connection, number)


@pytest.fixture
def serve() -> Iterator[Callable[..., RawServer]]:
    """Starts a server of a handler, or of bytes that it answers every request with before it closes."""
    servers: list[RawServer] = []

    def start(response: bytes | Handler, host: str = "127.0.0.1") -> RawServer:
        def handle(connection: socket.socket, number: int) -> None:
            if callable(response):
                response(connection, number)
            elif server.head(connection):
                connection.sendall(response)

        server = RawServer(handle, host)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.close()


class Waits(list[float]):
    """Stands in for `time.sleep` and remembers how long was to be waited."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)
        assert len(self) < 1000, "somebody waits for a real clock"

    def clock(self) -> float:
        """The time, as if the waits had been real."""
        return time.monotonic() + sum(self)


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def talk(waits: Waits) -> Iterator[Callable[..., Session]]:
    """A session with a server that does not really wait between tries; nor does a busy machine use its time up."""
    sessions: list[Session] = []

    def start(url: str, allow: tuple[str, ...] = ("write", "delete"), **options: object) -> Session:
        limits = Limits(**{"timeout": 60.0, "tries": 2, **options.pop("limits", {})})
        target = make_target(url, allow, pace=options.pop("pace", None))
        session = Session(target, limits, sleep=waits, clock=waits.clock, **options)
        sessions.append(session)
        return session

    yield start
    for session in sessions:
        session.close()
