"""Writes files atomically, and reads plain files up to a maximum size."""

import os
import re
import stat
from collections.abc import Callable, Iterable
from contextlib import suppress
from errno import ELOOP
from fcntl import LOCK_EX, LOCK_NB, flock
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import IO

from conformance.errors import ConfigError, OutputError, Problem

_INLINE = re.compile(r"<(style|script)(?: type=\"[^\"]*\")?>(.*?)</\1>", re.DOTALL)
MOST_READ = 512 << 20
"""The largest file that is read, in bytes."""
LARGEST_PEM = 16 << 20
"""The largest file of certificates or keys, in bytes."""


def write_text(path: Path, text: str) -> None:
    """Write a file atomically, through a temporary file in its folder, so that readers never see a part of it.

    A path that is not a plain file, such as `/dev/stdout`, is written to directly. Raises OutputError.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():
            _write_directly(path, text, os.O_WRONLY)
            return
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise OutputError(f"{path}: {error.strerror or error}") from None


def open_directly(path: Path, flags: int = os.O_WRONLY) -> int:
    """A descriptor to write to what need not be a plain file; raises OSError at once for a pipe that nobody reads."""
    file = os.open(path, flags | os.O_NONBLOCK, 0o666)
    os.set_blocking(file, True)
    return file


def _write_directly(path: Path, text: str, flags: int) -> None:
    with os.fdopen(open_directly(path, flags), "w", encoding="utf-8", errors="backslashreplace") as stream:
        stream.write(text)


def append_to_job_summary(write: Callable[[], str]) -> None:
    """Append the text of `write` to the summary file of a GitHub job, if there is one; raise OutputError."""
    if summary_file := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            _write_directly(Path(summary_file), write(), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        except OSError as error:
            raise OutputError(f"GITHUB_STEP_SUMMARY: {error.strerror or error}") from None


def hold_file(file: IO[str] | int) -> bool:
    """Lock an open file until it is closed; return whether nobody else has it (True if the system has no locks)."""
    try:
        flock(file, LOCK_EX | LOCK_NB)
    except OSError as error:
        return not isinstance(error, BlockingIOError)
    return True


def refuse_file(path: Path, most: int | None = None) -> str | None:
    """Return why a path is not read (not a plain file, or too large), or None, also if nothing is there."""
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        return "is a link that leads to itself" if getattr(error, "errno", None) == ELOOP else None
    if stat.S_ISDIR(status.st_mode):
        return "is a folder"
    if not stat.S_ISREG(status.st_mode):
        return "is no plain file, but a device, a pipe or a socket"
    return _describe_excess(most) if most is not None and status.st_size > most else None


def _describe_excess(most: int) -> str:
    return f"holds more than {most >> 20} MiB" if most >> 20 else f"holds more than {most >> 10} KiB"


def read_bytes(path: Path, most: int = MOST_READ) -> bytes:
    """Read a plain file of at most `most` bytes; raise ConfigError if that is not possible."""
    refused, data = refuse_file(path, most), b""
    try:
        if refused is None:
            with path.open("rb") as file:
                data = file.read(most + 1)
    except (OSError, ValueError) as error:
        refused = f"cannot be read: {getattr(error, 'strerror', None) or error}"
    if len(data) > most:  # the file grows, or does not report its size
        refused = _describe_excess(most)
    if refused is not None:
        raise ConfigError([Problem(str(path), refused, "give the path of a plain file")])
    return data


def read_text(path: Path, most: int = MOST_READ) -> str:
    """Read a plain file as text; bytes that are not UTF-8 become U+FFFD. Raises ConfigError."""
    return read_bytes(path, most).decode("utf-8", "replace")


def move_assets_out(pages: Iterable[Path]) -> None:
    """Write the styles and scripts of pages as files beside them, for servers that allow no inline ones.

    Raises OutputError.
    """
    for page in pages:
        text = page.read_text("utf-8").replace(' onclick="location.reload()"', "")  # of pytest-html
        write_text(page, _INLINE.sub(partial(_move_asset_out, page.parent), text))


def _move_asset_out(folder: Path, found: re.Match[str]) -> str:
    ending = {"style": "css", "script": "js"}[found[1]]
    file = f"assets/{sha256(found[2].encode()).hexdigest()[:12]}.{ending}"
    write_text(folder / file, found[2])
    return f'<link rel="stylesheet" href="{file}">' if ending == "css" else f'<script src="{file}"></script>'
