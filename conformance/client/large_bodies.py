"""Bounds the memory that large bodies take: one is judged at a time, and those of one target are kept at a time.

To check a body takes ten times its size in memory; an audit may read sixty-four of some megabytes at once.
"""

import gc
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import cache
from threading import get_ident
from types import SimpleNamespace

from conformance.http import Exchange, Response

LARGE_BODY = 128 << 10
"""Bytes of a body beyond which it is large."""
HUGE_BODY, _MOST_HUGE, _ROOM = 1 << 20, 3, 2.0
"""Bytes beyond which it is huge, how many huge ones are kept at a time, and the longest wait for room, in seconds."""

_WAIT, _MOST_WAITS = 20.0, 6
"""Seconds after which garbage is collected, for a body may be in it, and how often, until one is read all the same:
whoever has the turn may wait for something else.
"""

_MALLOC_OPTIONS = {-1: 1 << 20, -3: 1 << 20, -8: 2}
"""Options of mallopt(3): how many free bytes are kept, how many make a block of its own, and arenas of all threads."""


@cache
def share_freed_memory() -> None:
    """Let glibc return what is free, instead of keeping tens of megabytes for each thread that begins after this."""
    import ctypes  # noqa: PLC0415 - a run with one worker that meets no large body does not need it

    with suppress(OSError, AttributeError):
        for option, value in _MALLOC_OPTIONS.items():
            ctypes.CDLL(None).mallopt(option, value)


class LargeBody:
    """Held for each large body that is kept; while a target holds one, other targets wait."""

    def __init__(self, owner: object) -> None:
        self._counts = False
        share_freed_memory()
        with _TURNS:
            for _ in range(_MOST_WAITS if _turns.shared else 0):
                if _TURNS.wait_for(lambda: not _turns.held or _turns.owner is owner, _WAIT):
                    break
                gc.collect()
            _turns.owner, _turns.held, self._counts = owner, _turns.held + 1, True

    def become_huge(self) -> None:
        """Wait for room, as the body is huge; a thread that has one already does not, as it may be its own."""
        with _TURNS:
            if get_ident() not in _turns.huge.values():
                _TURNS.wait_for(lambda: len(_turns.huge) < _MOST_HUGE, _ROOM)
            _turns.huge[id(self)] = get_ident()

    def __del__(self) -> None:
        with _TURNS:
            if _turns.huge.pop(id(self), None) is not None:
                _TURNS.notify_all()
            _turns.held -= self._counts
            if not _turns.held:
                _turns.owner = None
                _TURNS.notify_all()


_JUDGING = threading.RLock()


def judge_alone(exchange: Exchange) -> AbstractContextManager[object]:
    """A block in which no other thread records or judges a large body, if the exchange has one. It may send nothing."""
    response = exchange.outcome if isinstance(exchange.outcome, Response) else exchange.outcome.response
    large = len(exchange.request.body or b"") > LARGE_BODY or (response is not None and response.large is not None)
    return _JUDGING if large else nullcontext()


_turns = SimpleNamespace(owner=None, held=0, shared=False, huge={})
_TURNS = threading.Condition(threading.RLock())  # whatever is done under it may set a `LargeBody` free


@contextmanager
def one_target_at_a_time() -> Iterator[None]:
    """While this lasts, targets wait for each other before they read a large body."""
    share_freed_memory()
    _turns.shared = True
    try:
        yield
    finally:
        _turns.shared = False
