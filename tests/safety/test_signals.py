"""SIGTERM and SIGHUP end a run as Ctrl-C does: cleaned up, reported, exit code 2; a second signal loses nothing."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from conformance.engine.journal import LEDGER_FILE, read_open_entries
from tests.safety.test_kills import start_run
from tests.safety.watched import things, watched


@dataclass
class Interrupter:
    """Sends its signals, one soon after the other, before the nth write is answered."""

    nth: int
    signals: list[signal.Signals]
    process: subprocess.Popen[bytes] | None = None
    writes: int = field(default=0)

    def __call__(self, incoming: Any, answer: Callable[[Any], Any]) -> Any:
        response = answer(incoming)
        if self.process is not None:
            self.writes += incoming.method != "GET"
            while self.writes >= self.nth and self.signals:
                self.process.send_signal(self.signals.pop(0))
                sleep(0.1)
        return response


@pytest.mark.parametrize(
    ("name", "signals"),
    [
        ("kuroco", [signal.SIGTERM]),
        ("microcms-management", [signal.SIGHUP]),
        ("kuroco", [signal.SIGINT, signal.SIGINT]),
        ("microcms-management", [signal.SIGTERM, signal.SIGINT, signal.SIGTERM]),
    ],
)
def test_a_signal_ends_a_run_with_clean_up_and_reports(
    name: str, signals: list[signal.Signals], tmp_path: Path
) -> None:
    interrupter = Interrupter(6, list(signals))
    with watched(name, interrupter) as server:
        before = things(server.profile)
        interrupter.process = start_run(server, tmp_path, "standard")
        assert interrupter.process.wait(200) == 2
        assert things(server.profile) == before, (tmp_path / "out.txt").read_text()
    assert read_open_entries(tmp_path / LEDGER_FILE) == ()
    results = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert results["partial"] is True
    assert (tmp_path / "report.html").stat().st_size > 0
