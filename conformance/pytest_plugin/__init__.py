"""pytest as the host: YAML files are collected, rows are items, and the reports are written when it ends.

Thin: options in `options` and `settings`, items in `collecting`, the hooks in `hosting`, state in `session`, results in
`gathering` and `ending`. A session that collects no contract is left alone: it does not even load what stands above
`options`.
"""

from __future__ import annotations

import pytest

from conformance.errors import ConfigError
from conformance.pytest_plugin.options import add_options, contract_folders

__all__: list[str] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Read options and profile before anything else; a problem ends the session with exit code 4."""
    folders = contract_folders(config)
    if not folders:
        return
    from conformance.pytest_plugin.plugin import register_contracts  # noqa: PLC0415 - only for a session with contracts

    try:
        register_contracts(config, folders)
    except ConfigError as unusable:
        raise pytest.UsageError(f"\n{unusable}") from None
