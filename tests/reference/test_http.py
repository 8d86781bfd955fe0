"""The body of a request is read on demand, within limits."""

from __future__ import annotations

import io

from conformance.reference.http import JsonResponse, RequestBody


def test_a_body_is_read_to_its_declared_length() -> None:
    stream = io.BytesIO(b"0123456789next")
    body = RequestBody(stream, 10)
    assert (body.finished, body.declared) == (False, 10)
    assert body.read() == b"0123456789"
    assert body.finished is True
    assert stream.read() == b"next"


def test_a_body_that_declares_too_much_is_not_read() -> None:
    stream = io.BytesIO(b"0123456789")
    assert RequestBody(stream, 10).read(9) is None
    assert stream.tell() == 0


def test_a_body_of_unknown_length_is_read_up_to_one_byte_beyond_the_limit() -> None:
    stream = io.BytesIO(b"0123456789")
    assert RequestBody(stream, None).read(4) is None
    assert stream.tell() == 5
    assert RequestBody(io.BytesIO(b"0123"), None).read(4) == b"0123"


def test_the_rest_of_a_body_is_drained() -> None:
    stream = io.BytesIO(b"x" * 1_000_000)
    assert RequestBody(stream, 1_000_000).drain() is True
    assert stream.tell() == 1_000_000


def test_no_more_than_64_mebibytes_are_drained() -> None:
    class Endless:
        def read(self, size: int) -> bytes:
            return b"x" * size

    assert RequestBody(Endless(), None).drain() is False


def test_the_client_is_asked_once_for_a_body_it_holds_back() -> None:
    asked: list[str] = []
    body = RequestBody(io.BytesIO(b"x" * 600_000), 600_000, lambda: asked.append("continue"))
    assert asked == []
    body.read()
    assert asked == ["continue"]
    assert RequestBody(io.BytesIO(), 0, lambda: asked.append("again")).read() == b""
    assert asked == ["continue"]


def test_replace_returns_a_changed_copy() -> None:
    response = JsonResponse(400, {"a": 1}, row=("items", 1))
    assert response.replace(status=500) == JsonResponse(500, {"a": 1}, row=("items", 1))
    assert response.status == 400
