"""`--conformance-display`: progress, violations as they come, tables at the end, in place of what pytest prints."""

import contextlib
import os
import sys
from collections.abc import Callable, Generator, Iterable
from time import perf_counter
from typing import Any, TextIO

import pytest
from _pytest._io import TerminalWriter
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from conformance.checks.model import Verdict
from conformance.messages import Message, format_count
from conformance.pytest_plugin.finish import NOTHING_EXERCISED, RunFinish
from conformance.pytest_plugin.session import PluginSession
from conformance.report.evidence import row_of_exploration
from conformance.report.format import format_duration, format_reason
from conformance.report.sanitize import to_one_line
from conformance.report.translation import Translator, check_language
from conformance.report.words import SYMBOLS, VERDICTS
from conformance.report.writers.table import STYLES, print_table
from conformance.results.model import Exploration, RowResult

_ROWS_BEFORE_CAUSE = 3
"""Rows that violate or are inconclusive before one cause for all of them is looked for."""
_SAID_AT_THE_END = frozenset({Verdict.DRIFTS, Verdict.INCONCLUSIVE})
"""Verdicts whose reason holds what a target said, and stands in no table at the end."""
_IGNORING_A_CLOSED_STREAM = contextlib.suppress(BrokenPipeError, ValueError)


def format_progress(
    sent: int, planned: int, done: int, items: int, *, violations: int = 0, seconds_left: float | None = None
) -> str:
    """`31 of 493 requests · 2 of 32 rows · about 8 min left · 1 violate`."""
    parts = [f"{min(sent, planned)} of {planned} requests"]
    parts += [f"{sent - planned} beyond the plan"] if sent > planned else []
    parts += [f"{done} of {items} rows"]
    parts += [f"about {format_duration(seconds_left)} left"] if seconds_left is not None else []
    parts += [f"{violations} violate"] if violations else []
    return " · ".join(parts)


def open_output() -> TextIO:
    """Standard output as it is now, under a file descriptor of its own: pytest replaces it while items run."""
    try:
        copy = os.dup(sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        return sys.stdout
    return os.fdopen(copy, "w", encoding=sys.stdout.encoding or "utf-8", errors="replace", buffering=1)


class ProgressPrinter:
    """Writes lines to one stream, with a progress bar below them where it is a terminal.

    A stream whose reader has gone (`| head`) is ignored from then on.
    """

    def __init__(self, stream: TextIO, draw: Callable[[], RenderableType]) -> None:
        width = None if stream.isatty() else 120
        self.console = _Console(file=stream, width=width, highlight=False, emoji=False, markup=False)
        self._draw = draw
        self._live: Live | None = None

    @property
    def animated(self) -> bool:
        """Whether there is a terminal on which a line can be drawn again."""
        return self.console.is_terminal and not self.console.is_dumb_terminal

    def start(self) -> None:
        if self.animated and self._live is None:
            self._live = Live(
                get_renderable=self._draw,
                console=self.console,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            with _IGNORING_A_CLOSED_STREAM:
                self._live.start()

    def stop(self) -> None:
        if self._live is not None:
            with _IGNORING_A_CLOSED_STREAM:
                self._live.stop()
            self._live = None

    def print_lines(self, lines: Iterable[RenderableType]) -> None:
        """Print above the progress bar; long lines are left for the terminal to wrap."""
        with _IGNORING_A_CLOSED_STREAM:
            for line in lines:
                if isinstance(line, Text) and not self.console.is_terminal:
                    self.console.file.write(f"{line.plain}\n")
                else:
                    self.console.print(line, soft_wrap=True, crop=False)


class _Console(Console):
    """Rich ends the process when its reader has gone; a run goes on and writes its reports."""

    def on_broken_pipe(self) -> None:
        self.quiet = True


def draw_progress(running: str, sent: int, planned: int, text: str) -> RenderableType:
    """A bar with how far the run is, and below it what runs."""
    total = max(planned, 1)
    line = Table.grid(padding=(0, 1))
    line.add_row(ProgressBar(total, min(sent, total), width=30), text)
    return Group(line, Text(to_one_line(running), style="dim", no_wrap=True, overflow="ellipsis"))


class ProgressDisplay:
    """Registered in the process that reports, where the option was given and something is going to be run."""

    def __init__(self, config: pytest.Config, session: PluginSession, finish: RunFinish) -> None:
        self._config, self._session, self._finish = config, session, finish
        self._language = check_language(session.options.language)
        self._say = Translator(self._language)
        self._running, self._done, self._reported, self._violations = "", 0, 0, 0
        self._items, self._started = 0, perf_counter()
        self._in_doubt = 0
        self._waiting: list[RowResult | Exploration] = []
        self._reason = ""
        """Why the row that was printed last has its verdict."""
        self._causes: set[str] = set()
        self._blamed: set[str] = set()
        """Those that were printed as violating, before the rest of the run was known."""
        self._is_over = False
        self._printer = ProgressPrinter(open_output(), self._draw)

    @property
    def _knows_secrets(self) -> bool:
        """Whether what a target said may be printed: it may hold a token that the target gives only later."""
        is_real = self._session.options.selection.real
        return self._is_over or not (is_real and any(one.gives_secrets for one in self._session.contracts()))

    def _draw(self) -> RenderableType:
        session = self._session
        sent = max(sum(runner.sent for runner in session.runners.values()), self._reported)
        planned = session.sink.planned
        rest = max(0, planned - sent)
        spent = perf_counter() - self._started
        estimates = [rest * spent / sent if sent and spent > 1 else None, session.seconds_for(rest)]
        left = max(filter(None, estimates), default=None)
        text = format_progress(sent, planned, self._done, self._items, violations=self._violations, seconds_left=left)
        return draw_progress(self._running, sent, planned, text)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Other plugins hold pytest's reporter and talk to it, so it stays, and writes nowhere."""
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - as long as pytest itself
            self._config.add_cleanup(nowhere.close)
            reporter._tw = TerminalWriter(nowhere)  # noqa: SLF001

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._items = len(session.items)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtestloop(self) -> Generator[None, Any, Any]:
        """Inside the plugin's own: everything is planned by now."""
        planned, self._started = self._session.sink.planned, perf_counter()
        if planned:
            seconds = self._session.seconds_for(planned)
            pace = f", at least {format_duration(seconds)} at the pace of the target" if seconds else ""
            counts = format_count(self._items, "rows and operations"), format_count(planned, "requests")
            self._printer.print_lines([f"{', '.join(counts)}{pace}"])
        self._printer.start()
        try:
            return (yield)
        finally:
            self._printer.stop()

    def pytest_runtest_logstart(self, nodeid: Any) -> None:
        self._running = str(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        text = getattr(report, "conformance", None)
        if isinstance(text, str):
            result = self._session.event(text).result
            if result is not None:
                self._count_result(result)
        elif report.failed and not hasattr(report, "conformance_item"):
            self._print_failure(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._print_failure(report)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, Any, Any]:
        """Around all others: what they have written and printed is known then."""
        result = yield
        self._printer.stop()
        sink = self._session.sink
        if sink.any:
            self._take_late()
            self._print_waiting(confirmed=True)
            self._printer.print_lines([""])
            print_table(self._printer.console, sink.results(), self._language, with_causes=False)
            folder = self._relative(str(self._session.options.output))
            self._printer.print_lines(["", f"{folder}: {', '.join(sorted(sink.written))}"])
            if session.exitstatus == NOTHING_EXERCISED and self._session.options.selection.real:
                hint = "`conformance init` writes a profile, and `conformance doctor` says what one lacks"
                self._printer.print_lines([hint])
        elif session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            chosen = f": -k {session.config.option.keyword} matches none" if session.config.option.keyword else ""
            self._printer.print_lines([f"no row was selected{chosen}; `conformance list` names all by their IDs"])
        self._printer.print_lines(self._session.notes)
        self._printer.print_lines(Text(problem, style="red") for problem in self._finish.problems())
        return result

    def _count_result(self, result: RowResult | Exploration) -> None:
        self._done += 1
        self._reported += result.requests
        if not self._knows_secrets and result.verdict in _SAID_AT_THE_END:
            return
        if result.verdict in {Verdict.VIOLATES, Verdict.INCONCLUSIVE}:
            self._waiting.append(result)
            self._in_doubt += 1
            answered = any(one.response is not None for one in result.exchanges)
            confirmed = not answered or self._in_doubt >= _ROWS_BEFORE_CAUSE
            self._print_waiting(confirmed=confirmed and self._knows_secrets)
        elif result.verdict is not Verdict.CONFORMS or not self._printer.animated:
            self._print_result(result)

    def _take_late(self) -> None:
        """Once all secrets are known and kept back: what could not be said before waits to be printed."""
        if not self._knows_secrets:
            self._is_over, waiting = True, {one.id for one in self._waiting}
            every: list[RowResult | Exploration] = []
            for run in self._session.sink.results().runs:
                every += [*run.rows, *run.explored]
            self._waiting = [one for one in every if one.verdict in _SAID_AT_THE_END or one.id in waiting]

    def _print_waiting(self, *, confirmed: bool) -> None:
        """Print the rows in doubt, except those that follow from one cause of the whole run.

        The cause itself is printed once it is `confirmed` by several rows; until then its rows wait.
        """
        runs = self._session.sink.results().runs
        causes = [cause for run in runs for cause in run.causes]
        texts = {cause.text for cause in causes}
        explained = {one.id for run in runs for one in run.rows if one.reason in texts}
        explained |= {one.id for run in runs for one in run.explored if one.reason in texts}
        waiting, self._waiting = self._waiting, []
        for result in waiting:
            if result.id not in explained:
                self._print_result(result)
            elif not confirmed:
                self._waiting.append(result)
        for cause in causes if confirmed else ():
            if cause.key not in self._causes:  # more results may put the same cause in other words
                self._causes.add(cause.key)
                line = f"! {self._session.describe_cause(cause)}"
                self._printer.print_lines([Text(line, style="bold yellow")])
                self._reason = cause.text
        judged = [one for run in runs for one in run.rows] + [one for run in runs for one in run.explored]
        for result in judged if confirmed else ():
            if result.id in explained & self._blamed:
                self._blamed.discard(result.id)
                self._violations -= 1
                self._printer.print_lines([self._result_line(result)])

    def _print_result(self, result: RowResult | Exploration) -> None:
        if result.verdict is Verdict.VIOLATES:
            self._violations += 1
            self._blamed.add(result.id)
        self._printer.print_lines([self._result_line(result)])

    def _print_failure(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        self._printer.print_lines([Text(f"✗ {report.nodeid}", style="bold red"), Text(report.longreprtext)])

    def _result_line(self, result: RowResult | Exploration) -> Text:
        row = row_of_exploration(result) if isinstance(result, Exploration) else result
        say, verdict = self._say, row.verdict
        head = (f"{SYMBOLS[verdict]} {say(VERDICTS[verdict])}", STYLES[verdict])
        known = f" ({say(Message('Known deviation'))})" if row.known else ""
        requests = say(Message("{n} requests", n=row.requests))
        is_said = self._knows_secrets or verdict is Verdict.NOT_EXERCISED
        why = format_reason(row) if is_said and verdict is not Verdict.CONFORMS else ""
        if verdict is Verdict.INCONCLUSIVE and why == self._reason:
            why = Message("for the same reason as above")
        elif why:
            self._reason = why
        return Text.assemble(head, f"  {say(row.id)}{known}, {requests}  {say(why)}".rstrip())

    def _relative(self, path: str) -> str:
        short = os.path.relpath(path, self._config.invocation_params.dir)
        return path if short.startswith("..") else short
