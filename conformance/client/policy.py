"""What one request may cost, and what the target may be asked."""

from __future__ import annotations

import random
import re
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urlsplit

from conformance import __version__
from conformance.client.adapter import Item, OutgoingRequest, TransportResult
from conformance.client.limits import Access, Limits
from conformance.errors import ConfigError, Problem
from conformance.http import FailureKind, NoResponse, Outcome, Request, Response, header
from conformance.messages import Message

__all__ = [
    "UNASKED",
    "CircuitBreaker",
    "PermissionGate",
    "RequestBlocked",
    "RetryPolicy",
    "parse_retry_after",
]


PORTS = {"http": 80, "https": 443}
DEFAULTS: tuple[Item, ...] = (
    ("User-Agent", f"conformance/{__version__}"),
    ("Accept-Encoding", "gzip, deflate"),
    ("Accept", "*/*"),
)
UNSENDABLE = re.compile(r"[^\x21-\x7e]")
METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

READING = frozenset({"read"})
READS = frozenset({"GET", "HEAD"})

Origin = tuple[str, str, int]


class RequestBlocked(Exception):
    """The request may not, or cannot, leave; the text says why."""


@dataclass(frozen=True, slots=True)
class PermissionGate:
    """Turns requests that may leave into what goes on the wire, and refuses all others."""

    permissions: frozenset[str]
    origin: Origin
    authority: str
    """Scheme and authority of the base URL, as it is connected to."""

    @classmethod
    def of(cls, access: Access) -> PermissionGate:
        """The gate of a target; Unusable where its base URL is none."""
        parts = _split(access.base_url)
        origin = _origin(parts) if parts else None
        if parts is None or origin is None or UNSENDABLE.search(parts.netloc) or "@" in parts.netloc:
            hint = "write it as https://host or http://host:port"
            raise ConfigError([Problem("base_url", "it is no URL of http or https with a host", hint)])
        return cls(access.permissions, origin, f"{origin[0]}://{parts.netloc}")

    def pass_on(self, request: Request, *, fresh: bool = False) -> OutgoingRequest:
        """The request as it goes out; Shut where it may not."""
        if request.permission not in self.permissions:
            raise RequestBlocked(
                Message("it needs the permission {permission!r}, which was not given", permission=request.permission)
            )
        if self.permissions <= READING and request.method not in READS:
            raise RequestBlocked(
                Message("a {method} is no read, and nothing but reading was permitted", method=request.method)
            )
        parts = _split(request.url)
        if parts is None or _origin(parts) != self.origin or "@" in parts.netloc:
            raise RequestBlocked(Message("it would not go to the target's own scheme, host and port"))
        target = request.url.partition("#")[0][len(parts.scheme) + 3 + len(parts.netloc) :]
        if not target.startswith("/"):
            target = "/" + target
        if UNSENDABLE.search(target):
            raise RequestBlocked(Message("its URL holds characters that must be percent-encoded"))
        if not METHOD.fullmatch(request.method):
            raise RequestBlocked(Message("its method is no token"))
        return OutgoingRequest(
            method=request.method,
            origin=self.authority,
            target=target,
            headers=_headers(request),
            body=request.body,
            source_address=request.source_address,
            proxy=request.proxy,
            fresh=fresh,
        )


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    # urlsplit drops tabs and line breaks: the text must be what was looked at.
    start = f"{parts.scheme}://{parts.netloc}"
    return parts if url[: len(start)].lower() == start.lower() else None


def _origin(parts: SplitResult) -> Origin | None:
    if parts.scheme not in PORTS or not parts.hostname:
        return None
    return (parts.scheme, parts.hostname.lower(), PORTS[parts.scheme] if parts.port is None else parts.port)


def _headers(request: Request) -> tuple[Item, ...]:
    given = {name.lower() for name, _ in request.headers}
    items = [item for item in DEFAULTS if item[0].lower() not in given]
    for name, value in request.headers:
        if not METHOD.fullmatch(name):
            raise RequestBlocked(Message("the name of a header is no token"))
        if "\r" in value or "\n" in value or "\0" in value:
            raise RequestBlocked(Message("the header {name} holds a line break", name=name))
        items.append((name, value if value.isascii() else value.encode("utf-8", "surrogateescape")))
    if request.body is not None and not given & {"content-length", "transfer-encoding"}:
        items.append(("Content-Length", str(len(request.body))))
    return tuple(items)


UNREACHED = frozenset({FailureKind.REFUSED, FailureKind.UNRESOLVED, FailureKind.TLS})
MOST_UNREACHED = 3
MOST_TIMEOUTS = 5


class CircuitBreaker:
    """Open (`gone` is not None) after so many requests in a row that came to nothing; it never closes again."""

    def __init__(self) -> None:
        self.gone: str | None = None
        self._lock = threading.Lock()
        self._unreached = 0
        self._timeouts = 0

    def saw(self, outcome: Outcome) -> None:
        """Counts what finally became of a request."""
        kind = outcome.kind if isinstance(outcome, NoResponse) else None
        if kind is FailureKind.NOT_SENT:
            return
        with self._lock:
            self._unreached = self._unreached + 1 if kind in UNREACHED else 0
            self._timeouts = self._timeouts + 1 if kind is FailureKind.TIMEOUT else 0
            if self.gone is None and isinstance(outcome, NoResponse):
                if self._unreached >= MOST_UNREACHED:
                    self.gone = Message(
                        "{n} requests in a row did not reach it: {reason}", n=self._unreached, reason=outcome.detail
                    )
                elif self._timeouts >= MOST_TIMEOUTS:
                    self.gone = Message(
                        "{n} requests in a row were not answered in time: {reason}",
                        n=self._timeouts,
                        reason=outcome.detail,
                    )


UNASKED = frozenset({429, 502, 503, 504})
REFUSED_WHOLE = frozenset({429, 503})
"""Statuses that say that nothing was done; 502 and 504 come from something in between, which cannot know."""
BACKOFF = (0.2, 0.5, 1.0, 2.0, 4.0)
SAFE_METHODS = frozenset({FailureKind.REFUSED, FailureKind.UNRESOLVED, FailureKind.TLS})
TIMEOUTS = 3


@dataclass(slots=True)
class RetryPolicy:
    """For one request: what has been tried and waited so far.

    What is not `repeatable` is repeated only where nothing of it was sent, or where its status says it was refused.
    """

    limits: Limits
    asked_for: frozenset[int]
    repeatable: bool
    chance: random.Random
    waited: float = 0.0
    tries: int = 0
    doubts: int = 0

    def pause(self, last: TransportResult, when: datetime | None = None) -> float | None:
        """Seconds to wait before the request is repeated; None where the last try stands."""
        self.tries += 1
        outcome = last.outcome
        if isinstance(outcome, Response):
            wait = self._after_answer(outcome, when) if self._unasked(outcome) else self._after_truncated(last)
        else:
            wait = self._after_failure(last, outcome.kind)
        if wait is None or self.waited + wait > self.limits.patience:
            return None
        self.waited += wait
        return wait

    def _unasked(self, response: Response) -> bool:
        return response.status in UNASKED and response.status not in self.asked_for

    def _after_answer(self, response: Response, when: datetime | None) -> float | None:
        if not self.repeatable and response.status not in REFUSED_WHOLE:
            return None
        # A window of ten seconds outlasts four tries: 429 is repeated for as long as there is patience.
        if response.status != 429 and self.tries >= self.limits.tries:
            return None
        told = parse_retry_after(response, when)
        return self._backoff() if told is None else told

    def _after_truncated(self, last: TransportResult) -> float | None:
        return self._backoff() if last.truncated and self._again(last) else None

    def _after_failure(self, last: TransportResult, kind: FailureKind) -> float | None:
        if kind in SAFE_METHODS:
            return self._backoff() if self.tries < self.limits.tries else None
        if kind is FailureKind.TIMEOUT:
            self.doubts += 1
            return self._backoff() if self.doubts < TIMEOUTS and self._again(last) else None
        if kind is FailureKind.RESET:
            return self._backoff() if self._again(last) else None
        return None

    def _again(self, last: TransportResult) -> bool:
        response = last.outcome if isinstance(last.outcome, Response) else last.outcome.response
        refused = response is not None and 400 <= response.status < 500
        return (self.repeatable or refused or not last.left) and self.tries < self.limits.tries

    def _backoff(self) -> float:
        return BACKOFF[min(self.tries, len(BACKOFF)) - 1] * self.chance.uniform(0.8, 1.2)


def parse_retry_after(response: Response, when: datetime | None = None) -> float | None:
    """The seconds that an answer asks to wait, as a number or as a date; None where it does not, or not readably."""
    value = (header(response.headers, "retry-after") or "").strip()
    if value.isascii() and value.replace(".", "", 1).isdecimal() and len(value) < 10:
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - (when or datetime.now(UTC))).total_seconds())
