"""Requests, responses and failures as values."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.http import Exchange, FailureKind, NoResponse, Request, Response, header


def test_a_header_is_found_whatever_its_case_and_the_first_one_counts() -> None:
    headers = (("x-a", "1"), ("X-A", "2"))
    assert header(headers, "X-a") == "1"
    assert header(headers, "X-B") is None


def test_the_beginning_is_kept_of_a_body_that_does_not_count() -> None:
    late = Response(503, body=b"x" * 100_000, size=100_000, sha256="5", large=object())
    kept = Response(503, body=b"x" * 65_536, size=100_000, sha256="5", cut=True)
    assert NoResponse(FailureKind.UNAVAILABLE, "503", late) == NoResponse(FailureKind.UNAVAILABLE, "503", kept)
    assert NoResponse(FailureKind.UNAVAILABLE, "503", late).response.large is None


def test_requests_that_a_target_cannot_tell_apart_have_one_key() -> None:
    one = Request("GET", "http://h/a", (("X", "1"),), b"body")
    assert one.key == Request("GET", "http://h/a", (("X", "1"),), b"body", permission="write").key


@pytest.mark.parametrize(
    "other",
    [
        Request("PUT", "http://h/a", (("X", "1"),), b"body"),
        Request("GET", "http://h/b", (("X", "1"),), b"body"),
        Request("GET", "http://h/a", (("X", "2"),), b"body"),
        Request("GET", "http://h/a", (("X", "1"),), b"bodY"),
        Request("GET", "http://h/a", (("X", "1"),), None),
        Request("GET", "http://h/a", (("X", "1"),), b"body", source_address="127.0.0.9"),
        Request("GET", "http://h/a", (("X", "1"),), b"body", proxy="http://p"),
    ],
)
def test_requests_that_a_target_can_tell_apart_have_two_keys(other: Request) -> None:
    assert Request("GET", "http://h/a", (("X", "1"),), b"body").key != other.key


def test_no_body_and_an_empty_body_are_told_apart() -> None:
    assert Request("GET", "http://h").key != Request("GET", "http://h", body=b"").key


def test_neither_headers_nor_body_of_a_request_are_in_a_traceback() -> None:
    shown = repr(Request("GET", "http://h", (("X-Key", "hush"),), b"hush"))
    assert "hush" not in shown


def test_a_body_with_a_byte_order_mark_is_json_and_one_in_latin_1_is_none() -> None:
    assert Response(200, body=b'\xef\xbb\xbf{"a": 1}').json() == {"a": 1}
    with pytest.raises(ValueError, match="utf-8"):
        Response(200, body=b'"\xe9"').json()


@pytest.mark.parametrize(
    "body", [b"", b"NaN", b'{"a": Infinity}', b"[-Infinity]", b"{'a': 1}", b"{} x", b"[" * 100_000]
)
def test_what_is_not_json_raises_value_error_and_nothing_else(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each says it in its own words
        Response(200, body=body).json()


@pytest.mark.parametrize("charset", ["Shift_JIS", '"euc-jp"', "windows-31j", "GB18030"])
def test_a_body_is_decoded_by_the_charset_that_it_declares(charset: str) -> None:
    body = '{"message": "タイトルは必須項目です。"}'.encode(charset.strip('"').replace("windows-31j", "cp932"))
    response = Response(400, (("content-type", f"application/json; Charset={charset}"),), body)
    assert response.json() == {"message": "タイトルは必須項目です。"}
    assert response.text == '{"message": "タイトルは必須項目です。"}'


@pytest.mark.parametrize(
    "charset", ["utf-8", "ISO-8859-1", "us-ascii", "punycode", "idna", "undefined", "rot13", "x\0y", ""]
)
def test_utf8_is_read_whatever_charset_it_declares(charset: str) -> None:
    response = Response(400, (("Content-Type", f"application/json; charset={charset}"),), '{"a": "é"}'.encode())
    assert response.json() == {"a": "é"}


@pytest.mark.parametrize("charset", ["utf-8", "us-ascii", "euc-jp", "punycode", "hex", "no-such-charset", "x" * 100])
def test_bytes_in_no_charset_that_they_declare_are_no_json(charset: str) -> None:
    response = Response(400, (("Content-Type", f"application/json; charset={charset}"),), b'{"a": "\xff\xfe\xfd\x80"}')
    with pytest.raises(ValueError, match="utf-8"):
        response.json()


@pytest.mark.parametrize("charset", ["utf-16", "utf-32", "iso-2022-jp", "cp037", "utf-7"])
@pytest.mark.parametrize("more", [b"", b"\x1b$B", b"\x00", b"\xff"])
def test_no_declared_charset_hides_what_stands_there_in_ascii(charset: str, more: bytes) -> None:
    headers = (("Content-Type", f"text/plain; charset={charset}"),)
    assert "k3y-of-the-target" in Response(400, headers, more + b"k3y-of-the-target").text


def test_a_body_that_is_not_utf8_is_shown_with_escapes() -> None:
    assert Response(200, body=b"caf\xe9").text == "caf\\xe9"


@settings(max_examples=50, deadline=None, database=None)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=8))
def test_json_comes_back_as_it_was_sent(value: Any) -> None:
    assert value == Response(200, body=json.dumps(value).encode()).json()


def test_an_exchange_has_an_answer_only_where_the_target_spoke() -> None:
    request = Request("GET", "http://h")
    late = Response(503)
    assert late is Exchange(request, late).response
    assert Exchange(request, NoResponse(FailureKind.UNAVAILABLE, "503", late)).response is None


@pytest.mark.parametrize("deep", [40, 400])
@pytest.mark.parametrize("text", ["", "a]", "[[", '\\"]', "}{"])
def test_what_nests_deeply_is_cut_whatever_its_texts_hold(deep: int, text: str) -> None:
    body = f'["{text}",' * deep + "1" + "]" * deep
    value, levels = Response(200, body=body.encode()).json(), 0
    while isinstance(value, list):
        value, levels = value[1], levels + 1
    assert levels == min(deep, 201)


def test_bytes_that_are_no_text_are_escaped_at_the_beginning_and_marked_after_it() -> None:
    text = Response(400, body=b"a\xff" + b"x" * 65_534 + b"\xfe\xe3\x81\x82").text
    assert text.startswith("a\\xffx")
    assert text.endswith("x\ufffdあ")
