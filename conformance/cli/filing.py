"""Files that commands read and write, with a message for what goes wrong; a file is whole or it is not there."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from conformance.errors import Problem, Unusable, Unwritable
from conformance.results.model import Results
from conformance.results.reading import read_json

__all__ = ["read_results", "write_text"]


def read_results(path: Path) -> Results:
    """The results of a `results.json`, or of the folder that holds one; raises Unusable."""
    path = path / "results.json" if path.is_dir() else path
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise Unusable([Problem(str(path), f"cannot be read: {error.strerror or error}", "check the path")]) from None
    return read_json(text, str(path))


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
        raise Unwritable(f"{path}: {error.strerror or error}") from None
