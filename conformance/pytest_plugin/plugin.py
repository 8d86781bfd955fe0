"""The hooks of a session that has contracts: collect, order, plan, and let each result travel with its report."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import ConformanceError
from conformance.pytest_plugin.finish import RunFinish
from conformance.pytest_plugin.garbage import Garbage
from conformance.pytest_plugin.internal_errors import InternalErrorReporter
from conformance.pytest_plugin.items import ExploredItem, OperationsFile, RowItem, TableFile
from conformance.pytest_plugin.session import PluginSession
from conformance.pytest_plugin.settings import read_plugin_options
from conformance.results.events import Event, format_event
from conformance.results.model import RowResult
from conformance.yaml_document import read

__all__ = ["ContractHooks", "register_contracts"]

LINE = "conformance"
"""The attribute of a report that a result travels in."""


def register_contracts(config: pytest.Config, folders: list[Path]) -> None:
    """Begin a session with these contracts; raises Unusable."""
    names = {folder: _name(folder) for folder in folders}
    settings = read_plugin_options(config, list(names.values()))
    session = PluginSession(config, settings, names)
    config.pluginmanager.register(Garbage(config), "conformance-garbage")
    config.pluginmanager.register(ContractHooks(config, session), "conformance-hosting")
    quiet = InternalErrorReporter(session.redacted)
    config.pluginmanager.register(quiet, "conformance-quiet")
    if not hasattr(config, "workerinput"):
        ending = RunFinish(session, quiet, folders)
        config.pluginmanager.register(ending, "conformance-ending")
        if not config.option.collectonly:
            session.gathering.check()
            _html(config, session)
            _display(config, session, ending)
    if (settings.aim.target or settings.aim.url) and getattr(config.option, "dist", "no") == "load":
        config.option.dist = "loadgroup"  # rows that write stay in order, on one worker


class ContractHooks:
    """Registered in every process, xdist's workers included."""

    def __init__(self, config: pytest.Config, session: PluginSession) -> None:
        self._config, self._session = config, session

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """The tables and `openapi.yaml` of a contract's folder."""
        session = self._session
        if file_path.suffix != ".yaml" or not (file_path.parent / "contract.yaml").is_file():
            return None
        if file_path.name == "contract.yaml":
            session.contract(file_path.parent)
            return None
        kind = OperationsFile if file_path.name == "openapi.yaml" else TableFile
        collector: OperationsFile | TableFile = kind.from_parent(parent, path=file_path)
        collector.conformance = session
        return collector

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Of a contract's folder, tables in the vendor's order, as they are planned, then what is explored."""
        report = yield
        if isinstance(collector, pytest.Dir) and isinstance(report.result, list):
            report.result.sort(key=self._place)
        return report

    def _place(self, node: Any) -> int:
        if not isinstance(node, TableFile | OperationsFile):
            return -1
        contract = self._session.contract(node.path.parent)
        tables = contract.file.tables if contract is not None else []
        return tables.index(node.path.stem) if node.path.stem in tables else len(tables)

    @pytest.hookimpl(specname="pytest_collection_modifyitems", tryfirst=True)
    def pytest_keep_writes_together(self, items: list[pytest.Item]) -> None:
        """On real targets what writes stays on one worker of xdist (in which `dist` is called `loadgroup`)."""
        if not getattr(self._config.option, "loadgroup", False):
            return
        for item in items:
            if isinstance(item, ExploredItem) or (isinstance(item, RowItem) and _writes(item)):
                item.add_marker(pytest.mark.xdist_group(f"{item.contract.name}-writes"))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """What uses something up comes last."""
        session = self._session
        if session.problems and not items:
            raise pytest.UsageError("\n" + "\n".join(str(problem) for problem in session.problems))
        items.sort(key=_late)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, Any, Any]:
        """The plan is complete before a byte is sent."""
        ours = self._session
        if session.config.option.collectonly:
            return (yield)
        try:
            ours.begin(session.items)
        except ConformanceError as error:
            ours.close()
            raise pytest.UsageError(f"\n{error}") from None
        try:
            return (yield)
        finally:
            ours.close()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        """The result travels with its report, so that it arrives from another process too."""
        report = yield
        if not isinstance(item, RowItem | ExploredItem):
            return report
        report.conformance_item = True
        if report.failed and call.excinfo is not None:
            report.longrepr = item.repr_failure(call.excinfo)  # pytest asks the item only where the call failed
            report.conformance_fault = item.fault
        if report.when == "setup" and item.outcome is not None:
            name = item.contract.name
            run = item.conformance.announced(name)
            if isinstance(item.outcome, RowResult):
                line = Event("row", name, run=run, row=item.outcome)
            else:
                line = Event("explored", name, run=run, explored=item.outcome, undocumented=item.undocumented)
            written = format_event(line)
            text = item.conformance.campaign.redacted(name, written)
            setattr(report, LINE, text)
            if text == written:
                item.conformance.hand(line, text)
            report.user_properties.append(("conformance.verdict", item.outcome.verdict.value))
        return report


def _late(item: pytest.Item) -> int:
    if not isinstance(item, RowItem):
        return 1 if isinstance(item, ExploredItem) else 0
    row = item.contract.row(item.row)
    return 2 if row is not None and row.case.last else 0


def _writes(item: RowItem) -> bool:
    row = item.contract.row(item.row)
    if row is None:
        return False
    if row.case.last or row.case.tier not in (None, "read"):
        return True
    calls = [item.contract.operations[ref.call].tier for ref in row.operations]
    chains = [step.call for control in row.case.control for step in control.steps]
    names = set(chains) & set(item.contract.operations)
    return any(tier != "read" for tier in [*calls, *(item.contract.operations[name].tier for name in names)]) or bool(
        set(chains) & set(item.contract.file.chains)
    )


def _name(folder: Path) -> str:
    """What the contract of a folder calls itself, whatever else is wrong with it."""
    document, _ = read(folder / "contract.yaml")
    name = document.value.get("contract") if document and isinstance(document.value, dict) else None
    return name if isinstance(name, str) else folder.name


def _html(config: pytest.Config, session: PluginSession) -> None:
    """Turn pytest-html on, where it is there and nothing else was asked of it."""
    if not config.pluginmanager.hasplugin("html"):
        return
    from conformance.pytest_plugin.html import HtmlReport  # noqa: PLC0415 - pytest-html may have been switched off

    config.pluginmanager.register(HtmlReport(config, session), "conformance-html")


def _display(config: pytest.Config, session: PluginSession, ending: RunFinish) -> None:
    if session.settings.display:
        from conformance.pytest_plugin.display import Display  # noqa: PLC0415 - rich is loaded only where it draws

        config.pluginmanager.register(Display(config, session, ending), "conformance-display")
