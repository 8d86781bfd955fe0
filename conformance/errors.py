"""Errors of the suite and of how it is used, never of a target.

What a target does wrong is evidence and ends in a verdict. These errors are shown as messages without a traceback:

    ConformanceError
    ├── ConfigError      exit code 4: a file, an option or a profile that cannot be used, with every problem of it
    ├── OutputError      exit code 3: a file that could not be written
    └── InternalError    exit code 3: a fault of the suite itself
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


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
