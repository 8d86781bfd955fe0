"""A fault of the suite itself in one line, where pytest would print a traceback."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.errors import format_internal_error


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
