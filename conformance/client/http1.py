"""Bytes from a socket within a deadline."""

from __future__ import annotations

import hashlib
import re
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from conformance.client.limits import Limits
from conformance.http import Response
from conformance.messages import Message, error_message

__all__ = ["ContentCodingError", "DeadlineExceeded", "NotHttpError", "ResponseReader", "SocketStream", "build_decoder"]

PIECE = 1 << 16


class DeadlineExceeded(Exception):
    """A line without an end, or more lines than anyone would send."""


class SocketStream:
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
                raise DeadlineExceeded
            if not self._fill():
                return self._take(start)
        if end > budget:
            raise DeadlineExceeded
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
            raise TimeoutError(Message("the answer was not complete after {seconds:g} s", seconds=self._whole))
        self._sock.settimeout(min(self._read, remaining))
        try:
            data = self._sock.recv(PIECE)
        except TimeoutError:
            if self._read < remaining:
                raise TimeoutError(Message("no byte for {seconds:g} s", seconds=self._read)) from None
            raise TimeoutError(
                Message("the answer was not complete after {seconds:g} s", seconds=self._whole)
            ) from None
        self.received += len(data)
        self._buffer += data
        self.ended = not data
        return bool(data)


DECODED_PIECE = 1 << 16
MOST_CODINGS = 3

Unpack = Callable[[Iterator[bytes]], Iterator[bytes]]


class ContentCodingError(Exception):
    """The body is not what its Content-Encoding says; the text of it says how."""


def build_decoder(codings: list[str]) -> Unpack | None:
    """What takes the members of a Content-Encoding off a body; None where there is nothing to take off.

    Raises BrokenCoding for a coding that was not offered, or for too many of them.
    """
    names = [name for name in codings if name not in {"", "identity"}]
    unknown = [name for name in names if name not in {"gzip", "x-gzip", "deflate"}]
    if unknown:
        raise ContentCodingError(Message("Content-Encoding {name!r} was not offered", name=unknown[0][:40]))
    if len(names) > MOST_CODINGS:
        raise ContentCodingError(Message("Content-Encoding names {n} codings", n=len(names)))
    if not names:
        return None

    def unpack(pieces: Iterator[bytes]) -> Iterator[bytes]:
        for name in reversed(names):
            pieces = _inflate(name, pieces)
        return pieces

    return unpack


def _inflate(name: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
    engine = None
    try:
        for piece in pieces:
            if engine is None:
                engine = _engine(name, piece)
            while piece:
                out = engine.decompress(piece, DECODED_PIECE)
                if out:
                    yield out
                piece = engine.unconsumed_tail  # noqa: PLW2901 - what is left of this very piece
                if engine.eof:
                    piece = engine.unused_data  # noqa: PLW2901
                    if not piece.startswith(b"\x1f\x8b"):
                        break
                    engine = _engine(name, piece)
    except zlib.error:
        raise ContentCodingError(Message("the body is not {name}, as its Content-Encoding says", name=name)) from None
    if engine is not None and not engine.eof:
        raise ContentCodingError(Message("the {name} body ends too early", name=name))


def _engine(name: str, start: bytes) -> zlib._Decompress:
    if name != "deflate":
        return zlib.decompressobj(16 + zlib.MAX_WBITS)
    wrapped = len(start) > 1 and start[0] & 0x0F == 8 and (start[0] << 8 | start[1]) % 31 == 0
    return zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)


HEAD = 256 << 10
"""Bytes of status line and headers, interim answers included."""
STATUS_LINE = re.compile(rb"HTTP/1\.([01])[ ]([0-9]{3})(?:[ ]([^\r\n]*))?\r?\n?")
CHUNK_LINE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")


class NotHttpError(Exception):
    """What came is no HTTP/1 answer; the text says what it was."""


class _Broken(Exception):
    """The body is not framed as it says; `ended` where the connection was closed before its end."""

    def __init__(self, text: str, *, ended: bool = False) -> None:
        super().__init__(text)
        self.ended = ended


class _Enough(Exception):
    """The body is longer than we read."""


@dataclass(slots=True)
class ResponseReader:
    """One answer being read: `answer()` gives what there is of it, also after `run()` was interrupted.

    `reusable` says afterwards whether the connection can carry another request, `truncated` whether the connection
    ended before the answer did.
    """

    stream: SocketStream
    limits: Limits
    method: str
    status: int = 0
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    faults: list[str] = field(default_factory=list)
    reusable: bool = False
    truncated: bool = False
    whole_head: bool = False
    _minor: int = 1
    _budget: int = HEAD
    _body: bytearray = field(default_factory=bytearray)
    _size: int = 0
    _hash: hashlib._Hash = field(default_factory=hashlib.sha256)

    def run(self) -> None:
        """Reads the answer to its end, or up to the limits.

        Raises NotHttp, and what the socket raises: TimeoutError, ConnectionError, other OSErrors.
        """
        self.whole_head = self._head()
        if not self.whole_head:
            return
        if not 100 <= self.status <= 599:
            self.faults.append(Message("status {status} is none of HTTP's", status=self.status))
        if self.status == 101:
            self.faults.append(Message("switches protocols, which nothing had asked for"))
            return
        self._read_body()

    def response(self) -> Response | None:
        """What was read; None where not even a status came."""
        if not self.status:
            return None
        return Response(
            status=self.status,
            headers=self.headers,
            body=bytes(self._body),
            size=self._size,
            cut=self._size > len(self._body),
            sha256=self._hash.hexdigest(),
            reason=self.reason,
            faults=tuple(self.faults),
        )

    def _head(self) -> bool:
        while True:
            self._status_line()
            whole = self._header_lines()
            if not whole or not 100 <= self.status < 200 or self.status == 101:
                return whole
            self.status, self.headers = 0, ()

    def _line(self) -> bytes:
        line = self.stream.line(self._budget)
        self._budget -= len(line)
        return line

    def _status_line(self) -> None:
        try:
            line = self._line()
        except DeadlineExceeded:
            raise NotHttpError(Message("a first line without an end")) from None
        if not line:
            raise ConnectionResetError(Message("the connection was closed before an answer"))
        match = STATUS_LINE.fullmatch(line)
        if match is None:
            raise NotHttpError(Message("no HTTP/1 status line: {line!r}", line=line[:60].decode("latin-1")))
        self._minor = int(match[1])
        self.reason = (match[3] or b"").decode("latin-1").strip()
        self.status = int(match[2])
        if not self.status:
            raise NotHttpError(Message("a status of 000"))

    def _header_lines(self) -> bool:
        found: list[tuple[str, str]] = []
        try:
            while (line := self._line()) not in {b"\r\n", b"\n"}:
                if not line:
                    self.faults.append(Message("the connection was closed within the headers"))
                    self.truncated = True
                    return False
                self._header_line(line, found)
        except DeadlineExceeded:
            self.faults.append(Message("more than {n} KiB of headers: the rest was not read", n=HEAD >> 10))
            return False
        finally:
            self.headers = tuple(found)
        return True

    def _header_line(self, line: bytes, found: list[tuple[str, str]]) -> None:
        text = line.decode("latin-1").rstrip("\r\n")
        name, colon, value = text.partition(":")
        if text[:1] in {" ", "\t"} and found:
            found[-1] = (found[-1][0], f"{found[-1][1]} {text.strip()}")
        elif not colon or not name or name != name.strip():
            self._fault(Message("a header line that is none"))
        else:
            found.append((name, value.strip(" \t")))

    def _fault(self, text: str) -> None:
        if text not in self.faults:
            self.faults.append(text)

    def _read_body(self) -> None:
        chunked = self._tokens("transfer-encoding")[-1:] == ["chunked"]
        length = self._length()
        keeps = self._keeps_alive()
        if self.method == "HEAD" or self.status in {204, 304}:
            pieces: Iterator[bytes] = iter(())
        elif chunked:
            if length is not None:
                self.faults.append(Message("both Content-Length and chunked"))
            pieces = self._chunks()
        elif length is not None:
            pieces = self._exactly(length)
        else:
            keeps = False
            pieces = iter(self.stream.piece, b"")
        try:
            whole = self._store(self._bounded(pieces))
        except _Broken as fault:
            self.faults.append(error_message(fault))
            self.truncated = fault.ended
            return
        if whole and self.stream.left:
            self.faults.append(Message("bytes after the end of the answer"))
            keeps = False
        self.reusable = whole and keeps

    def _length(self) -> int | None:
        values = set(self._tokens("content-length"))
        if not values:
            return None
        if len(values) > 1:
            self.faults.append(Message("several Content-Length that differ"))
            return None
        value = values.pop()
        if not (value.isascii() and value.isdecimal() and len(value) < 19):
            self.faults.append(Message("Content-Length {value!r} is no length", value=value[:40]))
            return None
        return int(value)

    def _keeps_alive(self) -> bool:
        tokens = self._tokens("connection")
        return "close" not in tokens and (self._minor == 1 or "keep-alive" in tokens)

    def _tokens(self, name: str) -> list[str]:
        """The members of all headers of this name, in lower case."""
        return [part.strip().lower() for key, value in self.headers if key.lower() == name for part in value.split(",")]

    def _exactly(self, length: int) -> Iterator[bytes]:
        left = length
        while left:
            piece = self.stream.piece(min(left, 1 << 16))
            if not piece:
                raise _Broken(
                    Message("Content-Length is {length}, but only {n} bytes came", length=length, n=length - left),
                    ended=True,
                )
            left -= len(piece)
            yield piece

    def _chunks(self) -> Iterator[bytes]:
        while True:
            size = self._chunk_size()
            while size:
                piece = self.stream.piece(min(size, 1 << 16))
                if not piece:
                    raise _Broken(Message("the connection was closed within a chunk"), ended=True)
                size -= len(piece)
                yield piece
                if not size:
                    self._chunk_end()
                    size = self._chunk_size()
            self._trailers()
            return

    def _chunk_size(self) -> int:
        try:
            line = self.stream.line(4096)
        except DeadlineExceeded:
            raise _Broken(Message("a chunk size without an end")) from None
        if not line:
            raise _Broken(Message("the connection was closed before the last chunk"), ended=True)
        match = CHUNK_LINE.fullmatch(line)
        if match is None:
            raise _Broken(Message("{size!r} is no chunk size", size=line[:20].decode("latin-1")))
        return int(match[1], 16)

    def _chunk_end(self) -> None:
        try:
            line = self.stream.line(1)
        except DeadlineExceeded:
            raise _Broken(Message("a chunk longer than its size")) from None
        if line not in {b"\r\n", b"\n"}:
            if not line:
                raise _Broken(Message("the connection was closed within a chunk"), ended=True)
            raise _Broken(Message("a chunk without its end"))

    def _trailers(self) -> None:
        try:
            while (line := self._line()) not in {b"\r\n", b"\n"}:
                if not line:
                    raise _Broken(Message("the connection was closed before the end of the last chunk"), ended=True)
        except DeadlineExceeded:
            raise _Broken(Message("trailers without an end")) from None

    def _bounded(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        total = 0
        for piece in pieces:
            total += len(piece)
            if total > self.limits.most:
                raise _Enough
            yield piece

    def _store(self, pieces: Iterator[bytes]) -> bool:
        """Keeps the body, unpacked; False where not all of it was read."""
        packed = bytearray()
        try:
            try:
                unpack = build_decoder(self._tokens("content-encoding"))
            except ContentCodingError as fault:
                self.faults.append(error_message(fault))
                unpack = None
            if unpack is None:
                for piece in pieces:
                    self._keep(piece)
                return True
            try:
                for piece in self._bounded(unpack(_copied(pieces, packed, self.limits.keep))):
                    self._keep(piece)
            except ContentCodingError as fault:
                self.faults.append(error_message(fault))
                for _ in pieces:  # to its end, so that the connection can go on
                    pass
                if not self._size:
                    self._keep(bytes(packed))
        except _Enough:
            self.faults.append(Message("more than {n} bytes: the rest was not read", n=self.limits.most))
            return False
        return True

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        self._hash.update(piece)
        room = self.limits.keep - len(self._body)
        if room > 0:
            self._body += piece[:room]


def _copied(pieces: Iterator[bytes], into: bytearray, most: int) -> Iterator[bytes]:
    for piece in pieces:
        into += piece[: max(0, most - len(into))]
        yield piece
