"""Stopping units of work that are under way in this process: each cleans up after itself and tells what it has."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["StopSignal"]


class StopSignal:
    """Once set, everything that listens is told, and whoever comes later is told at once. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []
        self._set = False

    def set(self) -> None:
        """Tell everyone."""
        with self._lock:
            self._set, told = True, list(self._listeners)
        for listener in told:
            listener()

    def is_set(self) -> bool:
        return self._set

    @contextmanager
    def heard(self, listener: Callable[[], None]) -> Iterator[None]:
        """While the block lasts, the listener is told."""
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
