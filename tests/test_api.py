"""The Python API: the same engine, from a program or a test."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import conformance
from conformance import reference
from conformance.app_server import serve_app
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


def test_what_a_contract_does_not_explore_is_not_explored() -> None:
    with reference.start("kuroco") as server:
        results = conformance.run("kuroco", server.profile, rows=["login/login"], explore=True)
    explored = [one.operation for run in results.runs for one in run.explored]
    assert (len(explored), [name for name in explored if "MissingGroup" in name]) == (9, [])


def test_every_unknown_row_is_refused() -> None:
    with reference.start("kuroco") as server, pytest.raises(ConfigError) as refused:
        conformance.run("kuroco", server.profile, rows=["login/logn", "login/login", "all", "3"])
    assert [problem.what for problem in refused.value.problems] == [
        "no row is named 'login/logn'",
        "no row is named 'all'",
        "no row is named '3'",
    ]
    assert refused.value.problems[0].hint == "did you mean 'login/login'?"


def test_importing_the_package_imports_nothing_but_its_version() -> None:
    code = "import sys, conformance; print([n for n in sys.modules if n.startswith('conformance.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "['conformance.version']"


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


def wsgi_app(status: int) -> Callable[..., Any]:
    def app(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        found = environ["PATH_INFO"] == "/items/1"
        start("200 OK" if found else f"{status} Refused", [("Content-Type", "application/json")])
        return [json.dumps({"id": 1} if found else {"message": "no such item"}).encode()]

    return app


class AsgiApp:
    """Written by hand, as an object that is called: frameworks' applications are objects too."""

    def __init__(self, status: int) -> None:
        self.status, self.started = status, False

    async def __call__(self, scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        if scope["type"] == "lifespan":
            await receive()
            self.started = True
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        assert self.started
        found = scope["path"] == "/items/1"
        body = json.dumps({"id": 1} if found else {"message": "no such item"}).encode()
        head = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200 if found else self.status, "headers": head})
        await send({"type": "http.response.body", "body": body})


class Wrapped:
    """Middleware that passes on what it is called with: no coroutine function, as what it wraps is one."""

    def __init__(self, status: int) -> None:
        self.app = AsgiApp(status)

    def __call__(self, scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> Any:
        return self.app(scope, receive, send)


@pytest.mark.parametrize("kind", [wsgi_app, AsgiApp, lambda status: AsgiApp(status).__call__, Wrapped])
def test_an_application_is_held_to_a_contract(tmp_path: Path, kind: Callable[[int], Callable[..., Any]]) -> None:
    write_contract(tmp_path / "shop")
    results = conformance.check(kind(404), tmp_path / "shop")
    assert [row.verdict for run in results.runs for row in run.rows] == [Verdict.CONFORMS]
    with pytest.raises(AssertionError, match=r"(?s)items/item-not-found.*expected 404"):
        conformance.check(kind(400), tmp_path / "shop")


def test_an_asgi_application_that_does_not_start_is_explained(tmp_path: Path) -> None:
    async def app(scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    write_contract(tmp_path / "shop")
    with pytest.raises(ConfigError, match="the ASGI application did not start"):
        conformance.check(app, tmp_path / "shop")


def test_what_is_no_application_is_explained(tmp_path: Path) -> None:
    write_contract(tmp_path / "shop")
    with pytest.raises(ConfigError, match=r"server: is neither a WSGI nor an ASGI application; .* create_app\(\)"):
        conformance.check(lambda: wsgi_app(404), tmp_path / "shop")


class LiveServer:
    """As pytest-django's, whose text is its URL."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __str__(self) -> str:
        return self.url


def test_a_live_server_is_held_to_a_contract_by_what_it_shows_as_its_url(tmp_path: Path) -> None:
    write_contract(tmp_path / "shop")
    with serve_app(wsgi_app(404)) as base_url:
        results = conformance.check(LiveServer(base_url), tmp_path / "shop")
    assert [row.verdict for run in results.runs for row in run.rows] == [Verdict.CONFORMS]


def test_a_check_that_can_exercise_no_row_fails_and_says_what_each_lacks(tmp_path: Path) -> None:
    write_contract(tmp_path / "shop")
    table = tmp_path / "shop" / "items.yaml"
    table.write_text(table.read_text("utf-8").replace('"id": "1"', '"id": "{fixture.item}"'), "utf-8")
    head = tmp_path / "shop" / "contract.yaml"
    head.write_text(
        head.read_text("utf-8").replace('"operations"', '"fixtures": {"item": {"about": "One."}}, "operations"')
    )
    with pytest.raises(AssertionError, match=r"^no row was exercised\nitems/item-not-found: lacks fixtures\.item$"):
        conformance.check(wsgi_app(404), tmp_path / "shop")


TEST = """
import pytest
import tests.test_api

@pytest.mark.parametrize("status", [404, 400])
def test_errors(conformance_target, status):
    conformance_target(tests.test_api.wsgi_app(status), "shop")
"""


def test_a_contract_that_cannot_be_used_fails_the_test_with_its_line_and_no_traceback(
    pytester: pytest.Pytester,
) -> None:
    write_contract(pytester.path / "shop")
    table = pytester.path / "shop" / "items.yaml"
    table.write_text(table.read_text("utf-8").replace("status", "stauts"), "utf-8")
    pytester.makepyfile(TEST)
    ran = pytester.runpytest_inprocess("-q")
    ran.assert_outcomes(failed=2)
    ran.stdout.fnmatch_lines(["*items.yaml:*: unknown key 'stauts' in rows.0.expect; did you mean 'status'?"])
    ran.stdout.no_fnmatch_line("*conformance/contract/loader.py*")


def test_a_contract_is_found_from_wherever_pytest_is_started_and_a_session_of_the_projects_own_tests_is_its_own(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_contract(pytester.path / "cases" / "shop")
    tests = pytester.mkdir("tests")
    text = TEST.replace("[404, 400]", "[404]").replace('"shop"', '"cases/shop"')
    (tests / "test_it.py").write_text(text, encoding="utf-8")
    before = {path.name for path in pytester.path.iterdir()}
    ran = pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider")
    ran.assert_outcomes(passed=1)
    ran.stdout.no_fnmatch_line("*shop*")
    assert {path.name for path in pytester.path.iterdir()} == before
    elsewhere = pytester.mkdir("elsewhere")
    monkeypatch.chdir(elsewhere)
    pytester.runpytest_inprocess(tests, "-q").assert_outcomes(passed=1)


def test_a_contract_that_is_named_without_a_target_is_explained(pytester: pytest.Pytester) -> None:
    write_contract(pytester.path / "cases" / "shop")
    ran = pytester.runpytest_inprocess("cases/shop")
    assert ran.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    ran.stdout.fnmatch_lines(["conformance: shop: give a target with --conformance-target"])


def test_a_project_holds_its_own_app_to_a_contract_with_a_fixture(pytester: pytest.Pytester) -> None:
    write_contract(pytester.path / "shop")
    pytester.makepyfile(TEST)
    ran = pytester.runpytest_inprocess("-q")
    ran.assert_outcomes(passed=1, failed=1)
    ran.stdout.fnmatch_lines(["E *AssertionError: items/item-not-found violates: There is no such item."])
