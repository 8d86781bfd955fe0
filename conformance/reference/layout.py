"""How a reply looks on the wire, and the freedoms that HTTP and JSON leave there: none of them changes what it says."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from conformance.reference.catalogue import Freedom
from conformance.reference.messages import NOTHING, Incoming, Outgoing, Reply

__all__ = ["FREEDOMS", "Layout"]


class Layout:
    """One way to put replies on the wire: a choice for each of the freedoms of `FREEDOMS`."""

    def __init__(self, choices: Mapping[str, str]) -> None:
        self.choices = choices
        self._dump: Callable[[Any], bytes] = _dumper(choices["json"])
        self._content_type = choices["content_type"]
        self._case = _CASES[choices["header_case"]]
        self._compression = choices["compression"]
        self._framing = choices["framing"]
        self._old = choices["protocol"] == "HTTP/1.0"
        self._close = choices["connection"] == "close" or self._framing == "until-closed" or self._old
        self._seconds = int(choices["latency_ms"]) / 1000

    def outgoing(self, reply: Reply, incoming: Incoming) -> Outgoing:
        """A reply as bytes; the body is left out where the request was a HEAD."""
        body = self._body(reply)
        headers = [*reply.headers]
        content_type = self._content_type if reply.content_type is None else reply.content_type
        if body is not None and content_type:
            headers.append(("Content-Type", content_type))
        body, encoding = self._compressed(body or b"", incoming)
        headers += encoding
        # 204 has neither a body nor a framing: a client would take them for the start of the next answer.
        payload, framing = (b"", []) if reply.status == HTTPStatus.NO_CONTENT else self._framed(body)
        headers += framing
        if self._choices_has_company:
            headers += _COMPANY
        if self._close:
            headers.append(("Connection", "close"))
        version = "HTTP/1.0" if self._old else "HTTP/1.1"
        return Outgoing(
            f"{version} {reply.status} {_reason(reply.status)}",
            [(self._case(name), value) for name, value in headers],
            b"" if incoming.method == "HEAD" else payload,
            self._close,
            self._seconds,
        )

    @property
    def _choices_has_company(self) -> bool:
        return self.choices["other_headers"] == "many"

    def _body(self, reply: Reply) -> bytes | None:
        if reply.raw is not None:
            return reply.raw
        if reply.value is NOTHING:
            return None
        value = reply.value
        if isinstance(value, dict):
            value = self._arranged(value, failed=reply.status >= 400)
        return self._dump(value)

    def _arranged(self, value: dict[str, Any], *, failed: bool) -> dict[str, Any]:
        more = _EXTRAS[self.choices["error_extras" if failed else "success_extras"]]
        whole = {**value, **more}
        return dict(reversed(whole.items())) if self.choices["member_order"] == "reversed" else whole

    def _compressed(self, body: bytes, incoming: Incoming) -> tuple[bytes, list[tuple[str, str]]]:
        accepted = incoming.headers.get("accept-encoding", "")
        if self._compression == "none" or not body or self._compression not in accepted:
            return body, []
        packed = gzip.compress(body, 1) if self._compression == "gzip" else zlib.compress(body, 1)
        return packed, [("Content-Encoding", self._compression), ("Vary", "Accept-Encoding")]

    def _framed(self, body: bytes) -> tuple[bytes, list[tuple[str, str]]]:
        if self._old or self._framing == "length":
            return body, [("Content-Length", str(len(body)))]
        if self._framing == "until-closed":
            return body, []
        size = 7 if self._framing == "chunked-small" else 4096
        pieces = [body[at : at + size] for at in range(0, len(body), size)]
        return _chunks(pieces), [("Transfer-Encoding", "chunked")]


def _chunks(pieces: list[bytes]) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _dumper(name: str) -> Callable[[Any], bytes]:
    options = _JSON[name]
    end = b"\n" if name in {"pretty", "line-end"} else b""

    def dump(value: Any) -> bytes:
        # An echoed value may hold half of a surrogate pair, which UTF-8 cannot.
        return json.dumps(value, **options).encode("utf-8", "replace") + end

    return dump


_JSON: Final[Mapping[str, dict[str, Any]]] = {
    "compact": {"ensure_ascii": False, "separators": (",", ":")},
    "spaced": {"ensure_ascii": False},
    "pretty": {"ensure_ascii": False, "indent": 2},
    "line-end": {"ensure_ascii": False, "separators": (",", ":")},
    "tabs": {"ensure_ascii": False, "indent": "\t"},
    "escaped": {"ensure_ascii": True, "separators": (",", ":")},
    "sorted": {"ensure_ascii": False, "sort_keys": True},
}
_CASES: Final[Mapping[str, Any]] = {"usual": str, "lower": str.lower, "upper": str.upper}
_EXTRAS: Final[Mapping[str, dict[str, Any]]] = {
    "none": {},
    "one": {"requestId": "01J8Z6Q4M0"},
    "details": {"details": [{"field": "example", "message": "see the documents"}], "code": "E0001"},
    "nulls": {"help": None, "meta": {}, "more": []},
}
_COMPANY: Final = [
    ("Server", "nginx"),
    ("Date", "Sun, 22 Nov 2026 01:00:00 GMT"),
    ("Cache-Control", "no-store"),
    ("Strict-Transport-Security", "max-age=63072000"),
    ("Set-Cookie", "AWSALB=0; Path=/"),
    ("X-Request-Id", "5f0c1a"),
]

FREEDOMS: Final[tuple[Freedom, ...]] = (
    Freedom("json", tuple(_JSON), "How JSON is written."),
    Freedom("member_order", ("written", "reversed"), "The order of an object's members."),
    Freedom("error_extras", tuple(_EXTRAS), "Further members in an error's body."),
    Freedom("success_extras", ("none", "one", "nulls"), "Further members in a success's body."),
    Freedom(
        "content_type",
        (
            "application/json",
            "application/json; charset=utf-8",
            "application/json;charset=UTF-8",
            'Application/JSON; charset="utf-8"',
        ),
        "How the type of the body is written.",
    ),
    Freedom("header_case", tuple(_CASES), "The case of header names."),
    Freedom("other_headers", ("none", "many"), "Headers that nobody asked for."),
    Freedom("compression", ("none", "gzip", "deflate"), "How a body is packed, where the client takes it."),
    Freedom("framing", ("length", "chunked", "chunked-small", "until-closed"), "How the end of a body is told."),
    Freedom("protocol", ("HTTP/1.1", "HTTP/1.0"), "The version in the status line."),
    Freedom("connection", ("kept", "close"), "Whether a connection is used again."),
    Freedom("latency_ms", ("0", "120"), "How long an answer takes, in milliseconds.", rare=True),
)
"""Freedoms of every contract's server."""
