"""What a Content-Encoding has put around a body is taken off again, within bounds."""

from __future__ import annotations

import gzip
import zlib

import pytest

from conformance.client.content_coding import ContentCodingError, decode, list_codings

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
