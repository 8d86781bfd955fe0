"""The Python API: the same engine, from a program or a test."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import conformance
from conformance import reference
from conformance.checks.model import Verdict
from conformance.errors import ConfigError

ROW = "contents-get/limit-below-minimum"


def test_a_contract_is_loaded_by_name_and_by_folder() -> None:
    by_name = conformance.load_contract("kuroco")
    by_folder = conformance.load_contract(Path(__file__).parents[1] / "cases" / "kuroco")
    assert by_name.name == by_folder.name == "kuroco"
    with pytest.raises(ConfigError, match="did you mean 'kuroco'"):
        conformance.load_contract("kurokko")


def test_a_run_returns_results() -> None:
    with reference.start("microcms-management", faults=["accepts_limit_minus_1_on_contents"]) as server:
        results = conformance.run(
            "microcms-management", server.profile, depth="smoke", rows=[ROW, "contents-get/limit-above-maximum"]
        )
    verdicts = {row.id: row.verdict for run in results.runs for row in run.rows}
    assert verdicts == {ROW: Verdict.VIOLATES, "contents-get/limit-above-maximum": Verdict.CONFORMS}


def test_an_unknown_row_is_refused() -> None:
    with reference.start("kuroco") as server, pytest.raises(ConfigError, match="did you mean 'login/login'"):
        conformance.run("kuroco", server.profile, rows=["login/logn"])


def test_importing_the_package_imports_nothing_else() -> None:
    code = "import sys, conformance; print([n for n in sys.modules if n.startswith('conformance.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def write_contract(folder: Path) -> None:
    """A contract of one row: an unknown item is answered 404."""
    folder.mkdir(parents=True)
    head = {
        "contract": "shop",
        "title": "Shop",
        "edition": "1",
        "document": "the shop's manual",
        "tables": ["items"],
        "envelope": {"schema": {"type": "object", "required": ["message"]}},
        "operations": {"getItem": {}},
    }
    step = {"call": "getItem", "request": {"path": {"id": "1"}}}
    row = {
        "id": "item-not-found",
        "cause": "There is no such item.",
        "request": {"path": {"id": "none"}},
        "expect": {"status": 404, "message": "no such item"},
        "control": [{"label": "an item that is there", "steps": [step]}],
    }
    table = {"table": "items", "title": "Items", "operation": "getItem", "rows": [row]}
    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    operation = {"operationId": "getItem", "parameters": [parameter], "responses": {"200": {"description": "it"}}}
    openapi = {
        "openapi": "3.0.3",
        "info": {"title": "Shop", "version": "1"},
        "paths": {"/items/{id}": {"get": operation}},
    }
    for name, value in (("contract", head), ("items", table), ("openapi", openapi)):
        (folder / f"{name}.yaml").write_text(json.dumps(value), encoding="utf-8")


APP = """
import json

def app(environ, start):
    found = environ["PATH_INFO"] == "/items/1"
    start("200 OK" if found else "{status}", [("Content-Type", "application/json")])
    return [json.dumps({{"id": 1}} if found else {{"message": "no such item"}}).encode()]
"""
TEST = """
from app import app

def test_errors(conformance_target):
    conformance_target(app, "shop")
"""


@pytest.mark.parametrize(("status", "passed"), [("404 Not Found", True), ("400 Bad Request", False)])
def test_a_project_holds_its_own_app_to_a_contract(tmp_path: Path, status: str, passed: bool) -> None:
    write_contract(tmp_path / "shop")
    (tmp_path / "app.py").write_text(APP.format(status=status), encoding="utf-8")
    (tmp_path / "test_it.py").write_text(TEST, encoding="utf-8")
    arguments = ["-m", "pytest", "test_it.py", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == (0 if passed else 1), done.stdout
    assert ("items/item-not-found" in done.stdout) is not passed
    assert passed or "expected  404" in done.stdout
