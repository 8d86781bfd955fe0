"""A run is killed at a write; after `conformance sweep` the target is as before, or what may be left is said.

A kill leaves what the server has done and what the ledger says. So one run in this process keeps both at each of its
writes, as the request comes and once it is done, and each is swept. Whole processes are killed at a few moments more
(`CONFORMANCE_KILLS=40` tries that many for each contract).
"""

from __future__ import annotations

import copy
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from conformance.engine.journal import LEDGER_FILE, read_open_entries
from conformance.session.target_runner import RunOptions, TargetRunner
from conformance.sweep import sweep
from tests.safety.watched import CASES, CONTRACTS, Watched, contract, ran, resolve_saved, saved, things, watched
from tests.test_sweep import swept

KILLS = int(os.environ.get("CONFORMANCE_KILLS", "1"))
WRITES = {"kuroco": 240, "microcms-management": 130}
"""About how many requests that are no GET a run at standard depth sends, exploration included."""
STATE = {"kuroco": ("topics", "deleted"), "microcms-management": ("contents", "media", "deleted")}


@dataclass
class Moments:
    """What a kill would leave at each write of a run: the bytes of the ledger and the state of the server."""

    ledger: Path
    server: Watched | None = None
    found: list[tuple[str, bytes, dict[str, Any]]] = field(default_factory=list)

    def __call__(self, incoming: Any, answer: Callable[[Any], Any]) -> Any:
        if self.server is None or incoming.method == "GET":
            return answer(incoming)
        self.keep(f"before {incoming.method} {incoming.path}")
        response = answer(incoming)
        self.keep(f"after {incoming.method} {incoming.path}")
        return response

    def keep(self, label: str) -> None:
        held = self.ledger.read_bytes() if self.ledger.exists() else b""
        self.found.append((label, held, {name: copy.deepcopy(getattr(self.store, name)) for name in self.names}))

    def put(self, held: bytes, state: dict[str, Any]) -> None:
        self.ledger.write_bytes(held)
        for name in self.names:
            setattr(self.store, name, state[name])

    @property
    def store(self) -> Any:
        assert self.server is not None
        application = self.server.running.application
        return application.site.store if hasattr(application, "site") else application.store

    @property
    def names(self) -> tuple[str, ...]:
        assert self.server is not None
        return STATE[self.server.profile["contract"]]


def run_rows_at_smoke(profile: Path, name: str) -> None:
    ran(profile, name, RunOptions("smoke", 0, output=profile.parent))


def explore_all(profile: Path, name: str) -> None:
    held = contract(name)
    runner = TargetRunner(held, resolve_saved(profile, held), RunOptions("standard", 0, output=profile.parent))
    operations = [operation for operation, documented in held.file.operations.items() if documented.explore]
    runner.begin([], operations)
    for operation in operations:
        runner.explore(operation)
    runner.close()


@pytest.mark.parametrize("run", [run_rows_at_smoke, explore_all])
@pytest.mark.parametrize("name", CONTRACTS)
def test_whatever_a_kill_leaves_is_taken_back_by_sweep(
    name: str, run: Callable[[Path, str], None], tmp_path: Path
) -> None:
    moments = Moments(tmp_path / LEDGER_FILE)
    with watched(name, moments) as server:
        before, profile = things(server.profile), saved(tmp_path, server.profile)
        moments.server = server
        run(profile, name)
        found, moments.found = moments.found, []
        target = resolve_saved(profile, contract(name))
        assert len(found) > 20
        tried = set()
        for label, held, state in found:
            moments.put(held, state)
            left = [replace(entry, id="") for entry in read_open_entries(moments.ledger)]
            if (alike := repr((left, state))) in tried:
                continue
            tried.add(alike)
            list(sweep(contract(name), target, moments.ledger))
            assert things(server.profile) == before, label


@dataclass
class Killer:
    """Kills the run at its nth write: when it has been done, or before, and in any case before it is answered."""

    nth: int
    done_before: bool
    process: subprocess.Popen[bytes] | None = None
    writes: int = 0

    def __call__(self, incoming: Any, answer: Callable[[Any], Any]) -> Any:
        if self.process is None or incoming.method == "GET":
            return answer(incoming)
        self.writes += 1
        if self.writes != self.nth:
            return answer(incoming)
        response = answer(incoming) if self.done_before else None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)
        return response or answer(incoming)


def start_run(server: Watched, folder: Path, depth: str) -> subprocess.Popen[bytes]:
    name = server.profile["contract"]
    arguments = ["-m", "conformance", "run", "--target", str(saved(folder, server.profile)), "--contract", name]
    arguments += ["--output", str(folder), "--depth", depth, "-p", "no:cacheprovider"]
    env = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST_")}
    out = (folder / "out.txt").open("wb")
    return subprocess.Popen([sys.executable, *arguments], cwd=CASES.parent, env=env, stdout=out, stderr=out)


def moments(name: str) -> list[tuple[int, bool]]:
    """Writes spread over the whole run, by turns done and not done."""
    step = max(1, WRITES[name] // KILLS)
    return [(1 + place * step, place % 2 == 0) for place in range(KILLS)]


@pytest.mark.parametrize(
    ("name", "nth", "done"), [(name, nth, done) for name in CONTRACTS for nth, done in moments(name)]
)
def test_after_a_kill_at_any_write_sweep_leaves_the_target_as_it_was(
    name: str, nth: int, done: bool, tmp_path: Path
) -> None:
    killer = Killer(nth, done)
    with watched(name, killer) as server:
        before = things(server.profile)
        killer.process = start_run(server, tmp_path, "standard")
        killer.process.wait(200)
        code, lines = swept(tmp_path, server.profile)
        reported = "\n".join(lines)
        assert things(server.profile) == before, reported
    if killer.process.returncode == -signal.SIGKILL:
        assert code in (0, 1), reported
