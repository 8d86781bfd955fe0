"""What the suite is about to make or change on a target, written down first, so that a killed run can be swept.

One JSON line each: an entry before a request leaves, the IDs that its answer told, and the word that it was undone.
Each line is on the disk before anything else happens. Texts that hold a secret are never written.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Protocol

from conformance.errors import OutputError

__all__ = ["FILE", "Entry", "FileLedger", "Ledger", "NoLedger", "find_suite_names", "read_open_entries"]

FILE: Final = "ledger.jsonl"
"""Its name in the folder of a run's reports."""

_NAME = re.compile(r"conformance-[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that may be on a target because of us.

    `steps` undo it, in the form of a contract's chains; `captures` are what they need (of an entry whose answer never
    came, only what was known before); `names` are the recognisable names that the request carried.
    """

    contract: str
    base_url: str
    operation: str
    row: str = ""
    names: tuple[str, ...] = ()
    steps: tuple[Mapping[str, Any], ...] = ()
    captures: Mapping[str, Any] = field(default_factory=dict)
    made: bool = False
    """Whether an answer said that it was made."""
    id: str = ""


class Ledger(Protocol):
    """Where it is written down what the suite is about to create."""

    def intend(self, entry: Entry) -> str:
        """Before the request leaves; gives the ID of the entry."""

    def made(self, entry: str, captures: Mapping[str, Any]) -> None:
        """The answer came, and told these IDs."""

    def undone(self, entry: str) -> None:
        """Nothing of it is left on the target."""


class NoLedger:
    """Keeps nothing: for servers that end with the run."""

    def intend(self, entry: Entry) -> str:  # noqa: ARG002
        return ""

    def made(self, entry: str, captures: Mapping[str, Any]) -> None: ...

    def undone(self, entry: str) -> None: ...


class FileLedger:
    """A file of lines; several threads, and several processes, may write to it at once.

    Raises Unwritable where the disk does not take a line: then
    nothing may be created.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock, self._count = path, threading.Lock(), 0
        self._file: int | None = None

    def intend(self, entry: Entry) -> str:
        with self._lock:
            self._count += 1
            name = f"{os.getpid()}-{os.urandom(4).hex()}-{self._count}"
        self._write({"open": asdict(replace(entry, id=name))})
        return name

    def made(self, entry: str, captures: Mapping[str, Any]) -> None:
        self._write({"made": entry, "captures": dict(captures)})

    def undone(self, entry: str) -> None:
        self._write({"undone": entry})

    def close(self) -> None:
        """Let go of the file; it is opened again by the next line."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def _write(self, line: Mapping[str, Any]) -> None:
        data = json.dumps(line, ensure_ascii=False, default=str).encode("utf-8", "backslashreplace") + b"\n"
        try:
            with self._lock:
                if self._file is None:
                    self._path.parent.mkdir(parents=True, exist_ok=True)
                    self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
                os.write(self._file, data)
                os.fsync(self._file)
        except OSError as error:
            said = f"{self._path}: {error.strerror or error}; nothing can be created on a target without it"
            raise OutputError(said) from None


def read_open_entries(path: Path) -> tuple[Entry, ...]:
    """What was not undone, in the order in which it was begun; nothing where there is no file."""
    found: dict[str, Entry] = {}
    for line in _lines(path):
        if isinstance(said := line.get("open"), dict):
            entry = _entry(said)
            found[entry.id] = entry
        elif (name := line.get("made")) in found:
            captures = {**found[name].captures, **(line.get("captures") or {})}
            found[name] = replace(found[name], captures=captures, made=True)
        elif (name := line.get("undone")) in found:
            del found[name]
    return tuple(found.values())


def find_suite_names(value: Any) -> Iterator[str]:
    """Every recognisable name of ours in a value of JSON types."""
    if isinstance(value, str):
        yield from (match.rstrip(".") for match in _NAME.findall(value))
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from find_suite_names(member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from find_suite_names(member)


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    """Each whole line; a last one that was cut short says nothing that was sent."""
    try:
        texts: Iterable[str] = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except FileNotFoundError:
        return
    for text in texts:
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if isinstance(line, dict):
            yield line


def _entry(said: Mapping[str, Any]) -> Entry:
    return Entry(
        contract=str(said.get("contract", "")),
        base_url=str(said.get("base_url", "")),
        operation=str(said.get("operation", "")),
        row=str(said.get("row", "")),
        names=tuple(map(str, said.get("names") or ())),
        steps=tuple(said.get("steps") or ()),
        captures=dict(said.get("captures") or {}),
        id=str(said.get("id", "")),
    )
