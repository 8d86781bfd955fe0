"""Images of any size, for uploads that a server may look into."""

import struct
import zlib

_PNG_PIXEL = zlib.compress(b"\x00\x00\x00\x00")
_JPEG_PIXEL = bytes.fromhex(
    "ffdb004300" + "01" * 64  # quantisation: none
    + "ffc0000b080001000101011100"  # one grey pixel of eight bits
    + "ffc4001400" + "01" + "00" * 16  # one code for a difference of zero
    + "ffc4001410" + "01" + "00" * 16  # one code for the end of the block
    + "ffda0008010100003f00" + "3f" + "ffd9"
)  # fmt: skip


def build_png(size: int) -> bytes:
    """A PNG of one pixel in exactly `size` bytes: an ancillary chunk fills it. Never less than the pixel needs."""
    head = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    tail = _chunk(b"IDAT", _PNG_PIXEL) + _chunk(b"IEND", b"")
    room = size - len(head) - len(tail) - 12
    return b"".join([head, _chunk(b"prIv", bytes(room)) if room >= 0 else b"", tail])


def build_jpeg(size: int) -> bytes:
    """A JPEG of one pixel in exactly `size` bytes: fill bytes before a marker. Never less than the pixel needs."""
    return b"\xff\xd8".ljust(size - len(_JPEG_PIXEL), b"\xff") + _JPEG_PIXEL


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(data, zlib.crc32(kind))
    return b"".join([struct.pack(">I", len(data)), kind, data, struct.pack(">I", checksum)])
