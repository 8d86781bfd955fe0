"""How fast requests may go out: never more than so many in any stretch of so many seconds, as the target sees it."""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
import time
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_UN, flock
from pathlib import Path
from typing import Final

from conformance.quantities import Pace

_LOST: Final = 5.0
"""Seconds after which a request of another process no longer counts as under way: that may have been killed."""
_LOOK_AGAIN: Final = 0.01
"""Seconds between two looks at whether one that is under way was answered."""
_USERS: Final = 8
"""Bytes at the beginning of a shared file: how many use it. Its slots follow."""


class RateLimiter:
    """Makes callers wait until their request fits the pace. Safe for threads.

    A pace of N requests in so many seconds is N slots, of which each request takes one. When it arrives is not known,
    only that it does so before its response: its slot is free again so many seconds after that. So the pace holds at
    the target, however long requests travel. With `target`, its base URL, all processes of this machine that send to it
    at this pace share the slots in a file; where none can be had, nobody else is waited for.
    """

    def __init__(
        self,
        pace: Pace,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        target: str = "",
    ) -> None:
        self.pace, self._now, self._sleep = pace, now, sleep
        self._slots = array("d", bytes(8 * pace.requests))
        """When the last request of each was answered, by the machine's own clock; negative: since when it is sent."""
        self._own = Counter[int]()
        """How many requests of this object are under way in each slot."""
        self._lock = threading.Lock()
        name = hashlib.sha256(f"{target} {pace.requests}/{pace.seconds}".encode()).hexdigest()[:32]
        path = Path(tempfile.gettempdir(), f"conformance-{os.getuid()}", f"pace-{name}")
        self._path = path if target else None
        self._file: int | None = None

    @contextmanager
    def request(self, *, wait: bool = True) -> Iterator[None]:
        """Surrounds one request: waits until it may go out, unless asked not to, and counts it in any case."""
        slot, seconds = self._take_slot(wait=wait)
        while seconds > 0:
            self._sleep(seconds)
            slot, seconds = self._take_slot(wait=wait)
        try:
            yield
        finally:
            with self._exclusive():
                self._own[slot] -= 1
                self._slots[slot] = self._now()

    def close(self) -> None:
        """Let go of the file, which is deleted by the last who uses it; the next request opens it again."""
        with self._lock:
            if self._path is None or self._file is None:
                return
            with suppress(OSError):
                flock(self._file, LOCK_EX)
                if not _count_user(self._file, -1):
                    self._path.unlink(missing_ok=True)
            os.close(self._file)
            self._file = None

    def _take_slot(self, *, wait: bool) -> tuple[int, float]:
        """Take the slot that is free, or the first that will be; its number and 0, or the seconds until to ask again.

        Who does not wait takes it in any case.
        """
        with self._exclusive():
            now = self._now()
            _, since, slot = min((self._is_under_way(n, now), abs(at), n) for n, at in enumerate(self._slots))
            if wait and self._is_under_way(slot, now):
                return slot, _LOOK_AGAIN
            if wait and self._slots[slot] > 0 and now < since + self.pace.seconds:
                return slot, since + self.pace.seconds - now
            self._own[slot] += 1
            self._slots[slot] = -now
            return slot, 0.0

    def _is_under_way(self, slot: int, now: float) -> bool:
        at = self._slots[slot]
        return self._own[slot] > 0 or (at < 0 and now < _LOST - at)

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        """The slots, as all processes know them, are nobody else's meanwhile."""
        with self._lock:
            with suppress(OSError):
                self._read_slots()
            try:
                yield
            finally:
                if self._file is not None:
                    with suppress(OSError):
                        os.pwrite(self._file, self._slots.tobytes(), _USERS)
                    flock(self._file, LOCK_UN)

    def _read_slots(self) -> None:
        if self._path is None:
            return
        self._file = self._open(self._path) if self._file is None else self._file
        flock(self._file, LOCK_EX)
        size, now = self._slots.itemsize * len(self._slots), self._now()
        shared = array("d", os.pread(self._file, size, _USERS).ljust(size, b"\0"))
        known = (at if abs(at) <= now else 0.0 for at in shared)  # what is later is of an earlier boot
        self._slots = array("d", (max(pair, key=abs) for pair in zip(known, self._slots, strict=True)))

    def _open(self, path: Path) -> int:
        """Open the file, and count as one who uses it; OSError where it is somebody else's."""
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if path.parent.lstat().st_uid != os.getuid():
            raise PermissionError(path)
        while True:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            flock(file, LOCK_EX)
            if os.fstat(file).st_nlink:  # else the last who used it has deleted it meanwhile
                _count_user(file, 1)
                return file
            os.close(file)


def _count_user(file: int, change: int) -> int:
    """How many use a shared file, now that one more does or no longer does."""
    users = max(int.from_bytes(os.pread(file, _USERS, 0), "little") + change, 0)
    with suppress(OSError):
        os.pwrite(file, users.to_bytes(_USERS, "little"), 0)
    return users
