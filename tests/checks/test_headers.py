"""What a header must be, what a code may be, answers without a body, and what holds for every error of a contract."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from conformance.checks.context import ResponseRules, build_expectation, promise_of_row
from conformance.checks.headers import check_headers
from conformance.checks.response import check_response
from conformance.contract.contract import Contract
from conformance.contract.schema import Expect, HeaderExpectation
from conformance.engine.step_sequence import read_capture
from conformance.http import Response
from tests.conftest import HEAD

Shop = Callable[..., Contract]
ROW = "  - {{id: one, cause: a, expect: {{status: 400, {expect}}}}}\n"


def answer(status: int, body: Any = None, **headers: str) -> Response:
    raw = b"" if body is None else json.dumps(body).encode()
    named = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Response(status, tuple(named.items()), raw, len(raw))


def findings(contract: Contract, response: Response) -> list[tuple[str, Any, Any]]:
    (row,) = contract.rows
    rules = ResponseRules(contract, lambda _: ())
    expected = build_expectation(promise_of_row(row), lambda *_: "7")
    return [(each.check, each.expected, each.actual) for each in check_response(response, expected, rules, "here")]


@pytest.mark.parametrize(
    ("expectation", "value", "expected"),
    [
        ({"present": True}, "", None),
        ({"present": True}, None, "present"),
        ({"present": False}, None, None),
        ({"present": False}, "x", "absent"),
        ({"equals": "GET, HEAD"}, "GET, HEAD", None),
        ({"equals": "GET, HEAD"}, "get, head", "GET, HEAD"),
        ({"equals": "GET"}, None, "GET"),
        ({"matches": "[0-9]+"}, "12", None),
        ({"matches": "[0-9]+"}, "12 s", "a value that matches [0-9]+"),
        ({"at_least": 1}, "1", None),
        ({"at_least": 1}, "0.5", "a number of at least 1"),
        ({"at_least": 1}, "soon", "a number of at least 1"),
        ({"at_least": 1}, None, "a number of at least 1"),
    ],
)
def test_a_header_is_there_equal_matching_or_large_enough(
    expectation: dict[str, Any], value: str | None, expected: str | None
) -> None:
    response = answer(400, **({} if value is None else {"Retry_After": value}))
    found = list(check_headers(response, {"retry-after": HeaderExpectation(**expectation)}, "here"))
    assert [str(each.expected) for each in found] == ([] if expected is None else [expected])
    assert {(each.check, each.level.value, each.detail) for each in found} <= {("header", "must", "header retry-after")}


def test_a_row_may_say_what_its_headers_are_with_placeholders_and_a_level(shop: Shop) -> None:
    contract = shop(
        ROW.format(expect="headers: {X-Limit: {equals: '{query.limit}'}, Allow: {present: true, level: note}}")
    )
    assert findings(contract, answer(400, {}, X_Limit="7", Allow="GET")) == []
    assert findings(contract, answer(400, {})) == [("header", "7", "absent"), ("header", "present", "absent")]
    assert [each[0] for each in findings(contract, answer(200, {}))] == ["status"]


@pytest.mark.parametrize(
    ("code", "actual", "finding"),
    [
        ("104", 104, []),
        ("104", 105, [("code", 104, 105)]),
        ("104", "104", [("code", 104, "104")]),
        ('"104"', 104, [("code", "104", 104)]),
        ("1", True, [("code", 1, True)]),
        ("[104, E1]", "E1", []),
    ],
)
def test_a_code_may_be_a_whole_number(shop: Shop, code: str, actual: Any, finding: list[Any]) -> None:
    contract = shop(ROW.format(expect=f"code: {code}"))
    assert findings(contract, answer(400, {"code": actual})) == finding


def test_an_answer_without_a_body_has_none(shop: Shop) -> None:
    contract = shop("  - {id: one, cause: a, expect: {status: [204, 304], no_body: true}}\n")
    assert findings(contract, answer(304)) == []
    assert findings(contract, answer(204, {})) == [("body", "no body", "2 bytes")]


def test_what_holds_for_every_error_may_name_the_status(shop: Shop) -> None:
    rule = ('  faults: ""\n', '  faults: ""\n  equals: {/code: "{status}", /kind: error}\n')
    contract = shop("  - {id: one, cause: a, expect: {status: 400}}\n", rule)
    assert findings(contract, answer(400, {"code": 400, "kind": "error"})) == []
    assert findings(contract, answer(400, {"code": "400", "kind": "error"})) == [("envelope", 400, "400")]
    assert findings(contract, answer(400, {"code": 400})) == [("envelope", "error", "absent")]


def test_problem_details_are_a_ready_envelope(shop: Shop, problems: Callable[..., list[str]]) -> None:
    written = HEAD[HEAD.index("envelope:") : HEAD.index("credentials:")]
    ready = (written, "envelope: problem-details\n")
    rows = "  - {id: one, cause: a, expect: {status: 400, message: Too low, code: 'about:blank'}}\n"
    contract = shop(rows, ready)
    problem = {"type": "about:blank", "title": "Bad Request", "status": 400, "detail": "Too low"}
    assert findings(contract, answer(400, problem)) == []
    assert [each[0] for each in findings(contract, answer(400, {**problem, "status": "400"}))] == ["envelope"]
    assert [each[0] for each in findings(contract, answer(400, {**problem, "status": 500}))] == ["envelope"]
    without = {key: value for key, value in problem.items() if key != "status"}
    assert findings(contract, answer(400, without)) == []
    (refused,) = problems(rows, (ready[0], "envelope: rfc\n"))
    assert "envelope is no envelope; write problem-details (RFC 9457)" in refused


def test_a_header_of_an_answer_can_be_captured() -> None:
    response = answer(201, {"id": 1}, Location="/items/1")
    assert read_capture(response, "header:location") == (True, "/items/1")
    assert read_capture(response, "header:ETag") == (False, None)
    assert read_capture(response, "/id") == (True, 1)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("before: [{call: list, capture: {a: 'header:'}}]", "names no header; write it as header:Location"),
        ("before: [{call: list, expect: {status: 200, headers: {A: {}}}}]", "add present, equals, matches or at_least"),
        ("before: [{call: list, expect: {status: 200, code: 1.5}}]", "must be"),
    ],
)
def test_a_refusal_says_what_to_write(problems: Callable[..., list[str]], line: str, expected: str) -> None:
    found = problems(f"  - id: one\n    cause: a\n    expect: {{status: 400}}\n    {line}\n")
    assert [expected in each for each in found] == [True], found


def test_every_code_and_status_of_an_expectation() -> None:
    expect = Expect(status=[400, 404], code=[104, "E1"])
    assert (expect.statuses, expect.codes) == ((400, 404), (104, "E1"))
    assert (Expect(status=204).statuses, Expect(status=204).codes) == ((204,), ())
