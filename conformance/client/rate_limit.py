"""How fast requests may go out: never more than so many in any stretch of so many seconds, over all workers."""

from __future__ import annotations

import json
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

try:
    import fcntl
except ImportError:  # there are no locks of files on Windows: there each process keeps the pace alone
    fcntl = None  # type: ignore[assignment]

__all__ = ["Pace", "RateLimiter", "SharedRateLimiter"]

MARGIN = 1.01  # requests do not travel equally fast: the target may see a stretch a little shorter than ours


@dataclass(frozen=True, slots=True)
class Pace:
    """At most `count` requests in any `seconds` seconds."""

    count: int
    seconds: float

    def __post_init__(self) -> None:
        if self.count < 1 or not self.seconds > 0:
            raise ValueError("a pace is at least one request in more than no time")

    @property
    def text(self) -> str:
        """As it is written in a profile: `10/10s`."""
        return f"{self.count}/{self.seconds:g}s"


class RateLimiter:
    """Makes callers wait until their request fits the pace. Safe for threads: each is given its own moment."""

    def __init__(
        self,
        pace: Pace,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.pace = pace
        self._now = now
        self._sleep = sleep
        self._lock = threading.Lock()
        self._sent: deque[float] = deque(maxlen=pace.count)

    def wait(self) -> float:
        """Returns when one request may go out; says how many seconds that took."""
        with self._turn():
            now = self._now()
            moment = max(now, self._earliest())
            self._sent.append(moment)
        while (left := moment - self._now()) > 0:
            self._sleep(left)
        return max(0.0, moment - now)

    def note(self) -> None:
        """Counts a request that went out without waiting."""
        with self._turn():
            self._sent.append(max(self._now(), self._sent[-1] if self._sent else 0.0))

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Held while a moment is given out."""
        with self._lock:
            yield

    def _earliest(self) -> float:
        if len(self._sent) < self.pace.count:
            return self._sent[-1] if self._sent else float("-inf")
        return max(self._sent[0] + self.pace.seconds * MARGIN, self._sent[-1])


class SharedRateLimiter(RateLimiter):
    """One pace for all processes that send to a target: a file holds the moments that were given out last."""

    def __init__(self, pace: Pace, path: Path, *, sleep: Callable[[float], None] = time.sleep) -> None:
        super().__init__(pace, now=time.time, sleep=sleep)
        self._path = path

    @contextmanager
    def _turn(self) -> Iterator[None]:
        with self._lock:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                if fcntl is not None:
                    fcntl.flock(file, fcntl.LOCK_EX)
                self._sent.clear()
                self._sent.extend(self._read(file))
                yield
                os.ftruncate(file, 0)
                os.pwrite(file, json.dumps(list(self._sent)).encode(), 0)
            finally:
                os.close(file)

    def _read(self, file: int) -> list[float]:
        """The moments in the file; none where it is no list of them, or where the clock was set back since."""
        try:
            moments = [float(moment) for moment in json.loads(os.pread(file, 1 << 20, 0) or b"[]")]
        except (TypeError, ValueError):
            return []
        latest = self._now() + max(3600.0, 100 * self.pace.seconds)
        return [moment for moment in moments if moment < latest]
