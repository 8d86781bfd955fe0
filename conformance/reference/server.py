"""An HTTP/1.1 server on a loopback port, which passes requests to an application and writes its responses.

It reads and writes bytes itself, so that requests are not normalized and responses may be wrong. A body is read only as
far as the application needs it. The rest is drained after the response, up to a limit, so that a client that is still
sending can read the response.
"""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections.abc import Mapping
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import IO, Any, Final, cast

from werkzeug.serving import DechunkedInput

from conformance.reference.http import Application, IncomingRequest, RequestBody, WireResponse

MAX_LINE: Final = 64 * 1024
"""The most bytes of a request line or header."""
MAX_HEADERS: Final = 200
IDLE_TIMEOUT: Final = 60.0
"""Seconds that a connection may stay open without a request."""


class _Handler(StreamRequestHandler):
    """Handles the requests of one connection, until either side closes it."""

    server: RunningServer
    timeout = IDLE_TIMEOUT
    disable_nagle_algorithm = True

    def handle(self) -> None:
        self.close_connection = False
        with contextlib.suppress(OSError):
            while not self.close_connection:
                self._handle_request()

    def _handle_request(self) -> None:
        line = self.rfile.readline(MAX_LINE)
        if not line.strip():
            self.close_connection = not line
            return
        parts = line.decode("latin-1").split()
        headers = self._read_headers()
        if len(parts) != 3 or headers is None or not parts[2].startswith("HTTP/1."):
            self._reject_malformed()
            return
        path, _, query = _path_and_query(parts[1]).partition("?")
        body = self._open_body(headers)
        if body is None:
            self._reject_malformed()
            return
        connection = headers.get("connection", "").lower()
        self.close_connection = "close" in connection or (parts[2] == "HTTP/1.0" and "keep-alive" not in connection)
        address, port, *_ = self.client_address
        request = IncomingRequest(parts[0], path, query.partition("#")[0], headers, str(address), body, int(port))
        self._write(request, self.server.application.respond(request))

    def _read_headers(self) -> dict[str, str] | None:
        headers: dict[str, str] = {}
        for _ in range(MAX_HEADERS):
            line = self.rfile.readline(MAX_LINE)
            if line in (b"\r\n", b"\n"):
                return headers
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon:
                return None
            name = name.lower()
            headers[name] = f"{headers[name]}, {value.strip()}" if name in headers else value.strip()
        return None

    def _open_body(self, headers: dict[str, str]) -> RequestBody | None:
        send_continue = self._send_continue if headers.get("expect", "").lower() == "100-continue" else None
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return RequestBody(DechunkedInput(cast(IO[bytes], self.rfile)), None, send_continue)
        length = headers.get("content-length", "0")
        return RequestBody(self.rfile, int(length), send_continue) if length.isascii() and length.isdigit() else None

    def _send_continue(self) -> None:
        self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _write(self, request: IncomingRequest, response: WireResponse) -> None:
        if response.delay:
            self.server.pause(response.delay)
        self.close_connection = self.close_connection or response.close
        head = [response.status_line, *(f"{name}: {value}" for name, value in response.headers)]
        if self.close_connection and not response.close:
            head.append("Connection: close")
        self.wfile.write("\r\n".join([*head, "\r\n"]).encode("latin-1", "replace") + response.payload)
        if not request.body.finished:
            self._drain(request.body)

    def _drain(self, body: RequestBody) -> None:
        """Read the rest of a body, because a client that is still sending on a closed connection loses the response."""
        if self.close_connection:
            self.connection.shutdown(socket.SHUT_WR)
        self.close_connection = not body.drain() or self.close_connection

    def _reject_malformed(self) -> None:
        self.close_connection = True
        self.wfile.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def _path_and_query(target: str) -> str:
    """Return path and query of a request target, which may be an absolute URL."""
    if target.startswith(("http://", "https://")):
        rest = target.partition("://")[2]
        return "/" + rest.partition("/")[2]
    return target


class RunningServer(ThreadingTCPServer):
    """A reference server that listens on 127.0.0.1, in a daemon thread, until it is closed.

    `base_url` has no trailing slash. `profile` is the complete target profile for it, `variants` the choice for each
    variant, `application` its state.
    """

    request_queue_size = 128
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, application: Application, port: int, variants: Mapping[str, str]) -> None:
        self.application = application
        self.variants = variants
        self._closing = threading.Event()
        self._connections: set[Any] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)
        self.port = int(self.server_address[1])
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.profile = application.profile(self.base_url)
        self._thread = threading.Thread(target=self._accept, name=f"reference-{self.port}", daemon=True)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def pause(self, seconds: float) -> None:
        """Wait, but no longer than until the server closes."""
        self._closing.wait(seconds)

    def close(self) -> None:
        """Stop listening and end every connection at once. May be called twice."""
        if self._closing.is_set():
            return
        self._closing.set()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        self._thread.join(timeout=2)
        self.socket.close()
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        """Accept connections. The library's own loop is not used, because it checks for a stop only twice a second."""
        while not self._closing.is_set():
            self.handle_request()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Track a connection while its thread handles it."""
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Stop tracking a connection when its thread is done."""
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print errors of this server, but not those caused by a client that closed its connection."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)
