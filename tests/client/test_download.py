"""A page of documentation is fetched with an end, and with nothing that anyone could know us by."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.client.download import download
from conformance.errors import ConfigError
from tests.client.conftest import OK

Start = Callable[..., Any]


def drip(start: bytes, piece: bytes = b"x") -> Callable[[socket.socket, int], None]:
    def handle(connection: socket.socket, _: int) -> None:
        connection.recv(65536)
        connection.sendall(start)
        for _ in range(500):
            connection.sendall(piece)
            time.sleep(0.02)

    return handle


ELSEWHERE = b"HTTP/1.1 302 Found\r\nSet-Cookie: a=b\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n"
REFUSED = {
    "a head that drips": drip(b"HTTP/1.1 200 OK\r\n"),
    "interim answers for ever": drip(b"", b"HTTP/1.1 103 Hints\r\n\r\n"),
    "a body that drips": drip(b"HTTP/1.1 200 OK\r\n\r\n"),
    "trailers that drip": drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"A: b\r\n"),
    "redirects for ever": ELSEWHERE % b"/again",
    "a redirect to a file": ELSEWHERE % b"file:///etc/passwd",
    "a redirect to data": ELSEWHERE % b"data:text/html,x",
    "a redirect to what is no address": ELSEWHERE % b"http://[::g]/",
    "a redirect to a host that is too long": ELSEWHERE % (b"http://" + b"x" * 300 + b"/"),
    "no HTTP": b"SSH-2.0-OpenSSH\r\n",
    "more than is read": b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 70_000,
    "an error": b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_page_that_cannot_be_fetched_is_refused_in_time(
    name: str, serve: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conformance.client.download._WHOLE", 0.3)
    server = serve(REFUSED[name])
    started = time.monotonic()
    with pytest.raises(ConfigError, match=r"127\.0\.0\.1"):
        download(f"{server.url}/page", 65_536)
    assert time.monotonic() - started < 5


def test_redirects_are_followed_ten_times(serve: Start) -> None:
    server = serve(ELSEWHERE.replace(b"Found", b"Found\r\nConnection: close") % b"/again")
    with pytest.raises(ConfigError, match="TooManyRedirects"):
        download(f"{server.url}/page", 65_536)
    assert len(server.requests) == 11


def test_a_page_behind_a_redirect_is_asked_for_without_cookie_and_password(
    serve: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login ann password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    page = serve(OK)
    server = serve(ELSEWHERE % f"http://localhost:{page.port}/page".encode())
    assert download(server.url, 100) == ("", b"{}")
    heads = b"".join([*server.requests, *page.requests]).lower()
    assert heads.count(b"get /") == 2
    assert b"authorization" not in heads
    assert b"cookie" not in heads


def test_a_page_behind_a_redirect_of_its_own_host_is_asked_for_without_cookie(serve: Start) -> None:
    server = serve(ELSEWHERE.replace(b"Found", b"Found\r\nConnection: close") % b"/again")
    with pytest.raises(ConfigError):
        download(f"{server.url}/page", 65_536)
    assert b"cookie" not in b"".join(server.requests).lower()


@pytest.mark.parametrize("name", REFUSED)
def test_a_key_in_an_address_is_not_repeated(name: str, serve: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.client.download._WHOLE", 0.3)
    server = serve(REFUSED[name])
    with pytest.raises(ConfigError, match="api_key=…&page=2") as refused:
        download(f"{server.url}/page?api_key=a-password&page=2", 65_536)
    assert "a-password" not in str(refused.value)


def test_an_address_with_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigError) as refused:
        download("http://ann:a-password@127.0.0.1:9/", 100)
    assert "a-password" not in str(refused.value)
