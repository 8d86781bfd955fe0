"""The shape of the code: the import order, one door for each library."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest
from importlinter import cli
from importlinter.cli import EXIT_STATUS_SUCCESS

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "conformance").rglob("*.py"))

DOORS = {
    "yaml": ["conformance.yaml_document"],
    "requests": ["conformance.client"],
    "urllib3": ["conformance.client"],
    "hypothesis": ["conformance.engine", "conformance.explore"],
    "schemathesis": ["conformance.explore"],
    "pytest": ["conformance.pytest_plugin", "conformance.cli"],
    "_pytest": ["conformance.pytest_plugin"],
    "pytest_html": ["conformance.pytest_plugin"],
    "pytest_metadata": ["conformance.pytest_plugin"],
    "xdist": ["conformance.pytest_plugin"],
    "click": ["conformance.cli", "conformance.audit", "conformance.prove", "conformance.doctor"],
    "rich": [
        "conformance.cli",
        "conformance.audit",
        "conformance.prove",
        "conformance.report",
        "conformance.pytest_plugin",
    ],
    "jinja2": ["conformance.report"],
    "markupsafe": ["conformance.report", "conformance.audit"],
    "prometheus_client": ["conformance.report"],
    "werkzeug": ["conformance.reference", "conformance.app_server"],
    "pydantic": [
        "conformance.contract",
        "conformance.engine.journal",
        "conformance.target",
        "conformance.results",
        "conformance.plan",
        "conformance.quantities",
        "conformance.validation",
    ],
    "sqlite3": ["conformance.history"],
    "distributed": ["conformance.audit", "conformance.cli"],
}
"""Where each library may be imported; everywhere else it is reached through ours."""


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


@cache
def imported(path: Path) -> frozenset[str]:
    """All modules that a module imports, also within functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return frozenset(found)


def test_every_import_contract_is_kept(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    status = cli.lint_imports(no_cache=True)
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


@pytest.mark.parametrize("library", DOORS)
def test_each_library_has_one_door(library: str) -> None:
    users = {name_of(path) for path in MODULES if library in {each.partition(".")[0] for each in imported(path)}}
    strangers = {user for user in users if not any(f"{user}.".startswith(f"{door}.") for door in DOORS[library])}
    assert strangers == set()


def test_the_reference_servers_share_nothing_but_errors_with_us() -> None:
    reference = [path for path in MODULES if name_of(path).startswith("conformance.reference")]
    ours = {each for path in reference for each in imported(path) if each.startswith("conformance")}
    assert ours
    assert {each for each in ours if not each.startswith(("conformance.reference", "conformance.errors"))} == set()
