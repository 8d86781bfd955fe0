"""Responses as bytes on the wire, in each form that HTTP and JSON permit: the content is the same in all of them."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from conformance.reference.catalogue import Variants
from conformance.reference.http import NO_BODY, IncomingRequest, JsonResponse, WireResponse


class ResponseSerializer:
    """Writes responses in one form: a choice for each of `WIRE_VARIANTS`."""

    def __init__(self, choices: Mapping[str, str]) -> None:
        self._error_members = _EXTRA_MEMBERS[choices["error_extras"]]
        self._success_members = _EXTRA_MEMBERS[choices["success_extras"]]
        self._reversed = choices["member_order"] == "reversed"
        self._dump_json = _json_dumper(choices["json"])
        self._content_type = choices["content_type"]
        self._spell_header = _HEADER_CASES[choices["header_case"]]
        self._extra_headers = _EXTRA_HEADERS if choices["other_headers"] == "many" else []
        self._compression = choices["compression"]
        self._http10 = choices["protocol"] == "HTTP/1.0"
        self._framing = "length" if self._http10 else choices["framing"]
        self._close = choices["connection"] == "close" or self._framing == "until-closed" or self._http10
        self._delay = int(choices["latency_ms"]) / 1000

    def serialize(self, response: JsonResponse, request: IncomingRequest) -> WireResponse:
        """The response as bytes; without its body where the request was a HEAD."""
        body = self._encode_body(response)
        headers = [*response.headers]
        content_type = self._content_type if response.content_type is None else response.content_type
        if body is not None and content_type:
            headers.append(("Content-Type", content_type))
        body, encoding_headers = self._compress(body or b"", request)
        # These have neither a body nor a framing: a client would take them for the start of the next response.
        bare = response.status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
        payload, framing_headers = (b"", []) if bare else self._frame(body)
        headers += [*encoding_headers, *framing_headers, *self._extra_headers]
        if self._close:
            headers.append(("Connection", "close"))
        version = "HTTP/1.0" if self._http10 else "HTTP/1.1"
        return WireResponse(
            f"{version} {response.status} {_reason_phrase(response.status)}",
            [(self._spell_header(name), value) for name, value in headers],
            b"" if request.method == "HEAD" else payload,
            self._close,
            self._delay,
        )

    def _encode_body(self, response: JsonResponse) -> bytes | None:
        if response.raw is not None:
            return response.raw
        if response.value is NO_BODY:
            return None
        value = response.value
        if isinstance(value, dict):
            value = {**value, **(self._error_members if response.status >= 400 else self._success_members)}
            value = dict(reversed(value.items())) if self._reversed else value
        return self._dump_json(value)

    def _compress(self, body: bytes, request: IncomingRequest) -> tuple[bytes, list[tuple[str, str]]]:
        accepted = request.headers.get("accept-encoding", "")
        if self._compression == "none" or not body or self._compression not in accepted:
            return body, []
        compressed = gzip.compress(body, 1) if self._compression == "gzip" else zlib.compress(body, 1)
        return compressed, [("Content-Encoding", self._compression), ("Vary", "Accept-Encoding")]

    def _frame(self, body: bytes) -> tuple[bytes, list[tuple[str, str]]]:
        if self._framing == "length":
            return body, [("Content-Length", str(len(body)))]
        if self._framing == "until-closed":
            return body, []
        size = 7 if self._framing == "chunked-small" else 4096
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])
        return chunks, [("Transfer-Encoding", "chunked")]


def _reason_phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _json_dumper(form: str) -> Callable[[Any], bytes]:
    options = _JSON_FORMS[form]
    end = b"\n" if form in {"pretty", "line-end"} else b""

    def dump(value: Any) -> bytes:
        # An echoed value may hold half of a surrogate pair, which UTF-8 cannot.
        return json.dumps(value, **options).encode("utf-8", "replace") + end

    return dump


_JSON_FORMS: Final[Mapping[str, dict[str, Any]]] = {
    "compact": {"ensure_ascii": False, "separators": (",", ":")},
    "spaced": {"ensure_ascii": False},
    "pretty": {"ensure_ascii": False, "indent": 2},
    "line-end": {"ensure_ascii": False, "separators": (",", ":")},
    "tabs": {"ensure_ascii": False, "indent": "\t"},
    "escaped": {"ensure_ascii": True, "separators": (",", ":")},
    "sorted": {"ensure_ascii": False, "sort_keys": True},
}
_HEADER_CASES: Final[Mapping[str, Callable[[str], str]]] = {"usual": str, "lower": str.lower, "upper": str.upper}
_EXTRA_MEMBERS: Final[Mapping[str, dict[str, Any]]] = {
    "none": {},
    "one": {"requestId": "01J8Z6Q4M0"},
    "details": {"details": [{"field": "example", "message": "see the documents"}], "code": "E0001"},
    "nulls": {"help": None, "meta": {}, "more": []},
}
_EXTRA_HEADERS: Final = [
    ("Server", "nginx"),
    ("Date", "Sun, 22 Nov 2026 01:00:00 GMT"),
    ("Cache-Control", "no-store"),
    ("Strict-Transport-Security", "max-age=63072000"),
    ("Set-Cookie", "AWSALB=0; Path=/"),
    ("X-Request-Id", "5f0c1a"),
]
_CONTENT_TYPES: Final = (
    "application/json",
    "application/json; charset=utf-8",
    "application/json;charset=UTF-8",
    'Application/JSON; charset="utf-8"',
)

WIRE_VARIANTS: Final[Variants] = {
    "json": tuple(_JSON_FORMS),  # How JSON is written.
    "member_order": ("written", "reversed"),  # The order of an object's members.
    "error_extras": tuple(_EXTRA_MEMBERS),  # Further members in an error's body.
    "success_extras": ("none", "one", "nulls"),  # Further members in a success's body.
    "content_type": _CONTENT_TYPES,  # How the media type of the body is written.
    "header_case": tuple(_HEADER_CASES),  # The case of header names.
    "other_headers": ("none", "many"),  # Headers that no document mentions.
    "compression": ("none", "gzip", "deflate"),  # How a body is compressed, where the client accepts it.
    "framing": ("length", "chunked", "chunked-small", "until-closed"),  # How the end of a body is marked.
    "protocol": ("HTTP/1.1", "HTTP/1.0"),  # The version in the status line.
    "connection": ("kept", "close"),  # Whether a connection is reused.
    "latency_ms": ("0", "120"),  # How long a response takes, in milliseconds.
}
"""What the server of every contract may choose."""
