"""Each change makes one thing of a right response wrong, and keeps the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.reference.hooks import RequestContext
from conformance.reference.http import JsonResponse
from conformance.reference.response_changes import (
    as_html,
    cut_short,
    in_array,
    with_content_type,
    with_members,
    with_status,
    with_value,
    without_member,
)

RIGHT = JsonResponse(400, {"message": "No.", "code": 1}, row=("items", 1))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (with_status(422), {"status": 422}),
        (with_value(None), {"value": None}),
        (with_value({}, 200), {"value": {}, "status": 200}),
        (with_members(code=2, more=3), {"value": {"message": "No.", "code": 2, "more": 3}}),
        (without_member("code"), {"value": {"message": "No."}}),
        (with_content_type("text/plain"), {"content_type": "text/plain"}),
        (in_array, {"value": [{"message": "No.", "code": 1}]}),
        (cut_short, {"raw": b'{"message": "No.", "code":'}),
    ],
    ids=lambda value: getattr(value, "__qualname__", "").partition(".")[0],
)
def test_change(make_context: Callable[..., RequestContext], change: Any, expected: dict[str, Any]) -> None:
    assert change(RIGHT, make_context()) == RIGHT.replace(**expected)


def test_members_replace_a_body_that_is_no_object(make_context: Callable[..., RequestContext]) -> None:
    assert with_members(a=1)(RIGHT.replace(value=[]), make_context()).value == {"a": 1}


def test_a_page_is_html(make_context: Callable[..., RequestContext]) -> None:
    page = as_html(RIGHT, make_context())
    assert page.content_type == "text/html; charset=utf-8"
    assert (page.raw or b"").startswith(b"<!DOCTYPE html>")
    assert page.status == 400
