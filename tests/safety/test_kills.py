"""A run is killed at any of its writes; after `conformance sweep` the target is as before.

`CONFORMANCE_KILLS=40` tries that many moments for each contract instead of three.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.safety.watched import CASES, CONTRACTS, Watched, saved, things, watched
from tests.test_sweep import swept

KILLS = int(os.environ.get("CONFORMANCE_KILLS", "3"))
WRITES = {"kuroco": 240, "microcms-management": 130}
"""About how many requests that are no GET a run at standard depth sends, exploration included."""


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


@pytest.mark.timeout(120)
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
        killer.process.wait(100)
        code, lines = swept(tmp_path, server.profile)
        told = "\n".join(lines)
        assert things(server.profile) == before, told
    if killer.process.returncode == -signal.SIGKILL:
        assert code in (0, 1), told
