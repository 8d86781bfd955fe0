"""HTTP on a loopback port: connections, requests as they came, answers as they go out.

Werkzeug's threaded server accepts and owns the connections; its handler closes each after one answer, so the
reading and writing here is our own and keeps them open. A body is read only as far as the site asks for. What is left
of it is drained after the answer, up to a bound, so that a client that is still sending gets to read the answer.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import IO, Any, cast

from werkzeug.serving import DechunkedInput, ThreadedWSGIServer, WSGIRequestHandler

from conformance.reference.messages import Body, Incoming, Outgoing, Site

__all__ = ["Server"]

LONGEST_LINE = 64 * 1024
MOST_HEADERS = 200
IDLE_SECONDS = 60.0


class _Handler(WSGIRequestHandler):
    """Reads requests from one connection and writes the answers, until either side has enough."""

    server: Server
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True

    def handle(self) -> None:
        self.close_connection = False
        with contextlib.suppress(OSError):
            while not self.close_connection:
                self._exchange()

    def _exchange(self) -> None:
        line = self.rfile.readline(LONGEST_LINE)
        if not line.strip():
            self.close_connection = not line
            return
        parts = line.decode("latin-1").split()
        headers = self._headers()
        if len(parts) != 3 or headers is None or not parts[2].startswith("HTTP/1."):
            self._unreadable()
            return
        path, _, query = _local(parts[1]).partition("?")
        body = self._body(headers)
        if body is None:
            self._unreadable()
            return
        wish = headers.get("connection", "").lower()
        self.close_connection = "close" in wish or (parts[2] == "HTTP/1.0" and "keep-alive" not in wish)
        incoming = Incoming(parts[0], path, query.partition("#")[0], headers, str(self.client_address[0]), body)
        self._write(incoming, self.server.site.answer(incoming))

    def _headers(self) -> dict[str, str] | None:
        found: dict[str, str] = {}
        for _ in range(MOST_HEADERS):
            line = self.rfile.readline(LONGEST_LINE)
            if line in (b"\r\n", b"\n"):
                return found
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon:
                return None
            name = name.lower()
            found[name] = f"{found[name]}, {value.strip()}" if name in found else value.strip()
        return None

    def _body(self, headers: dict[str, str]) -> Body | None:
        invite = self._invite if headers.get("expect", "").lower() == "100-continue" else None
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return Body(DechunkedInput(cast(IO[bytes], self.rfile)), None, invite)
        length = headers.get("content-length", "0")
        return Body(self.rfile, int(length), invite) if length.isascii() and length.isdigit() else None

    def _invite(self) -> None:
        self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _write(self, incoming: Incoming, outgoing: Outgoing) -> None:
        if outgoing.seconds:
            self.server.pause(outgoing.seconds)
        self.close_connection = self.close_connection or outgoing.close
        head = [outgoing.status_line, *(f"{name}: {value}" for name, value in outgoing.headers)]
        if self.close_connection and not outgoing.close:
            head.append("Connection: close")
        self.wfile.write("\r\n".join([*head, "\r\n"]).encode("latin-1", "replace") + outgoing.payload)
        if not incoming.body.finished:
            self._let_it_finish(incoming.body)

    def _let_it_finish(self, body: Body) -> None:
        """A client that still sends would lose the answer to a reset if the connection closed now."""
        if self.close_connection:
            self.connection.shutdown(socket.SHUT_WR)
        self.close_connection = not body.drain() or self.close_connection

    def _unreadable(self) -> None:
        self.close_connection = True
        self.wfile.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def _local(target: str) -> str:
    """The path and query of a request target that may be a whole URL."""
    if target.startswith(("http://", "https://")):
        rest = target.partition("://")[2]
        return "/" + rest.partition("/")[2]
    return target


class Server(ThreadedWSGIServer):
    """A site on a port of 127.0.0.1, served from a daemon thread; `close()` ends every connection at once."""

    request_queue_size = 128
    allow_reuse_address = True

    def __init__(self, site: Site, port: int = 0) -> None:
        self.site = site
        self._closing = threading.Event()
        self._open: set[Any] = set()
        self._guard = threading.Lock()
        super().__init__("127.0.0.1", port, _no_application, handler=_Handler)
        self._thread = threading.Thread(target=self._accept, name=f"reference-{self.port}", daemon=True)
        self._thread.start()

    @property
    def base_url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def pause(self, seconds: float) -> None:
        """Waits, but no longer than the server lives."""
        self._closing.wait(seconds)

    def close(self) -> None:
        """Stops listening and ends every connection; may be called twice."""
        if self._closing.is_set():
            return
        self._closing.set()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        self._thread.join(timeout=2)
        self.socket.close()
        with self._guard:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        """A loop of our own, since that of the library looks for an order to stop only twice a second."""
        while not self._closing.is_set():
            try:
                connection, address = self.socket.accept()
            except OSError:
                return
            if self._closing.is_set():
                connection.close()
                return
            with self._guard:
                self._open.add(connection)
            self.process_request(connection, address)

    def shutdown_request(self, request: Any) -> None:
        """Forgets a connection when its thread has done with it."""
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; anything else is a fault of ours and may be seen."""
        import sys  # noqa: PLC0415 - only where something went wrong

        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def _no_application(environ: Any, start_response: Any) -> list[bytes]:
    """The server wants a WSGI application to hold; the handler above never calls it."""
    raise NotImplementedError(environ, start_response)
