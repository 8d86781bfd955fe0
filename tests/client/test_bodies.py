"""Files and forms, to the byte."""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.client.builder import build_multipart
from conformance.client.images import build_jpeg, build_png


def parsed(kind: str, body: bytes) -> list[tuple[str | None, str | None, str, bytes]]:
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    return [
        (
            part.get_param("name", header="content-disposition"),
            part.get_filename(),
            part.get_content_type(),
            part.get_payload(decode=True),
        )
        for part in message.iter_parts()  # type: ignore[attr-defined]
    ]


def test_a_form_is_what_any_parser_reads() -> None:
    given = [{"name": "file", "filename": "a.png", "size": 1024}, {"name": "word", "text": "ほげ"}]
    assert [("file", "a.png", "image/png", build_png(1024)), ("word", None, "text/plain", "ほげ".encode())] == parsed(
        *build_multipart(given, "edge")
    )


def test_a_part_that_is_no_image_is_plain_bytes_and_an_empty_file_is_empty() -> None:
    given = [
        {"name": "a", "filename": "a.txt", "content_type": "text/plain", "size": 5},
        {"name": "b", "filename": "b.png", "size": 0},
        {"name": "c", "filename": "c.png", "text": "no image"},
    ]
    assert [content for *_, content in parsed(*build_multipart(given, "edge"))] == [b"xxxxx", b"", b"no image"]


def test_a_form_without_parts_is_only_its_end() -> None:
    assert build_multipart([], "edge") == ("multipart/form-data; boundary=edge", b"--edge--\r\n")


@pytest.mark.parametrize("name", ['a"; filename="b', "a\r\nX-Evil: 1", "日本"])
def test_a_name_cannot_leave_its_quotes(name: str) -> None:
    _, body = build_multipart([{"name": name, "filename": name, "text": "t"}], "edge")
    head = body.partition(b"\r\n\r\n")[0]
    assert len(head.split(b"\r\n")) == 3
    assert head.count(b'"') == 4


@settings(max_examples=30, deadline=None, database=None)
@given(st.lists(st.tuples(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.text(max_size=30)), max_size=4))
def test_every_part_comes_back_in_order(pairs: list[tuple[str, str]]) -> None:
    given = [{"name": name, "text": text} for name, text in pairs]
    _, body = build_multipart(given, "conformance-0123456789abcdef")
    pieces = body.split(b"--conformance-0123456789abcdef")[1:-1]
    assert [text.encode() for _, text in pairs] == [piece.partition(b"\r\n\r\n")[2][:-2] for piece in pieces]
    assert body == build_multipart(given, "conformance-0123456789abcdef")[1]


@pytest.mark.parametrize(
    ("kind", "content"),
    [("image/png", build_png(2048)), ("image/jpeg", build_jpeg(2048)), ("image/gif", b"x" * 2048)],
)
def test_a_file_is_of_the_kind_that_its_part_declares(kind: str, content: bytes) -> None:
    given = [{"name": "file", "filename": "a", "content_type": kind, "size": 2048}]
    assert [("file", "a", kind, content)] == parsed(*build_multipart(given, "edge"))


def test_an_empty_file_is_no_image() -> None:
    given = [{"name": "file", "filename": "a.png", "size": 0}]
    assert parsed(*build_multipart(given, "edge")) == [("file", "a.png", "image/png", b"")]
