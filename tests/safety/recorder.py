"""What leaves this machine, byte for byte: a relay, and the requests that a strict reader finds."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sent:
    """One request, read with no mercy; the names of its headers in lower case."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]


@dataclass
class Recorder:
    """A relay; `streams` holds all bytes that came on each connection."""

    port: int = 0
    streams: list[bytearray] = field(default_factory=list)

    @property
    def sent(self) -> list[Sent]:
        return [request for stream in list(self.streams) for request in split_requests(bytes(stream))]


def split_requests(stream: bytes) -> Iterator[Sent]:
    """The requests of one connection; AssertionError where two readers could see different ones."""
    while stream:
        head, end, stream = stream.partition(b"\r\n\r\n")
        assert end, head
        first, *lines = head.decode("latin-1").split("\r\n")
        assert not any(character in head.replace(b"\r\n", b"") for character in b"\r\n\0"), head
        method, target, version = first.split(" ")
        assert version == "HTTP/1.1"
        headers = tuple((name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines))
        framing = [name for name, _ in headers if name in {"content-length", "transfer-encoding"}]
        assert len(framing) <= 1, head
        assert [name for name, _ in headers].count("host") == 1, head
        body, stream = _split_body(dict(headers), stream)
        yield Sent(method, target, headers, body)


def _split_body(headers: dict[str, str], rest: bytes) -> tuple[bytes, bytes]:
    if headers.get("transfer-encoding") != "chunked":
        length = int(headers.get("content-length", "0"))
        return rest[:length], rest[length:]
    body = b""
    while True:
        size, _, rest = rest.partition(b"\r\n")
        length = int(size, 16)
        body += rest[:length]
        assert rest[length : length + 2] == b"\r\n"
        rest = rest[length + 2 :]
        if not length:
            return body, rest


@contextmanager
def recording(server_port: int) -> Iterator[Recorder]:
    """A relay in front of a server on this machine."""
    recorder = Recorder()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            stream = bytearray()
            recorder.streams.append(stream)
            with socket.create_connection(("127.0.0.1", server_port)) as upstream, suppress(OSError):
                back = threading.Thread(target=_relay, args=(upstream, self.request), daemon=True)
                back.start()
                while data := self.request.recv(1 << 16):
                    stream += data
                    upstream.sendall(data)
                upstream.shutdown(socket.SHUT_WR)
                back.join(10)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address, daemon_threads, block_on_close = True, True, False

    with Server(("127.0.0.1", 0), Handler) as server:
        recorder.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield recorder
        server.shutdown()


def _relay(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
