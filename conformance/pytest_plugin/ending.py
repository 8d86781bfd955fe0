"""Gathers results in the process that reports, writes them when the session ends, and says how it went."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.judge.finding import Verdict
from conformance.pytest_plugin.session import Session
from conformance.results.streaming import read_line
from conformance.target.expectations import stale

__all__ = ["Ending"]

INTERNAL, UNUSABLE, NOTHING = 3, 4, 5


class Ending:
    """Registered where reports arrive: without xdist the only process, with it the controller."""

    def __init__(self, config: pytest.Config, session: Session) -> None:
        self._config, self._session = config, session
        self.stale: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        text = getattr(report, "conformance", None)
        if isinstance(text, str):
            line = read_line(text)
            if line.run is not None:
                self._session.gathering.announce(line.run, 0)
            self._session.gathering.take(line)

    def pytest_keyboard_interrupt(self) -> None:
        self._session.gathering.why_partial = "interrupted"

    def pytest_internalerror(self) -> None:
        self._session.gathering.why_partial = "an internal error ended the run"

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write what was found, whatever happened, and set the exit code that the verdicts ask for."""
        ours = self._session
        ours.close()
        if not ours.gathering.any:
            if ours.problems:
                session.exitstatus = UNUSABLE
            return
        if session.shouldstop or session.shouldfail:
            ours.gathering.why_partial = ours.gathering.why_partial or str(session.shouldstop or session.shouldfail)
        ours.gathering.finish()
        ours.gathering.expectations()
        self._look_for_stale()
        if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = self._exit_code(int(exitstatus))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """The table of verdicts, where the reports are, and every problem of ours."""
        ours = self._session
        if ours.gathering.any:
            from conformance.report.table import write  # noqa: PLC0415 - rich is loaded only where it prints

            terminalreporter.section("conformance")
            terminalreporter.write_line(write(ours.gathering.results(), ours.settings.language).rstrip())
            terminalreporter.write_line(f"reports in {ours.settings.output}")
        for problem in [*map(str, ours.problems), *ours.gathering.failed, *self.stale, *ours.internal_errors]:
            terminalreporter.write_line(problem, red=True)

    def _look_for_stale(self) -> None:
        for run in self._session.gathering.results().runs:
            expectations = tuple(self._session.campaign.expectations(run.contract.name))
            verdicts = {row.id: row.verdict.value for row in run.rows}
            everything = [row.id for row in run.rows]
            self.stale += [
                f"{item.where}: {item.row} no longer deviates; take the expectation out"
                for item in stale(expectations, verdicts, everything)
            ]

    def _exit_code(self, status: int) -> int:
        ours, found = self._session, self._session.gathering.results()
        if ours.internal_errors or ours.gathering.failed:
            return INTERNAL
        if ours.problems:
            return UNUSABLE
        rows = [row for run in found.runs for row in run.rows]
        explored = [one for run in found.runs for one in run.explored]
        if all(item.verdict is Verdict.NOT_EXERCISED for item in [*rows, *explored]):
            return NOTHING
        return 1 if self.stale and status == 0 else status
