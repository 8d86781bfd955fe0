"""The adapter with which `requests` sends a request byte for byte, and gets its response from our own reader."""

import ssl
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, cast

import requests
from requests.adapters import BaseAdapter

from conformance.client.connection import Connection, ConnectionFailed, ConnectionPool
from conformance.client.http1 import NotHttpError, RequestCutShort, ResponseReader, SocketStream, write_request
from conformance.client.policy import Limits, OutgoingRequest
from conformance.http import BUSY, FailureKind, NoResponse, Outcome, Response, header
from conformance.messages import Message, error_message
from conformance.target.loader import Target
from conformance.xmltools import is_xml

PROXY_AUTHENTICATION = 407
_OF_PROXIES = frozenset({301, 302, 303, 307, 308, 403, 451})
"""Statuses with which a proxy keeps a request from its target, a body or none."""


@dataclass(frozen=True, slots=True)
class TransportResult:
    """What became of one try.

    `left` says that a byte of the request may have reached the target, `stale` that an idle connection turned out to be
    closed, `truncated` that the connection ended within the response, `early` that the request was not sent to its end;
    `started` is when it went out, as RFC 3339 in UTC; `paced` are the seconds that it waited for the documented pace,
    None where that did not hold.
    """

    outcome: Outcome
    seconds: float = 0.0
    left: bool = False
    stale: bool = False
    truncated: bool = False
    early: bool = False
    started: str = ""
    paced: float | None = None


class ExactRequest(requests.PreparedRequest):
    """A request that goes out as `outgoing` says, untouched by what `requests` would make of it."""

    def __init__(self, outgoing: OutgoingRequest) -> None:
        super().__init__()
        self.outgoing = outgoing
        route = outgoing.route
        host = f"[{route.host}]" if ":" in route.host else route.host
        self.method, self.url = outgoing.method, f"{route.scheme}://{host}:{route.port}/"
        self.headers = requests.structures.CaseInsensitiveDict()
        self.body = outgoing.body


class Http1Adapter(BaseAdapter):
    """Sends an `ExactRequest` over a connection of its pool. Several threads may use it."""

    def __init__(self, target: Target, limits: Limits) -> None:
        super().__init__()
        self._limits = limits
        self._pool = ConnectionPool(target, limits)

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """One try; the `raw` of what is returned is a TransportResult."""
        outgoing, response = cast("ExactRequest", request).outgoing, requests.Response()
        try:
            connection = self._pool.take(outgoing.route, fresh=outgoing.fresh, asker=outgoing.asker)
        except ConnectionFailed as failed:
            response.raw = TransportResult(NoResponse(failed.kind, failed.detail))
        else:
            response.raw = self._talk(connection, outgoing)
        return response

    def close(self) -> None:
        self._pool.close()

    def _talk(self, connection: Connection, outgoing: OutgoingRequest) -> TransportResult:
        reused = connection.carried > 0
        connection.carried += 1
        early, cut_short = b"", False
        reader: ResponseReader | None = None
        stream: SocketStream | None = None
        try:
            try:
                write_request(connection.sock, outgoing.head, outgoing.body, self._limits)
            except RequestCutShort as cut:
                early, cut_short = cut.early, True
            stream = SocketStream(connection.sock, self._limits.timeout, early)
            reader = ResponseReader(stream, self._limits, outgoing.method, target=self)
            reader.run()
        except (OSError, NotHttpError) as error:
            connection.close()
            response = reader.response() if reader else None
            if cut_short and response is not None and reader and reader.whole_head and _is_reset(error):
                # A target that refuses a body unread resets the connection, and may lose the end of its own response.
                faults = (*response.faults, Message("the connection was reset within the answer"))
                return TransportResult(replace(response, faults=faults), left=True, truncated=True, early=True)
            nothing_came = stream is not None and not stream.received
            failure = NoResponse(*_describe_failure(error, cut_short=cut_short), response)
            stale = reused and not outgoing.fresh and nothing_came and _is_reset(error)
            return TransportResult(failure, left=True, stale=stale, early=cut_short)
        response = reader.response()
        if cut_short or outgoing.last or not reader.reusable:
            connection.close()
        else:
            served = response is not None and response.status < HTTPStatus.BAD_REQUEST
            connection.asker = outgoing.asker if served else frozenset()
            self._pool.give_back(connection)
        return TransportResult(_settle(response, outgoing), left=True, truncated=reader.truncated, early=cut_short)


def _settle(response: Response | None, outgoing: OutgoingRequest) -> Outcome:
    """The outcome of what was read. What our own proxy answers, or may have answered, is no answer of the target."""
    if response is None:
        return NoResponse(FailureKind.NOT_HTTP, Message("no answer was read"))
    if outgoing.route.proxy is None:
        return response
    if response.status == PROXY_AUTHENTICATION:
        detail = Message("our proxy answered 407: it wants a user and a password")
        return NoResponse(FailureKind.PROXY, detail, response)
    if outgoing.route.scheme == "http" and _may_be_of_proxy(response, outgoing.method):
        detail = Message("{status} with a page that our proxy may have made itself", status=response.status)
        return NoResponse(FailureKind.PROXY, detail, response)
    return response


def _may_be_of_proxy(response: Response, method: str) -> bool:
    """Whether a response may be a proxy's: a page, or a refusal or redirect without a body; not of a busy target."""
    body = response.body.lstrip()
    if response.status in BUSY or method == "HEAD":
        return False
    if not body:
        return response.status in _OF_PROXIES
    kind = header(response.headers, "content-type") or ""
    if response.status < HTTPStatus.MULTIPLE_CHOICES:
        return body.startswith(b"<") and "html" in kind
    return not (body.startswith((b"{", b"[", b'"')) or "json" in kind or is_xml(kind))


class Transport(requests.Session):
    """Sends requests through `requests`, one try each. Nothing of the surroundings goes out: no .netrc, no proxy."""

    def __init__(self, target: Target, limits: Limits) -> None:
        super().__init__()
        self.trust_env = False
        self.adapters.clear()
        self.mount("http", Http1Adapter(target, limits))

    def try_once(self, outgoing: OutgoingRequest) -> TransportResult:
        """One try of a request; never raises for anything that a target or a network does."""
        started, start = datetime.now(UTC), time.perf_counter()
        result = cast("TransportResult", self.send(ExactRequest(outgoing), allow_redirects=False, stream=True).raw)
        seconds = time.perf_counter() - start
        stamp = started.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return replace(result, seconds=seconds, started=stamp)


def _is_reset(error: Exception) -> bool:
    """Whether the other side ended the connection."""
    return isinstance(error, ConnectionError | ssl.SSLEOFError | ssl.SSLZeroReturnError)


def _describe_failure(error: Exception, *, cut_short: bool) -> tuple[FailureKind, str]:
    """Why there was no response to a request that had begun to go out, in a line that names no URL and no header."""
    if isinstance(error, NotHttpError):
        return FailureKind.NOT_HTTP, error_message(error)
    if isinstance(error, TimeoutError):
        return FailureKind.TIMEOUT, error_message(error)
    if cut_short:
        return FailureKind.RESET, Message("the connection was closed while the request was being sent")
    if isinstance(error, ssl.SSLError) and not _is_reset(error):
        reason = error.reason or error.strerror or Message("the connection was closed")
        return FailureKind.TLS, Message("TLS failed: {reason}", reason=reason)
    text = getattr(error, "strerror", None) or error_message(error)
    return FailureKind.RESET, text or Message("the connection was reset")
