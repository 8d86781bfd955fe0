"""Bytes from a socket within a deadline."""

from __future__ import annotations

import socket
import time

__all__ = ["Stream", "TooLong"]

PIECE = 1 << 16


class TooLong(Exception):
    """A line without an end, or more lines than anyone would send."""


class Stream:
    """Reads a socket line by line and piece by piece.

    Each wait is bounded by `read` seconds and all of them by the deadline: TimeoutError beyond either. `early` is
    what had been received before.
    """

    def __init__(self, sock: socket.socket, read: float, whole: float, early: bytes = b"") -> None:
        self._sock = sock
        self._read = read
        self._whole = whole
        self._deadline = time.monotonic() + whole
        self._buffer = bytearray(early)
        self.received = len(early)
        self.ended = False

    def line(self, budget: int) -> bytes:
        """The next line with its end, or what there is of it where the stream ended; TooLong beyond the budget."""
        start = 0
        while (end := self._buffer.find(b"\n", start)) < 0:
            start = len(self._buffer)
            if start > budget:
                raise TooLong
            if not self._fill():
                return self._take(start)
        if end > budget:
            raise TooLong
        return self._take(end + 1)

    def piece(self, most: int = PIECE) -> bytes:
        """The next bytes, at least one and at most `most`; none where the stream ended."""
        if not self._buffer:
            self._fill()
        return self._take(min(most, len(self._buffer)))

    @property
    def left(self) -> int:
        """Bytes that were received and not taken."""
        return len(self._buffer)

    def _take(self, count: int) -> bytes:
        if count == len(self._buffer):
            taken = bytes(self._buffer)
            self._buffer.clear()
            return taken
        taken = bytes(memoryview(self._buffer)[:count])
        del self._buffer[:count]
        return taken

    def _fill(self) -> bool:
        if self.ended:
            return False
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError(f"the answer was not complete after {self._whole:g} s")
        self._sock.settimeout(min(self._read, remaining))
        try:
            data = self._sock.recv(PIECE)
        except TimeoutError:
            if self._read < remaining:
                raise TimeoutError(f"no byte for {self._read:g} s") from None
            raise TimeoutError(f"the answer was not complete after {self._whole:g} s") from None
        self.received += len(data)
        self._buffer += data
        self.ended = not data
        return bool(data)
