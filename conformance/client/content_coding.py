"""What a Content-Encoding has put around a body is taken off again, piece by piece."""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Iterator

from conformance.messages import Message, clip_text

DECODED_PIECE = 1 << 16
MOST_CODINGS = 3
MOST_PARTS = 10_000
"""Ends of a stream within a body; each may hold nothing, and costs as much as a thousand bytes."""
MOST_BETWEEN = 16 << 20
"""Bytes that one coding may give; of the last one, less is read. What another coding makes of them may be nothing."""


class ContentCodingError(Exception):
    """The body is not what its Content-Encoding says; the text of it says how."""


class DecompressionBomb(ContentCodingError):
    """It says more than anyone unpacks."""


def list_codings(members: list[str]) -> list[str]:
    """The codings of a Content-Encoding that change a body; raises ContentCodingError for too many or unknown ones."""
    names = [name for name in members if name not in {"", "identity"}]
    unknown = [name for name in names if name not in {"gzip", "x-gzip", "deflate"}]
    if unknown:
        raise ContentCodingError(Message("Content-Encoding {name!r} was not offered", name=clip_text(unknown[0], 40)))
    if len(names) > MOST_CODINGS:
        raise ContentCodingError(Message("Content-Encoding names {n} codings", n=len(names)))
    return names


def decode(codings: list[str], pieces: Iterator[bytes]) -> Iterator[bytes]:
    """A body without its codings; raises ContentCodingError where it is not what they say."""
    for name in reversed(codings):
        pieces = _inflate(name, pieces)
    return pieces


def _inflate(name: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
    engine, rest, parts, total = None, b"", 0, 0
    try:
        for piece in pieces:
            rest += piece
            while len(rest) > 1 or (rest and engine is not None and not engine.eof):  # two bytes show what begins
                if engine is not None and engine.eof and not rest.startswith(b"\x1f\x8b"):
                    deque(pieces, maxlen=0)  # to its end, so that the connection can go on
                    return
                if engine is None or engine.eof:
                    engine, parts = _engine(name, rest), parts + 1
                if out := engine.decompress(rest, DECODED_PIECE):
                    total += len(out)
                    yield out
                if parts > MOST_PARTS or total > MOST_BETWEEN:
                    raise DecompressionBomb(Message("the {name} body unpacks to too much", name=name))
                rest = engine.unused_data if engine.eof else engine.unconsumed_tail
    except zlib.error:
        raise ContentCodingError(Message("the body is not {name}, as its Content-Encoding says", name=name)) from None
    if rest if engine is None else not engine.eof:
        raise ContentCodingError(Message("the {name} body ends too early", name=name))


def _engine(name: str, start: bytes) -> zlib._Decompress:
    if name != "deflate":
        return zlib.decompressobj(16 + zlib.MAX_WBITS)
    wrapped = start[0] & 0x0F == 8 and (start[0] << 8 | start[1]) % 31 == 0
    return zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
