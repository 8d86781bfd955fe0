"""Collects results in the process that reports, writes them when the session ends, and sets the exit code."""

import os
from collections.abc import Generator, Iterator, Sequence
from typing import Any

import pytest
from _pytest.junitxml import xml_key

from conformance.checks.model import Verdict
from conformance.errors import format_internal_error
from conformance.messages import Message
from conformance.pytest_plugin.session import LEARNT, PluginSession
from conformance.report.sanitize import to_one_line
from conformance.results.redaction import Redactor
from conformance.session.assemble import describe_deviation
from conformance.session.coverage import find_missing_coverage
from conformance.target.known_deviations import find_stale

INTERNAL, UNUSABLE, NOTHING_EXERCISED = 3, 4, 5
BY_VERDICT = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
"""Of pytest's exit codes those that our verdicts take the place of."""
OUR_PAGE = b'<div class="cf" id="cf"'
"""Stands in every report.html of ours, and in nobody else's."""


class RunFinish:
    """Registered where reports arrive: without xdist the only process, with it the controller."""

    def __init__(self, session: PluginSession) -> None:
        self._session = session
        self._failed: list[pytest.TestReport] = []
        """Reports whose text pytest shows at the end."""
        self._unmet: list[str] = []
        """A sentence for each known deviation of the profile, and each `--require`, that does not hold."""

    def problems(self) -> Iterator[str]:
        """Every fault that is not the target's, a line each."""
        ours = [*map(str, self._session.problems), *self._session.sink.failed]
        yield from map(to_one_line, dict.fromkeys([*ours, *self._unmet, *self._session.faults]))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if isinstance(report.longrepr, str):
            self._failed.append(report)
        text, fault = getattr(report, "conformance", None), getattr(report, "conformance_fault", None)
        if isinstance(text, str):
            event = self._session.event(text)
            if event.run is not None:
                self._session.sink.announce(event.run, 0)
            self._session.sink.take(event, text)
        if fault:
            self._session.faults.append(f"{report.nodeid}: {fault}")

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what a process of xdist knows to be secret, as the reports of another may hold it."""
        self._session.learnt_elsewhere |= getattr(node, "workeroutput", {}).get(LEARNT, {})

    def pytest_keyboard_interrupt(self) -> None:
        self._session.keep_finished()
        self._session.announce()
        self._session.sink.why_partial = Message("interrupted")

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write what was found, whatever happened, and set the exit code that the verdicts ask for."""
        self._session.ignore_signals()
        try:
            self._session.close()
        except Exception as error:  # noqa: BLE001 - whatever it is, what was found is written
            self._session.faults.append(format_internal_error(error, self._session.redact))
        self._end_processes(session.config)
        contracts = self._session.contracts()  # with xdist only the workers have read them so far
        sink = self._session.sink
        if sink.any:
            ours = Message("a fault of the suite itself") if self._session.faults else ""
            sink.why_partial = sink.why_partial or ours or str(session.shouldstop or session.shouldfail or "")
            self._redact_again(session.config)
            sink.finish()
            self._drop_older_page(session.config)
            sink.write_expectations()
            self._unmet = list(self._find_unmet([row.id for contract in contracts for row in contract.rows]))
        session.exitstatus = self._exit_code(exitstatus)

    @pytest.hookimpl(specname="pytest_sessionfinish", wrapper=True, trylast=True)
    def pytest_unwritable(self, session: pytest.Session) -> Generator[None, Any, Any]:
        """Report what another plugin cannot write (report.html, a full disk); everything else is still written."""
        try:
            return (yield)
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            self._session.sink.failed.append(f"a report could not be written: {where}{error.strerror or error}")
            session.exitstatus = INTERNAL
            return None

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """The table of verdicts, where the reports are, and every problem of the suite; our own display has them."""
        sink, options = self._session.sink, self._session.options
        if sink.any and not options.display:
            from conformance.report.writers.table import format_table  # noqa: PLC0415 - rich is loaded only where it prints

            terminalreporter.section("conformance")
            results = sink.results()
            for cause in (cause for run in results.runs for cause in run.causes):
                terminalreporter.write_line(self._session.describe_cause(cause), red=True)
            terminalreporter.write_line(format_table(results, options.language, with_causes=False).rstrip())
            terminalreporter.write_line(f"reports in {options.output}")
        for note in self._session.notes:
            terminalreporter.write_line(note)
        for problem in self.problems():
            terminalreporter.write_line(problem, red=True)

    def _redact_again(self, config: pytest.Config) -> None:
        """Keep back what was only later known to be a secret, in our reports and in what pytest is about to show."""
        redactor = Redactor({})
        for value, name in self._session.learnt.items():
            redactor.learn(name, value)
        if not redactor.learnt:
            return
        self._session.sink.redact_again(redactor, self._session.redactors)
        for report in self._failed:
            report.longrepr = redactor.text(report.longreprtext, len(report.longreprtext))
        xml = config.stash.get(xml_key, None)
        for element in (part for node in xml.node_reporters_ordered for part in node.to_xml()) if xml else ():
            element.text = redactor.text(element.text or "", len(element.text or ""))
            element.attrib = {name: redactor.text(value, len(value)) for name, value in element.attrib.items()}

    def _end_processes(self, config: pytest.Config) -> None:
        """Let the processes of xdist clean up, at once after an interruption, and take what they had found."""
        xdist = config.pluginmanager.getplugin("dsession")
        nodes = getattr(xdist, "nodemanager", None)
        if xdist is None or nodes is None:
            return
        for gateway in nodes.group if self._session.sink.why_partial else ():
            process = getattr(getattr(gateway, "_io", None), "popen", None)
            if process is not None:
                process.terminate()
        xdist.pytest_sessionfinish()
        self._session.sink.take_from_processes()

    def _drop_older_page(self, config: pytest.Config) -> None:
        """Delete the page of an earlier run where this run draws none: it would stand beside results of another run."""
        page = self._session.options.output / "report.html"
        drawn = config.invocation_params.dir / (getattr(config.option, "htmlpath", None) or "")
        if config.pluginmanager.hasplugin("conformance-html") and os.path.realpath(drawn) == os.path.realpath(page):
            return
        try:
            if OUR_PAGE in page.read_bytes():
                page.unlink()
        except FileNotFoundError:
            return
        except OSError as error:
            self._session.sink.failed.append(f"{page} is of a former run: {error.strerror or error}")

    def _find_unmet(self, rows: Sequence[str]) -> Iterator[str]:
        options, runs = self._session.options, self._session.sink.results().runs
        expectations = options.selection.target.expectations if options.selection.target is not None else ()
        for run in runs if expectations else ():
            for item in find_stale(expectations, map(describe_deviation, run.rows), rows):
                yield f"{item.where}: {item.row} no longer deviates as it says; take the expectation out"
        yield from find_missing_coverage(options.require, runs, rows)

    def _exit_code(self, status: int) -> int:
        if status not in BY_VERDICT:
            return status
        if self._session.faults or self._session.sink.failed:
            return INTERNAL
        if self._session.problems:
            return UNUSABLE
        if not self._session.sink.any:
            return status
        found = self._session.sink.results()
        verdicts = [row.verdict for run in found.runs for row in run.rows]
        verdicts += [one.verdict for run in found.runs for one in run.explored]
        failed_otherwise = status == pytest.ExitCode.TESTS_FAILED  # a test of the project itself
        if all(verdict is Verdict.NOT_EXERCISED for verdict in verdicts) and not failed_otherwise:
            return NOTHING_EXERCISED
        return 1 if self._unmet and status == 0 else status
