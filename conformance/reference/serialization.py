"""Serializes responses in each form that HTTP and JSON permit. All forms have the same content."""

import gzip
import json
import zlib
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from conformance.reference.catalogue import Variants
from conformance.reference.http import NO_BODY, IncomingRequest, JsonResponse, WireResponse


class ResponseSerializer:
    """Serializes responses in one form, given by a choice for each of `WIRE_VARIANTS`."""

    def __init__(self, choices: Mapping[str, str]) -> None:
        self._choices = choices
        self._http10 = choices["protocol"] == "HTTP/1.0"
        self._framing = "length" if self._http10 else choices["framing"]
        self._close = choices["connection"] == "close" or self._framing == "until-closed" or self._http10

    def serialize(self, response: JsonResponse, request: IncomingRequest) -> WireResponse:
        """Return the response as bytes, without its body for a HEAD request."""
        body = self._encode_body(response)
        headers = [*response.headers]
        content_type = self._choices["content_type"] if response.content_type is None else response.content_type
        if body is not None and content_type:
            headers.append(("Content-Type", content_type))
        body, encoding_headers = self._compress(body or b"", request)
        # These must not have a body or framing, because a client would read them as the start of the next response.
        bare = response.status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
        payload, framing_headers = (b"", []) if bare else self._frame(body)
        headers += [*encoding_headers, *framing_headers, *_OTHER_HEADERS[self._choices["other_headers"]]]
        if self._close:
            headers.append(("Connection", "close"))
        spell = _HEADER_CASES[self._choices["header_case"]]
        return WireResponse(
            f"{self._choices['protocol']} {response.status} {_reason_phrase(response.status)}",
            [(spell(name), value) for name, value in headers],
            b"" if request.method == "HEAD" else payload,
            self._close,
            int(self._choices["latency_ms"]) / 1000,
        )

    def _encode_body(self, response: JsonResponse) -> bytes | None:
        if response.raw is not None:
            return response.raw
        if response.value is NO_BODY:
            return None
        value = response.value
        if isinstance(value, dict):
            extras = "error_extras" if response.status >= 400 else "success_extras"
            value = value | _EXTRA_MEMBERS[self._choices[extras]]
            value = dict(reversed(value.items())) if self._choices["member_order"] == "reversed" else value
        form = self._choices["json"]
        # An echoed value may contain a lone surrogate, which UTF-8 cannot encode.
        text = json.dumps(value, **_JSON_FORMS[form]).encode("utf-8", "replace")
        return text + b"\n" if form in {"pretty", "line-end"} else text

    def _compress(self, body: bytes, request: IncomingRequest) -> tuple[bytes, list[tuple[str, str]]]:
        coding = self._choices["compression"]
        if coding == "none" or not body or coding not in request.headers.get("accept-encoding", ""):
            return body, []
        compressed = gzip.compress(body, 1) if coding == "gzip" else zlib.compress(body, 1)
        return compressed, [("Content-Encoding", coding), ("Vary", "Accept-Encoding")]

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
_OTHER_HEADERS: Final[Mapping[str, list[tuple[str, str]]]] = {
    "none": [],
    "many": [
        ("Server", "nginx"),
        ("Date", "Sun, 22 Nov 2026 01:00:00 GMT"),
        ("Cache-Control", "no-store"),
        ("Strict-Transport-Security", "max-age=63072000"),
        ("Set-Cookie", "AWSALB=0; Path=/"),
        ("X-Request-Id", "5f0c1a"),
    ],
}
_CONTENT_TYPES: Final = (
    "application/json",
    "application/json; charset=utf-8",
    "application/json;charset=UTF-8",
    'Application/JSON; charset="utf-8"',
)

WIRE_VARIANTS: Final[Variants] = {
    "json": tuple(_JSON_FORMS),  # How JSON is formatted.
    "member_order": ("written", "reversed"),  # The order of an object's members.
    "error_extras": tuple(_EXTRA_MEMBERS),  # Further members in an error's body.
    "success_extras": ("none", "one", "nulls"),  # Further members in a success's body.
    "content_type": _CONTENT_TYPES,  # How the media type of the body is written.
    "header_case": tuple(_HEADER_CASES),  # The case of header names.
    "other_headers": tuple(_OTHER_HEADERS),  # Headers that no document mentions.
    "compression": ("none", "gzip", "deflate"),  # How a body is compressed, if the client accepts it.
    "framing": ("length", "chunked", "chunked-small", "until-closed"),  # How the end of a body is marked.
    "protocol": ("HTTP/1.1", "HTTP/1.0"),  # The version in the status line.
    "connection": ("kept", "close"),  # Whether a connection is reused.
    "latency_ms": ("0", "120"),  # How long a response takes, in milliseconds.
}
"""The variants that the server of every contract has."""
