"""The last gate: what a request says of its own length, way or method never makes another request of it."""

from __future__ import annotations

import gzip
import zlib
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest

from conformance.client.session import Session
from conformance.http import FailureKind, Request
from tests.client.conftest import make_target
from tests.client.test_session import OK, script

Start = Callable[..., Any]


@pytest.mark.parametrize(
    "name",
    [
        "Content-Length",
        "content-length",
        "Transfer-Encoding",
        "HOST",
        "Connection",
        "Expect",
        "TE",
        "Upgrade",
        "Proxy-Authorization",
        "Content_Length",
        "TRANSFER_ENCODING",
    ],
)
def test_framing_headers_are_never_taken_from_a_request(serve: Start, talk: Start, name: str) -> None:
    server = script(serve, OK)
    smuggled = b"DELETE /all HTTP/1.1\r\nHost: x\r\n\r\n"
    outcome = talk(server.url).send(Request("GET", server.url, ((name, "0"),), smuggled)).outcome
    assert (outcome.kind, server.peers) == (FailureKind.NOT_SENT, [])
    assert outcome.detail.startswith(f"the header {name} says where a request ends or which way it goes")


@pytest.mark.parametrize(
    ("query", "value", "detail"),
    [
        ("?a=\ud800", "", "its URL holds characters that must be percent-encoded"),
        ("", "\ud800", "the header X-A holds half a character"),
    ],
)
def test_half_a_character_is_refused(serve: Start, talk: Start, query: str, value: str, detail: str) -> None:
    server = script(serve, OK)
    outcome = talk(server.url).send(Request("GET", f"{server.url}/{query}", (("X-A", value),))).outcome
    assert (outcome.kind, outcome.detail, server.peers) == (FailureKind.NOT_SENT, detail, [])


def test_a_url_that_a_target_made_too_long_is_refused_before_it_is_decoded(serve: Start, talk: Start) -> None:
    server = script(serve, OK)
    refused = talk(server.url).send(Request("GET", f"{server.url}/?a={'%41' * 22_000}")).outcome
    assert (refused.kind, refused.detail) == (FailureKind.NOT_SENT, "its URL is longer than 64 KiB")
    assert server.peers == []


@pytest.mark.parametrize(("fragment", "value"), [("#\ud800", "\udc80\udcff"), ("#_method=DELETE", "ü")])
def test_single_bytes_of_a_header_go_out_and_a_fragment_does_not(
    serve: Start, talk: Start, fragment: str, value: str
) -> None:
    server = script(serve, OK)
    talk(server.url).send(Request("GET", f"{server.url}/{fragment}", (("X-A", value),)))
    [sent] = server.requests
    assert sent.startswith(b"GET / HTTP/1.1\r\n")
    assert b"X-A: " + value.encode("utf-8", "surrogateescape") + b"\r\n" in sent


def test_a_body_is_framed_by_its_own_length(serve: Start, talk: Start) -> None:
    server = script(serve, OK)
    talk(server.url).send(Request("GET", server.url, (), b"DELETE / HTTP/1.1\r\n\r\n"))
    assert b"\r\nContent-Length: 21\r\n" in server.requests[0]


@pytest.mark.parametrize(
    "name", ["X-HTTP-Method-Override", "x-http-method", "X-Method-Override", "X_HTTP_Method_Override", "X-Http_Method"]
)
@pytest.mark.parametrize(
    ("method", "permissions"),
    [
        ("DELETE", ("read", "write")),
        ("PATCH", ("read",)),
        ("delete ", ("read",)),
        ("GET, DELETE", ("read", "write")),
    ],
)
def test_a_method_in_a_header_needs_its_permission(
    serve: Start, talk: Start, name: str, method: str, permissions: tuple[str, ...]
) -> None:
    server = script(serve, OK)
    outcome = talk(server.url, permissions).send(Request("GET", server.url, ((name, method),))).outcome
    assert (outcome.kind, server.peers) == (FailureKind.NOT_SENT, [])


@pytest.mark.parametrize(
    ("sent", "permissions"),
    [
        (("GET", "?a=b&_method=DELETE", b""), ("read",)),
        (("POST", "?%5Fmethod=delete", b""), ("read", "write")),
        (("POST", "", b"a=b&_method=delete"), ("read", "write")),
        (("POST", "", b"%5fmethod=%44ELETE"), ("read", "write")),
        (("POST", "", b'{"_method": "DELETE"}'), ("read", "write")),
        (("POST", "", b'{"\\u005fmethod": "D\\u0045LETE"}'), ("read", "write")),
        (("POST", "", b'--x\r\nContent-Disposition: form-data; name="_method"\r\n\r\nDELETE\r\n'), ("read", "write")),
        (("GET", "", b"POST /all HTTP/1.1\r\nHost: x\r\n\r\n"), ("read",)),
        (("GET", "", b"DELETE /all HTTP/1.1\r\nHost: x\r\n\r\n"), ("read", "write")),
        (("GET", "", b"POST /all HTTP/1.1\r\nHost: x\r\n\r\n"), ("read", "exhaust")),
        (("HEAD", "", b"POST /all\thttp/1.1\r\nHost: x\r\n\r\n"), ("read",)),
        (("POST", "", b"DELETE /all HTTP/1.1\r\nHost: x\r\n\r\n"), ("read", "write")),
        (("OPTIONS", "", b"DELETE /all HTTP/1.1\r\nHost: x\r\n\r\n"), ("read", "write")),
        (("GET", "?method=delete", b""), ("read", "write")),
        (("GET", "?a=b&X-HTTP-Method-Override=PATCH", b""), ("read",)),
        (("POST", "", b"method=DELETE&a=b"), ("read", "write")),
        (("POST", "", '{"_Method": "DELETE"}'.encode("utf-16-le")), ("read", "write")),
        (("PURGE", "", b""), ("read", "write")),
        (("bdelete", "", b""), ("read", "write")),
        (("POST", "", b'{"requests": [{"id": 1, "method": "DELETE", "url": "/all"}]}'), ("read", "write")),
        (("POST", "", b"[{'method' : 'bdelete'}]"), ("read", "write")),
        (("POST", "", b'--x\r\nContent-Disposition: form-data; name="_method"\r\n\r\nREVMRVRF\r\n'), ("read", "write")),
        (("POST", "", b"<_method>&#68;ELETE</_method>"), ("read", "write")),
        (("POST", "", b"_method=PUT&_method=%2544ELETE"), ("read", "write")),
        (("PUT", "", b""), ("read", "delete")),
        (("PATCH", "", b""), ("read", "delete")),
        (("FROB", "", b""), ("read", "delete")),
        (("POST", "?_method=PATCH", b""), ("read", "delete")),
        (("POST", "", b""), ("read", "exhaust")),
    ],
)
def test_a_method_that_a_server_may_see_elsewhere_needs_its_permission(
    serve: Start, talk: Start, sent: tuple[str, str, bytes], permissions: tuple[str, ...]
) -> None:
    server = script(serve, OK)
    method, query, body = sent
    permission = "read" if permissions[-1] == "delete" else permissions[-1]
    request = Request(method, f"{server.url}/x{query}", (), body or None, permission)
    outcome = talk(server.url, permissions).send(request).outcome
    assert (outcome.kind, server.peers) == (FailureKind.NOT_SENT, [])


HIDDEN = b"a=b&_method=DELETE"


@pytest.mark.parametrize(
    ("header", "value", "body"),
    [
        ("Content-Encoding", "gzip", gzip.compress(HIDDEN, mtime=0)),
        ("content_encoding", "identity, X-GZIP", gzip.compress(HIDDEN, mtime=0)[:-3]),
        ("Content-Encoding", "deflate", zlib.compress(HIDDEN)[2:]),
        ("Content-Encoding", "gzip, deflate", zlib.compress(gzip.compress(HIDDEN, mtime=0))),
        ("Content-Encoding", "gzip", gzip.compress(b"a" * 9_000_000 + b"&" + HIDDEN, mtime=0)),
        ("Content-Encoding", "gzip", gzip.compress(b"", mtime=0) * 10_001 + gzip.compress(HIDDEN, mtime=0)),
        ("Content-Encoding", "gzip", gzip.compress(b"DELETE /all HTTP/1.1\r\nHost: x\r\n\r\n", mtime=0)),
        ("Content-Encoding", "br", b"\x0b\x02"),
        ("Content-Transfer-Encoding", "base64", b64encode(HIDDEN)),
        ("Content-Type", "application/x-www-form-urlencoded; charset=utf-7", b"a=b&+AF8-method=DELETE"),
        ("Content-Type", 'text/plain; Charset="IBM037"', HIDDEN.decode().encode("cp037")),
        ("Content-Type", "text/plain; charset=ISO-2022-JP", b"a=b&_met\x1b(Bhod=DELETE"),
        ("Content-Type", "application/json; charset=utf-16", '{"_method": "DELETE"}'.encode("utf-16")),
    ],
)
def test_a_method_in_a_body_that_is_encoded_needs_its_permission(
    serve: Start, talk: Start, header: str, value: str, body: bytes
) -> None:
    server = script(serve, OK)
    request = Request("POST", f"{server.url}/x", ((header, value),), body, "write")
    outcome = talk(server.url, ("read", "write")).send(request).outcome
    assert (outcome.kind, server.peers) == (FailureKind.NOT_SENT, [])


@pytest.mark.parametrize(
    ("header", "value", "body"),
    [
        ("Content-Encoding", "gzip", gzip.compress(b"a=b", mtime=0)),
        ("Content-Encoding", "gzip", b'{"a": 1}'),
        ("Content-Encoding", "identity", b"_method=PATCH"),
        ("Content-Type", "application/json; charset=nonsense", b"{}"),
        ("Content-Type", "application/json; charset=Shift_JIS", b'{"payment_method": "DELETE", "_method": "PUT"}'),
        ("Content-Type", "application/json", b'[{"method": "POST", "methods": "DELETED"}]'),
    ],
)
def test_a_body_in_which_no_such_method_is_hidden_needs_no_further_permission(
    serve: Start, talk: Start, header: str, value: str, body: bytes
) -> None:
    server = script(serve, OK)
    request = Request("POST", f"{server.url}/x", ((header, value),), body, "write")
    assert talk(server.url, ("read", "write")).send(request).response


@pytest.mark.parametrize("body", [b'{"payment_method": "DELETE"}', b"x_method=DELETE", b'{"a_methods": "_methods"}'])
def test_a_member_of_another_name_needs_no_further_permission(serve: Start, talk: Start, body: bytes) -> None:
    server = script(serve, OK)
    assert talk(server.url, ("read", "write")).send(Request("POST", server.url, (), body, "write")).response


@pytest.mark.parametrize("permission", ["read", "write"])
def test_a_deletion_needs_its_permission_whatever_the_row_says(serve: Start, talk: Start, permission: str) -> None:
    server = script(serve, OK)
    request = Request("DELETE", server.url, permission=permission)
    outcome = talk(server.url, ("read", "write")).send(request).outcome
    assert (outcome.kind, server.peers) == (FailureKind.NOT_SENT, [])


def test_a_body_without_a_length_goes_out_in_chunks(serve: Start, talk: Start) -> None:
    bodies: list[bytes] = []

    def handle(connection: Any, number: int) -> None:
        server.head(connection)
        data = b""
        while not data.endswith(b"0\r\n\r\n"):
            data += connection.recv(65536)
        bodies.append(data)
        connection.sendall(OK)

    server = serve(handle)
    body = b"a" * 70_000
    assert talk(server.url).send(Request("POST", server.url, (), body, "write", chunked=True)).response
    assert b"\r\nTransfer-Encoding: chunked\r\n" in server.requests[0]
    assert b"Content-Length" not in server.requests[0]
    assert bodies == [b"10000\r\n" + b"a" * 65536 + b"\r\n1170\r\n" + b"a" * 4464 + b"\r\n0\r\n\r\n"]


def test_headers_of_every_request_go_out_and_stand_in_the_exchange(serve: Start) -> None:
    server = script(serve, OK)
    session = Session(make_target(server.url, headers=(("X-Team", "qa"), ("X-Gateway", "word")), request_ids=True))
    exchanges = [session.send(Request("GET", server.url, (("x-team", "me"),))) for _ in range(2)]
    session.close()
    assert [line for line in server.requests[0].split(b"\r\n") if b"eam" in line or b"Gate" in line] == [
        b"x-team: me",
        b"X-Gateway: word",
    ]
    ids = [dict(exchange.request.headers)["X-Request-Id"] for exchange in exchanges]
    assert f"X-Request-Id: {ids[1]}\r\n".encode() in server.requests[1]
    assert ids[0] != ids[1]
