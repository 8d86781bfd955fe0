"""A fault of the suite itself in one line: what and where, and no traceback, whose frames may hold a secret."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import ConformanceError, InternalError

_ROOT = Path(__file__).parent.parent.parent
_PREFIX = "a fault of the suite itself: "
_LONGEST = 400


def format_internal_error(error: BaseException, redact: Callable[[str], str]) -> str:
    """One line: `a fault of the suite itself: TypeError: … (conformance/engine/row.py:41)`."""
    if isinstance(error, ConformanceError) and not isinstance(error, InternalError):
        return redact(str(error))
    message = " ".join(str(error).split())
    if _PREFIX in message:
        return redact(message[message.index(_PREFIX) :])  # formatted in a worker already
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_ROOT)]
    last = (ours or frames)[-1] if frames else None
    path = Path(last.filename) if last else Path()
    shown = path.relative_to(_ROOT).as_posix() if path.is_relative_to(_ROOT) else path.name
    place = f" ({shown}:{last.lineno})" if last else ""
    # Redacted before it is cut, so that no half of a secret is left at the end.
    what = redact(f"{type(error).__name__}: {message}".removesuffix(": "))
    return f"{_PREFIX}{what[:_LONGEST]}{place}"


class InternalErrorReporter:
    """Registered in every process: what pytest is about to print of an internal error becomes one line."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        self._redact = redact
        self.faults: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr: Any, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        message = format_internal_error(excinfo.value, self._redact)
        self.faults.append(message)
        excrepr.toterminal = lambda writer: writer.line(message)  # pytest prints whatever this writes
