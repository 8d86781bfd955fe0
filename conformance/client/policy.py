"""What the target may be asked, and what one request may cost: the last gate before a request leaves this machine."""

import codecs
import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, unquote_to_bytes, urlsplit

from conformance.client.content_coding import ContentCodingError, DecompressionBomb, decode, list_codings
from conformance.contract.values import FRAMING_HEADER
from conformance.errors import ConfigError, Problem
from conformance.http import Headers, Request
from conformance.messages import Message
from conformance.target.loader import Target
from conformance.version import VERSION


@dataclass(frozen=True, slots=True)
class Limits:
    """Times in seconds, sizes in bytes.

    `timeout` is for a connection, and for a response from its request to its end. At most `most` bytes of a response
    are read: checking takes up to ten times its size in memory. A request is sent at most `tries` times. All waits of
    one request together are not longer than `longest_wait`, and those of a whole session not longer than `patience`.
    """

    timeout: float = 10.0
    most: int = 8 << 20
    tries: int = 4
    longest_wait: float = 60.0
    patience: float = 300.0


@dataclass(frozen=True, slots=True)
class Route:
    scheme: str
    host: str
    port: int
    source_address: str | None = None
    proxy: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """A request as it goes on the wire; `head` is all bytes before the body.

    A `fresh` one goes out on a connection that has carried nothing before, so that a reset cannot be the end of an
    idle one; after the `last` one its connection is closed.
    """

    method: str
    route: Route
    head: bytes = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    fresh: bool = False
    last: bool = False
    asker: frozenset[tuple[str, str]] = field(default=frozenset(), repr=False)
    """Its own headers but for those of the body."""


PORTS = {"http": 80, "https": 443}
DEFAULT_HEADERS: Headers = (
    ("User-Agent", f"conformance/{VERSION}"),
    ("Accept-Encoding", "gzip, deflate"),
    ("Accept", "*/*"),
)
OVERRIDE = re.compile("x[_-](?:http[_-]method|(?:http[_-])?method[_-]override)", re.IGNORECASE)
"""A header that makes another method of a request in the eyes of many servers."""
METHOD_MEMBER = re.compile(
    rb"(?:_method(?<!\w_method)\b|\b" + OVERRIDE.pattern.encode() + rb"\b)(?:[^\w\[]{1,8}(GET|HEAD|PATCH|POST|PUT)\b)?"
    rb"|(?:(?:^|[?&;])method=|[\"']method[\"']\s*:\s*[\"'])(\w*(?:DELETE|MOVE|PURGE|UNLINK)|PATCH|POST|PUT)\b",
    re.IGNORECASE,
)
"""The member of a query, a form or a list of requests that does so, and the method where it can be read."""
WORST = b"_method=DELETE"
"""What a body may be that cannot be read here."""
REQUEST_LINE = re.compile(rb"[\0-\x20]HTTP/\d", re.IGNORECASE)
"""Stands in a body that is the next request to a server that does not read it, as many do not where they refuse."""
DELETING = re.compile("DELETE|MOVE|PURGE|UNLINK")
"""Methods that remove something, as they are and within others: `BDELETE`, `REMOVE`."""
JSON_ESCAPE = re.compile(rb"\\u00([2-7][0-9A-Fa-f])")
CODING = re.compile("content[_-](?:transfer[_-])?(encoding|type)", re.IGNORECASE)
"""A header that says how a body is to be read; CGI makes no difference of `_` and `-`."""
CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
LETTERS = bytes(range(0x20, 0x7F))

UNSENDABLE = re.compile(r"[^\x21-\x7e]")
UNENCODABLE = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Halves of characters, but for those that stand for single bytes."""
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
READ_METHODS = frozenset({"GET", "HEAD"})

CHUNK = 64 << 10
MOST_PIECES = 128
"""Pieces of a body without its codings that are searched for another method."""
_LONGEST_URL = 64 << 10
"""Bytes; what a target gives may stand in a URL, and decoding one takes a hundred times its size."""

Origin = tuple[str, str, int]


class RequestBlocked(Exception):
    """The request may not, or cannot, leave; the text says why."""


class PermissionGate:
    """Turns requests that may leave into what goes on the wire; raises ConfigError where the base URL is none."""

    def __init__(self, target: Target) -> None:
        parts = _split(target.base_url)
        origin = _origin(parts) if parts else None
        if parts is None or origin is None:
            hint = "write it as https://host or http://host:port"
            raise ConfigError([Problem("base_url", "it is no URL of http or https with a host", hint)])
        # Host and port are named in the Host header as the base URL has them.
        self.permissions, self.origin, self.authority = frozenset({"read", *target.allow}), origin, parts.netloc

    def admit(self, request: Request, *, fresh: bool = False) -> OutgoingRequest:
        """The request as it goes out; raises RequestBlocked where it may not."""
        if request.permission not in self.permissions:
            raise RequestBlocked(
                Message("it needs the permission {permission!r}, which was not given", permission=request.permission)
            )
        if not self.permissions & {"write", "delete"} and request.method not in READ_METHODS:
            raise RequestBlocked(
                Message("a {method} is no read, and neither writing nor deleting was permitted", method=request.method)
            )
        if len(request.url) > _LONGEST_URL:
            raise RequestBlocked(Message("its URL is longer than {n} KiB", n=_LONGEST_URL >> 10))
        parts = _split(request.url)
        if parts is None or _origin(parts) != self.origin:
            raise RequestBlocked(Message("it would not go to the target's own scheme, host and port"))
        target = request.url.partition("#")[0][len(parts.scheme) + 3 + len(parts.netloc) :]
        if not target.startswith("/"):
            target = "/" + target
        if UNSENDABLE.search(target):
            raise RequestBlocked(Message("its URL holds characters that must be percent-encoded"))
        self._check_methods(request, target)
        if not TOKEN.fullmatch(request.method):
            raise RequestBlocked(Message("its method is no token"))
        through_proxy = parts.scheme == "http" and request.proxy is not None
        line = f"{request.method} {f'http://{self.authority}{target}' if through_proxy else target} HTTP/1.1"
        return OutgoingRequest(
            method=request.method,
            route=Route(*self.origin, request.source_address, request.proxy),
            head=_head(line, self.authority, request, proxy=request.proxy if through_proxy else None),
            body=_frame_chunks(request.body) if request.chunked and request.body is not None else request.body,
            fresh=fresh,
            last=request.ends_connection,
            asker=frozenset(item for item in request.headers if item[0].lower() != "content-type"),
        )

    def _check_methods(self, request: Request, target: str) -> None:
        """Raises RequestBlocked where its method, or one that a server may see in it otherwise, was not permitted."""
        # A POST may only read, such as a search: of no other method is that believed.
        may_read = request.permission in {"write", "delete"} or request.method in {"POST", *SAFE_METHODS}
        others = [] if may_read and not DELETING.search(request.method.upper()) else [request.method]
        others += [value for name, value in request.headers if OVERRIDE.fullmatch(name)]
        bodies = [*_readings(request)]
        for text in (unquote_to_bytes(target), *map(_read_escapes, bodies)):
            # Megabytes are searched fifty times as fast for a word as for an expression.
            members = METHOD_MEMBER.finditer(text) if b"method" in text.lower() else ()
            others += [(match[1] or match[2] or b"DELETE").decode() for match in members]
        others += [body.decode("latin-1") for body in bodies if b"http/" in body.lower() and REQUEST_LINE.search(body)]
        unsafe = {method.strip().upper() for method in others} - READ_METHODS
        needed = {"delete" if DELETING.search(method) else "write" for method in unsafe}
        for permission in sorted(needed - self.permissions):
            raise RequestBlocked(
                Message("it needs the permission {permission!r}, which was not given", permission=permission)
            )


def basic_authorization(url: str) -> str | None:
    """The value of a Proxy-Authorization header, from the user and password of a URL; None where the URL has none."""
    parts = urlsplit(url)
    if parts.username is None:
        return None
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return f"Basic {b64encode(pair.encode('utf-8')).decode('ascii')}"


def _readings(request: Request) -> Iterator[bytes]:
    """What a server may read as the body of a request: as it is, and what its headers say that it stands for."""
    body = request.body or b""
    yield body
    said = {"encoding": "", "type": ""}
    for name, value in request.headers if body else ():
        if match := CODING.fullmatch(name):
            said[match[1].lower()] += f",{value}"
    if said["encoding"]:
        yield _decoded([one.strip().lower() for one in said["encoding"].split(",")], body)
    if any(map(_hides_letters, CHARSET.findall(said["type"]))):
        yield WORST


def _decoded(names: list[str], body: bytes) -> bytes:
    """A body without its codings, as far as it is what they say; `WORST` where they cannot be taken off."""
    try:
        pieces = decode(list_codings(names), iter([body]))
    except ContentCodingError:
        return WORST
    kept: list[bytes] = []
    try:
        for piece in pieces:
            kept.append(piece)
            if len(kept) == MOST_PIECES:
                return WORST
    except DecompressionBomb:
        return WORST
    except ContentCodingError:
        pass
    return b"".join(kept)


def _hides_letters(charset: str) -> bool:
    """Whether a letter of ASCII can be written otherwise in a charset; in UTF-16 and UTF-32 zeros stand between."""
    try:
        name = codecs.lookup(charset).name
        plain = name.startswith(("utf-16", "utf-32")) or LETTERS.decode(name) == LETTERS.decode()
    except LookupError:
        return False
    except UnicodeError:
        return True
    return not plain or name.startswith("iso2022")


def _read_escapes(body: bytes) -> bytes:
    """A body without percent-encoding and JSON escapes; of one in UTF-16 what stands between the zeros."""
    plain = unquote_to_bytes(body.translate(None, b"\0"))
    return JSON_ESCAPE.sub(lambda match: bytes.fromhex(match[1].decode()), plain)


def _head(line: str, authority: str, request: Request, *, proxy: str | None) -> bytes:
    named = {name.lower() for name, _ in request.headers}
    headers = [("Host", authority), *(item for item in DEFAULT_HEADERS if item[0].lower() not in named)]
    for name, value in request.headers:
        if not TOKEN.fullmatch(name):
            raise RequestBlocked(Message("the name of a header is no token"))
        if FRAMING_HEADER.fullmatch(name):
            raise RequestBlocked(
                Message(
                    "the header {name} says where a request ends or which way it goes: it is the suite's", name=name
                )
            )
        if "\r" in value or "\n" in value or "\0" in value:
            raise RequestBlocked(Message("the header {name} holds a line break", name=name))
        if UNENCODABLE.search(value):
            raise RequestBlocked(Message("the header {name} holds half a character", name=name))
        headers.append((name, value))
    if proxy is not None and (authorization := basic_authorization(proxy)):
        headers.append(("Proxy-Authorization", authorization))
    if request.body is not None:
        length = ("Transfer-Encoding", "chunked") if request.chunked else ("Content-Length", str(len(request.body)))
        headers.append(length)
    lines = (f"{name}: {value}".encode("utf-8", "surrogateescape") for name, value in headers)
    return b"\r\n".join([line.encode("ascii"), *lines, b"", b""])


def _frame_chunks(body: bytes) -> bytes:
    pieces = (body[at : at + CHUNK] for at in range(0, len(body), CHUNK))
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    # urlsplit drops tabs and line breaks: the text must be what was looked at.
    start = f"{parts.scheme}://{parts.netloc}"
    odd = re.search(r"[\x00-\x20\x7f\\@]", parts.netloc) or url[: len(start)].lower() != start.lower()
    return None if odd else parts


def _origin(parts: SplitResult) -> Origin | None:
    """Scheme, host (which a profile has made ASCII) and port; None where there is none."""
    if parts.scheme not in PORTS or not parts.hostname:
        return None
    host = parts.hostname.lower()
    if UNSENDABLE.search(host):
        return None
    return parts.scheme, host, PORTS[parts.scheme] if parts.port is None else parts.port
