"""Connections of requests and urllib3 that carry one request just as it is, and hand its answer to our own reader.

The libraries bring connections, TLS, proxies and the pool; they would also tidy URLs, add headers, follow their own
idea of a broken answer and wait without end, so the request line, the header list and the reading are ours.
"""

from __future__ import annotations

import http.client
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from conformance.client.failures import classify_failure
from conformance.client.http1 import NotHttpError, ResponseReader, SocketStream
from conformance.client.limits import Access, Limits
from conformance.http import FailureKind, NoResponse, Outcome, Response
from conformance.messages import Message

__all__ = [
    "HttpTransport",
    "Item",
    "OrderedHeaders",
    "OutgoingRequest",
    "RawHttpAdapter",
    "RoundTrip",
    "TransportResult",
]

PIECE = 16 << 10
SLOWEST = 64 << 10
"""Bytes per second that an upload must keep up, beside the time for a whole answer."""

QUICK_ACK: int | None = getattr(socket, "TCP_QUICKACK", None)

Item = tuple[str, str | bytes]


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """A request as it goes on the wire: `origin` is scheme, host and port, `target` the text of the request line."""

    method: str
    origin: str
    target: str
    headers: tuple[Item, ...] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    source_address: str | None = None
    proxy: str | None = None
    fresh: bool = False
    """On a connection that has carried nothing before, so that a reset can not be the end of an idle one."""


@dataclass(slots=True)
class RoundTrip:
    """What travels with one request through the libraries, and what is learnt on the way."""

    outgoing: OutgoingRequest
    limits: Limits
    target: str
    left: bool = False
    reused: bool = False
    cut_short: bool = False
    early: bytearray = field(default_factory=bytearray)
    response: Response | None = None
    failure: NoResponse | None = None
    stale: bool = False
    truncated: bool = False


class OrderedHeaders:
    """A list of headers that looks like the mapping which the libraries expect, and carries the trip."""

    def __init__(self, items: tuple[Item, ...], trip: RoundTrip) -> None:
        self._items = items
        self.trip = trip

    def __iter__(self) -> Iterator[str]:
        return iter([name for name, _ in self._items])

    def __contains__(self, name: str) -> bool:
        expected = name.lower()
        return any(expected == key.lower() for key, _ in self._items)

    def items(self) -> tuple[Item, ...]:
        return self._items

    def copy(self) -> OrderedHeaders:
        return self

    def update(self, more: Any) -> None:
        self._items += tuple((more or {}).items())


class _Response(http.client.HTTPResponse):
    """Reads the whole answer at once, within the limits, and leaves nothing to be read for the libraries."""

    def __init__(self, sock: socket.socket, method: str | None = None, *, trip: RoundTrip | None = None) -> None:
        super().__init__(sock, method=method)
        self._sock = sock
        self._trip = trip

    def begin(self) -> None:
        trip = self._trip
        if trip is None:
            super().begin()
            return
        limits = trip.limits
        stream = SocketStream(self._sock, limits.read, limits.whole, bytes(trip.early))
        reading = ResponseReader(stream, limits, trip.outgoing.method)
        try:
            reading.run()
        except (OSError, NotHttpError) as error:
            if trip.cut_short and reading.whole_head and isinstance(error, ConnectionError):
                # A target that refuses a body unread resets the connection, and may lose the end of its own answer.
                reading.faults.append(Message("the connection was reset within the answer"))
                reading.truncated = True
                self._done(reading, trip)
                return
            trip.stale = (
                trip.reused and not trip.outgoing.fresh and not stream.received and isinstance(error, ConnectionError)
            )
            trip.failure = classify_failure(error, reading.response())
            raise
        self._done(reading, trip)

    def _done(self, reading: ResponseReader, trip: RoundTrip) -> None:
        trip.response = reading.response()
        trip.truncated = reading.truncated
        self.headers = self.msg = http.client.HTTPMessage()
        self.version, self.status, self.code, self.reason = 11, reading.status, reading.status, reading.reason
        self.length, self.chunked = 0, False
        self.will_close = trip.cut_short or not reading.reusable
        self._close_conn()  # type: ignore[attr-defined]


class _Carrying:
    """Mixed into the connections of urllib3: the exact request line, and bodies that stop when they are answered."""

    sock: socket.socket | None
    _trip: RoundTrip | None = None
    _carried = 0

    def connect(self) -> None:
        self._carried = 0
        super().connect()  # type: ignore[misc]

    def request(self, method: str, url: str, body: Any = None, headers: Any = None, **options: Any) -> None:
        # `url` has been tidied on its way here: `target` is the text that was asked for.
        _ = url
        trip = headers.trip
        self._trip = trip
        self.response_class: Any = partial(_Response, trip=trip)
        super().request(method, trip.target, body=body, headers=headers, **options)  # type: ignore[misc]

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        trip = self._trip
        if trip is None or self.sock is None:
            super().send(data)  # type: ignore[misc]
            return
        if not trip.left:
            trip.left, trip.reused = True, self._carried > 0
            self._carried += 1
        try:
            if len(data) > PIECE:
                self._send_long(self.sock, memoryview(data), trip)
            else:
                self.sock.settimeout(trip.limits.read)
                self.sock.sendall(data)
        except TimeoutError:
            raise
        except OSError as error:
            # There may be an answer to read all the same; urllib3 goes on to read after this very error.
            trip.cut_short = True
            raise BrokenPipeError(Message("the connection was closed while the request was being sent")) from error

    def _send_long(self, sock: socket.socket, data: memoryview, trip: RoundTrip) -> None:
        limits = trip.limits
        deadline = time.monotonic() + limits.whole + len(data) / SLOWEST
        with selectors.DefaultSelector() as selector:
            selector.register(sock, selectors.EVENT_READ | selectors.EVENT_WRITE)
            while data:
                wait = min(limits.read, deadline - time.monotonic())
                events = selector.select(wait) if wait > 0 else []
                if not events:
                    raise TimeoutError(Message("the target stopped reading the request"))
                if QUICK_ACK is not None:
                    # A target that answers in two small pieces and then closes would never send the second otherwise.
                    sock.setsockopt(socket.IPPROTO_TCP, QUICK_ACK, 1)
                ready = events[0][1]
                if ready & selectors.EVENT_READ and _answered(sock, trip):
                    trip.cut_short = True
                    raise BrokenPipeError(Message("answered before the request was sent"))
                if ready & selectors.EVENT_WRITE:
                    sock.settimeout(wait)
                    data = data[sock.send(data[:PIECE]) :]


def _answered(sock: socket.socket, trip: RoundTrip) -> bool:
    """Whether an answer, or the end of the connection, came already; what came is kept for the reader."""
    sock.settimeout(0)
    try:
        data = sock.recv(1 << 16)
    except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return False  # a message of TLS itself
    trip.early += data
    while trip.early.startswith((b"HTTP/1.1 1", b"HTTP/1.0 1")) and (end := trip.early.find(b"\r\n\r\n")) > 0:
        del trip.early[: end + 4]
    return bool(trip.early) or not data


class _Plain(_Carrying, HTTPConnection):
    pass


class _Tls(_Carrying, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls: Any = _Plain


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls: Any = _Tls


_POOLS = {"http": _PlainPool, "https": _TlsPool}


class RawHttpAdapter(HTTPAdapter):
    """The adapter of requests with our connections, bound to a source address where one is wanted."""

    def __init__(self, source_address: str | None) -> None:
        self._binding: dict[str, Any] = {"source_address": (source_address, 0)} if source_address else {}
        super().__init__(pool_connections=4, pool_maxsize=64)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs, **self._binding)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **proxy_kwargs, **self._binding)
        manager.pool_classes_by_scheme = _POOLS
        return manager


@dataclass(frozen=True, slots=True)
class TransportResult:
    """What became of one try.

    `left` says that a byte of the request may have reached the target, `stale` that an idle connection turned out to be
    closed, `truncated` that the connection ended within the answer, `early` that the request was not sent to its end;
    `started` is when it went out, as RFC 3339 in UTC.
    """

    outcome: Outcome
    seconds: float
    left: bool = False
    stale: bool = False
    truncated: bool = False
    early: bool = False
    started: str = ""


class HttpTransport:
    """Sends requests, one try each. Safe for threads: connections are pooled for each vantage."""

    def __init__(self, access: Access, limits: Limits) -> None:
        self._limits = limits
        self._verify = access.ca_bundle or True
        self._cert = access.client_cert
        self._adapters: dict[tuple[str | None, str | None, bool], RawHttpAdapter] = {}
        self._lock = threading.Lock()

    def send(self, outgoing: OutgoingRequest) -> TransportResult:
        """One try of a request; never raises for anything that a target or a network does."""
        trip = RoundTrip(outgoing, self._limits, outgoing.target)
        if outgoing.proxy and outgoing.origin.startswith("http:"):
            trip.target = outgoing.origin + outgoing.target
        prepared = requests.PreparedRequest()
        prepared.method = outgoing.method
        prepared.url = outgoing.origin + "/"
        prepared.headers = OrderedHeaders(outgoing.headers, trip)  # type: ignore[assignment]
        prepared.body = outgoing.body
        started, start = _now(), time.perf_counter()
        outcome = self._reply(prepared, trip)
        seconds = time.perf_counter() - start
        return TransportResult(outcome, seconds, trip.left, trip.stale, trip.truncated, trip.cut_short, started)

    def close(self) -> None:
        """Closes every connection."""
        with self._lock:
            adapters, self._adapters = list(self._adapters.values()), {}
        for adapter in adapters:
            adapter.close()

    def _reply(self, prepared: requests.PreparedRequest, trip: RoundTrip) -> Outcome:
        outgoing = trip.outgoing
        proxies = {"http": outgoing.proxy, "https": outgoing.proxy} if outgoing.proxy else None
        try:
            response = self._adapter(outgoing).send(
                prepared,
                stream=True,
                timeout=(self._limits.connect, self._limits.read),
                verify=self._verify,
                cert=self._cert,
                proxies=proxies,
            )
        except Exception as error:  # noqa: BLE001 - whatever a library makes of a hostile target is evidence
            return trip.failure or classify_failure(error)
        if outgoing.fresh:
            response.raw.close()
        response.raw.release_conn()
        return trip.response or NoResponse(FailureKind.NOT_HTTP, Message("no answer was read"))

    def _adapter(self, outgoing: OutgoingRequest) -> RawHttpAdapter:
        key = (outgoing.source_address, outgoing.proxy, outgoing.fresh)
        adapter = self._adapters.get(key)
        if adapter is None:
            with self._lock:
                adapter = self._adapters.setdefault(key, RawHttpAdapter(outgoing.source_address))
        return adapter


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
