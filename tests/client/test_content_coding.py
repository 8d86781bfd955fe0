"""What a Content-Encoding has put around a body is taken off again, within bounds."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Iterable, Iterator

import pytest

from conformance.client.content_coding import ContentCodingError, DecompressionBomb, decode, list_codings

BODY = b'{"message": "no"}'


@pytest.mark.parametrize(
    ("codings", "sent"),
    [
        (["gzip"], gzip.compress(BODY)),
        (["x-gzip", "identity"], gzip.compress(BODY)),
        (["deflate"], zlib.compress(BODY)),
        (["deflate", "gzip", "gzip"], gzip.compress(gzip.compress(zlib.compress(BODY)))),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_up_to_three_codings_are_taken_off(codings: list[str], sent: bytes) -> None:
    assert b"".join(decode(list_codings(codings), iter([sent[:5], sent[5:]]))) == BODY


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@pytest.mark.parametrize("after", [b"", b"\x1f", b"\x1f\x8b", b"more" * 9])
def test_pieces_of_one_byte_are_read_as_one_of_all(coding: str, after: bytes) -> None:
    sent = {"gzip": gzip.compress(BODY[:3]) + gzip.compress(BODY[3:]), "deflate": zlib.compress(BODY)}[coding]

    def read(size: int) -> bytes | str:
        pieces = ((sent + after)[at : at + size] for at in range(0, len(sent + after), size))
        try:
            return b"".join(decode([coding], pieces))
        except ContentCodingError as error:
            return str(error)

    assert {read(size) for size in (1, 2, 5)} == {read(1_000)}
    assert read(1) == (BODY if after != b"\x1f\x8b" else read(1_000))


def test_what_follows_a_coded_body_is_read_once_and_kept_nowhere() -> None:
    kept = [0]

    def pieces() -> Iterator[bytes]:
        yield zlib.compress(BODY)
        for _ in range(2_000):
            yield b"x" * 1_000
        kept[0] = tracemalloc.get_traced_memory()[1]

    tracemalloc.start()
    try:
        assert b"".join(decode(["deflate"], pieces())) == BODY
    finally:
        tracemalloc.stop()
    assert 0 < kept[0] < 1_000_000


@pytest.mark.parametrize(
    ("codings", "reason"),
    [
        (["gzip"] * 4, "Content-Encoding names 4 codings"),
        (["br"], "Content-Encoding 'br' was not offered"),
    ],
)
def test_what_nobody_offered_or_goes_too_far_is_refused(codings: list[str], reason: str) -> None:
    with pytest.raises(ContentCodingError) as caught:
        list_codings(codings)
    assert str(caught.value) == reason


def test_a_body_without_a_coding_is_left_as_it_is() -> None:
    assert list_codings(["identity", ""]) == []


def coded(pieces: Iterable[bytes]) -> bytes:
    engine = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([*map(engine.compress, pieces), engine.flush()])


@pytest.mark.parametrize(
    ("codings", "sent"),
    [
        (["gzip"], gzip.compress(b"") * 400_000),
        (["gzip"] * 3, coded([coded([gzip.compress(b"") * 400_000])])),
        (["deflate", "gzip", "gzip"], coded([coded([b"\x78\x9c", *[b"\0\0\0\xff\xff" * 200_000] * 100])])),
    ],
    ids=["parts", "parts-within", "blocks-within"],
)
def test_a_body_that_unpacks_to_nothing_is_not_unpacked_without_end(codings: list[str], sent: bytes) -> None:
    with pytest.raises(DecompressionBomb, match="unpacks to too much"):
        list(decode(codings, iter([sent[at : at + 65536] for at in range(0, len(sent), 65536)])))
