from __future__ import annotations

import gzip
import socket
import time
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from conformance.http import FailureKind, NoResponse, Request, Response

Start = Callable[..., Any]

HEAD = b"HTTP/1.1 200 OK\r\n"
BOMB = gzip.compress(bytes(64 << 20), 9)
SLOW = 2.0  # seconds of this thread: more than reading any of these may take


def ask(server: Any, talk: Start, method: str = "GET", **limits: object) -> Response | NoResponse:
    session = talk(server.url, limits=limits)
    start = time.thread_time()
    exchange = session.send(Request(method, server.url + "/x"))
    assert time.thread_time() - start < SLOW
    return exchange.outcome


FAULTY = {
    "a Content-Length that is too long": (HEAD + b"Content-Length: 9\r\n\r\n{}", b"{}", "only 2 bytes came"),
    "a Content-Length that is too short": (HEAD + b"Content-Length: 1\r\n\r\n{}", b"{", "bytes after the end"),
    "a Content-Length that is none": (HEAD + b"Content-Length: abc\r\n\r\n{}", b"{}", "'abc' is no length"),
    "a Content-Length below zero": (HEAD + b"Content-Length: -1\r\n\r\n{}", b"{}", "'-1' is no length"),
    "two Content-Lengths": (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}", b"{}", "that differ"),
    "a chunked body that stops": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{}", b"{}", "within a chunk"),
    "no last chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", b"{}", "before the last chunk"),
    "a chunk size that is none": (
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\nxyz\r\n",
        b"{}",
        "is no chunk size",
    ),
    "a chunk that is too long": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n", b"{", "a chunk"),
    "no gzip": (HEAD + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", b"{}", "the body is not gzip"),
    "half a gzip": (HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"{}")[:-4], b"{}", "ends too early"),
    "a coding that was not offered": (HEAD + b"Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}", b"{}", "'br'"),
    "a status that is none": (b"HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\n{}", b"{}", "status 999"),
    "a header line that is none": (
        HEAD + b"nonsense\r\nContent-Length: 2\r\n\r\n{}",
        b"{}",
        "a header line that is none",
    ),
    "headers that stop": (HEAD + b"A: b\r\nC: ", b"", "within the headers"),
    "another protocol": (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\nxx", b"", "switches protocols"),
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_answer_is_an_answer_with_its_fault(serve: Start, talk: Start, name: str) -> None:
    raw, body, fault = FAULTY[name]
    outcome = ask(serve(raw), talk)
    assert isinstance(outcome, Response)
    assert body == outcome.body
    assert fault in " ".join(outcome.faults)


GOOD = {
    "chunked": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;a=b\r\n{\r\n1\r\n}\r\n0\r\nT: x\r\n\r\n", b"{}"),
    "gzip": (HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"{}"), b"{}"),
    "gzip of two members": (
        HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"{") + gzip.compress(b"}"),
        b"{}",
    ),
    "deflate": (HEAD + b"Content-Encoding: deflate\r\n\r\n" + zlib.compress(b"{}"), b"{}"),
    "raw deflate": (HEAD + b"Content-Encoding: deflate\r\n\r\n" + zlib.compress(b"{}", wbits=-15), b"{}"),
    "gzip twice": (HEAD + b"Content-Encoding: gzip, gzip\r\n\r\n" + gzip.compress(gzip.compress(b"{}")), b"{}"),
    "until it closes": (HEAD + b"\r\n{}", b"{}"),
    "HTTP/1.0": (b"HTTP/1.0 200 OK\r\n\r\n{}", b"{}"),
    "no reason": (b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}", b"{}"),
    "interim answers": (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" + HEAD + b"\r\n{}",
        b"{}",
    ),
    "invalid UTF-8": (HEAD + b"Content-Length: 2\r\n\r\n\xff\xfe", b"\xff\xfe"),
    "204": (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    "bare line feeds": (b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}", b"{}"),
    "300 headers": (HEAD + b"".join(b"X-%d: y\r\n" % n for n in range(300)) + b"Content-Length: 2\r\n\r\n{}", b"{}"),
    "a folded header": (HEAD + b"X-A: b\r\n  c\r\nContent-Length: 2\r\n\r\n{}", b"{}"),
}


@pytest.mark.parametrize("name", GOOD)
def test_an_unusual_answer_has_no_fault(serve: Start, talk: Start, name: str) -> None:
    raw, body = GOOD[name]
    outcome = ask(serve(raw), talk)
    assert isinstance(outcome, Response)
    assert (outcome.body, outcome.faults) == (body, ())


def test_an_interim_answer_is_not_taken_for_the_answer(serve: Start, talk: Start) -> None:
    outcome = ask(serve(GOOD["interim answers"][0]), talk)
    assert (outcome.status, outcome.headers) == (200, ())


FAILING = {
    "another protocol": (b"SSH-2.0-OpenSSH_9\r\n", FailureKind.NOT_HTTP),
    "a status of two digits": (b"HTTP/1.1 20 OK\r\n\r\n", FailureKind.NOT_HTTP),
    "a status of four digits": (b"HTTP/1.1 2000 OK\r\n\r\n", FailureKind.NOT_HTTP),
    "HTTP/2": (b"HTTP/2 200 OK\r\n\r\n", FailureKind.NOT_HTTP),
    "HTTP/0.9": (b"<html>", FailureKind.NOT_HTTP),
    "bytes of zero": (bytes(400_000), FailureKind.NOT_HTTP),
    "nothing": (b"", FailureKind.RESET),
}


@pytest.mark.parametrize("name", FAILING)
def test_what_is_no_response_is_a_failure_of_its_kind(serve: Start, talk: Start, name: str) -> None:
    raw, kind = FAILING[name]
    outcome = ask(serve(raw), talk)
    assert isinstance(outcome, NoResponse)
    assert kind == outcome.kind
    assert outcome.detail
    assert "\n" not in outcome.detail


def endless(server: Any, start: bytes, piece: bytes, pause: float = 0) -> Callable[[socket.socket, int], None]:
    def handle(connection: socket.socket, number: int) -> None:
        if server():
            server().head(connection)
        connection.sendall(start)
        while True:
            connection.sendall(piece)
            if pause:
                time.sleep(pause)

    return handle


@pytest.fixture
def pour(serve: Start) -> Callable[..., object]:
    def start(first: bytes, piece: bytes, pause: float = 0) -> object:
        servers: list = []
        servers.append(serve(endless(lambda: servers[0] if servers else None, first, piece, pause)))
        return servers[0]

    return start


def test_an_endless_body_is_read_up_to_the_bound(pour: Start, talk: Start) -> None:
    outcome = ask(pour(HEAD + b"\r\n", b"x" * 65536), talk, most=1 << 20)
    assert (outcome.kind, outcome.response.cut, outcome.response.body) == (
        FailureKind.TOO_LARGE,
        True,
        b"x" * (64 << 10),
    )
    assert outcome.response.size <= 1 << 20
    assert "more than 1048576 bytes" in outcome.response.faults[0]


def test_a_chunked_body_without_end_is_read_up_to_the_bound(pour: Start, talk: Start) -> None:
    outcome = ask(
        pour(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b"x" * 4096 + b"\r\n"), talk, most=1 << 20
    )
    assert "more than 1048576 bytes" in outcome.response.faults[0]


def test_chunks_of_one_byte_are_read_up_to_50_000(pour: Start, talk: Start) -> None:
    outcome = ask(pour(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 9_000), talk)
    assert (outcome.kind, outcome.response.size) == (FailureKind.TOO_LARGE, 50_000)
    assert outcome.response.faults == ("more than 50,000 chunks: the rest was not read",)


@pytest.mark.parametrize("start", [HEAD, b"HTTP/1.1 103 Hints\r\n", HEAD + b"X: "])
def test_headers_without_end_are_read_up_to_the_bound(pour: Start, talk: Start, start: bytes) -> None:
    outcome = ask(pour(start, b"X-Filler: " + b"y" * 5000 + (b"" if start.endswith(b" ") else b"\r\n")), talk)
    assert isinstance(outcome, Response)
    assert "more than 256 KiB of headers" in outcome.faults[0]


def test_interim_answers_without_end_are_a_failure(pour: Start, talk: Start) -> None:
    outcome = ask(pour(b"", b"HTTP/1.1 102 Processing\r\n\r\n" * 100), talk)
    assert outcome.kind == FailureKind.NOT_HTTP


def test_memory_stays_small_whatever_comes(pour: Start, serve: Start, talk: Start) -> None:
    servers = [
        pour(HEAD, b"X-Filler: " + b"y" * 60_000 + b"\r\n"),
        pour(HEAD + b"\r\n", b"x" * 65536),
        pour(HEAD + b"A: ", b"y" * 65536),
        pour(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1" * 65536),
        serve(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB),
        serve(HEAD + b"Content-Length: 99999999999999\r\n\r\n" + b"x" * 100_000),
    ]
    tracemalloc.start()
    try:
        for server in servers:
            tracemalloc.reset_peak()
            before, _ = tracemalloc.get_traced_memory()
            session = talk(server.url)
            assert session.send(Request("GET", server.url)).outcome is not None
            _, peak = tracemalloc.get_traced_memory()
            assert peak - before < 20 << 20
    finally:
        tracemalloc.stop()


def test_a_gzip_bomb_is_unpacked_up_to_the_bound(serve: Start, talk: Start) -> None:
    raw = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB
    outcome = ask(serve(raw), talk)
    assert outcome.kind == FailureKind.TOO_LARGE
    assert (outcome.response.cut, outcome.response.body) == (True, bytes(64 << 10))
    assert outcome.response.size <= 8 << 20


def test_no_byte_in_time_is_a_timeout(serve: Start, talk: Start) -> None:
    outcome = ask(serve(lambda connection, number: time.sleep(3)), talk, timeout=0.5)
    assert (outcome.kind, outcome.detail) == (FailureKind.TIMEOUT, "the answer was not complete after 0.5 s")


@pytest.mark.parametrize("start", [b"", HEAD, HEAD + b"Content-Length: 5000\r\n\r\n"])
def test_a_slow_drip_ends_at_the_time_for_a_whole_answer(pour: Start, talk: Start, start: bytes) -> None:
    drip = HEAD[:1] if not start else b"x"
    outcome = ask(pour(start, drip, 0.05), talk, tries=1, timeout=0.5)
    assert outcome.kind == FailureKind.TIMEOUT
    assert "not complete after 0.5 s" in outcome.detail
    assert (200 if b"\n" in start else None) == (outcome.response and outcome.response.status)


def test_a_reset_within_the_body_is_a_failure_with_what_came(serve: Start, talk: Start) -> None:
    def handle(connection: socket.socket, number: int) -> None:
        connection.recv(9999)
        connection.sendall(HEAD + b"Content-Length: 9\r\n\r\n{}")
        time.sleep(0.05)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    outcome = ask(serve(handle), talk)
    assert (outcome.kind, outcome.response.body) == (FailureKind.RESET, b"{}")


def test_a_closed_port_is_refused(serve: Start, talk: Start) -> None:
    server = serve(b"")
    server.close()
    session = talk(server.url)
    assert session.send(Request("GET", server.url)).outcome.kind == FailureKind.REFUSED
    assert session.sent == 0


def test_a_name_that_does_not_exist_is_unresolved(talk: Start) -> None:
    url = "http://nothing.invalid"
    assert talk(url).send(Request("GET", url)).outcome.kind == FailureKind.UNRESOLVED


def test_what_does_not_speak_tls_is_a_failure_of_tls(serve: Start, talk: Start) -> None:
    def handle(connection: socket.socket, number: int) -> None:
        connection.recv(9999)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    url = serve(handle).url.replace("http:", "https:")
    assert talk(url).send(Request("GET", url)).outcome.kind == FailureKind.TLS


def test_the_answer_to_head_has_no_body(serve: Start, talk: Start) -> None:
    outcome = ask(serve(HEAD + b"Content-Length: 500\r\n\r\n"), talk, "HEAD")
    assert (outcome.status, outcome.body, outcome.faults) == (200, b"", ())


def test_a_large_answer_is_kept_whole(serve: Start, talk: Start) -> None:
    body = b'{"contents": ["' + b"x" * 8_000_000 + b'"]}'
    raw = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
    outcome = ask(serve(raw), talk)
    assert isinstance(outcome, Response)
    assert (outcome.cut, outcome.size) == (False, len(body))
    assert outcome.json() == {"contents": ["x" * 8_000_000]}


@pytest.mark.parametrize("member", [b"[]", b'{"id":"a"}', b'"k"'])
def test_more_members_than_can_be_held_are_not_checked(serve: Start, talk: Start, member: bytes) -> None:
    at_most = 100_000 // (1 if member == b'"k"' else 2)
    for count, checked in ((at_most, True), (at_most + 2, False)):
        body = b"[" + b",".join([member] * (count - 1)) + b"]"
        raw = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
        outcome = ask(serve(raw), talk)
        assert isinstance(outcome, Response) == checked
    assert (outcome.kind, len(outcome.response.body)) == (FailureKind.TOO_LARGE, 64 << 10)
    assert outcome.detail == f"the answer is too large to be checked: {outcome.response.size:,} bytes were read"
    assert outcome.response.faults == ("more than 100,000 members: the rest was not read",)


@pytest.mark.parametrize("member", [b"<a/>", b"<a>1</a>", b"<a b='1'/>"])
def test_more_members_of_xml_than_can_be_held_are_not_checked(serve: Start, talk: Start, member: bytes) -> None:
    for count, checked in ((20_000, True), (100_000, False)):
        body = b"<r>" + member * count + b"</r>"
        raw = HEAD + b"Content-Type: application/xml\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        assert isinstance(ask(serve(raw), talk), Response) == checked


def test_of_a_bomb_of_members_no_more_is_unpacked_than_is_checked(serve: Start, talk: Start) -> None:
    packed = gzip.compress(b"[" * 20_000_000)
    raw = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed
    outcome = ask(serve(raw), talk)
    assert (outcome.kind, outcome.response.size < 300_000) == (FailureKind.TOO_LARGE, True)


def test_headers_without_number_are_kept_up_to_a_thousand(serve: Start, talk: Start) -> None:
    raw = HEAD + b"X: y\r\n" * 30_000 + b"Content-Length: 2\r\n\r\n{}"
    outcome = ask(serve(raw), talk)
    assert len(outcome.headers) == 1000
    assert outcome.faults[0] == "more than 1,000 headers: the rest was not kept"
