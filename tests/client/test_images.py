"""Images, to the byte."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.client.images import build_jpeg, build_png

LEAST = len(build_png(0))


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
    assert (size, size) == (len(build_png(size)), len(build_jpeg(size)))


@settings(max_examples=40, deadline=None, database=None)
@given(st.integers(LEAST + 12, 5000))
def test_an_image_of_any_size_is_a_whole_png(size: int) -> None:
    made = build_png(size)
    assert size == len(made)
    found = dict(chunks(made))
    assert [kind for kind in found if kind != b"prIv"] == [b"IHDR", b"IDAT", b"IEND"]
    width, height, depth, colour = struct.unpack(">IIBB", found[b"IHDR"][:10])
    assert (width, height, depth, colour) == (1, 1, 8, 2)
    assert len(zlib.decompress(found[b"IDAT"])) == 1 + 3 * width


@pytest.mark.parametrize("size", range(0, LEAST + 12, 7))
def test_an_image_that_cannot_be_so_small_is_the_least_there_is(size: int) -> None:
    assert len(build_png(size)) == LEAST
    chunks(build_png(size))


@settings(max_examples=40, deadline=None, database=None)
@given(st.integers(0, 5000))
def test_a_jpeg_of_any_size_is_a_whole_one(size: int) -> None:
    made = build_jpeg(size)
    assert max(size, len(build_jpeg(0))) == len(made)
    assert segments(made) == [0xDB, 0xC0, 0xC4, 0xC4, 0xDA]


def segments(jpeg: bytes) -> list[int]:
    """The marker of every segment of a JPEG, its start, its length and its end checked."""
    assert (jpeg[:2], jpeg[-2:]) == (b"\xff\xd8", b"\xff\xd9")
    found, at = [], 2
    while not found or found[-1] != 0xDA:
        assert jpeg[at] == 0xFF
        at = next(place for place in range(at, len(jpeg)) if jpeg[place] != 0xFF)
        found.append(jpeg[at])
        at += 1 + struct.unpack(">H", jpeg[at + 1 : at + 3])[0]
    assert len(jpeg) == at + 3  # one byte of data
    return found
