from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from conformance.client.allowance import AllowanceWatch
from conformance.client.session import Session
from conformance.errors import ConfigError
from conformance.http import FailureKind, NoResponse, Request, Response
from conformance.quantities import Pace
from conformance.target.credentials import Credential, Secret
from tests.client.conftest import make_target

Start = Callable[..., Any]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
BAD = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
RESET = b"\1\0\0\0\0\0\0\0"


def status(code: int, more: str = "") -> bytes:
    return f"HTTP/1.1 {code} Odd\r\nContent-Length: 0\r\n{more}\r\n".encode()


def script(serve: Start, *answers: bytes | None) -> Any:
    """A server that gives these answers one after the other, over all its connections, and the last one ever after.

    None resets the connection.
    """
    left = list(answers)
    lock = threading.Lock()
    servers: list = []

    def handle(connection: socket.socket, number: int) -> None:
        while servers[0].head(connection):
            with lock:
                response = left.pop(0) if len(left) > 1 else left[0]
            if response is None:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                return
            connection.sendall(response)

    servers.append(serve(handle))
    return servers[0]


# What goes out


@pytest.mark.parametrize(
    "target", ["/a/../b/./c", "/%7e/%2F/%2f", "//a//b", "/x?q=%zz&q=a+b&&=", "/{a}|b\\^`", "/x?", "/;p=1"]
)
def test_the_url_goes_out_as_it_is_written(serve: Start, talk: Start, target: str) -> None:
    server = script(serve, OK)
    exchange = talk(server.url).send(Request("GET", server.url + target + "#fragment"))
    assert isinstance(exchange.outcome, Response)
    assert server.requests[0].split(b"\r\n")[0] == f"GET {target} HTTP/1.1".encode()


def test_headers_go_out_as_given_and_nothing_is_added_to_them(serve: Start, talk: Start) -> None:
    server = script(serve, OK)
    given = (("x-B", "2"), ("X-a", "1"), ("x-b", "3"), ("USER-AGENT", "me"), ("accept", "a/b"), ("X-U", "\u3042"))
    talk(server.url).send(Request("DELETE", server.url, given, permission="delete"))
    lines = server.requests[0].split(b"\r\n")
    assert [
        b"DELETE / HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}".encode(),
        b"Accept-Encoding: gzip, deflate",
        b"x-B: 2",
        b"X-a: 1",
        b"x-b: 3",
        b"USER-AGENT: me",
        b"accept: a/b",
        "X-U: \u3042".encode(),
        b"",
        b"",
    ] == lines


def test_the_suite_says_who_it_is(serve: Start, talk: Start) -> None:
    server = script(serve, OK)
    talk(server.url).send(Request("GET", server.url))
    assert b"\r\nUser-Agent: conformance/" in server.requests[0]
    assert b"\r\nAccept: */*\r\n" in server.requests[0]


@pytest.mark.parametrize("method", ["GET", "get", "PROPFIND", "x-odd"])
def test_the_method_goes_out_as_given(serve: Start, talk: Start, method: str) -> None:
    server = script(serve, OK)
    talk(server.url).send(Request(method, server.url))
    assert server.requests[0].startswith(f"{method} / HTTP/1.1\r\n".encode())


@pytest.mark.parametrize("body", [b"", b"{}", bytes(range(256)) * 500])
def test_the_body_goes_out_as_given(serve: Start, talk: Start, body: bytes) -> None:
    actual: list[bytes] = []

    def handle(connection: socket.socket, number: int) -> None:
        server.head(connection)
        data = b""
        while len(data) < len(body):
            data += connection.recv(65536)
        actual.append(data)
        connection.sendall(OK)

    server = serve(handle)
    assert talk(server.url).send(Request("POST", server.url, (), body, permission="write")).response
    assert actual == [body]
    assert f"Content-Length: {len(body)}\r\n".encode() in server.requests[0]


def test_no_cookie_is_sent_back(serve: Start, talk: Start) -> None:
    server = script(serve, b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n")
    session = talk(server.url)
    for _ in range(2):
        session.send(Request("GET", server.url))
    assert b"ookie" not in server.requests[1]


def test_a_redirect_is_an_answer_and_is_not_followed(serve: Start, talk: Start) -> None:
    server = script(serve, status(302, "Location: /elsewhere\r\n"))
    assert talk(server.url).send(Request("GET", server.url)).response.status == 302
    assert len(server.requests) == 1


def test_no_credentials_come_from_the_surroundings(
    serve: Start, talk: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    server = script(serve, OK)
    assert talk(server.url).send(Request("GET", server.url)).response
    assert b"uthorization" not in server.requests[0]


def test_a_connection_is_used_three_times(serve: Start, talk: Start) -> None:
    server = script(serve, OK)
    session = talk(server.url)
    for _ in range(5):
        assert session.send(Request("GET", server.url)).response
    assert (len(server.peers), session.sent) == (2, 5)


def test_an_exchange_tells_when_it_went_out(serve: Start, talk: Start) -> None:
    server = script(serve, OK)
    session, before = talk(server.url), datetime.now(UTC)
    first, second = (session.send(Request("GET", server.url)) for _ in range(2))
    started = [datetime.fromisoformat(exchange.started) for exchange in (first, second)]
    # To the millisecond, so the first may seem to have begun up to one before.
    assert before - timedelta(milliseconds=1) <= started[0] <= started[1] <= datetime.now(UTC)


def test_what_was_never_sent_has_no_start(serve: Start, talk: Start) -> None:
    server = script(serve, OK)
    assert talk(server.url).send(Request("GET", "http://elsewhere.example/")).started == ""


def test_ipv6(serve: Start, talk: Start) -> None:
    try:
        server = serve(OK, "::1")
    except OSError:
        pytest.skip("no IPv6 on this machine")
    assert talk(server.url).send(Request("GET", server.url)).response


# The gate


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.2:{port}/",
        "https://127.0.0.1:{port}/",
        "http://127.0.0.1:1/",
        "http://127.0.0.1:{port}@evil.example/",
        "http://x@127.0.0.1:{port}/",
        "http://127.0.0.1:{port}.evil.example/",
        "//127.0.0.1:{port}/",
        "http:/\n/127.0.0.1:{port}/",
        "http://127.0.0.1:{port}\\@evil.example/",
        "http://[::1/",
        "",
    ],
)
def test_a_request_to_another_place_never_leaves(serve: Start, talk: Start, url: str) -> None:
    server = script(serve, OK)
    session = talk(server.url)
    exchange = session.send(Request("GET", url.format(port=server.port)))
    assert exchange.outcome.kind == FailureKind.NOT_SENT
    assert (exchange.tries, session.sent, len(server.peers)) == (0, 0, 0)


@pytest.mark.parametrize("permission", ["write", "delete", "exhaust", "anything"])
def test_a_request_without_permission_never_leaves(serve: Start, talk: Start, permission: str) -> None:
    server = script(serve, OK)
    session = talk(server.url, ("read",))
    exchange = session.send(Request("POST", server.url, (), b"{}", permission))
    assert exchange.outcome.kind == FailureKind.NOT_SENT
    assert permission in exchange.outcome.detail
    assert (session.sent, len(server.peers)) == (0, 0)


@pytest.mark.parametrize(
    "request_",
    [
        ("GET", "/a b", ()),
        ("GET", "/\u3042", ()),
        ("GE T", "/", ()),
        ("", "/", ()),
        ("GET", "/", (("X\r\nY", "z"),)),
        ("GET", "/", (("X", "a\r\nY: z"),)),
        ("GET", "/\r\nX: y", ()),
    ],
)
def test_what_would_be_two_requests_never_leaves(serve: Start, talk: Start, request_: tuple) -> None:
    server = script(serve, OK)
    method, path, headers = request_
    outcome = talk(server.url).send(Request(method, server.url + path, headers)).outcome
    assert outcome.kind == FailureKind.NOT_SENT
    assert not server.peers


@pytest.mark.parametrize("url", ["", "host", "ftp://host/", "http://", "http://a:b@host/", "http://host:x/"])
def test_a_base_url_that_is_none_is_named_at_once(url: str) -> None:
    with pytest.raises(ConfigError, match="base_url"):
        Session(make_target(url))


def test_a_missing_ca_bundle_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="ca_bundle"):
        Session(make_target("https://host", ca_bundle=tmp_path / "none.pem"))


# Vantages


def test_a_request_comes_from_its_source_address(serve: Start, talk: Start) -> None:
    server = script(serve, OK)
    session = talk(server.url)
    assert session.send(Request("GET", server.url, source_address="127.0.0.9")).response
    assert session.send(Request("GET", server.url)).response
    assert server.peers == ["127.0.0.9", "127.0.0.1"]


def test_an_address_that_is_not_ours_is_no_fault_of_the_target(serve: Start, talk: Start) -> None:
    server = script(serve, OK)
    session = talk(server.url)
    outcome = session.send(Request("GET", server.url, source_address="192.0.2.1")).outcome
    assert outcome.kind == FailureKind.NOT_SENT
    assert session._breaker.reason is None


def test_a_request_goes_through_its_proxy_with_the_url_as_written(serve: Start, talk: Start) -> None:
    proxy = script(serve, OK)
    session = talk("http://target.invalid:81")
    url = "http://target.invalid:81/a/../%7e?b"
    assert session.send(Request("GET", url, proxy=proxy.url.replace("//", "//me:word@"))).response
    lines = proxy.requests[0].split(b"\r\n")
    assert lines[0] == b"GET http://target.invalid:81/a/../%7e?b HTTP/1.1"
    assert b"Host: target.invalid:81" in lines
    assert any(line.startswith(b"Proxy-Authorization: Basic ") for line in lines)


# Large uploads


def rejecting(serve: Start, *, read: int, linger: bool, pause: float = 0.0) -> Any:
    def handle(connection: socket.socket, number: int) -> None:
        server.head(connection)
        taken = 0
        while taken < read:
            taken += len(connection.recv(65536))
        connection.sendall(BAD)
        time.sleep(pause)
        if linger:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    server = serve(handle)
    return server


@pytest.mark.parametrize("read", [0, 100_000, 5_000_000])
@pytest.mark.parametrize("linger", [True, False])
@pytest.mark.parametrize("pause", [0.0, 0.05])
def test_an_answer_before_the_body_was_read_is_an_answer(
    serve: Start, talk: Start, read: int, linger: bool, pause: float
) -> None:
    server = rejecting(serve, read=read, linger=linger and pause > 0, pause=pause)
    body = bytes(6_000_000)
    session = talk(server.url)
    for _ in range(5):
        exchange = session.send(Request("POST", server.url, (), body, "write"), repeatable=False)
        assert exchange.response is not None, exchange.outcome
        assert (
            exchange.response.status,
            exchange.response.body,
            exchange.response.faults,
            exchange.tries,
        ) == (400, b"{}", (), 1)


def test_an_answer_in_two_pieces_before_the_body_was_read_is_an_answer(serve: Start, talk: Start) -> None:
    def handle(connection: socket.socket, number: int) -> None:
        server.head(connection)
        connection.sendall(BAD[:-2])
        connection.sendall(BAD[-2:])

    server = serve(handle)
    server.no_delay = False
    session = talk(server.url, limits={"tries": 4})
    for _ in range(20):
        exchange = session.send(Request("POST", server.url, (), bytes(6_000_000), "write"), repeatable=False)
        assert exchange.response is not None, exchange.outcome
        assert exchange.response.status == 400
    assert session.sent < 30


def test_a_refusal_that_loses_its_end_is_asked_for_again_and_then_taken(serve: Start, talk: Start) -> None:
    def handle(connection: socket.socket, number: int) -> None:
        server.head(connection)
        connection.sendall(BAD[:-2])

    server = serve(handle)
    exchange = talk(server.url, limits={"tries": 3}).send(
        Request("POST", server.url, (), bytes(6_000_000), "write"), repeatable=False
    )
    assert (exchange.response.status, exchange.tries) == (400, 3)
    assert exchange.response.faults


def test_an_answer_is_read_from_a_server_that_stops_reading(serve: Start, talk: Start) -> None:
    answered, gone = threading.Event(), threading.Event()

    def handle(connection: socket.socket, number: int) -> None:
        server.head(connection)
        connection.sendall(BAD)
        answered.wait(30)
        gone.set()

    server = serve(handle)
    exchange = talk(server.url).send(Request("POST", server.url, (), bytes(6_000_000), "write"))
    assert exchange.response.status == 400
    assert not gone.is_set()
    answered.set()


def test_an_interim_answer_does_not_end_an_upload(serve: Start, talk: Start) -> None:
    actual: list[int] = []

    def handle(connection: socket.socket, number: int) -> None:
        server.head(connection)
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        taken = 0
        while taken < 3_000_000 and (piece := connection.recv(65536)):
            taken += len(piece)
        actual.append(taken)
        connection.sendall(OK)

    server = serve(handle)
    assert talk(server.url).send(Request("POST", server.url, (), bytes(3_000_000), "write")).response
    assert actual == [3_000_000]


def test_an_upload_that_nobody_reads_is_a_timeout(serve: Start, talk: Start) -> None:
    server = serve(lambda connection, number: time.sleep(3))
    upload = Request("POST", server.url, (), bytes(9_000_000), "write")
    outcome = talk(server.url, limits={"timeout": 0.5}).send(upload, repeatable=False).outcome
    assert (outcome.kind, outcome.detail) == (FailureKind.TIMEOUT, "the target stopped reading the request")


# Repetition


@pytest.mark.parametrize("code", [429, 502, 503, 504])
def test_an_unasked_refusal_is_repeated(serve: Start, talk: Start, waits: list[float], code: int) -> None:
    server = script(serve, status(code), OK)
    session = talk(server.url)
    exchange = session.send(Request("GET", server.url))
    assert (exchange.response.status, exchange.tries, session.sent) == (200, 2, 2)
    assert 0.1 < waits[0] < 0.3


@pytest.mark.parametrize("code", [502, 503, 504])
def test_a_refusal_without_end_is_unavailable_with_its_answer(serve: Start, talk: Start, code: int) -> None:
    exchange = talk(script(serve, status(code)).url, limits={"tries": 4}).send
    server = script(serve, status(code))
    exchange = talk(server.url, limits={"tries": 4}).send(Request("GET", server.url))
    assert isinstance(exchange.outcome, NoResponse)
    outcome = exchange.outcome
    assert (outcome.kind, outcome.response.status, exchange.tries) == (FailureKind.UNAVAILABLE, code, 4)


def test_a_status_that_was_asked_for_is_an_answer(serve: Start, talk: Start, waits: list[float]) -> None:
    server = script(serve, status(429), OK)
    exchange = talk(server.url).send(Request("GET", server.url), asked_for=frozenset({429}))
    assert (exchange.response.status, exchange.tries, waits) == (429, 1, [])


@pytest.mark.parametrize("code", [500, 404, 501, 505])
def test_any_other_status_is_an_answer(serve: Start, talk: Start, code: int) -> None:
    server = script(serve, status(code), OK)
    assert code == talk(server.url).send(Request("GET", server.url)).response.status


def test_429_without_retry_after_outlasts_a_window_of_ten_seconds(
    serve: Start, talk: Start, waits: list[float]
) -> None:
    server = script(serve, *[status(429)] * 30)
    exchange = talk(server.url, limits={"tries": 4, "patience": 60.0}).send(Request("GET", server.url))
    assert exchange.outcome.kind == FailureKind.UNAVAILABLE
    assert 50 < sum(waits) <= 60
    assert max(waits) < 6


def test_retry_after_is_kept(serve: Start, talk: Start, waits: list[float]) -> None:
    server = script(serve, status(503, "Retry-After: 7\r\n"), OK)
    assert talk(server.url).send(Request("GET", server.url)).response
    assert waits == [7.0]


def test_a_retry_after_beyond_the_patience_is_not_waited_for(serve: Start, talk: Start, waits: list[float]) -> None:
    server = script(serve, status(429, "Retry-After: 3600\r\n"), OK)
    assert talk(server.url).send(Request("GET", server.url)).outcome.kind == FailureKind.UNAVAILABLE
    assert waits == []


def test_a_retry_after_holds_for_every_worker(serve: Start, talk: Start, waits: list[float]) -> None:
    server = script(serve, status(429, "Retry-After: 5\r\n"), OK)
    session = talk(server.url)
    session.send(Request("GET", server.url))
    waits.clear()
    session.send(Request("GET", server.url))
    assert len(waits) == 1
    assert 4 < waits[0] <= 5


def test_a_reset_is_repeated(serve: Start, talk: Start) -> None:
    server = script(serve, None, OK)
    session = talk(server.url)
    exchange = session.send(Request("GET", server.url))
    assert (exchange.response.status, exchange.tries, session.sent) == (200, 2, 2)


def test_a_reset_of_what_must_not_be_repeated_stands(serve: Start, talk: Start) -> None:
    server = script(serve, None, OK)
    session = talk(server.url)
    exchange = session.send(Request("POST", server.url, (), b"{}", "write"), repeatable=False)
    assert (exchange.outcome.kind, exchange.tries, session.sent) == (FailureKind.RESET, 1, 1)


def test_a_reset_of_a_later_one_that_must_not_be_repeated_stands_too(serve: Start, talk: Start) -> None:
    server = script(serve, OK, OK, None, OK)
    session = talk(server.url)
    request = Request("POST", server.url, (), b"{}", "write")
    kinds = [type(session.send(request, repeatable=False).outcome) for _ in range(3)]
    assert kinds == [Response, Response, NoResponse]
    assert (session.sent, len(server.requests)) == (3, 3)


def test_what_must_not_be_repeated_never_meets_an_idle_connection(serve: Start, talk: Start) -> None:
    server = script(serve, OK)
    session = talk(server.url)
    for _ in range(3):
        assert session.send(Request("POST", server.url, (), b"{}", "write"), repeatable=False).response
    assert len(server.peers) == 3


@pytest.mark.parametrize(("code", "kind"), [(429, None), (503, None), (502, "unavailable"), (504, "unavailable")])
def test_what_must_not_be_repeated_is_repeated_where_nothing_was_done(
    serve: Start, talk: Start, code: int, kind: str | None
) -> None:
    server = script(serve, status(code), OK)
    outcome = talk(server.url).send(Request("POST", server.url, (), b"{}", "write"), repeatable=False).outcome
    assert kind == (outcome.kind if isinstance(outcome, NoResponse) else None)


def test_an_idle_connection_that_was_closed_costs_a_try_and_no_wait(
    serve: Start, talk: Start, waits: list[float]
) -> None:
    gone = threading.Event()

    def handle(connection: socket.socket, number: int) -> None:
        server.head(connection)
        connection.sendall(OK)
        if number == 1:
            # Takes the second request and closes without a word, as a server does whose idle time is over.
            connection.recv(9999)
            gone.set()
            return
        server.head(connection)

    server = serve(handle)
    session = talk(server.url)
    session.send(Request("GET", server.url))
    exchange = session.send(Request("GET", server.url))
    assert gone.is_set()
    assert (exchange.response.status, exchange.tries, session.sent, waits) == (200, 2, 3, [])


def test_a_body_cut_short_once_is_asked_for_again(serve: Start, talk: Start) -> None:
    def handle(connection: socket.socket, number: int) -> None:
        server.head(connection)
        connection.sendall(OK[:-1] if number == 1 else OK)

    server = serve(handle)
    exchange = talk(server.url).send(Request("GET", server.url))
    assert (exchange.response.body, exchange.response.faults, exchange.tries) == (b"{}", (), 2)


def test_a_body_cut_short_every_time_is_the_targets_answer(serve: Start, talk: Start) -> None:
    server = serve(OK[:-1])
    session = talk(server.url, limits={"tries": 3})
    first, second = (session.send(Request("GET", server.url)) for _ in range(2))
    assert (first.tries, second.tries) == (3, 1)
    assert first.response.faults == second.response.faults != ()


def test_three_percent_of_resets_and_two_of_503_are_never_seen(serve: Start, talk: Start) -> None:
    answers = [(None if n % 33 == 32 else status(503) if n % 50 == 49 else OK) for n in range(400)]
    server = script(serve, *answers)
    session = talk(server.url, limits={"tries": 4})
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda n: session.send(Request("GET", f"{server.url}/{n}")).outcome, range(300)))
    assert {outcome.status for outcome in outcomes if isinstance(outcome, Response)} == {200}
    assert len([outcome for outcome in outcomes if isinstance(outcome, Response)]) == 300


# The breaker


def test_a_target_that_refuses_three_requests_is_gone(serve: Start, talk: Start) -> None:
    server = serve(OK)
    server.close()
    session = talk(server.url)
    kinds = [session.send(Request("GET", server.url)).outcome.kind for _ in range(4)]
    assert kinds == [FailureKind.REFUSED] * 3 + [FailureKind.NOT_SENT]
    assert "3 requests in a row did not reach it" in session._breaker.reason
    assert session.send(Request("GET", server.url)).outcome.detail.startswith("the target is gone: 3 requests")


def test_a_target_that_answers_no_more_is_gone_after_five(serve: Start, talk: Start) -> None:
    server = serve(lambda connection, number: time.sleep(2))
    session = talk(server.url, limits={"timeout": 0.03, "tries": 1})
    kinds = [session.send(Request("GET", server.url)).outcome.kind for _ in range(6)]
    assert kinds == [FailureKind.TIMEOUT] * 5 + [FailureKind.NOT_SENT]


@pytest.mark.parametrize("answer", [None, b"nonsense\r\n", status(503)])
def test_a_target_that_never_answers_is_gone_after_five(serve: Start, talk: Start, answer: bytes | None) -> None:
    server = script(serve, answer)
    session = talk(server.url)
    for _ in range(8):
        session.send(Request("GET", server.url))
    assert session._breaker.reason.startswith("5 requests in a row had no answer that counts: ")
    assert len(server.requests) <= 10


def test_an_answer_in_between_keeps_the_target_alive(serve: Start, talk: Start) -> None:
    server = script(serve, OK, *([None] * 19), OK)
    session = talk(server.url, limits={"tries": 1})
    for _ in range(20):
        session.send(Request("GET", server.url))
    assert session._breaker.reason is None
    assert session.send(Request("GET", server.url)).response


def test_a_vantage_that_is_shut_out_does_not_make_the_target_gone(serve: Start, talk: Start) -> None:
    server = script(serve, OK)
    session = talk(server.url, limits={"tries": 1})
    for _ in range(5):
        session.send(Request("GET", server.url, proxy="http://127.0.0.1:1"))
    assert session._breaker.reason is None


# Speed


def test_many_workers_share_one_session(serve: Start, talk: Start) -> None:
    server = script(serve, OK)
    session = talk(server.url)
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda n: session.send(Request("GET", f"{server.url}/{n}")).response, range(200)))
    assert all(outcomes)
    assert (session.sent, len(server.requests)) == (200, 200)
    assert 200 / 3 <= len(server.peers) <= 75


LIMITED_KEYS = [Credential(name, "X-Key", {"": Secret(name, f"key-{name}")}) for name in ("full", "throttled")]


def test_a_key_that_is_refused_within_the_allowance_of_another_ends_the_session_at_the_second_time(
    serve: Start, talk: Start
) -> None:
    server, now = script(serve, OK, status(429), OK, status(429)), [100.0]
    watch = AllowanceWatch(LIMITED_KEYS, {"throttled": Pace(1, 8.0)}, None, lambda: now[0])
    session, mine = talk(server.url, allowances=watch), Request("GET", server.url, headers=(("X-Key", "key-full"),))
    assert session.send(mine).response
    now[0] += 7.9
    watch.note_refused("full")
    now[0] += 0.2
    assert session.send(mine).tries == 2
    now[0] += 7.9
    session.send(mine)
    said = "the target is gone: credentials.full was refused with 429 after 1 request in 8 s, "
    assert str(session.send(mine).outcome.detail).startswith(said)


def test_a_key_whose_limit_should_be_tried_and_is_never_met_is_noticed_once_another_was_refused(
    serve: Start, talk: Start
) -> None:
    server = script(serve, OK, status(429), OK)
    session = talk(server.url, allowances=AllowanceWatch(LIMITED_KEYS, {"throttled": Pace(1, 60.0)}, Pace(1, 60.0)))
    full, throttled = (
        Request("GET", server.url, headers=(("X-Key", f"key-{name}"),)) for name in ("full", "throttled")
    )
    assert [session.send(full).tries for _ in range(2)] == [1, 2]
    assert session.send(throttled).response
    outcome = session.send(throttled).outcome
    assert outcome.kind == FailureKind.UNAVAILABLE
    assert str(outcome.detail).startswith("credentials.full was refused with 429 after 1 request in 60 s")
