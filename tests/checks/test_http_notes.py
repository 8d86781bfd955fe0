"""Remarks on HTTP are made where an RFC has something to say, and nowhere else."""

from __future__ import annotations

import pytest

from conformance.checks.http_notes import check_http_notes, compare_head_with_get
from conformance.http import Exchange, FailureKind, NoResponse, Request, Response

JSON = ("Content-Type", "application/json")
FRESH = ("Cache-Control", "no-store")
URL = "http://t.test/a?limit=%3Cb%3E"


def about(status: int, *headers: tuple[str, str], body: bytes = b"{}", method: str = "GET") -> list[str]:
    found = check_http_notes(Exchange(Request(method, URL), Response(status, headers, body, len(body))))
    assert all(note.reference and note.text for note in found)
    return [note.about for note in found]


def test_a_405_without_allow_is_noted() -> None:
    assert about(405, JSON, FRESH) == ["Allow"]
    assert about(405, JSON, FRESH, ("allow", "GET")) == []
    assert about(405, JSON, FRESH, ("Allow", "")) == []


def test_a_401_without_a_challenge_is_noted() -> None:
    assert about(401, JSON) == ["WWW-Authenticate"]
    assert about(401, JSON, ("www-authenticate", "Bearer")) == []


@pytest.mark.parametrize("status", [429, 503])
def test_being_told_to_wait_without_how_long_is_noted(status: int) -> None:
    assert about(status, JSON) == ["Retry-After"]
    assert about(status, JSON, ("Retry-After", "3")) == []


def test_content_without_a_type_is_noted() -> None:
    assert about(200) == ["Content-Type"]
    assert about(200, body=b"") == []


def test_json_in_another_charset_is_noted() -> None:
    assert about(200, ("Content-Type", "application/json; charset=Shift_JIS")) == ["charset"]
    assert about(200, ("Content-Type", 'application/json; charset="UTF-8"')) == []
    assert about(200, JSON, body=b'"\xe9"') == ["charset"]
    assert about(200, JSON, body='"é"'.encode()) == []


def test_errors_that_caches_keep_are_noted() -> None:
    assert about(404, JSON) == ["Cache-Control"]
    assert about(400, JSON) == []
    assert about(400, JSON, ("Cache-Control", "public, max-age=60")) == ["Cache-Control"]
    assert about(404, JSON, FRESH) == []
    assert about(404, JSON, ("Cache-Control", "max-age=0")) == []
    assert about(404, JSON, method="PATCH") == []


def test_markup_that_comes_back_without_nosniff_is_noted() -> None:
    assert about(400, JSON, body=b'{"message":"limit=<b>"}') == ["X-Content-Type-Options"]
    assert about(400, JSON, ("x-content-type-options", "nosniff"), body=b'{"message":"limit=<b>"}') == []
    assert about(400, JSON, body=b'{"message":"limit"}') == []


def test_silence_is_not_remarked_on() -> None:
    assert check_http_notes(Exchange(Request("GET", URL), NoResponse(FailureKind.TIMEOUT))) == ()


def of_a_head(status: int, *headers: tuple[str, str], get: int = 200) -> list[str]:
    whole = Response(get, (JSON, ("Content-Length", "2")), b"{}", 2)
    first = Response(status, headers, b"", 0)
    exchanges = [Exchange(Request(method, URL), answer) for method, answer in (("GET", whole), ("HEAD", first))]
    return [f"{note.about}: {note.reference}" for note in compare_head_with_get(*exchanges)]


def test_a_head_with_another_status_is_noted_and_nothing_else_of_it() -> None:
    assert of_a_head(405, ("Content-Type", "text/html")) == ["HEAD: RFC 9110, 9.3.2"]
    assert of_a_head(404, JSON, get=404) == []


def test_a_head_with_another_type_or_length_is_noted() -> None:
    assert of_a_head(200, ("content-type", "text/html")) == ["HEAD: RFC 9110, 9.3.2"]
    assert of_a_head(200, JSON, ("content-length", "0")) == ["HEAD: RFC 9110, 8.6"]


def test_a_head_that_leaves_out_what_hangs_on_the_content_is_not_noted() -> None:
    assert of_a_head(200) == []
    assert of_a_head(200, ("content-type", "application/JSON"), ("Content-Length", " 2")) == []


def test_of_a_head_without_an_answer_nothing_is_noted() -> None:
    silent = Exchange(Request("HEAD", URL), NoResponse(FailureKind.TIMEOUT, ""))
    assert compare_head_with_get(Exchange(Request("GET", URL), Response(200, (), b"", 0)), silent) == ()
