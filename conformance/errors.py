"""Errors in the suite and in its use. What a target does wrong is never an error, but leads to a verdict.

They are shown as messages without a traceback:

    ConformanceError
    ├── ConfigError      exit code 4: an invalid file, option or profile, with every problem of it
    ├── OutputError      exit code 3: a file that could not be written
    └── InternalError    exit code 3: a fault of the suite itself
"""

import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parent.parent
_PREFIX = "a fault of the suite itself: "
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in the input of a person: where it is, what is wrong, and a hint how to correct it."""

    where: str
    """`file:line`, the name of an option, or the name of an environment variable."""
    what: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f"; {self.hint}" if self.hint else "")


class ConformanceError(Exception):
    """Base class of all errors of the suite; `str()` is the message for a person."""

    exit_code = 4


class ConfigError(ConformanceError):
    """An invalid contract, profile or option, with every problem of it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class OutputError(ConformanceError):
    """A file that could not be written; the message has its path and the reason."""

    exit_code = 3


class InternalError(ConformanceError):
    """A fault of the suite itself: a module broke an assumption of another."""

    exit_code = 3


def format_internal_error(error: BaseException, redact: Callable[[str], str]) -> str:
    """Describe an error in one line: `a fault of the suite itself: TypeError: … (conformance/engine/row.py:41)`.

    There is no traceback, because its frames may contain a secret.
    """
    if isinstance(error, ConformanceError) and not isinstance(error, InternalError):
        return redact(str(error))
    message = " ".join(str(error).split())
    if _PREFIX in message:
        return redact(message[message.index(_PREFIX) :])  # already formatted in a worker
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_ROOT)]
    last = (ours or frames)[-1] if frames else None
    path = Path(last.filename) if last else Path()
    shown = path.relative_to(_ROOT).as_posix() if path.is_relative_to(_ROOT) else path.name
    place = f" ({shown}:{last.lineno})" if last else ""
    # Redact before cutting, so that no part of a secret remains at the end.
    what = redact(f"{type(error).__name__}: {message}".removesuffix(": "))
    return f"{_PREFIX}{what[:_LONGEST]}{place}"
