"""Requests before their placeholders are filled: patches laid over each other, and one place set."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.request_template import (
    OMIT,
    RequestTemplate,
    apply_patch,
    merge_patches,
    name_part,
    replace_part,
    split_part,
)


def test_members_of_path_query_and_headers_are_merged_one_by_one() -> None:
    merged = merge_patches({"query": {"limit": 1, "offset": 2}}, {"query": {"limit": -1}, "headers": {"X-A": "b"}})
    assert merged.query == {"limit": -1, "offset": 2}
    assert merged.headers == {"X-A": "b"}


@pytest.mark.parametrize("body", [{"raw": "[]"}, {"multipart": [{"name": "file"}]}, {"json": None}])
def test_one_body_takes_the_place_of_another(body: dict[str, Any]) -> None:
    merged = merge_patches({"json": {"a": 1}, "size": 9}, body)
    assert merged.list_members() == body


def test_members_are_laid_over_the_json_body() -> None:
    assert merge_patches({"json": {"a": 1, "b": 2}}, {"members": {"b": 3}}).json_ == {"a": 1, "b": 3}
    assert merge_patches({"raw": "x"}, {"members": {"b": 3}}).json_ == {"b": 3}


@pytest.mark.parametrize("value", [None, 0, False, "", [], {}])
def test_a_json_body_is_a_member_whatever_its_value(value: Any) -> None:
    assert apply_patch(RequestTemplate(), {"json": value}).list_members() == {"json": value}


def test_what_is_as_by_default_is_no_member() -> None:
    assert RequestTemplate().list_members() == {}
    assert (
        apply_patch(RequestTemplate(), {"query": {}, "method": None, "size": OMIT, "hook": OMIT}).list_members() == {}
    )
    assert RequestTemplate(size=0).list_members() == {"size": 0}


@pytest.mark.parametrize(
    ("part", "value", "expected"),
    [
        ("query.limit", -1, RequestTemplate(query={"limit": -1}, json={"a": [1, {"b": 2}]})),
        ("json.a.1.b", 5, RequestTemplate(json={"a": [1, {"b": 5}]})),
        ("json.{fixture.a.b}", 1, RequestTemplate(json={"a": [1, {"b": 2}], "{fixture.a.b}": 1})),
        ("members.c", 1, RequestTemplate(json={"a": [1, {"b": 2}], "c": 1})),
        ("raw", "x", RequestTemplate(raw="x")),
        ("credential", "none", RequestTemplate(credential="none", json={"a": [1, {"b": 2}]})),
        ("request", {"method": "PUT", "raw": OMIT}, RequestTemplate(method="PUT")),
    ],
)
def test_one_place_is_replaced(part: str, value: Any, expected: RequestTemplate) -> None:
    assert replace_part(RequestTemplate(json={"a": [1, {"b": 2}]}), part, value) == expected


def test_placeholders_are_those_of_the_members_that_it_has_now() -> None:
    template = RequestTemplate(query={"limit": "{capture.a}"})
    assert template.captures == {"a"}
    assert template.replace_members(query={"limit": "{capture.b}"}).captures == {"b"}


def test_a_mapping_without_members_changes_nothing() -> None:
    assert RequestTemplate.model_validate({"path": None, "query": None, "headers": None}) == RequestTemplate()


def test_a_placeholder_is_one_step_of_a_place() -> None:
    assert split_part("json.{fixture.fields.email.name}.x") == ["json", "{fixture.fields.email.name}", "x"]
    assert name_part("json.{fixture.fields.email.name}") == "email"
    assert name_part("query.limit") == "limit"
