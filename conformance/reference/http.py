"""HTTP messages of the reference servers: a request as received, a JSON response, and its bytes on the wire."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from conformance.reference.catalogue import Row

DRAIN_LIMIT: Final = 64 * 1024 * 1024
"""The most bytes of a body that are read and discarded if no operation reads it."""
_PIECE: Final = 1 << 18
NO_BODY: Final = object()
"""The value of a response without a body. None would be null in JSON."""


class RequestBody:
    """The body of a request, read from its connection only on demand.

    `length` is the declared Content-Length in bytes, None for a chunked body. `finished` says whether everything was
    read. `send_continue` is called before the first read if the client waits for `100 Continue`.
    """

    def __init__(self, stream: Any, length: int | None, send_continue: Callable[[], None] | None = None) -> None:
        self._stream = stream
        self._remaining = length
        self._send_continue = send_continue
        self.finished = length == 0
        self.declared = length

    def read(self, limit: int = DRAIN_LIMIT) -> bytes | None:
        """Return the rest of the body, or None if it is longer than `limit` bytes.

        A body whose declared length is above the limit is not read at all.
        """
        if self._remaining is not None and self._remaining > limit:
            return None
        data = bytearray()
        while not self.finished and len(data) <= limit:
            data += self._read_piece(limit + 1 - len(data))
        return bytes(data) if self.finished else None

    def drain(self) -> bool:
        """Read and discard the rest of the body; return True if its end was reached within `DRAIN_LIMIT`."""
        discarded = 0
        with contextlib.suppress(OSError, ValueError):
            while not self.finished and discarded < DRAIN_LIMIT:
                discarded += len(self._read_piece(_PIECE))
        return self.finished

    def _read_piece(self, limit: int) -> bytes:
        if self._send_continue is not None:
            self._send_continue()
            self._send_continue = None
        size = min(limit, _PIECE) if self._remaining is None else min(limit, self._remaining, _PIECE)
        piece: bytes = self._stream.read(size) if size else b""
        if self._remaining is not None:
            self._remaining -= len(piece)
        self.finished = self._remaining == 0 if piece else True
        return piece


@dataclass(slots=True)
class IncomingRequest:
    """One request as it was received, with nothing decoded.

    `headers` has lower-case names; several values of one name are joined by a comma. `peer` is the client's address,
    `port` its port, which differs between connections.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    peer: str
    body: RequestBody
    port: int = 0


@dataclass(slots=True)
class WireResponse:
    """One response, ready to be written; `payload` is framed according to the headers.

    `close` ends the connection after it; `delay` is the time to wait before it, in seconds.
    """

    status_line: str
    headers: list[tuple[str, str]]
    payload: bytes = b""
    close: bool = False
    delay: float = 0.0


class Application(Protocol):
    """Handles the requests of one server: the operations of a contract with all their state."""

    def respond(self, request: IncomingRequest) -> WireResponse:
        """Return the response to one request. Called from several threads at once."""

    def profile(self, base_url: str) -> dict[str, Any]:
        """Return the complete target profile for this server."""


@dataclass(frozen=True, slots=True)
class JsonResponse:
    """A response before serialization: a status and a JSON value.

    `row` is the row of the vendor's tables that it follows, None for a success. `raw` bytes are sent instead of the
    value. `content_type` replaces that of JSON; if empty, none is sent.
    """

    status: int
    value: Any = NO_BODY
    headers: tuple[tuple[str, str], ...] = ()
    row: Row | None = None
    content_type: str | None = None
    raw: bytes | None = None

    def replace(self, **changes: Any) -> JsonResponse:
        """Return a copy with other values for some fields."""
        return dataclasses.replace(self, **changes)
