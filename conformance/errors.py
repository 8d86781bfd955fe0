"""Errors of the suite and of how it is used, never of a target.

What a target does wrong is evidence and ends in a verdict. These errors are shown as messages without a traceback:

    ConformanceError
    ├── ConfigError      exit code 4: a file, an option or a profile that cannot be used, with every problem of it
    ├── OutputError      exit code 3: a file that could not be written
    └── InternalError    exit code 3: a fault of the suite itself
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parent.parent
_PREFIX = "a fault of the suite itself: "
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with what a person wrote: where, what, and a hint how to correct it."""

    where: str
    """`file:line`, the name of an option, or the name of an environment variable."""
    what: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f"; {self.hint}" if self.hint else "")


class ConformanceError(Exception):
    """Base of all errors of the suite; `str()` of it is what a person is shown."""

    exit_code = 4


class ConfigError(ConformanceError):
    """A contract, a profile or an option that cannot be used: every problem of it at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class OutputError(ConformanceError):
    """A file that could not be written; the message says which, and why."""

    exit_code = 3


class InternalError(ConformanceError):
    """A fault of the suite itself: one module did not keep what it promises to another."""

    exit_code = 3


def format_internal_error(error: BaseException, redact: Callable[[str], str]) -> str:
    """One line: `a fault of the suite itself: TypeError: … (conformance/engine/row.py:41)`.

    There is no traceback, for its frames may hold a secret.
    """
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
