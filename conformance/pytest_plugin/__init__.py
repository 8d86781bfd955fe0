"""pytest as the host: YAML files are collected, rows are items, and the reports are written when it ends.

Thin: options in `settings`, items in `collecting`, state in `session`, results in `gathering`. A session that collects
no contract is left alone.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import ConformanceError, Unusable
from conformance.pytest_plugin.collecting import ExploredItem, OperationsFile, RowItem, TableFile
from conformance.pytest_plugin.ending import Ending
from conformance.pytest_plugin.faulting import Quiet
from conformance.pytest_plugin.session import KEY, Session
from conformance.pytest_plugin.settings import add_options, contract_folders, read_settings
from conformance.results.model import RowResult
from conformance.results.streaming import Line, line_text
from conformance.source import read

__all__: list[str] = []

LINE = "conformance"


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Read options and profile before anything else; a problem ends the session with exit code 4."""
    folders = contract_folders(config)
    if not folders:
        return
    try:
        _begin(config, folders)
    except Unusable as unusable:
        raise pytest.UsageError(f"\n{unusable}") from None


def _begin(config: pytest.Config, folders: list[Path]) -> None:
    names = {folder: _name(folder) for folder in folders}
    settings = read_settings(config, list(names.values()))
    session = config.stash[KEY] = Session(config, settings, names)
    quiet = Quiet(session.redacted)
    config.pluginmanager.register(quiet, "conformance-quiet")
    if not hasattr(config, "workerinput"):
        ending = Ending(session, quiet, folders)
        config.pluginmanager.register(ending, "conformance-ending")
        if not config.option.collectonly:
            session.gathering.check()
            _html(config, session)
            _display(config, session, ending)
    if settings.aim.target is not None and getattr(config.option, "dist", "no") == "load":
        config.option.dist = "loadgroup"  # rows that write stay in order, on one worker


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """The tables and `openapi.yaml` of a contract's folder."""
    session = parent.config.stash.get(KEY, None)
    if session is None or file_path.suffix != ".yaml" or not (file_path.parent / "contract.yaml").is_file():
        return None
    if file_path.name == "contract.yaml":
        session.contract(file_path.parent)
        return None
    kind = OperationsFile if file_path.name == "openapi.yaml" else TableFile
    collector: OperationsFile | TableFile = kind.from_parent(parent, path=file_path)
    collector.conformance = session
    return collector


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What uses something up comes last; on real targets, what writes stays together."""
    session = config.stash.get(KEY, None)
    if session is None:
        return
    if session.problems and not items:
        raise pytest.UsageError("\n" + "\n".join(str(problem) for problem in session.problems))
    items.sort(key=_late)
    if getattr(config.option, "dist", "no") == "loadgroup":
        for item in items:
            if isinstance(item, ExploredItem) or (isinstance(item, RowItem) and _writes(item)):
                item.add_marker(pytest.mark.xdist_group(f"{item.contract.name}-writes"))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, Any, Any]:
    """The plan is complete before a byte is sent."""
    ours = session.config.stash.get(KEY, None)
    if ours is None or session.config.option.collectonly:
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
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
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
        run = item.conformance.campaign.run(name)
        if isinstance(item.outcome, RowResult):
            line = Line("row", name, run=run, row=item.outcome)
        else:
            line = Line("explored", name, run=run, explored=item.outcome, undocumented=item.undocumented)
        text = item.conformance.campaign.redacted(name, line_text(line))
        setattr(report, LINE, text)
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


def _html(config: pytest.Config, session: Session) -> None:
    """Turn pytest-html on, where it is there and nothing else was asked of it."""
    if not config.pluginmanager.hasplugin("html"):
        return
    from conformance.pytest_plugin.html import Page  # noqa: PLC0415 - pytest-html may have been switched off

    config.pluginmanager.register(Page(config, session), "conformance-html")


def _display(config: pytest.Config, session: Session, ending: Ending) -> None:
    if session.settings.display:
        from conformance.pytest_plugin.display import Display  # noqa: PLC0415 - rich is loaded only where it draws

        config.pluginmanager.register(Display(config, session, ending), "conformance-display")
