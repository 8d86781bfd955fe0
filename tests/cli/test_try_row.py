"""`conformance try`: a row's example and control, and the expect that would hold."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
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


@pytest.mark.parametrize(
    ("was", "faulty", "is_written", "becomes"),
    [
        ('{status: 400, message: "Limit: must be no less than 0."}', True, False, None),
        ("{status: 400}", False, True, {"status": 400, "message": "Limit: must be no less than 0."}),
        ("{status: 400, message: {en: [A, 'Limit: must be no less than 0.']}}", False, True, None),
        ("{status: 400}  # TODO: the page gives no status", True, True, {"status": 200}),
    ],
)
def test_what_was_answered_is_added_unless_it_contradicts_the_row(
    here: Here,
    tmp_path: Path,
    served: Callable[..., Path],
    *,
    was: str,
    faulty: bool,
    is_written: bool,
    becomes: object,
) -> None:
    shutil.copytree(CASES / "microcms-management", tmp_path / "cases" / "microcms-management")
    path = tmp_path / "cases" / "microcms-management" / "contents-get.yaml"
    documented = 'expect: {status: 400, message: "Limit: must be no less than 0."}'
    path.write_text(path.read_text().replace(documented, f"expect: {was}", 1))
    before = path.read_text()
    profile = served("microcms-management", *["accepts_limit_minus_1_on_contents"][: int(faulty)])
    result = here("try", "contents-get/limit-below-minimum", "--target", str(profile), "--write")
    assert result.code == int(faulty), result.all
    assert ("not written" in result.out, "written to" in result.out) == (not is_written, is_written), result.all
    assert ("expected 400, got 200" in result.out) == (not is_written), result.all
    assert is_written or path.read_text() == before
    (row,) = [row for row in yaml.safe_load(path.read_text())["rows"] if row["id"] == "limit-below-minimum"]
    assert row["expect"] == (becomes or yaml.safe_load(was))
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


def test_a_code_that_is_a_number_stays_one() -> None:
    response = RecordedResponse(400, body='{"errors": [{"code": 104, "message": "no"}]}')
    exchange = RecordedExchange(1, "example", RecordedRequest("GET", "http://h/"), response)
    rules = ResponseRules(read_contract(CASES / "kuroco"), lambda _: ())
    assert suggest_expect(rules, exchange) == {"status": 400, "code": 104, "message": "no"}
