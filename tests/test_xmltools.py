"""XML bodies as values of JSON types: the same pointers hold, and nothing hostile is expanded."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.checks.context import ResponseRules, build_expectation, promise_of_row
from conformance.checks.response import check_response
from conformance.contract.contract import Contract
from conformance.http import Response
from conformance.xmltools import is_xml, parse_xml


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("<a/>", {"a": ""}),
        ("<a>x &amp; y</a>", {"a": "x & y"}),
        ('<error code="7"><message>no</message></error>', {"error": {"@code": "7", "message": "no"}}),
        ("<a><b>1</b><b>2</b><b><c>3</c></b></a>", {"a": {"b": ["1", "2", {"c": "3"}]}}),
        ('<a id="1"> x </a>', {"a": {"@id": "1", "#text": "x"}}),
        ('<n:a xmlns:n="urn:n"><n:b>1</n:b></n:a>', {"a": {"@n": "urn:n", "b": "1"}}),
        ("<a>\n  <b><![CDATA[<x>]]></b>\n</a>", {"a": {"b": "<x>"}}),
    ],
)
def test_elements_attributes_and_text(body: str, value: Any) -> None:
    assert parse_xml(body.encode()) == value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<a>",
        b"<a></b>",
        b"{}",
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b"<a>" * 300 + b"</a>" * 300,
    ],
)
def test_what_is_no_xml_or_is_hostile_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"XML|deeply"):
        parse_xml(body)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with suppress(ValueError):
        assert isinstance(parse_xml(body), dict)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("application/xml", True),
        ("Text/XML; charset=utf-8", True),
        ("application/problem+xml", True),
        ("application/json", False),
        (None, False),
    ],
)
def test_the_content_type_says_what_is_xml(kind: str | None, expected: bool) -> None:
    assert is_xml(kind) is expected


def test_a_contract_of_an_xml_api_holds_its_messages_and_codes(shop: Callable[..., Contract]) -> None:
    changes = [
        ('  faults: ""\n', "  faults: /error\n  code: '@code'\n"),
        ("credential: full\n", "credential: full\ncontent_types: [application/xml]\n"),
        ("properties: {message: {type: string}}", "required: [error]"),
    ]
    rows = "  - {id: one, cause: a, expect: {status: 400, message: Too low, code: E7}}\n"
    contract = shop(rows, *changes)
    (row,) = contract.rows
    expected = build_expectation(promise_of_row(row), lambda *_: None)

    def checks(body: str) -> list[str]:
        response = Response(400, (("Content-Type", "application/xml"),), body.encode(), len(body))
        return [
            each.check for each in check_response(response, expected, ResponseRules(contract, lambda _: ()), "here")
        ]

    assert checks('<error code="E7"><message>Too low</message></error>') == []
    assert checks('<error code="E8"><message>Too low</message></error>') == ["code"]
    assert checks("<fault/>") == ["envelope", "fault"]
    assert checks("<error") == ["envelope"]
