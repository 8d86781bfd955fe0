"""How fast requests may go out: never more than so many in any stretch of so many seconds, over all workers."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Pace", "RateLimiter"]

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
        with self._lock:
            now = self._now()
            moment = max(now, self._earliest())
            self._sent.append(moment)
        while (left := moment - self._now()) > 0:
            self._sleep(left)
        return max(0.0, moment - now)

    def note(self) -> None:
        """Counts a request that went out without waiting."""
        with self._lock:
            self._sent.append(max(self._now(), self._sent[-1] if self._sent else 0.0))

    def _earliest(self) -> float:
        if len(self._sent) < self.pace.count:
            return self._sent[-1] if self._sent else float("-inf")
        return max(self._sent[0] + self.pace.seconds * MARGIN, self._sent[-1])
