"""One thread of this process draws inputs at a time.

Hypothesis parses the source of functions to describe them, and `ast.parse` of CPython 3.11 fails with a SystemError now
and then when two threads are in it (python/cpython issue 106905). Of targets that are audited at once, one draws, and
the others find its values.
"""

from __future__ import annotations

from threading import RLock
from typing import Final

__all__ = ["DRAWING"]

DRAWING: Final = RLock()
"""Held while Hypothesis or Schemathesis make inputs, never while a request is under way."""
