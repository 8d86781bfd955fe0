"""`conformance try`: a row's example and control, and the expect that would hold."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import yaml

from conformance.authoring.attempt import suggest_expect
from conformance.checks.context import ResponseRules
from conformance.contract.loader import read_contract
from conformance.results.model import RecordedExchange, RecordedRequest, RecordedResponse
from tests.cli.process import CASES, CommandResult

Here = Callable[..., CommandResult]


def test_example_and_control_are_shown_whole_with_the_expect_that_holds(here: Here) -> None:
    result = here("try", "contents-get/limit-not-an-integer")
    assert result.code == 0, result.all
    assert "/contents/news?limit=abc" in result.out
    assert "HTTP 400" in result.out
    assert "limit=1" in result.out
    shown = yaml.safe_load(result.out[result.out.index("expect:") :])
    assert shown == {"expect": {"status": 400, "message": "Invalid integer in query (limit={query.limit})"}}


def test_what_was_answered_is_written_into_the_case(here: Here, tmp_path: Path, served: Callable[..., Path]) -> None:
    shutil.copytree(CASES / "microcms-management", tmp_path / "cases" / "microcms-management")
    profile = served("microcms-management", "accepts_limit_minus_1_on_contents")
    result = here("try", "contents-get/limit-below-minimum", "--target", str(profile), "--write")
    assert result.code == 1, result.all
    path = tmp_path / "cases" / "microcms-management" / "contents-get.yaml"
    (row,) = [row for row in yaml.safe_load(path.read_text())["rows"] if row["id"] == "limit-below-minimum"]
    assert row["expect"] == {"status": 200}
    assert here("lint", str(path)).code == 0


def test_a_row_of_kuroco_shows_code_and_message(here: Here) -> None:
    result = here("try", "login/login", "--contract", "kuroco")
    assert result.code == 0, result.all
    shown = yaml.safe_load(result.out[result.out.index("expect:") :])
    assert shown["expect"]["status"] == 401
    assert shown["expect"]["code"] == "unauthorized"


def test_a_single_character_of_a_message_is_not_taken_for_a_parameter() -> None:
    request = RecordedRequest("GET", "http://h/items?limit=5&offset=10")
    response = RecordedResponse(400, body='{"message": "5 of 10"}')
    exchange = RecordedExchange(1, "example", request, response)
    rules = ResponseRules(read_contract(CASES / "microcms-management"), lambda _: ())
    assert suggest_expect(rules, exchange) == {"status": 400, "message": "5 of {query.offset}"}
