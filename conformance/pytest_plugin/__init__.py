"""pytest as the host: YAML files are collected, rows are items, and the reports are written when it ends.

Options in `options`, items in `items`, the hooks in `plugin`, state in `session`, results in `sink` and `finish`. A
session that collects no contract is left alone: it does not even import what stands above `options`.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import ConfigError
from conformance.pytest_plugin.options import add_options, find_selected_folders


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Read options and profile before anything else; a problem ends the session with exit code 4."""
    folders = find_selected_folders(config)
    if not folders:
        return
    from conformance.pytest_plugin.plugin import register_contracts  # noqa: PLC0415 - only for a session with contracts

    try:
        register_contracts(config, folders)
    except ConfigError as unusable:
        from conformance.report.sanitize import show_invisible  # noqa: PLC0415 - only if there is something to show

        raise pytest.UsageError(show_invisible(f"\n{unusable}")) from None


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    """Say why nothing was run where a target or a contract was named."""
    if config.pluginmanager.hasplugin("conformance-plugin"):
        return
    if config.option.conformance_target or config.option.conformance_contract:
        terminalreporter.write_line(
            f"conformance: no contract was found from {', '.join(map(str, config.args))}: give the folder of one (it "
            "holds contract.yaml), or use `conformance run`, which finds those that came with the package",
            red=True,
        )
    elif exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and (folders := find_selected_folders(config)):
        names = ", ".join(folder.name for folder in folders)
        terminalreporter.write_line(f"conformance: {names}: give a target with --conformance-target", red=True)


@pytest.fixture
def conformance_target(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Holds a test server of a project to a contract: call it with a base URL or a WSGI or ASGI application.

    `conformance_target(app, "cases/shop", fixtures={"item": "1"})` runs the contract and fails the test where a row
    violates it or is inconclusive, or none can be exercised; it returns the results. See `conformance.check` for its
    parameters. The folder of the contract is looked for in the current folder, then from the test's folder upwards.
    """
    from conformance.api import check  # noqa: PLC0415 - only for a test that uses it

    def hold(server: Any, contract: Any, **options: Any) -> Any:
        __tracebackhide__ = True
        if isinstance(contract, str | os.PathLike):
            places = [folder / contract for folder in (Path.cwd(), *request.path.parents)]
            contract = next((place for place in places if (place / "contract.yaml").is_file()), contract)
        try:
            return check(server, contract, **options)
        except ConfigError as error:
            unusable = str(error)
        pytest.fail(unusable, pytrace=False)

    return hold
