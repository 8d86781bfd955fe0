"""The base of the reference servers: connections, bodies, the end."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import requests

from conformance import reference


@pytest.fixture
def running() -> Iterator[reference.RunningServer]:
    with reference.start("microcms-management") as running:
        yield running


def address(running: reference.RunningServer) -> tuple[str, int]:
    host, port = running.base_url.removeprefix("http://").split(":")
    return host, int(port)


def talk(running: reference.RunningServer, data: bytes) -> bytes:
    with socket.create_connection(address(running), timeout=5) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return connection.makefile("rb").read()


def test_connection_is_used_again(running: reference.RunningServer) -> None:
    request = b"GET /api/v1/service HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = talk(running, request * 3)
    assert answer.count(b"HTTP/1.1 403 Forbidden\r\n") == 3


def test_body_that_nobody_wants_does_not_become_the_next_request(running: reference.RunningServer) -> None:
    body = b"GET /api/v1/service HTTP/1.1\r\n\r\n"
    head = b"POST /nowhere HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert talk(running, (head + body) * 2).count(b"HTTP/1.1 ") == 2


def test_chunked_body_is_read(running: reference.RunningServer) -> None:
    url = running.base_url + "/api/v1/contents/news/lantern/status"
    full = running.profile["credentials"]["full"]
    headers = {full["header"]: full["value"]}
    right = requests.patch(url, data=iter([b'{"status":', b' ["PUBLISH"]}']), headers=headers, timeout=5)
    wrong = requests.patch(url, data=iter([b'{"status":']), headers=headers, timeout=5)
    assert [right.status_code, wrong.status_code] == [200, 400]


def test_client_that_expects_to_be_asked_is_asked(running: reference.RunningServer) -> None:
    full = running.profile["credentials"]["full"]
    head = f"PATCH /api/v1/contents/news/lantern/status HTTP/1.1\r\n{full['header']}: {full['value']}\r\n"
    with socket.create_connection(address(running), timeout=5) as connection:
        connection.sendall(head.encode() + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"[]")
        assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "data", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"]
)
def test_what_is_no_http_is_answered_with_400(running: reference.RunningServer, data: bytes) -> None:
    assert talk(running, data).startswith(b"HTTP/1.1 400 ")


def test_close_frees_the_port_and_ends_connections(running: reference.RunningServer) -> None:
    with socket.create_connection(address(running), timeout=5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        connection.recv(1000)
        began = time.monotonic()
        running.close()
        running.close()
        assert connection.recv(1) == b""
        assert time.monotonic() - began < 4
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address(running), timeout=1)
    with reference.start("microcms-management", port=address(running)[1]) as again:
        assert address(running) == address(again)


def test_servers_share_nothing() -> None:
    with reference.start("microcms-management") as one, reference.start("microcms-management") as other:
        full = one.profile["credentials"]["full"]
        path, headers = "/api/v1/contents/news/lantern", {full["header"]: full["value"]}
        requests.patch(one.base_url + path + "/status", json={"status": ["PUBLISH"]}, headers=headers, timeout=5)
        seen = [
            requests.get(url + path, headers=headers, timeout=5).json()["status"]
            for url in (one.base_url, other.base_url)
        ]
    assert seen == [["PUBLISH"], ["DRAFT"]]


def test_many_clients_are_served_at_once(running: reference.RunningServer) -> None:
    full = running.profile["credentials"]["full"]
    seen: list[int] = []

    def client() -> None:
        with requests.Session() as session:
            for number in range(10):
                url = f"{running.base_url}/api/v1/media?limit={number}"
                seen.append(session.get(url, headers={full["header"]: full["value"]}, timeout=5).status_code)

    threads = [threading.Thread(target=client) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [200] * 80


@pytest.mark.parametrize("framing", ["length", "chunked", "chunked-small"])
def test_answer_without_a_body_leaves_the_connection_clean(framing: str) -> None:
    choices = {"method_options": "204", "framing": framing}
    with reference.start("microcms-management", variants=choices) as running:
        full = running.profile["credentials"]["full"]
        head = f" /api/v1/media HTTP/1.1\r\n{full['header']}: {full['value']}\r\n\r\n".encode()
        answer = talk(running, b"OPTIONS" + head + b"HEAD" + head + b"PUT" + head)
    first, second, third = answer.split(b"HTTP/1.1 ")[1:]
    assert [part[:3] for part in (first, second, third)] == [b"204", b"200", b"405"]
    assert first.endswith(b"\r\n\r\n")
    assert second.endswith(b"\r\n\r\n")
    assert b"Transfer-Encoding" not in first
