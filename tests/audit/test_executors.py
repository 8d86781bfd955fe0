"""The same audit on a Dask cluster: a real scheduler, two worker processes, secrets only where they run."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from conformance.results.model import Results
from conformance.results.serialization import read_results
from tests.audit.embedded import Servers, lines, matrix

pytestmark = pytest.mark.skipif(find_spec("distributed") is None, reason="the extra `dask` is not installed")

Begun = Callable[..., "subprocess.Popen[str]"]
SECRET = "kZ7-right-of-way"
"""The password of the embedded servers."""


@pytest.fixture
def cluster(servers: Servers, begun: Begun) -> tuple[str, list[subprocess.Popen[str]]]:
    """The scheduler's address, and two workers, who alone know the password."""
    begun("-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", 0, "--no-dashboard",
          "--no-jupyter", "--scheduler-file", "scheduler.json")  # fmt: skip
    address = _eventually(_address)
    workers = [
        begun("-m", "distributed.cli.dask_worker", address, "--nthreads", 2, "--no-nanny", "--no-dashboard",
              "--host", "127.0.0.1", "--local-directory", "scratch", CLUSTER_PASSWORD=SECRET)
        for _ in range(2)
    ]  # fmt: skip
    return address, workers


def test_a_cluster_finds_what_threads_find_and_loses_nothing_when_a_worker_is_killed(
    servers: Servers,
    audit: Callable[..., int],
    cluster: tuple[str, list[subprocess.Popen[str]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("one", "two", "three", "four"):
        faults = ["lets_strangers_in"] if name == "one" else []
        server = servers.start(name, *faults, latency=name in {"three", "four"})
        _password_from_the_environment(server, servers, name)
    address, workers = cluster
    dying = servers.running["three"]
    dying.application.respond = _then(dying.application.respond, 8, lambda: workers[0].send_signal(signal.SIGKILL))  # type: ignore[method-assign]
    assert audit("targets", "--scheduler", address) == 1
    assert matrix() == {"one": {"login/login": "violates"}, "two": {}, "three": {}, "four": {}}
    assert all(line["problem"] == "" for line in lines().values())
    assert SECRET not in "".join(path.read_text() for path in Path("out").rglob("*.*"))
    there = {name: _normalized(read_results(Path("out", name))) for name in servers.running}

    for server in servers.running.values():
        server.application.respond = _at_once(server.application.respond)  # type: ignore[method-assign]
    monkeypatch.setenv("CLUSTER_PASSWORD", SECRET)
    assert audit("targets") == 1
    assert there == {name: _normalized(read_results(Path("out", name))) for name in servers.running}


def test_without_a_scheduler_there_is_a_clear_word(
    servers: Servers, audit: Callable[..., int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    servers.start("one")
    monkeypatch.setattr("conformance.audit.dispatch._CONNECT", "1s")
    assert audit("targets", "--scheduler", "tcp://127.0.0.1:9") == 4
    assert "--scheduler: no Dask scheduler answers there" in capsys.readouterr().err


def _password_from_the_environment(server: Any, servers: Servers, name: str) -> None:
    """Which only the workers have."""
    profile = json.loads(json.dumps(server.profile))
    assert profile["credentials"]["login"]["password"]["value"] == SECRET
    profile["credentials"]["login"]["password"] = {"env": "CLUSTER_PASSWORD"}
    servers.profile(name, profile)


def _then(answer: Callable[[Any], Any], count: int, act: Callable[[], None]) -> Callable[[Any], Any]:
    asked = 0

    def answered(incoming: Any) -> Any:
        nonlocal asked
        asked += 1
        if asked == count:
            act()
        return answer(incoming)

    return answered


def _at_once(answer: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda asked: replace(answer(asked), delay=0.0)


def _normalized(results: Results) -> object:
    """What a run found, without when and how fast."""
    rows = [replace(row, seconds=0.0, exchanges=()) for run in results.runs for row in run.rows]
    return results.verdict, results.depth, results.seed, rows


def _address() -> str:
    return str(json.loads(Path("scheduler.json").read_text(encoding="utf-8"))["address"])


def _eventually(read: Callable[[], str]) -> str:
    for _ in range(1200):
        try:
            return read()
        except (OSError, ValueError):
            time.sleep(0.05)
    return read()
