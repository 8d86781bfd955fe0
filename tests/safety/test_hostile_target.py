"""A whole run against a target that answers as badly as a socket can: evidence and a verdict, never a traceback."""

from __future__ import annotations

import gc
import gzip
import json
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from conformance.http import Response
from conformance.reference.http import WireResponse
from conformance.session.assemble import assemble_run
from conformance.session.target_runner import RunOptions, TargetRunner
from tests.client.test_hostile import BOMB
from tests.safety.watched import CASES, contract, ran, resolve_saved, saved, watched

ROWS = "limit-below-minimum and contents-get"
JSON = b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n"


def whole(body: bytes, head: bytes = JSON) -> bytes:
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def endless(connection: socket.socket) -> None:
    connection.sendall(JSON + b"Transfer-Encoding: chunked\r\n\r\n")
    piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    while True:
        connection.sendall(piece)


def headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n")
    line = b"X-Much: " + b"y" * 60000 + b"\r\n"
    for _ in range(1700):
        connection.sendall(line)


def drip(connection: socket.socket) -> None:
    for byte in whole(b'{"message": "slow"}') * 100:
        connection.sendall(bytes([byte]))
        time.sleep(0.2)


def silence(connection: socket.socket) -> None:
    time.sleep(20)
    connection.close()


TRICKS: dict[str, bytes | Callable[[socket.socket], None]] = {
    "more than Content-Length": JSON + b"Content-Length: 2\r\n\r\n" + b'{"message": "Limit: must be no less than 0."}',
    "less than Content-Length": JSON + b'Content-Length: 999\r\n\r\n{"message": "short"}',
    "a negative Content-Length": JSON + b'Content-Length: -5\r\n\r\n{"message": "x"}',
    "an endless body": endless,
    "100 MB of headers": headers,
    "invalid UTF-8": whole(b'{"message": "\xff\xfe\xc3\x28"}'),
    "JSON 10,000 levels deep": whole(b'{"message": ' + b"[" * 10_000 + b"]" * 10_000 + b"}"),
    "duplicate keys": whole(b'{"message": "a", "message": "Limit: must be no less than 0."}'),
    "a gzip bomb": whole(BOMB, JSON + b"Content-Encoding: gzip\r\n"),
    "HTML with a script": whole(b"<script>alert(1)</script>", b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"),
    "status 999": whole(b"{}", b"HTTP/1.1 999 What\r\nContent-Type: application/json\r\n"),
    "status 000": whole(b"{}", b"HTTP/1.1 000 None\r\nContent-Type: application/json\r\n"),
    "informational answers for ever": b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 3000,
    "no HTTP at all": b"\x16\x03\x01\x02\x00SSH-2.0-OpenSSH\r\n" * 20,
    "nothing, and closed": b"",
    "the key in place of a status": b"HTTP/1.1 a-key-of-no-worth\r\n\r\n",
    "a Location that is no URL": b"HTTP/1.1 302 Found\r\nLocation: http://[::g]/\r\nContent-Length: 0\r\n\r\n",
    "silence": silence,
    "a slow drip": drip,
    "control characters": whole(b'{"message": "\\u0000\\u202e\\ud800\\u0007"}'),
    "a huge number": whole(b'{"message": ' + b"9" * 5000 + b"}"),
    "two Content-Lengths": JSON + b"Content-Length: 2\r\nContent-Length: 7\r\n\r\n{}12345",
    "a length and chunks": JSON
    + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2;a="
    + b"b" * 5000
    + b"\r\n{}",
    "chunks of a byte": JSON + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\n{\r\n" * 2_000 + b"0\r\n\r\n",
    "a trailer with the key": JSON + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX: a-key-of-no-worth\r\n\r\n",
    "folded lines, zeros and bare ends": JSON + b"X: a\r\n  b\r\n\tc\nY: \0\rd\nContent-Length: 2\n\n{}",
    "a reason of control characters": b"HTTP/1.1 400 \xff\x1b[2J\xe2\x80\xae"
    + b"r" * 100_000
    + b"\r\nContent-Length: 0\r\n\r\n",
    "another protocol": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x05hello",
    "204 with a body": b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}",
    "a bomb in a bomb": whole(gzip.compress(BOMB[:20_000]), JSON + b"Content-Encoding: gzip, gzip\r\n"),
    "a coding that was not offered": whole(b"{}", JSON + b"Content-Encoding: br, a-key-of-no-worth\r\n"),
    "parts without number": whole(b"--b\r\n" * 2_000, b"HTTP/1.1 400 B\r\nContent-Type: multipart/x; boundary=b\r\n"),
    "numbers that are none": whole(b'{"message": [NaN, -Infinity, 1e999, 0.' + b"1" * 5_000 + b"]}"),
    "UTF-16 with a mark": whole('{"message": "a-key-of-no-worth"}'.encode("utf-16")),
    "placeholders": whole(b'{"id": "{credential.full}", "message": "{capture.id}{credential.full|drop-first}"}'),
    "the year 99999": whole(b"{}", JSON + b"Date: Fri, 31 Dec 99999 23:59:59 GMT\r\nAge: " + b"9" * 5000 + b"\r\n"),
    "cookies without number": whole(b"{}", JSON + b"Set-Cookie: a=b; Domain=.\r\n" * 1_500),
    "a Location of a file": b"HTTP/1.1 302 F\r\nLocation: file://h\x1b[2J\xff/\0\r\nContent-Length: 0\r\n\r\n",
    "redirect elsewhere": b"HTTP/1.1 302 Found\r\nLocation: http://198.51.100.7/\r\nContent-Length: 0\r\n\r\n",
}


@contextmanager
def tricky(trick: bytes | Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that answers each request so, and closes."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.settimeout(30)
            try:
                if not self.request.recv(65536):
                    return
                if callable(trick):
                    trick(self.request)
                else:
                    self.request.sendall(trick)
                    self.request.shutdown(socket.SHUT_WR)
            except OSError:
                pass

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address, daemon_threads, block_on_close = True, True, False

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


# getrusage would tell the peak of the process that started this one where that was larger: it survives exec.
MEASURED = """\
import re, sys, pytest
code = pytest.main(sys.argv[1:])
print("peak", int(re.search(r"VmHWM:\\s+([0-9]+)", open("/proc/self/status").read())[1]) // 1024, file=sys.stderr)
sys.exit(code)
"""


def profile(port: int) -> dict[str, Any]:
    key = {"header": "X-MICROCMS-API-KEY", "value": "a-key-of-no-worth"}
    fixtures = {"endpoint": "news", "content_id": "foo", "member_id": "someone", "media_file_name": "a.png"}
    fixtures |= {"draft_content_id": "bar", "missing_media_url": "http://h/a/b.png"}
    base = f"http://127.0.0.1:{port}"
    return {
        "contract": "microcms-management",
        "base_url": base,
        "credentials": {"full": key},
        "fixtures": fixtures,
        "timeout": "500ms",
    }


def run_against(port: int, folder: Path) -> tuple[int, str]:
    """Exit code and both streams; that it ends within ten minutes is all that is asked of a shared machine."""
    target = str(saved(folder, profile(port)))
    arguments = [
        str(CASES / "microcms-management"),
        "--conformance-target",
        target,
        "--conformance-depth",
        "smoke",
        "-k",
        ROWS,
        "-q",
    ]
    arguments += [
        "-p",
        "no:cacheprovider",
        "--conformance-output",
        str(folder / "out"),
        "--conformance-also-write=junit",
        "--conformance-also-write=har",
    ]
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *arguments], cwd=folder, capture_output=True, timeout=600, check=False
    )
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")


QUICK = ["an endless body", "100 MB of headers", "a gzip bomb", "silence"]


@pytest.mark.parametrize("name", QUICK)
def test_a_whole_run_survives(name: str, tmp_path: Path) -> None:
    with tricky(TRICKS[name]) as port:
        code, text = run_against(port, tmp_path)
    assert code == 1, text
    assert "Traceback" not in text
    assert "a fault of the suite" not in text
    assert int(text.rsplit("peak ", 1)[1].split()[0]) < 300
    results = json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))
    verdicts = {row["verdict"] for run in results["runs"] for row in run["rows"]}
    assert verdicts <= {"violates", "inconclusive"}
    assert verdicts


@pytest.mark.parametrize("name", sorted(set(TRICKS) - {"silence", "a slow drip", "100 MB of headers"}))
def test_each_hostile_answer_ends_in_a_verdict(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.client.retry.BACKOFF", (0.01,))
    held = contract("microcms-management")
    rows = ["contents-get/limit-below-minimum", "contents-get/content-not-found"]
    with tricky(TRICKS[name]) as port:
        target = str(saved(tmp_path, profile(port)))
        runner = TargetRunner(held, resolve_saved(target, held), RunOptions("smoke", 0))
        try:
            runner.begin(rows)
            results = [runner.row(row) for row in rows]
            run = assemble_run(runner.describe(), results)
        finally:
            runner.close()
    assert {row.verdict.value for row in results} <= {"violates", "inconclusive"}
    assert "a-key-of-no-worth" not in repr(run)


def test_a_row_keeps_no_large_answers(tmp_path: Path) -> None:
    """A row of a dozen probes that are each answered at length holds one or two of them at a time."""
    held = contract("microcms-management")
    row = "contents-get/limit-not-an-integer"
    with tricky(whole(b'{"message": "' + b"x" * 100_000 + b'"}')) as port:
        target = str(saved(tmp_path, profile(port)))
        runner = TargetRunner(held, resolve_saved(target, held), RunOptions("standard", 0))
        try:
            runner.begin([row])
            sent = runner.row(row).requests
        finally:
            runner.close()
    kept = sum(len(item.body) for item in gc.get_objects() if isinstance(item, Response))
    assert sent > 10
    assert kept < 500_000


@pytest.mark.parametrize("kind", ["reset", "503"])
def test_a_network_that_fails_now_and_then_is_never_held_against_the_target(kind: str, tmp_path: Path) -> None:
    """Every 25th request fails, which is more than the three percent that must be borne."""
    count = [0]
    lock = threading.Lock()

    def unsteady(incoming: Any, answer: Callable[[Any], Any]) -> Any:
        with lock:
            count[0] += 1
            fails = count[0] % 25 == 0
        if not fails:
            return answer(incoming)
        if kind == "reset":
            raise ConnectionResetError
        return WireResponse("HTTP/1.1 503 Service Unavailable", [("Content-Length", "0")])

    with watched("microcms-management", unsteady) as server:
        done = ran(saved(tmp_path, server.profile), "microcms-management", RunOptions("smoke", 0, 4), explore=False)
    assert set(done.verdicts.values()) == {"conforms"}
    assert count[0] > 75
