"""How progress looks, on a terminal and elsewhere."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.pytest_plugin.progress import ProgressPrinter, ProgressState
from conformance.report.format import format_duration


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Gone(io.StringIO):
    def write(self, _: str) -> int:
        raise BrokenPipeError


def drawn(stream: io.StringIO, state: ProgressState) -> str:
    painter = ProgressPrinter(stream, lambda: state)
    painter.begin()
    painter.end()
    return stream.getvalue()


def test_a_terminal_shows_what_runs_how_far_and_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    state = ProgressState("cases/x/items.yaml::limit-below", 31, 493, 2, 32, 1, 460.0)
    said = drawn(Terminal(), state)
    assert "31 of at most 493 requests · 2 of 32 rows · about 8 min left · 1 violated" in said
    assert "cases/x/items.yaml::limit-below" in said


def test_elsewhere_nothing_is_drawn_again_and_lines_are_left_whole() -> None:
    stream = io.StringIO()
    painter = ProgressPrinter(stream, ProgressState)
    painter.begin()
    painter.lines(["a" * 300, "[bold]no markup[/bold] :smile:"])
    painter.end()
    assert "a" * 300 + "\n[bold]no markup[/bold] :smile:\n" == stream.getvalue()


def test_a_reader_that_has_gone_stops_nothing() -> None:
    ProgressPrinter(Gone(), ProgressState).lines(["a line"])


def test_times_to_come_are_said_in_few_words() -> None:
    assert ["1 s", "89 s", "2 min", "119 min", "2 h 0 min", "3 h 20 min"] == [
        format_duration(seconds) for seconds in (0.2, 89, 100, 7140, 7200, 12000)
    ]


def test_the_whole_tool_draws_on_a_terminal(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    arguments = ["run", "--contract", "microcms-management", "--depth", "smoke", "-k", "contents-get"]
    process = subprocess.Popen(
        [sys.executable, "-m", "conformance", *arguments],
        cwd=tmp_path, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm", "COLUMNS": "140"},
    )  # fmt: skip
    os.close(theirs)
    said = b""
    while True:
        try:
            said += os.read(ours, 65536)
        except OSError:  # how Linux says that the other side has closed it
            break
    os.close(ours)
    text = said.decode()
    assert 0 == process.wait(10), text
    assert "of at most " in text
    assert "6 of 6 rows" in text
    assert "✓ conforms  contents-get" not in text
    assert "All 6 rows that were tried are answered as the vendor promises." in text
