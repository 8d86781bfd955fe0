"""What can go wrong with us, never with a target.

A target's misbehaviour is evidence and ends in a verdict. Everything here is a fault of the person who starts a run (a
file, an option, a name) or of our surroundings (a disk), and is shown as a message without a traceback:

    ConformanceError             exit code 4
    ├── Unusable                 a file, an option or a profile with a list of problems
    ├── Unwritable               a report that could not be written
    └── Internal                 exit code 3: a fault of the suite itself
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["ConfigError", "ConformanceError", "InternalError", "OutputError", "Problem"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with what a person wrote: where, what, and how to mend it."""

    where: str
    """`file:line`, the name of an option, or the name of an environment variable."""
    what: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f"; {self.hint}" if self.hint else "")


class ConformanceError(Exception):
    """Base of all our own errors; `str()` of it is what a person is shown."""

    exit_code = 4


class ConfigError(ConformanceError):
    """A contract, a profile or an option that cannot be used: every problem of it at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class OutputError(ConformanceError):
    """A file that we were to write and could not; says which, and why."""

    exit_code = 3


class InternalError(ConformanceError):
    """A promise between our own modules that was not kept."""

    exit_code = 3
