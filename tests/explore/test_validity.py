"""What is called valid, invalid or open decides whom exploration blames."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.client.builder import PlaceholderScope
from conformance.explore.inputs import coverage_probes
from conformance.explore.openapi import DocumentedOperation, with_known_body
from conformance.explore.probes import ExploreProbe, plain_probe, request_of_probe
from conformance.explore.validity import Validity, classify_probe, may_be_sent
from conformance.http import Request
from tests.explore.explored_servers import Newsroom, Site

NUMBERS = ["0", "1", "50", "100"]
NO_NUMBERS = ["-1", "101", "2147483647", "abc", "0.5", "true", "null", "{}", "<b>5</b>", "5kg", "é😀"]
PERHAPS = ["", " ", "+5", " 5", "007", "-0", "5.0", "1e2", "0x10", "1_000", "٣", "\uff15", "NaN", "-Infinity", "1,000"]
BEYOND = ["2147483648", "9" * 30, "5f", ";", "²"]


def news(operation: str, shown: Any = None) -> DocumentedOperation:
    return with_known_body(Newsroom().explorer(operation).explored, shown)


def queried(operation: str, name: str, value: str) -> Validity:
    one = news(operation)
    return classify_probe(one, replace(plain_probe(one), query=((name, value),)))


@pytest.mark.parametrize("value", NUMBERS)
def test_numbers_within_are_valid(value: str) -> None:
    assert queried("listContents", "limit", value) is Validity.VALID


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_what_is_clearly_no_such_number_is_invalid(value: str) -> None:
    assert queried("listContents", "limit", value) is Validity.INVALID


@pytest.mark.parametrize("value", [*PERHAPS, *BEYOND])
def test_what_a_lenient_parser_may_read_is_open(value: str) -> None:
    assert queried("listContents", "limit", value) is Validity.OPEN


@pytest.mark.parametrize("value", ["\0", "5\n", "\x1b", "x" * 1001])
def test_what_a_server_before_the_api_may_refuse_is_odd(value: str) -> None:
    assert queried("listContents", "limit", value) is Validity.ODD


def test_a_parameter_twice_or_unknown_is_open() -> None:
    operation = news("listContents")
    for query in ((("limit", "1"), ("limit", "101")), (("limit", "101"), ("page", "2"))):
        assert classify_probe(operation, replace(plain_probe(operation), query=query)) is Validity.OPEN


@pytest.mark.parametrize("value", ["", "1", "0", "T", "TRUE", "False", "on", "no", "00", " true"])
def test_other_words_for_true_and_false_are_open(value: str) -> None:
    assert queried("listMediaV1", "imageOnly", value) is Validity.OPEN


@pytest.mark.parametrize("value", ["xxx", "2", "tru", "0.5"])
def test_what_is_no_boolean_is_invalid(value: str) -> None:
    assert queried("listMediaV1", "imageOnly", value) is Validity.INVALID


def test_offsets_with_which_the_vendor_has_trouble_are_never_sent() -> None:
    operation = news("listMediaV1")
    assert may_be_sent(operation, ExploreProbe(query=(("offset", "9999"),)))
    for value in ("10000", "+10000", "\uff11\uff10\uff10\uff10\uff10", "1e10000"):
        assert not may_be_sent(operation, ExploreProbe(query=(("offset", value),)))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("foo", Validity.VALID),
        ("bar", Validity.INVALID),
        ("FOO", Validity.OPEN),
        ("a.b", Validity.OPEN),
        ("日本", Validity.OPEN),
        ("a\0", Validity.ODD),
    ],
)
def test_only_ids_of_the_documented_letters_are_clearly_missing(value: str, expected: Validity) -> None:
    assert (
        classify_probe(news("getContent"), ExploreProbe(path=(("endpoint", "news"), ("content_id", value)))) is expected
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"status": ["PUBLISH"]}, Validity.VALID),
        ({"status": ["DRAFT"]}, Validity.OPEN),
        ({"status": ["CLOSED"]}, Validity.INVALID),
        ({"status": ["PUBLISH", "PUBLISH"]}, Validity.INVALID),
        ({"status": ["PUBLISH", "CLOSED"]}, Validity.INVALID),
        ({"status": "PUBLISH"}, Validity.INVALID),
        ([], Validity.INVALID),
        (True, Validity.INVALID),
        (None, Validity.OPEN),
        ({}, Validity.OPEN),
        ({"status": []}, Validity.OPEN),
        ({"status": [""]}, Validity.OPEN),
        ({"status": None}, Validity.OPEN),
        ({"status": ["PUBLISH"], "more": 1}, Validity.OPEN),
    ],
)
def test_bodies_are_sorted_by_what_the_documents_say(body: Any, expected: Validity) -> None:
    operation = news("patchStatus", {"status": ["DRAFT"]})
    assert classify_probe(operation, replace(plain_probe(operation), body=body)) is expected


def test_a_status_is_only_changed_where_it_can_be_changed_back() -> None:
    operation = news("patchStatus", {"status": ["CLOSED"]})
    assert classify_probe(operation, replace(plain_probe(operation), body={"status": ["PUBLISH"]})) is Validity.OPEN


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"subject": "x", "ext_1": "needed"}, Validity.VALID),
        ({"subject": "x", "contents": "", "ext_1": "needed"}, Validity.VALID),
        ({"subject": "", "ext_1": "needed"}, Validity.INVALID),
        ({"subject": " ", "ext_1": "needed"}, Validity.OPEN),
        ({"subject": 0, "ext_1": "needed"}, Validity.OPEN),
        ({"ext_1": "needed"}, Validity.OPEN),
        ({"subject": "x", "ext_1": "other"}, Validity.OPEN),
        ({"subject": "x", "ymd": "2024-13-01", "ext_1": "needed"}, Validity.OPEN),
    ],
)
def test_little_is_firm_in_a_topic(body: Any, expected: Validity) -> None:
    documented = Site().explorer("insertTopic").explored
    members = {**(documented.body or {})["properties"], "ext_1": {"x-known": ["needed"]}}
    operation = replace(documented, body={**(documented.body or {}), "properties": members})
    assert classify_probe(operation, replace(plain_probe(operation), body=body)) is expected


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer", "minimum": 1}, 0),
        ({"type": "integer", "multipleOf": 5}, 4),
        ({"type": "number", "exclusiveMaximum": 1}, 1),
        ({"type": "string", "maxLength": 3}, "abcd"),
        ({"type": "string", "pattern": "^[a-z]+$"}, "A"),
        ({"type": ["string", "null"]}, 1),
        ({"anyOf": [{"type": "string"}, {"type": "boolean"}]}, 1),
        ({"type": "array", "items": {"type": "string"}, "uniqueItems": True}, ["a", "a"]),
        ({"type": "integer"}, 2**31),
    ],
)
def test_a_member_that_breaks_its_schema_is_never_valid(schema: dict[str, Any], value: Any) -> None:
    body = {"type": "object", "properties": {"x": schema, "y": {"type": "string"}}}
    operation = replace(news("patchStatus"), body=body)
    assert classify_probe(operation, replace(plain_probe(operation), body={"y": "a"})) is Validity.VALID
    assert classify_probe(operation, replace(plain_probe(operation), body={"x": value})) is Validity.OPEN
    (keyword,) = schema.keys() - {"type", "items"} or {"type"}
    firm = replace(operation, body={**body, "properties": {"x": {**schema, "x-invalid": [keyword]}}})
    expected = Validity.OPEN if value == 2**31 else Validity.INVALID
    assert classify_probe(firm, replace(plain_probe(firm), body={"x": value})) is expected


@pytest.mark.parametrize("name", ["listContents", "listMediaV2", "patchStatus", "patchCreatedBy"])
def test_the_method_and_the_path_are_never_drawn(name: str) -> None:
    operation, run = news(name), Newsroom().run()

    def build(probe: ExploreProbe) -> Request:
        template = request_of_probe(run, operation, probe)
        return run.builder.build(operation.id, template, operation.permission, PlaceholderScope())

    probes = list(coverage_probes(operation, plain_probe(operation)))
    requests = [build(probe) for probe in probes]
    path = build(plain_probe(operation)).url.partition("?")[0]
    assert len(probes) > 5
    assert {operation.method} == {one.method for one in requests}
    assert {one.url.partition("?")[0] for one in requests} == {path}
    assert all(probe.headers == () for probe in probes)


@pytest.mark.parametrize(
    ("pattern", "validity"),
    [(r"^\p{L}+$", Validity.INVALID), (r"^[0-9]+$", Validity.OPEN), (r"^(a+)+$|^x+$", Validity.OPEN)],
)
def test_the_pattern_of_an_id_is_read_as_json_schema_reads_it_and_in_bounded_time(
    pattern: str, validity: Validity
) -> None:
    one = news("getContent")
    schema = {"type": "string", "pattern": pattern, "x-invalid": ["unknown"]}
    parameters = tuple(
        replace(each, schema=schema, known=("known",)) if each.where == "path" else each for each in one.parameters
    )
    name = next(each.name for each in parameters if each.where == "path" and each.known is not None)
    text = "a" * 60 + "!" if "+)+" in pattern else "漢字"
    changed = replace(one, parameters=parameters)
    assert classify_probe(changed, replace(plain_probe(changed), path=((name, text),))) is validity
