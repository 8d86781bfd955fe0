"""What goes over the wire and what comes back, as plain values.

Nothing here sends or judges. A `Request` is complete: the URL is the very text that goes out, the body the very bytes.
An exchange ends in a `Response` (the target spoke HTTP) or in a `NoResponse` (it did not), and both are evidence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import SplitResult, urlsplit

from conformance.jsontools import load_json
from conformance.messages import Message
from conformance.xmltools import is_xml, parse_xml

Headers = tuple[tuple[str, str], ...]


def header(headers: Headers, name: str) -> str | None:
    """The first value of a header, whatever the case of its name; None where it is absent."""
    expected = name.lower()
    return next((value for key, value in headers if key.lower() == expected), None)


def split_url(text: str) -> SplitResult:
    """The parts of what a target or a file calls a URL; a path and nothing else where it cannot be one."""
    try:
        return urlsplit(text)
    except ValueError:
        return SplitResult("", "", text, "", "")


@dataclass(frozen=True, slots=True)
class Request:
    """One request, ready to be sent.

    `source_address` and `proxy` are the vantage it is sent from; `permission` is the permission that it uses: `read`,
    `write`, `delete` or `exhaust`.
    """

    method: str
    url: str
    headers: Headers = field(default=(), repr=False)  # may hold a credential: out of every traceback
    body: bytes | None = field(default=None, repr=False)
    permission: str = "read"
    source_address: str | None = None
    proxy: str | None = field(default=None, repr=False)
    chunked: bool = False
    """The body goes out in chunks, without a Content-Length."""
    shares_connection: bool = False
    """It may go out on a connection that others have used although it writes, as what has to be refused can."""
    ends_connection: bool = False
    """Nothing else goes out on its connection after it."""

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for two requests that a target cannot tell apart."""
        body = None if self.body is None else hashlib.sha256(self.body).digest()
        return (self.method, self.url, self.headers, body, self.source_address, self.proxy, self.chunked)


ESCAPED = 64 << 10
"""Bytes of a body that is no UTF-8 of which each wrong one is written as an escape: to write one takes long."""


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Response:
    """What the target answered.

    `body` holds at most as many bytes as the transport keeps; `size` counts all that were read, `cut` says that
    there was more than `body` holds, and `sha256` is of what was read. `faults` names what was wrong with the answer
    as HTTP: a false Content-Length, a broken encoding. `large` is there for as long as a large body is kept.
    """

    status: int
    headers: Headers = ()
    body: bytes = b""
    size: int = 0
    cut: bool = False
    sha256: str = ""
    reason: str = ""
    faults: tuple[str, ...] = ()
    large: object = field(default=None, repr=False, compare=False)

    @property
    def text(self) -> str:
        """The body as text: UTF-8, and escapes (after the first 64 KiB replacement characters) where it is not."""
        try:
            return self.body.decode("utf-8")
        except UnicodeDecodeError:
            start, rest = self.body[:ESCAPED], self.body[ESCAPED:]
            return start.decode("utf-8", "backslashreplace") + rest.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON; raises ValueError where it is none (also where it nests too deeply to be parsed).

        A body whose Content-Type names XML is read as values of the same types: see `xmltools`. What nests too deeply
        is cut, see `load_json`.
        """
        if is_xml(header(self.headers, "Content-Type")):
            return parse_xml(self.body)
        return load_json(self.body)


BUSY = frozenset({429, 502, 503, 504})
"""Statuses of a target, or of something before it, that cannot answer now."""


class FailureKind(StrEnum):
    """Why there is no answer."""

    UNRESOLVED = "unresolved"
    REFUSED = "refused"
    TLS = "tls"
    TIMEOUT = "timeout"
    RESET = "reset"
    NOT_HTTP = "not-http"
    PROXY = "proxy"
    """Our own proxy could not be reached, or refused: the target has not seen the request, or may not have seen it."""
    TOO_LARGE = "too-large"
    """A response of which there is more than is read, or more members than can be held: it cannot be checked."""
    UNAVAILABLE = "unavailable"
    """An answer of 429, 502, 503 or 504 that nothing had asked for, repeated until the budget was spent."""
    NOT_SENT = "not-sent"
    """The breaker was open, or a permission was lacking: no byte left this machine."""


FAILURE_NAMES: Mapping[str, Message] = {
    FailureKind.UNRESOLVED: Message("unresolved"),
    FailureKind.REFUSED: Message("refused"),
    FailureKind.TLS: Message("tls"),
    FailureKind.TIMEOUT: Message("timeout"),
    FailureKind.RESET: Message("reset"),
    FailureKind.NOT_HTTP: Message("not-http"),
    FailureKind.PROXY: Message("our proxy"),
    FailureKind.TOO_LARGE: Message("too large"),
    FailureKind.UNAVAILABLE: Message("unavailable"),
    FailureKind.NOT_SENT: Message("not-sent"),
}
"""Each kind by its value, for people."""


@dataclass(frozen=True, slots=True)
class NoResponse:
    """Why there is no response that counts: its kind, one line of detail, and the `response` that did not count."""

    kind: FailureKind
    detail: str = ""
    response: Response | None = None

    @property
    def summary(self) -> Message:
        """Why there was no answer, in a few words."""
        if not self.detail:
            return Message("no answer ({kind})", kind=FAILURE_NAMES[self.kind])
        return Message("no answer ({kind}: {reason})", kind=FAILURE_NAMES[self.kind], reason=self.detail)


Outcome = Response | NoResponse


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request with its response, or with the reason why there was none.

    `request` is what went out, the headers of every request included. `tries` counts how often it went out before it
    was answered; `seconds` is the time of the last try, and `started` when that went out: RFC 3339, UTC, to the
    millisecond, empty where nothing was sent. `maybe_done` says that an earlier try may have had its effect although
    its response was lost.
    """

    request: Request
    outcome: Outcome
    seconds: float = 0.0
    tries: int = 1
    started: str = ""
    maybe_done: bool = False

    @property
    def response(self) -> Response | None:
        """The response, or None where there was none that counts."""
        return self.outcome if isinstance(self.outcome, Response) else None
