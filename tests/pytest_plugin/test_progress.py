"""How progress looks, on a terminal and elsewhere."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.checks.model import Level, Verdict
from conformance.pytest_plugin import progress
from conformance.pytest_plugin.progress import ProgressDisplay, ProgressPrinter, draw_progress, format_progress
from conformance.report.format import format_duration
from conformance.results.model import (
    Exploration,
    ExploredFinding,
    NamedCause,
    RecordedExchange,
    RecordedRequest,
    RowResult,
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Gone(io.StringIO):
    def write(self, _: str) -> int:
        raise BrokenPipeError


def test_a_terminal_shows_what_runs_how_far_and_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    text = format_progress(31, 493, 2, 32, violations=1, seconds_left=460.0)
    stream = Terminal()
    printer = ProgressPrinter(stream, lambda: draw_progress("cases/x/items.yaml::limit-below", 31, 493, text))
    printer.start()
    printer.stop()
    assert text == "31 of 493 requests · 2 of 32 rows · about 8 min left · 1 violate"
    assert text in stream.getvalue()
    assert "cases/x/items.yaml::limit-below" in stream.getvalue()


def test_requests_beyond_the_plan_do_not_take_the_bar_past_its_end() -> None:
    assert format_progress(496, 493, 32, 32) == "493 of 493 requests · 3 beyond the plan · 32 of 32 rows"


def test_elsewhere_nothing_is_drawn_again_and_lines_are_left_whole() -> None:
    stream = io.StringIO()
    printer = ProgressPrinter(stream, str)
    printer.start()
    printer.print_lines(["a" * 300, "[bold]no markup[/bold] :smile:"])
    printer.stop()
    assert stream.getvalue() == "a" * 300 + "\n[bold]no markup[/bold] :smile:\n"


def test_a_reader_that_has_gone_stops_nothing() -> None:
    ProgressPrinter(Gone(), str).print_lines(["a line"])


def test_times_to_come_are_said_in_few_words() -> None:
    assert [format_duration(seconds) for seconds in (0.2, 89, 100, 7140, 7200, 12000)] == [
        "200 ms",
        "89 s",
        "2 min",
        "119 min",
        "2 h 0 min",
        "3 h 20 min",
    ]


def test_the_whole_tool_draws_on_a_terminal(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    arguments = ["run", "--contract", "microcms-management", "--depth", "smoke", "-k", "contents-get"]
    process = subprocess.Popen(
        [sys.executable, "-m", "conformance", *arguments],
        cwd=tmp_path, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm", "COLUMNS": "140"},
    )  # fmt: skip
    os.close(theirs)
    printed = b""
    while True:
        try:
            printed += os.read(ours, 65536)
        except OSError:  # how Linux says that the other side has closed it
            break
    os.close(ours)
    text = printed.decode()
    assert process.wait(10) == 0, text
    assert " requests · " in text
    assert "6 of 6 rows" in text
    assert "✓ conforms  contents-get" not in text
    assert "All 6 rows that were tried are answered as the vendor promises." in text


def display_of(run: SimpleNamespace, *, gives_secrets: bool = False) -> ProgressDisplay:
    """A display of a session with this run."""
    session: Any = SimpleNamespace(
        options=SimpleNamespace(language="en", selection=SimpleNamespace(real=True)),
        contracts=lambda: [SimpleNamespace(gives_secrets=gives_secrets)],
        sink=SimpleNamespace(results=lambda: SimpleNamespace(runs=[run])),
        describe_cause=lambda one: one.text,
    )
    config: Any = None
    return ProgressDisplay(config, session, config)


def test_a_row_that_was_printed_before_its_cause_was_known_is_printed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(progress, "open_output", lambda: stream)
    row = RowResult("items/a", "items", 1, Verdict.VIOLATES)
    known = SimpleNamespace(causes=[], rows=[row], explored=[])
    display = display_of(known)
    display._count_result(row)
    cause = NamedCause("fixtures.missing_item", "fixtures.missing_item: a is there")
    known.causes, known.rows = [cause], [replace(row, verdict=Verdict.INCONCLUSIVE, reason=cause.text)]
    display._print_waiting(confirmed=True)
    assert stream.getvalue().splitlines() == [
        "✗ violates  items/a, 0 requests",
        "! fixtures.missing_item: a is there",
        "? inconclusive  items/a, 0 requests  for the same reason as above",
    ]
    assert display._violations == 0


def test_what_follows_from_one_cause_or_has_the_same_reason_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(progress, "open_output", lambda: stream)
    cause = NamedCause("fixtures.delete_path", "fixtures.delete_path: x was answered 404")
    request = RecordedRequest("POST", "http://127.0.0.1/delete/1", (), "")
    refused = RecordedExchange(1, "valid data", request, role="step")
    row = RowResult("items/a", "items", 1, Verdict.INCONCLUSIVE, reason="set-up failed", exchanges=(refused,))
    unsent = RowResult("items/b", "items", 2, Verdict.INCONCLUSIVE, reason="makes nothing more")
    found = (ExploredFinding("valid", Level.MUST, 200, 404, exchange=1),)
    explored = Exploration("drop", "POST", "/delete", Verdict.VIOLATES, 1, findings=found, exchanges=(refused,))
    explained = [replace(one, reason=cause.text) for one in (row, explored)]
    run = SimpleNamespace(causes=[cause], rows=[explained[0], unsent], explored=[explained[1]])
    display = display_of(run)
    for result in (row, unsent, unsent, explored):
        display._count_result(result)
    assert stream.getvalue().splitlines() == [
        "! fixtures.delete_path: x was answered 404",
        "? inconclusive  items/b, 0 requests  makes nothing more",
        "? inconclusive  items/b, 0 requests  for the same reason as above",
    ]


def test_what_a_target_says_waits_until_every_token_that_it_gives_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(progress, "open_output", lambda: stream)
    rows = [
        RowResult("items/a", "items", 1, Verdict.VIOLATES, reason="it said a token"),
        RowResult("items/b", "items", 2, Verdict.INCONCLUSIVE, reason="it said a token"),
        RowResult("items/c", "items", 3, Verdict.DRIFTS, reason="it said a token, too"),
        RowResult("items/d", "items", 4, Verdict.NOT_EXERCISED, reason="lacks allow: write"),
    ]
    known = SimpleNamespace(causes=[], rows=rows, explored=[])
    display = display_of(known, gives_secrets=True)
    for row in rows:
        display._count_result(row)
    assert stream.getvalue().splitlines() == [
        "✗ violates  items/a, 0 requests",
        "○ not exercised  items/d, 0 requests  lacks allow: write",
    ]
    known.rows = [replace(row, reason=(row.reason or "").replace("a token", "a secret")) for row in rows]
    display._take_late()
    display._print_waiting(confirmed=True)
    assert stream.getvalue().splitlines()[2:] == [
        "? inconclusive  items/b, 0 requests  it said a secret",
        "≈ drifts  items/c, 0 requests  it said a secret, too",
    ]
