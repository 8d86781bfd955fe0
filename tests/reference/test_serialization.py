"""The same response in every form that HTTP and JSON permit."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from typing import Any

import pytest

from conformance.reference.http import NO_BODY, IncomingRequest, JsonResponse, RequestBody, WireResponse
from conformance.reference.serialization import WIRE_VARIANTS, ResponseSerializer

DEFAULTS = {name: choices[0] for name, choices in WIRE_VARIANTS.items()}
VALUE = {"message": "見出し\ud800", "n": [1, None]}
READ = {"message": "見出し?", "n": [1, None]}
"""Half of a surrogate pair has no UTF-8."""


def serialize(response: JsonResponse, method: str = "GET", **choices: str) -> WireResponse:
    request = IncomingRequest(
        method, "/", "", {"accept-encoding": "gzip, deflate"}, "127.0.0.1", RequestBody(io.BytesIO(), 0)
    )
    return ResponseSerializer({**DEFAULTS, **choices}).serialize(response, request)


def headers(response: WireResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers}


def body(response: WireResponse) -> Any:
    payload = response.payload
    if headers(response).get("transfer-encoding") == "chunked":
        whole, rest = b"", payload
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            whole, rest = whole + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
        payload = whole
    unpack = {"gzip": gzip.decompress, "deflate": zlib.decompress}.get(headers(response).get("content-encoding", ""))
    return json.loads(unpack(payload) if unpack else payload)


CHOICES = [(name, choice) for name, choices in WIRE_VARIANTS.items() for choice in choices]


@pytest.mark.parametrize(("name", "choice"), CHOICES, ids=[f"{name}={choice}" for name, choice in CHOICES])
@pytest.mark.parametrize("status", [200, 400])
def test_every_choice_keeps_status_and_members(name: str, choice: str, status: int) -> None:
    response = serialize(JsonResponse(status, VALUE), **{name: choice})
    assert response.status_line.split()[1] == str(status)
    sent = body(response)
    if name != "json" or choice != "escaped":
        assert {key: sent[key] for key in READ} == READ
    assert sent.keys() >= READ.keys()


def test_defaults_are_plain() -> None:
    response = serialize(JsonResponse(404, {"message": "x"}))
    assert response == WireResponse(
        "HTTP/1.1 404 Not Found",
        [("Content-Type", "application/json"), ("Content-Length", "15")],
        b'{"message":"x"}',
    )


def test_a_head_has_the_headers_and_no_payload() -> None:
    response = serialize(JsonResponse(200, {"message": "x"}), "HEAD")
    assert (response.payload, headers(response)["content-length"]) == (b"", "15")


def test_a_response_without_body_has_no_content_type() -> None:
    response = serialize(JsonResponse(400, NO_BODY))
    assert (response.payload, headers(response)) == (b"", {"content-length": "0"})
    assert headers(serialize(JsonResponse(204, NO_BODY), framing="chunked")) == {}


def test_raw_bytes_replace_the_value() -> None:
    response = serialize(JsonResponse(400, {"a": 1}, raw=b"<p>", content_type="text/html"))
    assert (response.payload, headers(response)["content-type"]) == (b"<p>", "text/html")


@pytest.mark.parametrize(
    ("choices", "closes"),
    [
        ({}, False),
        ({"connection": "close"}, True),
        ({"protocol": "HTTP/1.0"}, True),
        ({"framing": "until-closed"}, True),
    ],
)
def test_a_connection_is_closed_where_the_form_needs_it(choices: dict[str, str], *, closes: bool) -> None:
    response = serialize(JsonResponse(200, {}), **choices)
    assert (response.close, headers(response).get("connection") == "close") == (closes, closes)


def test_an_unknown_status_has_a_reason_phrase() -> None:
    assert serialize(JsonResponse(299, {})).status_line == "HTTP/1.1 299 Unknown"


def test_latency_is_in_seconds() -> None:
    assert serialize(JsonResponse(200, {}), latency_ms="120").delay == 0.12
