"""How seldom Python looks for garbage in a session that has contracts: what a run makes stays to its end.

Looking through contracts, plans and results again and again takes a third of a run's time and finds next to nothing.
"""

from __future__ import annotations

import atexit
import gc
from typing import Final

import pytest

__all__ = ["Garbage"]

_MADE: Final = 100_000
"""How many objects more than were let go are made before Python looks."""


class Garbage:
    """Registered in every process, from its configuration to its end; all is as it was after that."""

    def __init__(self, config: pytest.Config) -> None:
        self._before = gc.get_threshold()
        if self._before[0]:  # zero: somebody has turned it off
            gc.set_threshold(max(self._before[0], _MADE), *self._before[1:])
        # Cleaning up goes backwards, and other plugins, which look for garbage as they clean up, come later.
        config.add_cleanup(self._end)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        """Contracts have been read: they are not looked through any more."""
        gc.freeze()

    @pytest.hookimpl(tryfirst=True)
    def pytest_unconfigure(self) -> None:
        """Nor are results: pytest itself looks ten times over as it ends."""
        gc.freeze()

    def _end(self) -> None:
        gc.unfreeze()
        gc.set_threshold(*self._before)
        # Python looks a last time as it exits, when all of it goes away anyway.
        atexit.register(gc.freeze)
