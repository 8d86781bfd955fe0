"""HTTP/1 on a socket: a request is written byte for byte, a response is read within a deadline and bounds of size."""

import hashlib
import re
import selectors
import socket
import ssl
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from conformance.client.content_coding import ContentCodingError, decode, list_codings
from conformance.client.large_bodies import HUGE_BODY, LARGE_BODY, LargeBody
from conformance.client.policy import Limits
from conformance.http import CUT_BODY, Response, header
from conformance.messages import Message, clip_text, error_message
from conformance.xmltools import is_xml

PIECE = 1 << 16
SENT_PIECE = 16 << 10
SLOWEST_UPLOAD = 64 << 10
"""Bytes per second that an upload must keep up, beside the time for a whole response."""
QUICK_ACK: int | None = getattr(socket, "TCP_QUICKACK", None)


class RequestCutShort(Exception):
    """The target answered, as `early` says, or closed the connection before it had the whole request."""

    def __init__(self, early: bytes = b"") -> None:
        super().__init__()
        self.early = early


def write_request(sock: socket.socket, head: bytes, body: bytes | None, limits: Limits) -> None:
    """Send a request; raises RequestCutShort if the target does not wait for its end, TimeoutError if it is slow."""
    try:
        sock.settimeout(limits.timeout)
        if body is None or len(body) <= SENT_PIECE:
            sock.sendall(head + (body or b""))
        else:
            sock.sendall(head)
            _write_long(sock, memoryview(body), limits)
    except TimeoutError:
        raise TimeoutError(Message("the target stopped reading the request")) from None
    except OSError:
        # There may be a response to read all the same.
        raise RequestCutShort from None


def _write_long(sock: socket.socket, data: memoryview, limits: Limits) -> None:
    """Sends piece by piece, and looks for a response in between."""
    deadline = time.monotonic() + limits.timeout + len(data) / SLOWEST_UPLOAD
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_READ | selectors.EVENT_WRITE)
        while data:
            wait = min(limits.timeout, deadline - time.monotonic())
            events = selector.select(wait) if wait > 0 else []
            if not events:
                raise TimeoutError
            if QUICK_ACK is not None and isinstance(sock, socket.socket):
                # A target that answers in two small pieces and then closes would never send the second otherwise.
                sock.setsockopt(socket.IPPROTO_TCP, QUICK_ACK, 1)
            ready = events[0][1]
            if ready & selectors.EVENT_READ:
                _check_unanswered(sock)
            if ready & selectors.EVENT_WRITE:
                sock.settimeout(wait)
                data = data[sock.send(data[:SENT_PIECE]) :]


def _check_unanswered(sock: socket.socket) -> None:
    """Raises RequestCutShort where a response, or the end of the connection, came already."""
    sock.settimeout(0)
    try:
        early = sock.recv(PIECE)
    except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return  # a message of TLS itself
    ended = not early
    while early.startswith((b"HTTP/1.1 1", b"HTTP/1.0 1")) and (end := early.find(b"\r\n\r\n")) > 0:
        early = early[end + 4 :]
    if early or ended:
        raise RequestCutShort(early)


class LineTooLong(Exception):
    """A line without an end, or more lines than anyone would send."""


class SocketStream:
    """Reads a socket by lines and pieces, after what came `early`; raises TimeoutError when its time is over."""

    def __init__(self, sock: socket.socket, seconds: float, early: bytes = b"") -> None:
        self._sock = sock
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._buffer = bytearray(early)
        self.received = len(early)
        self.ended = False

    def line(self, budget: int) -> bytes:
        """The next line with its end, or what there is before the stream ends; raises LineTooLong beyond the budget."""
        start = 0
        while (end := self._buffer.find(b"\n", start)) < 0:
            start = len(self._buffer)
            if start > budget:
                raise LineTooLong
            if not self._fill():
                return self._take(start)
        if end > budget:
            raise LineTooLong
        return self._take(end + 1)

    def piece(self, most: int = PIECE) -> bytes:
        """The next bytes, at least one and at most `most`; none where the stream ended."""
        if not self._buffer:
            self._fill()
        return self._take(min(most, len(self._buffer)))

    @contextmanager
    def paused(self) -> Iterator[None]:
        """The time that passes within counts for no deadline: it is not the target's."""
        start = time.monotonic()
        yield
        self._deadline += time.monotonic() - start

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
        late = TimeoutError(Message("the answer was not complete after {seconds:g} s", seconds=self._seconds))
        if remaining <= 0:
            raise late
        self._sock.settimeout(remaining)
        try:
            data = self._sock.recv(PIECE)
        except TimeoutError:
            raise late from None
        self.received += len(data)
        self._buffer += data
        self.ended = not data
        return bool(data)


HEAD = 256 << 10
"""Bytes of status line and headers, interim answers included."""
MOST_HEADERS = 1000
LONGEST_FOLDED = 8 << 10
"""Characters of a value to which further lines are added: each addition copies it."""
MOST_MEMBERS = 100_000
"""Members of all arrays and objects of a body, roughly: so many take up to 50 MB once they are read and checked."""
JSON_MARKS, XML_MARKS = (b",", b"[", b"{"), (b"<", b"=")
"""What stands before or after each member, roughly."""
LARGE_MEMBERS = 2_000
"""Members beyond which a body is large, however short it is."""
MOST_CHUNKS = 50_000
"""Chunks of a body: each takes as long as a kilobyte."""
STATUS_LINE = re.compile(rb"HTTP/1\.([01])[ ]([0-9]{3})(?:[ ]([^\r\n]*))?\r?\n?")
LINE_ENDS = frozenset({b"\r\n", b"\n"})
CHUNK_LINE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")


ENDLESS_SIZE = Message("a chunk size without an end")
NO_LAST_CHUNK = Message("the connection was closed before the last chunk")


class NotHttpError(Exception):
    """What came is no HTTP/1 answer; the text says what it was."""


class _FramingError(Exception):
    """The body is not framed as it says; `ended` where the connection was closed before its end."""

    def __init__(self, text: str, *, ended: bool = False) -> None:
        super().__init__(text)
        self.ended = ended


class _Enough(Exception):
    """The body is longer than we read, as the text says."""


@dataclass(slots=True)
class ResponseReader:
    """One answer being read: `response()` gives what there is of it, also after `run()` was interrupted.

    `reusable` says afterwards whether the connection can carry another request, `truncated` whether the connection
    ended before the answer did.
    """

    stream: SocketStream
    limits: Limits
    method: str
    target: object = None
    """Identifies the target, as targets take turns at reading large bodies."""
    status: int = 0
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    faults: list[str] = field(default_factory=list)
    reusable: bool = False
    truncated: bool = False
    whole_head: bool = False
    unread: bool = False
    """There is more of the body than is read at most."""
    _minor: int = 1
    _budget: int = HEAD
    _body: bytearray = field(default_factory=bytearray)
    _large: LargeBody | None = None

    def run(self) -> None:
        """Read the answer to its end or its limits; raises NotHttpError, TimeoutError and other OSErrors."""
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
            body=bytes(memoryview(self._body)[: CUT_BODY if self.unread else None]),
            size=len(self._body),
            cut=self.unread,
            sha256=hashlib.sha256(self._body).hexdigest(),
            reason=self.reason,
            faults=tuple(self.faults),
            large=None if self.unread else self._large,
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
        except LineTooLong:
            raise NotHttpError(Message("a first line without an end")) from None
        if not line:
            raise ConnectionResetError(Message("the connection was closed before an answer"))
        match = STATUS_LINE.fullmatch(line)
        if match is None:
            raise NotHttpError(Message("no HTTP/1 status line: {line!r}", line=clip_text(line.decode("latin-1"), 60)))
        self._minor = int(match[1])
        self.reason = (match[3] or b"").decode("latin-1").strip()
        self.status = int(match[2])
        if not self.status:
            raise NotHttpError(Message("a status of 000"))

    def _header_lines(self) -> bool:
        found: list[tuple[str, str]] = []
        try:
            while (line := self._line()) not in LINE_ENDS:
                if not line:
                    self.faults.append(Message("the connection was closed within the headers"))
                    self.truncated = True
                    return False
                self._header_line(line, found)
        except LineTooLong:
            self.faults.append(Message("more than {n} KiB of headers: the rest was not read", n=HEAD >> 10))
            return False
        finally:
            self.headers = tuple(found)
        return True

    def _header_line(self, line: bytes, found: list[tuple[str, str]]) -> None:
        text = line.decode("latin-1").rstrip("\r\n")
        name, colon, value = text.partition(":")
        if text[:1] in {" ", "\t"} and found:
            if len(found[-1][1]) < LONGEST_FOLDED:
                found[-1] = (found[-1][0], f"{found[-1][1]} {text.strip()}")
        elif not colon or not name or name != name.strip():
            self._fault(Message("a header line that is none"))
        elif len(found) < MOST_HEADERS:
            found.append((name, value.strip(" \t")))
        else:
            self._fault(Message("more than {n:,} headers: the rest was not kept", n=MOST_HEADERS))

    def _fault(self, text: str) -> None:
        if text not in self.faults:
            self.faults.append(text)

    def _read_body(self) -> None:
        chunked = self._tokens("transfer-encoding")[-1:] == ["chunked"]
        length = self._length()
        connection = self._tokens("connection")
        keeps = "close" not in connection and (self._minor == 1 or "keep-alive" in connection)
        bare = self.method == "HEAD" or (self.method == "CONNECT" and self.status < 300)
        if bare or self.status in {204, 304}:
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
        except _FramingError as fault:
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
            self.faults.append(Message("Content-Length {value!r} is no length", value=clip_text(value, 40)))
            return None
        return int(value)

    def _tokens(self, name: str) -> list[str]:
        """The comma-separated members of all headers of this name, in lower case."""
        return [part.strip().lower() for key, value in self.headers if key.lower() == name for part in value.split(",")]

    def _take(self, length: int) -> Generator[bytes, None, int]:
        """The next bytes; how many are lacking where the connection ended."""
        while length and (piece := self.stream.piece(min(length, PIECE))):
            length -= len(piece)
            yield piece
        return length

    def _exactly(self, length: int) -> Iterator[bytes]:
        if lacking := (yield from self._take(length)):
            text = Message("Content-Length is {length}, but only {n} bytes came", length=length, n=length - lacking)
            raise _FramingError(text, ended=True)

    def _chunks(self) -> Iterator[bytes]:
        cut, longer = Message("the connection was closed within a chunk"), Message("a chunk longer than its size")
        count = 0
        while size := self._chunk_size():
            count += 1
            if count > MOST_CHUNKS:
                raise _Enough(Message("more than {n:,} chunks: the rest was not read", n=MOST_CHUNKS))
            if (yield from self._take(size)):
                raise _FramingError(cut, ended=True)
            if self._frame_line(1, longer, cut) not in LINE_ENDS:
                raise _FramingError(Message("a chunk without its end"))
        budget, endless = self._budget, Message("trailers without an end")
        cut = Message("the connection was closed before the end of the last chunk")
        while (line := self._frame_line(budget, endless, cut)) not in LINE_ENDS:
            budget -= len(line)

    def _chunk_size(self) -> int:
        line = self._frame_line(4096, ENDLESS_SIZE, NO_LAST_CHUNK)
        match = CHUNK_LINE.fullmatch(line)
        if match is None:
            raise _FramingError(Message("{size!r} is no chunk size", size=clip_text(line.decode("latin-1"), 20)))
        return int(match[1], 16)

    def _frame_line(self, budget: int, endless: Message, cut: Message) -> bytes:
        """A line that frames a body; raises _FramingError, saying `endless` or `cut` (off), where it has no end."""
        try:
            line = self.stream.line(budget)
        except LineTooLong:
            raise _FramingError(endless) from None
        if not line:
            raise _FramingError(cut, ended=True)
        return line

    def _bounded(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        total = members = 0
        marks = XML_MARKS if is_xml(header(self.headers, "content-type")) else JSON_MARKS
        for piece in pieces:
            total += len(piece)
            members += sum(map(piece.count, marks))
            if total > self.limits.most:
                raise _Enough(Message("more than {n} bytes: the rest was not read", n=self.limits.most))
            if members > MOST_MEMBERS:
                raise _Enough(Message("more than {n:,} members: the rest was not read", n=MOST_MEMBERS))
            if self._large is None and (total > LARGE_BODY or members > LARGE_MEMBERS):
                with self.stream.paused():
                    self._large = LargeBody(self.target)
            if self._large is not None and total - len(piece) <= HUGE_BODY < total:
                with self.stream.paused():
                    self._large.become_huge()
            yield piece

    def _store(self, pieces: Iterator[bytes]) -> bool:
        """Keeps the body, unpacked; False where not all of it was read."""
        packed = bytearray()
        try:
            try:
                codings = list_codings(self._tokens("content-encoding"))
                for piece in self._bounded(decode(codings, _copied(pieces, packed))) if codings else pieces:
                    self._body += piece
            except ContentCodingError as fault:
                self.faults.append(error_message(fault))
                for piece in pieces:  # to its end, so that the connection can go on
                    packed += piece
                self._body = self._body or packed
        except _Enough as enough:
            self.faults.append(error_message(enough))
            self.unread = True
            return False
        return True


def _copied(pieces: Iterator[bytes], into: bytearray) -> Iterator[bytes]:
    for piece in pieces:
        into += piece
        yield piece
