"""Gathers results in the process that reports, writes them when the session ends, and says how it went."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from conformance.checks.model import Verdict
from conformance.pytest_plugin.internal_errors import InternalErrorReporter
from conformance.pytest_plugin.session import PluginSession
from conformance.target.known_deviations import find_stale

__all__ = ["RunFinish"]

INTERNAL, UNUSABLE, NOTHING = 3, 4, 5
BY_VERDICT = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
"""Of pytest's exit codes those that our verdicts take the place of."""
PAGE = b'<div class="cf" id="cf"'
"""What tells a report.html of ours from somebody else's."""


class RunFinish:
    """Registered where reports arrive: without xdist the only process, with it the controller."""

    def __init__(self, session: PluginSession, quiet: InternalErrorReporter, folders: Sequence[Path]) -> None:
        self._session, self._quiet, self._folders = session, quiet, folders
        self._stale: list[str] = []
        self._faults: list[str] = []

    def problems(self) -> Iterator[str]:
        """Everything that went wrong with us, a line each."""
        ours = self._session
        faults = [*self._faults, *self._quiet.faults]
        yield from dict.fromkeys([*map(str, ours.problems), *ours.gathering.failed, *self._stale, *faults])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        text, fault = getattr(report, "conformance", None), getattr(report, "conformance_fault", None)
        if isinstance(text, str):
            line = self._session.line(text)
            if line.run is not None:
                self._session.gathering.announce(line.run, 0)
            self._session.gathering.take(line, text)
        if fault:
            self._faults.append(f"{report.nodeid}: {fault}")

    def pytest_keyboard_interrupt(self) -> None:
        self._session.gathering.why_partial = "interrupted"

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write what was found, whatever happened, and set the exit code that the verdicts ask for."""
        ours = self._session
        ours.close()
        for folder in self._folders:
            ours.contract(folder)  # with xdist only the workers have read them: what is wrong is to be said here
        if ours.gathering.any:
            ours.gathering.why_partial = ours.gathering.why_partial or self._why_partial(session)
            ours.gathering.finish()
            self._drop_older_page(session.config)
            ours.gathering.expectations()
            self._look_for_stale()
        session.exitstatus = self._exit_code(exitstatus)

    @pytest.hookimpl(specname="pytest_sessionfinish", wrapper=True, trylast=True)
    def pytest_unwritable(self, session: pytest.Session) -> Generator[None, Any, Any]:
        """What another plugin cannot write (report.html, a full disk) is said, and loses nothing else."""
        try:
            return (yield)
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            self._session.gathering.failed.append(f"a report could not be written: {where}{error.strerror or error}")
            session.exitstatus = INTERNAL
            return None

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """The table of verdicts, where the reports are, and every problem of ours."""
        ours = self._session
        if ours.gathering.any:
            from conformance.report.writers.table import format_table  # noqa: PLC0415 - rich is loaded only where it prints

            terminalreporter.section("conformance")
            terminalreporter.write_line(format_table(ours.gathering.results(), ours.settings.language).rstrip())
            terminalreporter.write_line(f"reports in {ours.settings.output}")
        for problem in self.problems():
            terminalreporter.write_line(problem, red=True)

    def _drop_older_page(self, config: pytest.Config) -> None:
        """Where this run draws no page, that of a former run must not stay beside the new results as if it were its."""
        page = self._session.settings.output / "report.html"
        drawn = config.invocation_params.dir / (getattr(config.option, "htmlpath", None) or "")
        if config.pluginmanager.hasplugin("conformance-html") and drawn.resolve() == page.resolve():
            return
        try:
            if PAGE in page.read_bytes():
                page.unlink()
        except FileNotFoundError:
            return
        except OSError as error:
            self._session.gathering.failed.append(f"{page} is of a former run: {error.strerror or error}")

    def _why_partial(self, session: pytest.Session) -> str:
        if self._faults or self._quiet.faults:
            return "a fault of the suite itself"
        return str(session.shouldstop or session.shouldfail or "")

    def _look_for_stale(self) -> None:
        target = self._session.settings.aim.target
        if target is None or not target.expectations:
            return
        contracts = filter(None, map(self._session.contract, self._folders))
        everything = [row.id for contract in contracts if contract.name == target.contract for row in contract.rows]
        for run in self._session.gathering.results().runs:
            verdicts = {row.id: row.verdict.value for row in run.rows}
            self._stale += [
                f"{item.where}: {item.row} no longer deviates; take the expectation out"
                for item in find_stale(target.expectations, verdicts, everything)
            ]

    def _exit_code(self, status: int) -> int:
        ours = self._session
        if status not in BY_VERDICT:
            return status
        if self._faults or self._quiet.faults or ours.gathering.failed:
            return INTERNAL
        if ours.problems:
            return UNUSABLE
        if not ours.gathering.any:
            return status
        found = ours.gathering.results()
        verdicts = [row.verdict for run in found.runs for row in run.rows]
        verdicts += [one.verdict for run in found.runs for one in run.explored]
        if all(verdict is Verdict.NOT_EXERCISED for verdict in verdicts):
            return NOTHING
        return 1 if self._stale and status == 0 else status
