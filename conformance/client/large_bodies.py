"""Large bodies of many targets at once: those of one target at a time, so that an audit of 64 needs little more memory.

What a body of some megabytes takes while it is checked is ten times its size; sixty-four of them take gigabytes.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache

_WAIT, _MOST_WAITS = 20.0, 6
"""Seconds after which garbage is collected, for a body may be in it, and how often, until one is read all the same:
whoever has the turn may wait for something else.
"""

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Options of mallopt(3): how many free bytes are kept, and from how many on a block is mapped by itself."""


@cache
def _give_back_what_is_freed() -> None:
    """Let glibc return blocks of a megabyte and more once they are free: otherwise each thread keeps some of them."""
    import ctypes  # noqa: PLC0415 - most runs meet no large body

    with suppress(OSError, AttributeError):
        for option in (_TRIM_THRESHOLD, _MMAP_THRESHOLD):
            ctypes.CDLL(None).mallopt(option, 1 << 20)


class LargeBody:
    """The turn of a target to have large bodies; it is over once every object of it is gone."""

    def __init__(self, owner: object) -> None:
        self._counts = False
        _give_back_what_is_freed()
        with _TURNS:
            for _ in range(_MOST_WAITS if _turns.shared else 0):
                if _TURNS.wait_for(lambda: not _turns.held or _turns.owner is owner, _WAIT):
                    break
                gc.collect()
            _turns.owner, _turns.held, self._counts = owner, _turns.held + 1, True

    def __del__(self) -> None:
        with _TURNS:
            _turns.held -= self._counts
            if not _turns.held:
                _turns.owner = None
                _TURNS.notify_all()


class _Turns:
    owner: object = None
    held = 0
    shared = False


_turns = _Turns()
_TURNS = threading.Condition(threading.RLock())  # whatever is done under it may set a `LargeBody` free


@contextmanager
def one_target_at_a_time() -> Iterator[None]:
    """While this lasts, targets wait for each other before they read a large body."""
    _turns.shared = True
    try:
        yield
    finally:
        _turns.shared = False
