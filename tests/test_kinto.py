"""The contract of examples/kinto on a real Kinto server: it breaks four promises, and nothing is left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "kinto"
KINTO = os.environ.get("KINTO") or next((str(path) for path in ROOT.glob(".venv-kinto/bin/kinto")), None)
DEPTH = os.environ.get("KINTO_DEPTH", "smoke")
BASE = "http://127.0.0.1:8888/v1"
PASSWORDS = {"owner": "owner-secret-1", "stranger": "stranger-secret-1"}
OPENER = build_opener(ProxyHandler({}))

pytestmark = pytest.mark.skipif(KINTO is None, reason="there is no Kinto: `make kinto` installs one")


def ask(method: str, path: str, data: Any = None, user: str | None = "owner") -> Any:
    headers = {"Content-Type": "application/json"}
    if user:
        headers["Authorization"] = "Basic " + b64encode(f"{user}:{PASSWORDS[user]}".encode()).decode()
    body = None if data is None else json.dumps({"data": data}).encode()
    with OPENER.open(Request(BASE + path, body, headers, method=method), timeout=30) as answer:
        return json.loads(answer.read())


@pytest.fixture(scope="module")
def kinto() -> Iterator[None]:
    """A server with two accounts, two collections and one record."""
    server = subprocess.Popen([str(KINTO), "start", "--ini", str(EXAMPLE / "kinto.ini")], stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                ask("GET", "/", user=None)
                break
            except URLError:
                time.sleep(0.2)
        for user, password in PASSWORDS.items():
            ask("PUT", f"/accounts/{user}", {"password": password}, user=None)
        ask("PUT", "/buckets/blog")
        ask("PUT", "/buckets/blog/collections/posts")
        schema = {"type": "object", "required": ["title"], "properties": {"title": {"type": "string"}}}
        ask("PUT", "/buckets/blog/collections/strict", {"schema": schema})
        ask("POST", "/buckets/blog/collections/posts/records", {"title": "first"})
        yield
    finally:
        server.terminate()
        server.wait(10)


def test_kinto_breaks_four_of_its_promises_and_nothing_is_left_behind(kinto: None, tmp_path: Path) -> None:
    before = ask("GET", "/buckets/blog/collections/posts/records")
    passwords = {f"KINTO_{name.upper()}_PASSWORD": password for name, password in PASSWORDS.items()}
    env = {**os.environ, "NO_PROXY": "127.0.0.1", **passwords}
    where = ["--target", str(EXAMPLE / "target.yaml"), "--cases", str(EXAMPLE / "cases"), "--output", str(tmp_path)]
    where += ["--depth", DEPTH]
    command = [sys.executable, "-m", "conformance", "run", *where]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, check=False)
    assert done.returncode == 1, done.stdout.decode()
    (found,) = json.loads((tmp_path / "results.json").read_text())["runs"]
    verdicts = {row["id"]: row["verdict"] for row in found["rows"]}
    assert {name for name, verdict in verdicts.items() if verdict == "violates"} == {
        "errors/body-not-json",
        "errors/invalid-posted-data",
        "errors/invalid-token",
        "resources/no-longer-there",
    }
    assert sum(verdict in {"conforms", "drifts"} for verdict in verdicts.values()) == 14
    assert "inconclusive" not in verdicts.values()
    assert ask("GET", "/buckets/blog/collections/posts/records") == before
