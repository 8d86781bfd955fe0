"""The hooks of a session that has contracts: collect, order, plan, and send each result with its report."""

import os
from collections.abc import Generator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from conformance import reference
from conformance.errors import ConfigError, ConformanceError, Problem, format_internal_error
from conformance.files import open_directly
from conformance.interrupts import interrupt_on_signals
from conformance.pytest_plugin.finish import RunFinish
from conformance.pytest_plugin.items import (
    ExploredItem,
    OperationsCollector,
    RowItem,
    TableCollector,
    select_by_contract,
    sort_rows,
)
from conformance.pytest_plugin.options import is_any_option_used, read_options
from conformance.pytest_plugin.session import LEARNT, SESSION, PluginSession
from conformance.report.sanitize import show_invisible, to_one_line
from conformance.yaml_document import read


def register_contracts(config: pytest.Config, folders: list[Path]) -> None:
    """Begin a session with these contracts; raises ConfigError.

    Contracts of a project whose tests hold its own server to them are left alone, as long as no option of ours is used.
    """
    names = {folder: _contract_name(folder) for folder in folders}
    if not is_any_option_used(config) and not set(names.values()) & set(reference.contracts()):
        return
    options = read_options(config, list(names.values()))
    session = config.stash[SESSION] = PluginSession(config, options, names)
    config.pluginmanager.register(ContractHooks(session), "conformance-plugin")
    if getattr(config.option, "allure_report_dir", None):
        from conformance.pytest_plugin.allure import AllureDetails  # noqa: PLC0415 - only beside allure-pytest

        config.pluginmanager.register(AllureDetails(), "conformance-allure")
    if not session.xdist:
        finish = RunFinish(session)
        config.pluginmanager.register(finish, "conformance-finish")
        if not config.option.collectonly:
            config.add_cleanup(session.sink.release)
            session.sink.check()
            _hold_pipes(config)
            if config.pluginmanager.hasplugin("html"):  # it may have been switched off
                from conformance.pytest_plugin.html import HtmlReport  # noqa: PLC0415 - see above

                config.pluginmanager.register(HtmlReport(config, session), "conformance-html")
            if options.display:
                from conformance.pytest_plugin.progress import ProgressDisplay  # noqa: PLC0415 - rich is loaded only where it draws

                config.pluginmanager.register(ProgressDisplay(config, session, finish), "conformance-display")
    stack = ExitStack()
    session.ignore_signals = stack.enter_context(interrupt_on_signals())
    config.add_cleanup(stack.close)


class ContractHooks:
    """Registered in every process, xdist's workers included."""

    def __init__(self, session: PluginSession) -> None:
        self._session = session

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr: Any, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """A fault of the suite itself in one line, where pytest would print a traceback."""
        message = format_internal_error(excinfo.value, self._session.redact)
        self._session.faults.append(message)
        excrepr.toterminal = lambda writer: writer.line(message)  # pytest prints whatever this writes

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """All rows of a contract go to one process."""
        from conformance.pytest_plugin.xdist_scheduler import make_scheduler  # noqa: PLC0415 - only where xdist is there

        return make_scheduler(config, log, self._session.names)

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """The tables and `openapi.yaml` of a contract's folder."""
        session = self._session
        if file_path.suffix != ".yaml" or not (file_path.parent / "contract.yaml").is_file():
            return None
        if file_path.name == "contract.yaml":
            session.contract(file_path.parent)
            return None
        kind = OperationsCollector if file_path.name == "openapi.yaml" else TableCollector
        collector: OperationsCollector | TableCollector = kind.from_parent(parent, path=file_path)
        return collector

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put rows last that use something up."""
        session = self._session
        if session.problems and not items:
            raise pytest.UsageError("\n" + "\n".join(to_one_line(str(problem)) for problem in session.problems))
        items.sort(key=lambda item: getattr(item, "phase", 0))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, Any, Any]:
        """The plan is complete before a byte is sent."""
        if session.config.option.collectonly:
            return (yield)
        try:
            self._begin(session)
            try:
                return (yield)
            finally:
                self._session.ignore_signals()
                self._session.close()
                getattr(session.config, "workeroutput", {})[LEARNT] = self._session.learnt
        except KeyboardInterrupt as interrupt:
            # One that came where code has no line, as in an import, is nothing that pytest could draw.
            raise interrupt.with_traceback(None) from None

    def _begin(self, session: pytest.Session) -> None:
        state = self._session
        try:
            state.begin(select_by_contract(session.items))
        except ConformanceError as error:
            state.close()
            raise pytest.UsageError(show_invisible(f"\n{error}")) from None
        if getattr(session.config.option, "dist", "no") == "no" and not state.xdist:
            sort_rows(
                session.items, lambda name: state.runners[name].order
            )  # xdist numbers the items of its workers before

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        """Attach the result to its report, which xdist sends from process to process."""
        report = yield
        if not isinstance(item, RowItem | ExploredItem):
            return report
        report.conformance_item = True
        if report.failed and call.excinfo is not None:
            report.longrepr = item.repr_failure(call.excinfo)  # pytest asks the item only where the call failed
            report.conformance_fault = item.fault
        if report.when == "setup" and item.result is not None:
            report.conformance = item.conformance.format_event(item.contract, item.result)
            report.user_properties.append(("conformance.verdict", item.result.verdict.value))
        return report


def _hold_pipes(config: pytest.Config) -> None:
    """Open pytest's own reports that go to no plain file: it would wait for a reader for ever. Raises ConfigError."""
    for option, name in (("--junitxml", "xmlpath"), ("--html", "htmlpath")):
        path = config.invocation_params.dir / (getattr(config.option, name, None) or os.devnull)
        if os.path.lexists(path) and not path.is_file():
            try:
                config.add_cleanup(partial(os.close, open_directly(path)))
            except OSError as error:
                what = f"cannot write to {path}: {error.strerror or error}"
                raise ConfigError([Problem(option, what, "give the path of a file")]) from None


def _contract_name(folder: Path) -> str:
    """What the contract of a folder calls itself, whatever else is wrong with it."""
    document, _ = read(folder / "contract.yaml")
    name = document.members.get("contract") if document else None
    return name if isinstance(name, str) else folder.name
