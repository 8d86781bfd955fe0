"""What may leave: only the tiers that were allowed, only to the target's own scheme, host and port."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from conformance import __version__
from conformance.errors import Problem, Unusable
from conformance.exchange.connecting import Item, Outgoing
from conformance.exchange.limits import Access
from conformance.wire import Request

__all__ = ["Gate", "Shut"]

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


class Shut(Exception):
    """The request may not, or cannot, leave; the text says why."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Turns requests that may leave into what goes on the wire, and refuses all others."""

    tiers: frozenset[str]
    origin: Origin
    authority: str
    """Scheme and authority of the base URL, as it is connected to."""

    @classmethod
    def of(cls, access: Access) -> Gate:
        """The gate of a target; Unusable where its base URL is none."""
        parts = _split(access.base_url)
        origin = _origin(parts) if parts else None
        if parts is None or origin is None or UNSENDABLE.search(parts.netloc) or "@" in parts.netloc:
            mend = "write it as https://host or http://host:port"
            raise Unusable([Problem("base_url", "it is no URL of http or https with a host", mend)])
        return cls(access.tiers, origin, f"{origin[0]}://{parts.netloc}")

    def pass_on(self, request: Request, *, fresh: bool = False) -> Outgoing:
        """The request as it goes out; Shut where it may not."""
        if request.tier not in self.tiers:
            raise Shut(f"it needs the permission {request.tier!r}, which was not given")
        if self.tiers <= READING and request.method not in READS:
            raise Shut(f"a {request.method} is no read, and nothing but reading was permitted")
        parts = _split(request.url)
        if parts is None or _origin(parts) != self.origin or "@" in parts.netloc:
            raise Shut("it would not go to the target's own scheme, host and port")
        target = request.url.partition("#")[0][len(parts.scheme) + 3 + len(parts.netloc) :]
        if not target.startswith("/"):
            target = "/" + target
        if UNSENDABLE.search(target):
            raise Shut("its URL holds characters that must be percent-encoded")
        if not METHOD.fullmatch(request.method):
            raise Shut("its method is no token")
        return Outgoing(
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
            raise Shut("the name of a header is no token")
        if "\r" in value or "\n" in value or "\0" in value:
            raise Shut(f"the header {name} holds a line break")
        items.append((name, value if value.isascii() else value.encode("utf-8", "surrogateescape")))
    if request.body is not None and not given & {"content-length", "transfer-encoding"}:
        items.append(("Content-Length", str(len(request.body))))
    return tuple(items)
