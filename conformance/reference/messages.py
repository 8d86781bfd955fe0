"""A request as it came, an answer as it goes out, and the reply that is still without a form."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from conformance.reference.catalogue import Row

__all__ = ["NOTHING", "Body", "Incoming", "Outgoing", "Reply", "Site"]

DRAINED = 64 * 1024 * 1024
"""How much of a body that nobody wanted is read and thrown away, in bytes."""
NOTHING: Final = object()
"""No body at all, where None would be JSON's null."""


class Body:
    """The body of a request, not yet read."""

    def __init__(self, stream: Any, length: int | None, invite: Callable[[], None] | None = None) -> None:
        self._stream = stream
        self._left = length
        self._invite = invite
        self._finished = length == 0
        self.declared = length
        """Content-Length, or None for a chunked body."""

    @property
    def finished(self) -> bool:
        """Whether it was read to its end."""
        return self._finished

    def read(self, most: int = DRAINED) -> bytes | None:
        """The whole body (or what is left of it), or None where it is longer than `most` bytes.

        A body that says so itself is refused without reading any of it.
        """
        if self._left is not None and self._left > most:
            return None
        taken = bytearray()
        while not self._finished and len(taken) <= most:
            taken += self._piece(most + 1 - len(taken))
        return bytes(taken) if self._finished else None

    def drain(self) -> bool:
        """Reads what is left and throws it away; whether the end was reached within the bound."""
        seen = 0
        with contextlib.suppress(OSError, ValueError):
            while not self._finished and seen < DRAINED:
                seen += len(self._piece(1 << 18))
        return self._finished

    def _piece(self, most: int) -> bytes:
        if self._invite is not None:
            self._invite()
            self._invite = None
        wanted = min(most, 1 << 18) if self._left is None else min(most, self._left, 1 << 18)
        piece: bytes = self._stream.read(wanted) if wanted else b""
        if self._left is not None:
            self._left -= len(piece)
        self._finished = self._left == 0 if piece else True
        return piece


@dataclass(slots=True)
class Incoming:
    """One request as it came, nothing decoded; `headers` has lower-case names, several values joined by a comma."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    peer: str
    body: Body


@dataclass(slots=True)
class Outgoing:
    """One answer, ready to be written: `payload` has the framing that its headers promise.

    `close` ends the connection after it; `seconds` is how long to wait before it.
    """

    status_line: str
    headers: list[tuple[str, str]]
    payload: bytes = b""
    close: bool = False
    seconds: float = 0.0


class Site(Protocol):
    """What answers: one contract's server with all its state."""

    def answer(self, incoming: Incoming) -> Outgoing:
        """The answer to one request; called from many threads at once."""

    def profile(self, base_url: str) -> dict[str, Any]:
        """The target profile to use with it, complete."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answers, before it has a form: a status and a JSON value.

    `row` is the row of the vendor's table that it follows, None for a success; `raw` goes out instead of the value.
    """

    status: int
    value: Any = NOTHING
    headers: tuple[tuple[str, str], ...] = ()
    row: Row | None = None
    content_type: str | None = None
    raw: bytes | None = None

    def but(self, **changes: Any) -> Reply:
        """The same with something else in it."""
        return replace(self, **changes)
