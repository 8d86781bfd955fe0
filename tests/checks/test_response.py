"""Each check of an answer: when it holds, when it does not, and how much that weighs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.checks.body import schema_differences
from conformance.checks.context import ResponseRules, build_expectation, compile_schema, parse_json, promise_of_row
from conformance.checks.errors import check_other_entries
from conformance.checks.model import Finding
from conformance.checks.response import check_response, find_editions, summarize_response
from conformance.contract.contract import Contract
from conformance.contract.schema import Page
from conformance.contract.templates import MissingValue
from conformance.http import Response

MakeResponse = Callable[..., Response]
Judge = Callable[..., list[tuple[str, str]]]

ROWS = """\
  - id: below
    cause: a
    expect: {status: 400, message: "limit: at least 0, not {query.limit}"}
  - {id: above, cause: b, expect: {status: 400, message: "limit: at most 10."}}
  - {id: strict, cause: c, expect: {status: 400, message: Exactly so, message_level: must}}
  - {id: missing, cause: d, expect: {status: [404, 410]}}
"""

FAULTS = (
    'schema: {type: object, properties: {message: {type: string}}}\n  faults: ""\n  body_may_lack: true\n',
    """\
schema: {type: object, required: [errors], properties: {errors: {type: array}}}
  faults: /errors
  expected: [/id]
""",
)
LISTED = """\
  - id: title
    cause: a
    expect:
      status: 400
      code: [invalid, required]
      field: "{fixture.item}"
      message:
        - {text: Title is missing, language: en, edition: "2024"}
        - {text: Title is required, language: en, edition: "2023"}
        - {text: タイトルは必須です, language: ja, edition: "2024"}
  - id: other
    cause: b
    expect:
      status: 400
      code: invalid
      message: [{text: Not a number, language: en}, {text: 数ではない, language: ja}]
"""


def look(head: str, members: tuple[str, ...]) -> Any:
    values = {("query", "limit"): "-1", ("fixture", "item"): "spoon"}
    if (head, *members) not in values:
        raise MissingValue(head)
    return values[head, members[0]]


class Case:
    """One row, held against answers."""

    def __init__(self, contract: Contract, row: str, leaks: Callable[[str], tuple[str, ...]] = lambda _: ()) -> None:
        self.rules = ResponseRules(contract, leaks, frozenset(["full"]))
        self.row = self.rules.row(row)

    def judged(self, answer: Response, language: str | None = None, **instead: Any) -> tuple[Finding, ...]:
        promised = self.row.case.expect.model_copy(update=instead)
        expected = build_expectation(replace(promise_of_row(self.row), expect=promised), look, language=language)
        return check_response(answer, expected, self.rules, "here")

    def reported(self, answer: Response, language: str | None = None, **instead: Any) -> list[tuple[str, str]]:
        return [(item.check, item.level.value) for item in self.judged(answer, language, **instead)]


@pytest.fixture
def below(shop: Callable[..., Contract]) -> Case:
    return Case(shop(ROWS), "items/below")


@pytest.fixture
def title(shop: Callable[..., Contract]) -> Case:
    return Case(shop(LISTED, FAULTS), "items/title")


OWN = {"message": "limit: at least 0, not -1"}

# --- status, message -----------------------------------------------------------------------------------------------


def test_the_promised_answer_has_no_findings(below: Case, answer: MakeResponse) -> None:
    assert below.reported(answer(400, OWN)) == []
    assert below.reported(answer(400, {"trace": 7, **OWN}, kind="Application/JSON; charset=utf-8")) == []
    assert below.reported(answer(400, OWN, kind="application/problem+json")) == []


@pytest.mark.parametrize("status", [200, 404, 422, 500])
def test_another_status_is_a_must(below: Case, answer: MakeResponse, status: int) -> None:
    (found,) = [item for item in below.judged(answer(status, OWN)) if item.check == "status"]
    assert (found.level, found.expected, found.actual, found.where) == ("must", 400, status, "here")


def test_any_of_several_documented_statuses_holds(shop: Callable[..., Contract], answer: MakeResponse) -> None:
    case = Case(shop(ROWS), "items/missing")
    assert case.reported(answer(404, {})) == case.reported(answer(410, {})) == []
    (found,) = case.judged(answer(400, {}))
    assert found.expected == [404, 410]


@pytest.mark.parametrize(
    "message",
    ["limit: at least 0, not -2", "Limit: at least 0, not -1.", "limit must be at least 0", "", "limit: at least 0"],
)
def test_new_wording_is_a_should(below: Case, answer: MakeResponse, message: str) -> None:
    assert below.reported(answer(400, {"message": message})) == [("message", "should")]


def test_new_wording_is_a_must_where_the_case_says_so(shop: Callable[..., Contract], answer: MakeResponse) -> None:
    assert Case(shop(ROWS), "items/strict").reported(answer(400, {"message": "Nearly so"})) == [("message", "must")]


@pytest.mark.parametrize("message", ["limit: at most 10.", "Limit: at most 10", "EXACTLY  SO"])
def test_the_message_of_another_row_is_a_must_and_says_whose_it_is(
    below: Case, answer: MakeResponse, message: str
) -> None:
    (found,) = below.judged(answer(400, {"message": message}))
    assert (found.check, found.level) == ("message", "must")
    assert "rejected for another reason" in found.detail
    assert "items/" in found.detail
    assert OWN["message"] == found.expected


@pytest.mark.parametrize("message", [5, None, ["x"], {"a": 1}])
def test_a_message_that_is_no_text_is_a_must(below: Case, answer: MakeResponse, message: Any) -> None:
    assert ("message", "must") in below.reported(answer(400, {"message": message}))


def test_a_missing_message_is_a_should(below: Case, answer: MakeResponse) -> None:
    assert below.reported(answer(400, {})) == [("message", "should")]


# --- envelope, content type ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [None, "", "  \n"])
def test_an_empty_body_weighs_what_the_contract_says(below: Case, title: Case, answer: MakeResponse, body: Any) -> None:
    assert ("envelope", "should") in below.reported(answer(400, body))
    assert ("envelope", "must") in title.reported(answer(400, body))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<html>", "text/html"),
        ("oops", "text/plain"),
        ("{'a': 1}", "application/json"),
        ('{"a": NaN}', "application/json"),
    ],
)
def test_a_body_that_is_not_json_is_a_must(below: Case, answer: MakeResponse, body: str, kind: str) -> None:
    (found,) = below.judged(answer(400, body, kind=kind))
    assert (found.check, found.level, found.expected) == ("envelope", "must", "a JSON body")
    assert kind in found.actual


@pytest.mark.parametrize("body", [[], "5", '"text"', "null", [OWN]])
def test_a_body_of_another_form_is_a_must(below: Case, answer: MakeResponse, body: Any) -> None:
    assert ("envelope", "must") in below.reported(answer(400, body))


def test_a_success_is_not_held_to_the_envelope(below: Case, answer: MakeResponse) -> None:
    assert below.reported(answer(200, [1])) == [("status", "must")]


def test_the_envelope_is_looked_at_even_where_the_status_is_wrong(below: Case, answer: MakeResponse) -> None:
    assert {check for check, _ in below.reported(answer(500, "oops", kind="text/plain"))} == {"status", "envelope"}


def test_json_that_says_it_is_something_else_is_a_must_and_saying_nothing_a_should(
    below: Case, answer: MakeResponse
) -> None:
    assert below.reported(answer(400, OWN, kind="text/html")) == [("content-type", "must")]
    assert below.reported(answer(400, OWN, kind=None)) == [("content-type", "should")]


# --- code, field, several faults -----------------------------------------------------------------------------------


def fault(**instead: Any) -> dict[str, Any]:
    return {"code": "invalid", "field": "spoon", "message": "Title is missing", **instead}


def listed(*faults: Any, **more: Any) -> dict[str, Any]:
    return {"id": "x", "errors": list(faults), **more}


def test_any_documented_code_holds(title: Case, answer: MakeResponse) -> None:
    for code in ("invalid", "required"):
        assert title.reported(answer(400, listed(fault(code=code))), "en") == []


@pytest.mark.parametrize(
    ("instead", "check"),
    [({"code": "Invalid"}, "code"), ({"code": None}, "code"), ({"field": "fork"}, "field"), ({"field": None}, "field")],
)
def test_another_code_and_another_field_are_a_must(title: Case, answer: MakeResponse, instead: Any, check: str) -> None:
    assert title.reported(answer(400, listed(fault(**instead))), "en") == [(check, "must")]


def test_of_several_faults_the_one_that_fits_best_is_judged(title: Case, answer: MakeResponse) -> None:
    other = {"code": "x", "field": "y", "message": "Not a number"}
    assert title.reported(answer(400, listed(other, fault())), "en") == []
    assert title.reported(answer(400, listed(other, fault(field="fork"))), "en") == [("field", "must")]


@pytest.mark.parametrize(
    ("beside", "found"),
    [
        (fault(), []),
        (fault(message="Title is required, too"), []),
        ({"code": "x", "message": "More of it"}, []),
        (fault(field="fork"), ["field"]),
        (fault(message="Not a number"), ["message"]),
    ],
)
def test_a_valid_field_and_another_rows_fault_beside_the_fault_are_a_must(
    title: Case, answer: MakeResponse, beside: dict[str, Any], found: list[str]
) -> None:
    expected = build_expectation(promise_of_row(title.row), look, language="en")
    body = parse_json(answer(400, listed(fault(), beside)))
    assert [item.check for item in check_other_entries(body, expected, title.rules, "here")] == found


@pytest.mark.parametrize("body", [{"id": "x", "errors": []}, {"id": "x", "errors": [5, None]}])
def test_an_error_that_names_no_fault_is_a_must(title: Case, answer: MakeResponse, body: Any) -> None:
    assert title.reported(answer(400, body), "en") == [("fault", "must")]


def test_a_member_that_is_expected_is_a_should(title: Case, answer: MakeResponse) -> None:
    assert title.reported(answer(400, {"errors": [fault()]}), "en") == [("envelope", "should")]


# --- languages and editions ----------------------------------------------------------------------------------------


def test_every_documented_edition_holds_and_is_told(title: Case, answer: MakeResponse) -> None:
    for message, edition in (("Title is missing", "2024"), ("Title is required", "2023")):
        actual = answer(400, listed(fault(message=message)))
        assert title.reported(actual, "en") == []
        expected = build_expectation(promise_of_row(title.row), look, language="en")
        assert find_editions(actual, expected, title.rules) == (edition,)


def test_the_wording_of_another_language_is_a_must(title: Case, answer: MakeResponse) -> None:
    (found,) = title.judged(answer(400, listed(fault(message="タイトルは必須です"))), "en")
    assert (found.check, found.level) == ("language", "must")
    assert "ja" in found.detail
    assert "en" in found.detail


def test_where_no_language_was_asked_for_any_holds(title: Case, answer: MakeResponse) -> None:
    assert title.reported(answer(400, listed(fault(message="タイトルは必須です")))) == []


def test_another_row_in_another_language_is_a_must(title: Case, answer: MakeResponse) -> None:
    assert title.reported(answer(400, listed(fault(message="数ではない"))), "en") == [("message", "must")]


# --- the whole body ------------------------------------------------------------------------------------------------


def test_a_body_has_the_schema_of_the_case(below: Case, answer: MakeResponse) -> None:
    schema = {"required": ["status"], "properties": {"status": {"const": 1}}}
    assert below.reported(answer(400, {**OWN, "status": 1}), body=schema) == []
    assert below.reported(answer(400, OWN), body=schema) == [("body", "must")]


def test_of_a_body_with_very_many_differences_one_is_told() -> None:
    validator = compile_schema({"properties": {"a": {"items": {"type": "integer"}, "maxItems": 2500}}})
    few = list(schema_differences(validator, {"a": ["x"] * 100}))
    assert len(few) == 100
    assert list(schema_differences(validator, {"a": ["x"] * 2400})) == few[:1]
    assert list(schema_differences(validator, {"a": [1] * 2400})) == []
    ((_, actual, place),) = schema_differences(validator, {"a": [1] * 3000})
    assert (actual, place) == ("another one, beyond its first 1000 items", "the body")


@pytest.mark.parametrize(
    ("schema", "body", "expected"),
    [
        ({"not": {"contains": {"const": 1}}}, [1], 'nothing that matches {"contains": {"const": 1}}'),
        ({"minimum": 0}, -1, "0 or more"),
        ({"maximum": 100}, 101, "100 or less"),
        ({"minLength": 1}, "", "at least 1 character"),
        ({"maxLength": 2}, "abc", "at most 2 characters"),
        ({"minItems": 1}, [], "at least 1 item"),
        ({"enum": ["a", None]}, "b", 'one of ["a", null]'),
        ({"pattern": "^a$"}, "b", "a value that matches ^a$"),
        ({"properties": {"c": {}}, "additionalProperties": False}, {"a": 1, "b": 2}, "no member a, b"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, 1, "a value of one of the documented forms"),
        ({"required": ["a"]}, {}, "a member 'a'"),
        ({"type": ["string", "null"]}, 1, "a value of type null, string"),
        ({"uniqueItems": True}, [1, 1], "[1,1] has non-unique elements"),
    ],
)
def test_what_a_schema_asks_for_is_said_and_not_what_is_wrong_with_the_value(
    schema: Any, body: Any, expected: str
) -> None:
    assert [difference[0] for difference in schema_differences(compile_schema(schema), body)] == [expected]


def test_of_a_long_value_the_beginning_is_told() -> None:
    validator = compile_schema({"properties": {"a": {"type": "integer"}}})
    ((_, whole, _),) = schema_differences(validator, {"a": "x" * 300})
    ((_, cut, _),) = schema_differences(validator, {"a": "x" * 301})
    assert (whole, cut) == ("x" * 300, "x" * 300 + "…")


def test_members_are_compared_and_absent_ones_must_not_be_there(below: Case, answer: MakeResponse) -> None:
    actual = answer(400, {**OWN, "a": {"b": [1, 2]}})
    assert below.reported(actual, equals={"/a/b/1": 2}, absent=["/c"]) == []
    assert below.reported(actual, equals={"/a/b/1": 3, "/a/x": 1}) == [("body", "must")] * 2
    assert below.reported(actual, absent=["/a/b"]) == [("body", "must")]


def test_true_is_not_one(below: Case, answer: MakeResponse) -> None:
    assert below.reported(answer(400, {**OWN, "on": True}), equals={"/on": 1}) == [("body", "must")]


def test_a_body_that_is_said_of_the_success_is_not_asked_of_a_refusal(below: Case, answer: MakeResponse) -> None:
    promised = {"status": [200, 404], "body": {"required": ["items"]}}
    assert "body" not in dict(below.reported(answer(404, {}), **promised))
    assert "body" in dict(below.reported(answer(200, {}), **promised))


@pytest.mark.parametrize(
    ("items", "total", "page", "levels"),
    [
        (0, 5, (0, 0), []),
        (1, 5, (1, 0), []),
        (5, 5, (10, 0), []),
        (2, 5, (10, 3), []),
        (0, 5, (10, 9), []),
        (1, 5, (0, 0), ["must"]),
        (4, 5, (10, 0), ["should"]),
        (5, 5, (1, 0), ["must"]),
        (0, 5, (1, 0), ["must"]),
        (1, None, (1, 0), []),
        (1, None, (0, 0), ["must"]),
        (1, True, (0, 0), ["must"]),
    ],
)
def test_a_page_holds_as_many_as_there_are_within_its_limit_and_may_be_shorter(
    below: Case, items: int, total: Any, page: tuple[int, int], levels: list[str]
) -> None:
    promised = Page(items="/items", total="/total", limit=page[0], offset=page[1])
    body = json.dumps({**OWN, "items": [{}] * items, "total": total}).encode()
    actual = below.reported(Response(400, (("Content-Type", "application/json"),), body, len(body)), page=promised)
    assert actual == [("body", level) for level in levels]


# --- pointers and briefs -------------------------------------------------------------------------------------------


def test_an_answer_in_short_is_its_status_and_what_it_says(title: Case, below: Case, answer: MakeResponse) -> None:
    assert (
        summarize_response(answer(400, listed(fault(), {"message": "b"})), title.rules)
        == "400 invalid spoon Title is missing; b"
    )
    assert summarize_response(answer(400, OWN), below.rules) == "400 limit: at least 0, not -1"
    assert summarize_response(answer(400, {**OWN, "message": {"a": None}}), below.rules) == '400 {"a": null}'
    assert summarize_response(answer(200, {"items": []}), below.rules) == "200"
    assert summarize_response(answer(502, "<html>\n oops"), below.rules) == "502 <html> oops"
    assert summarize_response(answer(400, {"message": "x" * 9999}), below.rules) == f"400 {'x' * 159}…"


# --- whatever comes ------------------------------------------------------------------------------------------------

BODIES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(OWN["message"]),
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(st.sampled_from(["message", "errors", "code", "field", "x"]), inside, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=80, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(status=st.integers(100, 599), body=BODIES)
def test_judging_never_fails_and_only_the_promised_answer_is_without_a_must(
    below: Case, title: Case, answer: MakeResponse, status: int, body: Any
) -> None:
    for case in (below, title):
        found = case.judged(answer(status, body), "en")
        if status != 400:
            assert "must" in {item.level.value for item in found}


@settings(max_examples=80, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=40))
def test_any_bytes_are_judged(below: Case, title: Case, data: bytes) -> None:
    for case in (below, title):
        case.judged(Response(400, (("Content-Type", "application/json"),), data, len(data)), "en")


# --- where a message stands


@pytest.mark.parametrize(
    "body",
    [
        {"error": "limit: at most 10."},
        {"Message": "limit: at least 0, not 7"},
        {"error": {"message": "Exactly so"}},
        {"errors": [{"text": "limit: at most 10."}]},
    ],
)
def test_a_documented_message_in_another_place_is_a_must(below: Case, answer: MakeResponse, body: Any) -> None:
    found = [item for item in below.judged(answer(400, body)) if item.check == "envelope"]
    assert [(item.level.value, item.expected) for item in found] == [("must", "the message at /message")]


@pytest.mark.parametrize("body", [{"error": "sorry"}, {}, {"detail": {"reason": ["no"]}}])
def test_a_body_without_a_documented_message_is_a_should(below: Case, answer: MakeResponse, body: Any) -> None:
    assert below.reported(answer(400, body)) == [("message", "should")]


def test_what_stands_beside_the_message_is_its_own_affair(below: Case, answer: MakeResponse) -> None:
    body = {"message": "limit: at least 0, not -1", "hint": "limit: at most 10."}
    assert below.judged(answer(400, body)) == ()


def test_a_message_beside_the_list_of_faults_is_a_must(title: Case, answer: MakeResponse) -> None:
    body = {"errors": [{"code": "invalid", "field": "spoon"}], "message": "Title is missing", "id": "r"}
    expected = [item.expected for item in title.judged(answer(400, body)) if item.check == "envelope"]
    assert expected == ["the message at /errors/0/message"]


@pytest.mark.parametrize("value", ["-1", "7", "x", "<b>"])
def test_the_message_of_another_row_counts_with_any_text_in_its_placeholders(
    shop: Callable[..., Contract], answer: MakeResponse, value: str
) -> None:
    (found,) = Case(shop(ROWS), "items/above").judged(answer(400, {"message": f"limit: at least 0, not {value}"}))
    assert (found.check, found.level.value) == ("message", "must")
    assert found.detail == "the message of items/below: rejected for another reason"


# --- a gateway's status in the target's own words


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (503, {"message": "limit: at most 10."}, True),
        (429, {"message": "limit: at least 0, not 9"}, True),
        (502, {"message": "try again"}, False),
        (504, "<html>Gateway Timeout</html>", False),
        (503, {}, False),
        (503, ["limit: at most 10."], False),
    ],
)
def test_a_gateways_status_in_the_targets_own_words_is_its_answer(
    below: Case, answer: MakeResponse, status: int, body: Any, expected: bool
) -> None:
    assert below.rules.is_own_answer(answer(status, body)) is expected


def test_a_row_that_promises_the_status_itself_is_no_sign_of_the_target(
    shop: Callable[..., Contract], answer: MakeResponse
) -> None:
    rows = "  - {id: slow, cause: a, expect: {status: 429, message: Too Many Requests}}\n"
    rules = ResponseRules(shop(rows), lambda _: ())
    assert not rules.is_own_answer(answer(429, {"message": "Too Many Requests"}))
    assert rules.is_own_answer(answer(503, {"message": "Too Many Requests"}))


@pytest.mark.parametrize(("code", "expected"), [("gone", True), ("busy", False), (None, False)])
def test_an_empty_wording_is_the_targets_own_beside_the_code_of_its_row(
    shop: Callable[..., Contract], answer: MakeResponse, code: str | None, expected: bool
) -> None:
    rows = "  - {id: gone, cause: a, expect: {status: 404, code: gone, message: ''}}\n"
    body = {"message": ""} | ({"code": code} if code else {})
    assert ResponseRules(shop(rows), lambda _: ()).is_own_answer(answer(429, body)) is expected
