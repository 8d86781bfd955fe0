"""Curl lines are executed: what arrives is what was sent, body to the byte."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace

import pytest

from conformance.http import Request
from conformance.results.curl import build_capture_command, build_curl_command
from conformance.results.redaction import Redactor
from tests.client.conftest import RawServer

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")

KEY = "k3y-of-the-target"
ANSWER = b'{"a": {"grant token": "g 1"}}'
JSON, FORM = (("Content-Type", "application/json"),), (("Content-Type", "multipart/form-data; boundary=b"),)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) + bytes(3000) + b"\xff" * 3000


def multipart(content: bytes) -> bytes:
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="it\'s 100%.png"\r\n\r\n'
    return head + content + b"\r\n--b--\r\n"


class Recorder(RawServer):
    def __init__(self) -> None:
        super().__init__(self.answer)
        self.bodies: list[bytes] = []

    def answer(self, connection: socket.socket, _: int) -> None:
        head = self.head(connection).lower()
        with connection.makefile("rb") as stream:
            if b"transfer-encoding: chunked" in head:
                body = b""
                while size := int(stream.readline(), 16):
                    body += stream.read(size)
                    stream.readline()
            else:
                length = head.partition(b"content-length: ")[2].partition(b"\r")[0]
                body = stream.read(int(length or b"0"))
        self.bodies.append(body)
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 29\r\n\r\n" + ANSWER)


@pytest.fixture
def server() -> Iterator[Recorder]:
    server = Recorder()
    yield server
    server.close()


def execute(line: str) -> str:
    env = {**os.environ, "FULL": KEY}
    done = subprocess.run(["bash", "-c", line], env=env, capture_output=True, text=True, check=True, timeout=30)
    return done.stdout


@pytest.mark.parametrize(
    "request_",
    [
        Request("GET", "/a/../b?limit=%2d1&x=[1]{2}", (("X-Key", KEY), ("X-No", "")), None),
        Request("GET", "/", JSON, b"{}"),
        Request("POST", "/", JSON, f'{{"it": "\'$HOME `id` \\\\ {KEY}\\n"}}'.encode()),
        Request("PUT", "/", (), b""),
        Request("DELETE", "/x", (), None),
        Request("PATCH", "/", JSON, b"@no-file"),
        Request("POST", "/", FORM, multipart(PNG)),
        Request("POST", "/", FORM, multipart(b"a" * 3_000_000)),
        Request("POST", "/", JSON, b'{"text": "' + "かな%s\\n".encode() * 150 + b'"}'),
        Request("POST", "/", JSON, b"\xff\x00"),
        Request("POST", "/", (), b"-" * 5000),
    ],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_curl_line_sends_the_request_again(server: Recorder, request_: Request, chunked: bool) -> None:
    sent = replace(request_, url=server.url + request_.url, chunked=chunked and bool(request_.body))
    line = build_curl_command(sent, Redactor({"full": KEY}))
    assert KEY not in line
    assert execute(line).endswith(ANSWER.decode())
    first, *headers = server.requests[0].decode().split("\r\n")
    assert first == f"{sent.method} {request_.url} HTTP/1.1"
    arrived = {header.strip() for header in headers}
    assert {f"{name}: {value}".strip() for name, value in sent.headers} - arrived == set()
    assert ("Transfer-Encoding: chunked" in arrived) is sent.chunked
    assert not any(header.startswith("Expect") for header in headers)
    assert server.bodies == [sent.body or b""]


def test_a_body_that_no_command_can_print_is_named_by_its_size() -> None:
    noise = bytes(n * n % 251 for n in range(20_000))
    line = build_curl_command(Request("POST", "http://h/", (), noise), Redactor({}))
    assert "--data-binary @body-of-20000-bytes" in line


def test_a_binary_body_with_a_secret_is_not_written_down() -> None:
    line = build_curl_command(Request("POST", "http://h/", (), b"\x00" + KEY.encode()), Redactor({"full": KEY}))
    assert "--data-binary @body-of-18-bytes" in line


@pytest.mark.parametrize(
    ("body", "how"),
    [
        (b"ab" * 1024, "--data-raw abab"),
        (b"ab" * 1024 + b"c", "--data-binary @-"),
        (b"\xff" + b"ab" * 4095 + b"c", "--data-binary @-"),
        (b"\xff" + b"ab" * 4096, "--data-binary @body-of-8193-bytes"),
    ],
)
def test_up_to_2048_bytes_stand_in_the_line_and_up_to_8192_are_spelled_out(body: bytes, how: str) -> None:
    assert how in build_curl_command(Request("POST", "http://h/", JSON, body), Redactor({}))


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
def test_of_a_request_that_is_shown_in_part_only_there_is_no_line() -> None:
    sent = Request("GET", "http://127.0.0.1:9/", headers=(("X-Key", KEY.upper()),))
    assert build_curl_command(sent, Redactor({"full": KEY})) == ""


def test_a_value_of_an_answer_is_kept_in_a_variable(server: Recorder) -> None:
    line = build_curl_command(Request("GET", server.url + "/"), Redactor({}))
    capture = build_capture_command(line, "grant", ["/a/grant token/value", "/a/grant token"])
    assert execute(f'{capture}; echo "got $GRANT"') == "got g 1\n"
