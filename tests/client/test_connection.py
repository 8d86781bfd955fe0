"""Through a proxy: of the whole run or of one request, plain and as a tunnel; what the proxy says is the proxy's."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest

from conformance.client.policy import Limits
from conformance.client.session import Session
from conformance.http import FailureKind, NoResponse, Request
from tests.client.conftest import make_target
from tests.client.test_session import OK, script, status

Start = Callable[..., Any]

LIMITS = Limits(timeout=60.0, tries=2)


def open_session(base_url: str, proxy: str, limits: Limits = LIMITS) -> Session:
    return Session(make_target(base_url, proxy=proxy), limits, sleep=lambda _: None)


def test_every_request_of_a_run_goes_through_its_proxy(serve: Start) -> None:
    proxy = script(serve, OK)
    session = open_session("http://target.invalid", proxy.url.replace("//", "//me:w%C3%B6rd@"))
    exchange = session.send(Request("GET", "http://target.invalid/a"))
    assert exchange.response
    assert proxy.requests[0].startswith(b"GET http://target.invalid/a HTTP/1.1\r\nHost: target.invalid\r\n")
    assert b"Proxy-Authorization: Basic " + b64encode("me:wörd".encode()) in proxy.requests[0]


def test_a_request_from_an_own_address_goes_its_own_way(serve: Start) -> None:
    server, proxy = script(serve, OK), script(serve, OK)
    session = open_session(server.url, proxy.url)
    assert session.send(Request("GET", server.url, source_address="127.0.0.9")).response
    assert (server.peers, proxy.peers) == (["127.0.0.9"], [])


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_407_of_our_own_proxy_is_no_answer_of_the_target(serve: Start, scheme: str) -> None:
    proxy = script(serve, status(407, "Proxy-Authenticate: Basic\r\n"))
    outcome = open_session(f"{scheme}://target.invalid", proxy.url).send(Request("GET", f"{scheme}://target.invalid/"))
    assert outcome.outcome.kind == FailureKind.PROXY
    assert " answered 407" in outcome.outcome.detail


HTML = "Content-Type: text/html\r\n", b"<h1>no</h1>"
JSON = "Content-Type: application/json\r\n", b'{"message": "no"}'


@pytest.mark.parametrize(
    ("code", "answer", "is_ours"),
    [
        (403, HTML, True),
        (413, ("", b"blocked by policy"), True),
        (302, ("Location: http://login.test/\r\n", b""), True),
        (200, HTML, True),
        (403, JSON, False),
        (404, ("Content-Type: application/problem+xml\r\n", b"<problem/>"), False),
        (400, ("", b""), False),
        (200, ("Content-Type: image/png\r\n", b"png"), False),
    ],
)
def test_a_page_that_our_own_proxy_may_have_made_is_no_answer_of_the_target(
    serve: Start, talk: Start, code: int, answer: tuple[str, bytes], is_ours: bool
) -> None:
    headers, body = answer
    page = f"HTTP/1.1 {code} Odd\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body
    proxy = script(serve, page)
    exchange = open_session("http://target.invalid", proxy.url).send(Request("GET", "http://target.invalid/"))
    assert isinstance(exchange.outcome, NoResponse) == is_ours
    assert talk(proxy.url).send(Request("GET", proxy.url)).outcome.status == code  # and without a proxy it is


def test_a_407_without_a_proxy_is_the_targets_answer(serve: Start, talk: Start) -> None:
    server = script(serve, status(407))
    assert talk(server.url).send(Request("GET", server.url)).response.status == 407


def test_a_proxy_that_is_not_there_is_named(serve: Start) -> None:
    outcome = open_session("http://target.invalid", "http://127.0.0.1:1").send(Request("GET", "http://target.invalid/"))
    assert outcome.outcome.kind == FailureKind.PROXY
    assert outcome.outcome.detail.startswith("our proxy 127.0.0.1:1 is not reached: ")


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n", b"HTTP/1.1 200 OK\r\n\r\nno TLS at all, to be sure"])
def test_a_tunnel_that_leads_nowhere_is_no_answer(serve: Start, answer: bytes) -> None:
    proxy = script(serve, answer)
    session = open_session("https://target.invalid", proxy.url, Limits(timeout=0.5, tries=2))
    outcome = session.send(Request("GET", "https://target.invalid/"))
    assert outcome.outcome.kind in {FailureKind.PROXY, FailureKind.TLS}
    assert proxy.requests[0] == b"CONNECT target.invalid:443 HTTP/1.1\r\nHost: target.invalid:443\r\n\r\n"
