"""Beside other plugins of pytest, a conftest with options of its own and warnings as errors, all at once."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.app_server import serve_app
from tests.test_api import write_contract, wsgi_app

NEIGHBOURS = Path(sys.prefix) / "neighbours"
pytestmark = pytest.mark.skipif(not NEIGHBOURS.is_dir(), reason="`make setup` installs the other plugins")

SETTINGS = """
[pytest]
filterwarnings = error
asyncio_default_fixture_loop_scope = function
"""
CONFTEST = """
def pytest_addoption(parser):
    parser.addoption("--seed")
    parser.addoption("--target")
"""
OWN_TESTS = """
import asyncio, pathlib, pytest, random

@pytest.mark.asyncio
async def test_waits():
    await asyncio.sleep(0)

@pytest.mark.flaky(reruns=1)
def test_passes_at_the_second_time(record_property):
    record_property("own", "value")
    before = pathlib.Path("before")
    before.write_text(before.read_text() + "x" if before.exists() else "x")
    assert before.read_text() == "xx"

def test_fails(request):
    assert request.config.getoption("seed") == "y"
"""


def test_rows_and_the_projects_own_tests_run_as_without_the_others(run: Callable, tmp_path: Path) -> None:
    write_contract(tmp_path / "shop")
    (tmp_path / "pytest.ini").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "test_own.py").write_text(OWN_TESTS, encoding="utf-8")
    with serve_app(wsgi_app(400)) as base_url:
        ran = run(
            ".", "--conformance-target", base_url, "--conformance-contract", "shop", "--seed=x", "--target=z",
            "--reruns=1", "--cov=test_own", "--alluredir=allure", "-p", "no:schemathesis",
            cwd=tmp_path, fresh=True, PYTHONPATH=str(NEIGHBOURS),
        )  # fmt: skip
    assert ran.code == 1, ran.out
    assert "2 failed, 2 passed" in ran.out
    assert ran.verdicts == {"items/item-not-found": "violates"}
    assert ran.out.index("Using --randomly-seed=") < ran.out.index("tests coverage")
    results = [json.loads(path.read_text(encoding="utf-8")) for path in (tmp_path / "allure").glob("*-result.json")]
    (row,) = [one for one in results if one["name"] == "items/item-not-found" and one["status"] == "failed"][-1:]
    assert row["description"] == 'There is no such item. → 404 "no such item"'
    assert [one["name"] for one in row["attachments"]] == ["request", "answer", "curl"]
    page = (ran.output / "report.html").read_text(encoding="utf-8")
    assert "test_passes_at_the_second_time" in page
    found = json.loads((ran.output / "results.json").read_text(encoding="utf-8"))["runs"][0]
    assert found["requests"] == found["planned"] + sum(found["beyond_plan"].values())
