"""Files that the suite writes: each is whole, or it is not there."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from conformance.errors import OutputError

__all__ = ["write_text"]


def write_text(path: Path, text: str) -> None:
    """Write beside the file, then take its place: who reads meanwhile, or kills us, finds no half of it.

    Raises Unwritable.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8", errors="backslashreplace")
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise OutputError(f"{path}: {error.strerror or error}") from None
