"""How fast requests may go out: never more than so many in any stretch of so many seconds, as the target sees it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from conformance.client.shared_pace import SharedPace
from conformance.target.schema import Pace


class RateLimiter:
    """Makes callers wait until their request fits the pace. Safe for threads.

    When a request arrives is not known, only that it does so before its response: it counts from when it is sent until
    so many seconds after that. So the pace holds at the target, however long requests travel. With `target`, its base
    URL, all processes of this machine that send to it at this pace share it.
    """

    def __init__(
        self,
        pace: Pace,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        target: str = "",
    ) -> None:
        self.pace = pace
        self._shared = SharedPace(pace, target) if target else None
        self._now = now
        self._sleep = sleep
        self._changed = threading.Condition()
        self._under_way = 0
        self._ended: deque[float] = deque(maxlen=pace.requests)

    @contextmanager
    def request(self, *, wait: bool = True) -> Iterator[None]:
        """Surrounds one request: waits until it may go out, unless asked not to, and counts it in any case."""
        while (seconds := self._begin(wait=wait)) > 0:
            self._sleep(seconds)
        turn = -1
        try:
            turn = self._take_turn(wait=wait)
            yield
        finally:
            if self._shared is not None:
                self._shared.end(turn)
            with self._changed:
                self._under_way -= 1
                self._ended.append(self._now())
                self._changed.notify_all()

    def close(self) -> None:
        """Let go of what is shared with other processes."""
        if self._shared is not None:
            self._shared.close()

    def _take_turn(self, *, wait: bool) -> int:
        """Wait for the other processes, and take a turn; its number."""
        turn, seconds = self._shared.begin(wait=wait) if self._shared is not None else (-1, 0.0)
        while self._shared is not None and seconds > 0:
            self._sleep(seconds)
            turn, seconds = self._shared.begin(wait=wait)
        return turn

    def _begin(self, *, wait: bool) -> float:
        """Count a request that may go out now: 0, else the seconds until then. Waits while too many are under way."""
        with self._changed:
            while wait and self._under_way >= self.pace.requests:
                self._changed.wait()
            now = self._now()
            while self._ended and self._ended[0] + self.pace.seconds <= now:
                self._ended.popleft()
            if wait and self._ended and self._under_way + len(self._ended) >= self.pace.requests:
                return self._ended[0] + self.pace.seconds - now
            self._under_way += 1
            return 0.0
