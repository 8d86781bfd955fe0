"""Requests, responses and exchanges as plain values. Nothing here sends or judges.

A `Request` is complete: its URL and body are sent exactly as they are. An exchange has a `Response` (the target spoke
HTTP) or a `NoResponse` (it did not), and both are evidence.
"""

import codecs
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any
from urllib.parse import SplitResult, urlsplit

from conformance.jsontools import load_json
from conformance.messages import Message
from conformance.xmltools import is_xml, parse_xml

Headers = tuple[tuple[str, str], ...]


def header(headers: Headers, name: str) -> str | None:
    """Return the first value of a header, ignoring the case of its name, or None."""
    expected = name.lower()
    return next((value for key, value in headers if key.lower() == expected), None)


def split_url(text: str) -> SplitResult:
    """Split a URL from a target or a file into its parts; an invalid one is a path and nothing else."""
    try:
        return urlsplit(text)
    except ValueError:
        return SplitResult("", "", text, "", "")


@dataclass(frozen=True, slots=True)
class Request:
    """One request, ready to be sent.

    `source_address` and `proxy` are the vantage from which it is sent; `permission` is the permission that it needs:
    `read`, `write`, `delete` or `exhaust`.
    """

    method: str
    url: str
    headers: Headers = field(default=(), repr=False)  # may contain a credential, which no traceback may show
    body: bytes | None = field(default=None, repr=False)
    permission: str = "read"
    source_address: str | None = None
    proxy: str | None = field(default=None, repr=False)
    chunked: bool = False
    """The body is sent in chunks, without a Content-Length."""
    shares_connection: bool = False
    """It may be sent on a used connection although it writes, because the target has to refuse it."""
    ends_connection: bool = False
    """Its connection is not used again after it."""

    @property
    def key(self) -> tuple[object, ...]:
        """A value that is equal for requests that a target cannot distinguish."""
        body = None if self.body is None else hashlib.sha256(self.body).digest()
        return (self.method, self.url, self.headers, body, self.source_address, self.proxy, self.chunked)


_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([\w.:-]{1,40})", re.ASCII | re.IGNORECASE)
_CHARSETS = ("iso8859", "latin", "cp125", "cp932", "cp949", "cp950", "shift", "euc", "gb", "big5", "koi8")
"""Prefixes of the charsets that a body is decoded by: ASCII stays ASCII in them, so that no secret is hidden by one."""
_ALIASES = {"windows-31j": "cp932"}
"""Registered names of charsets that Python knows by another name only."""
ESCAPED = 64 << 10
"""How many bytes of a body that is not UTF-8 are shown with escapes, which take long to write."""
CUT_BODY = 64 << 10
"""Bytes that are kept of a body that is not checked: too large, or of a response that does not count."""


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Response:
    """A response of the target.

    `body` has at most as many bytes as the transport keeps. `size` is the number of all bytes read, `sha256` their
    hash, and `cut` says whether there were more than `body` has. `faults` lists violations of HTTP, such as a false
    Content-Length or a broken encoding. `large` is set as long as a large body is kept.
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
        """The body as text; bytes in no known charset become escapes, and U+FFFD after the first 64 KiB."""
        body = self.utf8
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError:
            start, rest = body[:ESCAPED], body[ESCAPED:]
            return start.decode("utf-8", "backslashreplace") + rest.decode("utf-8", "replace")

    @property
    def utf8(self) -> bytes:
        """The body in UTF-8, if its Content-Type declares another charset that it can be decoded by; else unchanged.

        A body that is UTF-8 whatever it declares stays as it is: servers often declare a default charset.
        """
        declared = _CHARSET.search(header(self.headers, "Content-Type") or "")
        try:
            charset = codecs.lookup(_ALIASES.get(declared[1].lower(), declared[1])).name if declared else "utf-8"
            if not charset.startswith(_CHARSETS) or _is_utf8(self.body):
                return self.body
            return self.body.decode(charset).encode()
        except (LookupError, ValueError):
            return self.body

    def json(self) -> Any:
        """Return the body as a JSON value; raise ValueError if it is not JSON, or nests too deeply to be parsed.

        XML (by Content-Type) is converted to a JSON value, see `xmltools`. Deep nesting is cut, see `load_json`.
        """
        if is_xml(header(self.headers, "Content-Type")):
            return parse_xml(self.body)
        return load_json(self.utf8)


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


BUSY = frozenset({429, 502, 503, 504})
"""Statuses of a target, or of a gateway before it, that cannot answer now."""


class FailureKind(StrEnum):
    """The reason why there is no response."""

    UNRESOLVED = "unresolved"
    REFUSED = "refused"
    TLS = "tls"
    TIMEOUT = "timeout"
    RESET = "reset"
    NOT_HTTP = "not-http"
    PROXY = "proxy"
    """Our own proxy could not be reached, or refused, so the target may not have received the request."""
    TOO_LARGE = "too-large"
    """A response with more bytes than are read, or more members than fit into memory, which cannot be checked."""
    UNAVAILABLE = "unavailable"
    """A 429, 502, 503 or 504 that was not expected, until the budget of repetitions was spent."""
    NOT_SENT = "not-sent"
    """Nothing was sent, because the circuit breaker was open or a permission was missing."""


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


@dataclass(frozen=True, slots=True)
class NoResponse:
    """The lack of a response: its kind, a line of detail, and the `response` that did not count, if there was one.

    Only the first 64 KiB of its body are kept.
    """

    kind: FailureKind
    detail: str = ""
    response: Response | None = None

    def __post_init__(self) -> None:
        if self.response is not None and len(self.response.body) > CUT_BODY:
            cut = replace(self.response, body=self.response.body[:CUT_BODY], cut=True, large=None)
            object.__setattr__(self, "response", cut)

    @property
    def summary(self) -> Message:
        """The reason in a few words."""
        if not self.detail:
            return Message("no answer ({kind})", kind=FAILURE_NAMES[self.kind])
        return Message("no answer ({kind}: {reason})", kind=FAILURE_NAMES[self.kind], reason=self.detail)


Outcome = Response | NoResponse


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request with its response, or with the reason why there was none.

    `request` includes the headers that every request has. `tries` is the number of times it was sent. `seconds` is the
    duration of the last try, and `started` its start (RFC 3339, UTC, milliseconds; empty if nothing was sent).
    `maybe_done` says that an earlier try, whose response was lost, may have had its effect.
    """

    request: Request
    outcome: Outcome
    seconds: float = 0.0
    tries: int = 1
    started: str = ""
    maybe_done: bool = False

    @property
    def response(self) -> Response | None:
        """The response, or None if there was none that counts."""
        return self.outcome if isinstance(self.outcome, Response) else None
