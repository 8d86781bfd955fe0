"""How seldom Python looks for garbage in a session that has contracts: what a run makes stays to its end.

Looking through contracts, plans and results again and again takes a fifth of a run's time and finds next to nothing.
"""

from __future__ import annotations

import gc
from typing import Final

import pytest

__all__ = ["Garbage"]

_MADE: Final = 100_000
"""How many objects more than were let go are made before Python looks."""


class Garbage:
    """Registered in every process, from its configuration to its end; all is as it was after that."""

    def __init__(self) -> None:
        self._before = gc.get_threshold()
        if self._before[0]:  # zero: somebody has turned it off
            gc.set_threshold(max(self._before[0], _MADE), *self._before[1:])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        """Contracts have been read: they are not looked through any more."""
        gc.freeze()

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        gc.unfreeze()
        gc.set_threshold(*self._before)
