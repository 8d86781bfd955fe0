"""Files that the suite writes whole, and those that it reads: plain files, up to a bound."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from errno import ELOOP
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import IO

from conformance.errors import ConfigError, OutputError, Problem

MOST_READ = 512 << 20
"""Bytes of one file."""
LARGEST_PEM = 16 << 20
"""Bytes of a file of certificates or keys."""


def write_text(path: Path, text: str) -> None:
    """Writes beside the file, then takes its place: whoever reads meanwhile, or ends us, finds no half of it.

    What is no plain file, such as `/dev/stdout`, is written to directly. Raises OutputError.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():
            _write_directly(path, text, os.O_WRONLY)
            return
        beside.write_text(text, encoding="utf-8", errors="backslashreplace")
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise OutputError(f"{path}: {error.strerror or error}") from None


def _write_directly(path: Path, text: str, flags: int) -> None:
    file = os.open(path, flags | os.O_NONBLOCK, 0o666)  # of a pipe that nobody reads it fails at once
    os.set_blocking(file, True)
    with os.fdopen(file, "w", encoding="utf-8", errors="backslashreplace") as stream:
        stream.write(text)


def append_to_job_summary(write: Callable[[], str]) -> None:
    """Append what `write` gives to the file that GitHub shows beside a job, where it names one; raises OutputError."""
    if named := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            _write_directly(Path(named), write(), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        except OSError as error:
            raise OutputError(f"GITHUB_STEP_SUMMARY: {error.strerror or error}") from None


def hold_file(file: IO[str] | int) -> bool:
    """Hold an open file until it is closed; whether nobody else does. A file system without locks tells nothing."""
    try:
        flock(file, LOCK_EX | LOCK_NB)
    except OSError as error:
        return not isinstance(error, BlockingIOError)
    return True


def refuse_file(path: Path, most: int | None = None) -> str | None:
    """Why a path is not read: what stands there never ends, is no file or too large. None for others, and nothing."""
    try:
        found = path.stat()
    except (OSError, ValueError) as error:
        return "is a link that leads to itself" if getattr(error, "errno", None) == ELOOP else None
    if stat.S_ISDIR(found.st_mode):
        return "is a folder"
    if not stat.S_ISREG(found.st_mode):
        return "is no plain file, but a device, a pipe or a socket"
    return _describe_excess(most) if most is not None and found.st_size > most else None


def _describe_excess(most: int) -> str:
    return f"holds more than {most >> 20} MiB" if most >> 20 else f"holds more than {most >> 10} KiB"


def read_bytes(path: Path, most: int = MOST_READ) -> bytes:
    """A plain file of at most `most` bytes; raises ConfigError."""
    refused, data = refuse_file(path, most), b""
    try:
        if refused is None:
            with path.open("rb") as file:
                data = file.read(most + 1)
    except (OSError, ValueError) as error:
        refused = f"cannot be read: {getattr(error, 'strerror', None) or error}"
    if len(data) > most:  # it grows, or does not tell its size
        refused = _describe_excess(most)
    if refused is not None:
        raise ConfigError([Problem(str(path), refused, "give the path of a plain file")])
    return data


def read_text(path: Path, most: int = MOST_READ) -> str:
    """The text of such a file; bytes that are no UTF-8 become U+FFFD. Raises ConfigError."""
    return read_bytes(path, most).decode("utf-8", "replace")
