"""Files and forms, to the byte."""

from __future__ import annotations

import struct
import zlib
from email.parser import BytesParser
from email.policy import HTTP

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.client.builder import build_image, build_multipart

LEAST = len(build_image(0))


def chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    """Every chunk of a PNG, its length and its sum checked."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    found, at = [], 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        (checksum,) = struct.unpack(">I", png[at + 8 + length : at + 12 + length])
        assert zlib.crc32(kind + data) == checksum
        found.append((kind, data))
        at += 12 + length
    return found


@pytest.mark.parametrize("size", [1024, 4_900_000, 5_000_000, 5 << 20, (5 << 20) + 65536, 6_000_000])
def test_an_image_has_exactly_the_size_that_was_asked_for(size: int) -> None:
    assert size == len(build_image(size))


@settings(max_examples=40, deadline=None, database=None)
@given(st.integers(LEAST + 12, 5000))
def test_an_image_of_any_size_is_a_whole_png(size: int) -> None:
    made = build_image(size)
    assert size == len(made)
    found = dict(chunks(made))
    assert [kind for kind in found if kind != b"prIv"] == [b"IHDR", b"IDAT", b"IEND"]
    width, height, depth, colour = struct.unpack(">IIBB", found[b"IHDR"][:10])
    assert (width, height, depth, colour) == (1, 1, 8, 2)
    assert len(zlib.decompress(found[b"IDAT"])) == 1 + 3 * width


@pytest.mark.parametrize("size", range(0, LEAST + 12, 7))
def test_an_image_that_cannot_be_so_small_is_the_least_there_is(size: int) -> None:
    assert len(build_image(size)) == LEAST
    chunks(build_image(size))


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
    assert [("file", "a.png", "image/png", build_image(1024)), ("word", None, "text/plain", "ほげ".encode())] == parsed(
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
