"""Notices that a target is gone, so that a run ends instead of waiting for each of its requests."""

from __future__ import annotations

import threading

from conformance.wire import Reply, Silence, SilenceKind

__all__ = ["Breaker"]

UNREACHED = frozenset({SilenceKind.REFUSED, SilenceKind.UNRESOLVED, SilenceKind.TLS})
MOST_UNREACHED = 3
MOST_TIMEOUTS = 5


class Breaker:
    """Open (`gone` is not None) after so many requests in a row that came to nothing; it never closes again."""

    def __init__(self) -> None:
        self.gone: str | None = None
        self._lock = threading.Lock()
        self._unreached = 0
        self._timeouts = 0

    def saw(self, reply: Reply) -> None:
        """Counts what finally became of a request."""
        kind = reply.kind if isinstance(reply, Silence) else None
        if kind is SilenceKind.NOT_SENT:
            return
        with self._lock:
            self._unreached = self._unreached + 1 if kind in UNREACHED else 0
            self._timeouts = self._timeouts + 1 if kind is SilenceKind.TIMEOUT else 0
            if self.gone is None and isinstance(reply, Silence):
                if self._unreached >= MOST_UNREACHED:
                    self.gone = f"{self._unreached} requests in a row did not reach it: {reply.detail}"
                elif self._timeouts >= MOST_TIMEOUTS:
                    self.gone = f"{self._timeouts} requests in a row were not answered in time: {reply.detail}"
