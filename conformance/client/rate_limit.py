"""How fast requests may go out: never more than so many in any stretch of so many seconds, as the target sees it."""

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
from itertools import chain
from math import inf
from pathlib import Path
from typing import Any, Final

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
        self._next = 0
        """The slot that is looked at first."""
        self._lock = threading.Lock()
        name = hashlib.sha256(f"{target} {pace.requests}/{pace.seconds}".encode()).hexdigest()[:32]
        path = Path(tempfile.gettempdir(), f"conformance-{os.getuid()}", f"pace-{name}")
        self._path = path if target else None
        self._file: int | None = None

    @contextmanager
    def request(self, *, wait: bool = True) -> Iterator[float | None]:
        """Surrounds one request: waits until it may go out, unless asked not to, and counts it in any case.

        Gives the seconds that it waited; None where the pace does not hold for it.
        """
        waited = 0.0
        slot, seconds = self._take_slot(wait=wait)
        while seconds > 0:
            self._sleep(seconds)
            waited += seconds
            slot, seconds = self._take_slot(wait=wait)
        try:
            yield waited if wait else None
        finally:
            with self._exclusive():
                self._own[slot] -= 1
                self._write(slot, self._now())

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
        """Take a free slot; return it and 0, or the seconds until one is free. Without `wait`, take the next one."""
        with self._exclusive():
            now, waits = self._now(), dict[int, float]()
            for slot in chain(range(self._next, self.pace.requests), range(self._next)):
                waits[slot] = self._seconds_until_free(slot, now)
                if not waits[slot]:
                    break
            slot = min(waits, key=waits.__getitem__)
            if wait and waits[slot]:
                return slot, _LOOK_AGAIN if waits[slot] == inf else waits[slot]
            self._own[slot] += 1
            self._next = (slot + 1) % self.pace.requests
            self._write(slot, -now)
            return slot, 0.0

    def _seconds_until_free(self, slot: int, now: float) -> float:
        """0 for a slot that is free, infinity for one whose request is under way."""
        at = self._slots[slot]
        if self._file is not None:
            with suppress(OSError):
                shared = array("d", os.pread(self._file, 8, _USERS + 8 * slot).ljust(8, b"\0"))[0]
                at = max(at, shared if abs(shared) <= now else 0.0, key=abs)  # what is later is of an earlier boot
        if self._own[slot] or (at < 0 and now < _LOST - at):
            return inf
        return max(0.0, at + self.pace.seconds - now) if at > 0 else 0.0

    def _write(self, slot: int, at: float) -> None:
        self._slots[slot] = at
        if self._file is not None:
            with suppress(OSError):
                os.pwrite(self._file, array("d", [at]).tobytes(), _USERS + 8 * slot)

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        """A block in which no other thread or process reads or writes the slots."""
        with self._lock:
            if self._path is not None:
                with suppress(OSError):
                    self._file = self._open(self._path) if self._file is None else self._file
                    flock(self._file, LOCK_EX)
            try:
                yield
            finally:
                if self._file is not None:
                    flock(self._file, LOCK_UN)

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


class LearntLimiter(RateLimiter):
    """Makes callers wait only for some time after the target has refused one as too many.

    One refusal may come from anything on the way, so the pace holds for as many requests as it allows at once. Where
    another follows soon after that, it holds for twice as many as before. A target that `refuses` requests at this
    pace, too, does not do what its documents say: then the pace is a wait like any other that it asks for.
    """

    def __init__(self, pace: Pace, **options: Any) -> None:
        super().__init__(pace, **options)
        self._stretch = self._left = self._since = 0
        """For how many requests the pace holds, how many of these are left, and how many followed them."""
        self.refuses = False

    def slow_down(self, *, held: bool = False) -> None:
        """After a refusal, of a request for which the pace `held` or not."""
        with self._lock:
            self.refuses = self.refuses or held
            if not self._left:  # else it was sent before the first refusal was known
                soon = self._since <= 2 * self.pace.requests
                self._stretch = max(2 * self._stretch if soon else 0, self.pace.requests)
            self._left, self._since = self._stretch, 0

    @contextmanager
    def request(self, *, wait: bool = True) -> Iterator[float | None]:
        with self._lock:
            holds = self._left > 0
            self.refuses = self.refuses and holds
            self._left, self._since = (self._left - 1, 0) if holds else (0, self._since + 1)
        with super().request(wait=wait and holds) as waited:
            yield waited


def _count_user(file: int, change: int) -> int:
    """Add `change` to the number of users in a shared file; returns the new number."""
    users = max(int.from_bytes(os.pread(file, _USERS, 0), "little") + change, 0)
    with suppress(OSError):
        os.pwrite(file, users.to_bytes(_USERS, "little"), 0)
    return users
