"""`--conformance-display`: progress, violations as they come, tables at the end, in place of what pytest prints."""

from __future__ import annotations

import os
from collections.abc import Generator
from time import perf_counter
from typing import Any

import pytest
from _pytest._io import TerminalWriter
from rich.text import Text

from conformance.checks.model import Verdict
from conformance.pytest_plugin.finish import RunFinish
from conformance.pytest_plugin.progress import ProgressPrinter, ProgressState, real_output
from conformance.pytest_plugin.session import PluginSession
from conformance.report.format import format_duration, format_exploration_finding, format_reason
from conformance.report.sanitize import to_one_line
from conformance.report.translation import checked_language, translate
from conformance.report.view import SYMBOLS
from conformance.report.writers.table import STYLES, print_table
from conformance.results.model import Exploration, RowResult

__all__ = ["Display"]


class Display:
    """Registered in the process that reports, where the option was given and something is going to be run."""

    def __init__(self, config: pytest.Config, session: PluginSession, ending: RunFinish) -> None:
        self._config, self._session, self._ending = config, session, ending
        self._language = checked_language(session.settings.language)
        self._running, self._done, self._counted, self._violations = "", 0, 0, 0
        self._items, self._since = 0, perf_counter()
        self._painter = ProgressPrinter(real_output(), self.state)

    def state(self) -> ProgressState:
        """How far the run is."""
        ours = self._session
        sent = max(ours.campaign.sent(), self._counted)
        planned = ours.planned()
        rest = max(0, planned - sent)
        spent = perf_counter() - self._since
        by_speed = rest * spent / sent if sent and spent > 1 else None
        by_pace = ours.seconds_for(rest)
        known = [value for value in (by_speed, by_pace) if value is not None]
        left = max(known) if known and rest else None
        return ProgressState(self._running, sent, planned, self._done, self._items, self._violations, left)

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
        planned, self._since = self._session.planned(), perf_counter()
        if planned:
            seconds = self._session.seconds_for(planned)
            pace = f", at least {format_duration(seconds)} at the pace of the target" if seconds else ""
            self._painter.lines([f"{self._items} rows and operations, at most {planned} requests{pace}"])
        self._painter.begin()
        try:
            return (yield)
        finally:
            self._painter.end()

    def pytest_runtest_logstart(self, nodeid: Any) -> None:
        self._running = str(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        text = getattr(report, "conformance", None)
        if isinstance(text, str):
            line = self._session.line(text)
            found = line.row or line.explored
            if found is not None:
                self._take(found)
        elif report.failed and not hasattr(report, "conformance_item"):
            self._painter.lines([Text(f"✗ {report.nodeid}", style="bold red"), Text(report.longreprtext)])

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._painter.lines([Text(f"✗ {report.nodeid}", style="bold red"), Text(report.longreprtext)])

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, Any, Any]:
        """Around all others: what they have written and said is known then."""
        result = yield
        self._painter.end()
        gathering = self._session.gathering
        if gathering.any:
            self._painter.lines([""])
            print_table(self._painter.console, gathering.results(), self._language)
            folder = self._shown(str(self._session.settings.output))
            self._painter.lines(["", f"{folder}: {', '.join(sorted(gathering.written))}"])
        elif session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            self._painter.lines(["no row was selected"])
        self._painter.lines(Text(problem, style="red") for problem in self._ending.problems())
        return result

    def _take(self, found: RowResult | Exploration) -> None:
        self._done += 1
        self._counted += found.requests
        self._violations += found.verdict is Verdict.VIOLATES
        if found.verdict is not Verdict.CONFORMS or not self._painter.moves:
            self._painter.lines([self._line(found)])

    def _line(self, found: RowResult | Exploration) -> Text:
        verdict = found.verdict
        head = (f"{SYMBOLS[verdict]} {translate(f'verdict.{verdict}', self._language)}", STYLES[verdict])
        if isinstance(found, Exploration):
            name = f"{translate('section.explored', self._language)}: {found.operation}"
            why = format_exploration_finding(found) if verdict is not Verdict.CONFORMS else ""
        else:
            name, why = found.id, format_reason(found) if verdict is not Verdict.CONFORMS else ""
            name += f" ({translate('row.known', self._language)})" if found.known else ""
        requests = translate("row.requests", self._language, n=found.requests)
        return Text.assemble(head, f"  {to_one_line(name)}, {requests}" + (f"  {why}" if why else ""))

    def _shown(self, path: str) -> str:
        short = os.path.relpath(path, self._config.invocation_params.dir)
        return path if short.startswith("..") else short
