"""A signal that stops the jobs of this process: each cleans up after itself and returns what it has."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["StopSignal"]


class StopSignal:
    """Once set, every listener is called, and a later one at once. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []
        self._set = False

    def set(self) -> None:
        """Call every listener."""
        with self._lock:
            self._set, listeners = True, list(self._listeners)
        for listener in listeners:
            listener()

    def is_set(self) -> bool:
        return self._set

    @contextmanager
    def listening(self, listener: Callable[[], None]) -> Iterator[None]:
        """Inside the block, the listener is called when the signal is set."""
        with self._lock:
            self._listeners.append(listener)
            late = self._set
        if late:
            listener()
        try:
            yield
        finally:
            with self._lock:
                self._listeners.remove(listener)
