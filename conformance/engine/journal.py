"""The ledger: what the suite is about to create or change on a target, on disk before the request leaves.

A run that is killed is cleaned up from it by `conformance sweep`. One JSON object a line: `open` before a request
leaves, `made` with the IDs of its response, `undone` once nothing of it is left on the target. No secret is written.
"""

import json
import os
import re
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from errno import ENOSPC
from fcntl import LOCK_SH, flock
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter

from conformance.errors import ConfigError, OutputError, Problem
from conformance.files import hold_file, read_text
from conformance.jsontools import walk_values
from conformance.messages import Message

LEDGER_FILE: Final = "ledger.jsonl"
"""Its name in the folder of a run's reports."""

_LARGEST = 64 << 20
"""Bytes of a ledger that is read."""
_NAME = re.compile(r"conformance-[A-Za-z0-9][A-Za-z0-9_.-]*")
_RUN_NAME = re.compile(r"conformance-[a-z0-9]{6}-[0-9a-f]{11}([0-9a-f])\1*(?![A-Za-z0-9])")
"""A name of a run, perhaps made as long as a limit by `length-255`, which repeats its end."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_BEGINNINGS = ('{"open": ', '{"made": ', '{"undone": ')
"""How every line begins, so that a line that was cut short by a kill can be distinguished from something else."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One request that may leave something on a target.

    `steps` take it back, in the form of a contract's steps; `captures` are the IDs that they need, as far as they are
    known; `names` are the names of this suite that the request carried.
    """

    contract: str
    base_url: str
    operation: str
    row: str = ""
    names: tuple[str, ...] = ()
    steps: tuple[Mapping[str, Any], ...] = ()
    captures: Mapping[str, Any] = field(default_factory=dict, repr=False)
    fixtures: Mapping[str, Any] = field(default_factory=dict)
    """What the steps need of the profile; a run may have found it on the target instead."""
    made: bool = False
    """Whether a response confirmed that it was made."""
    id: str = ""


_ENTRY: Final = TypeAdapter(LedgerEntry)


class Ledger:
    """A file of lines; several threads, and several processes, may write to it at once.

    Raises OutputError where the disk does not take a line: then nothing may be created. Without a path nothing is
    kept, for servers that end with the run.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path, self._lock = path, threading.Lock()
        self._file: int | None = None

    def record_intent(self, entry: LedgerEntry) -> str:
        """Keep an entry before its request leaves; returns the ID of the entry, empty where it is not kept."""
        name = f"{os.getpid()}-{os.urandom(8).hex()}"
        self._write({"open": asdict(replace(entry, id=name))})
        return "" if self._path is None else name

    def record_created(self, entry: str, captures: Mapping[str, Any]) -> None:
        self._write({"made": entry, "captures": dict(captures)})

    def record_undone(self, entry: str) -> None:
        self._write({"undone": entry})

    def close(self) -> None:
        """Close the file; the next line opens it again."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def _write(self, line: Mapping[str, Any]) -> None:
        if self._path is None:
            return
        data = json.dumps(line, ensure_ascii=False, default=str).encode("utf-8", "backslashreplace") + b"\n"
        try:
            with self._lock:
                if self._file is None:
                    self._file = _open(self._path)
                _write_whole(self._file, data)
                os.fsync(self._file)
        except OSError as error:
            problem = f"{self._path}: {error.strerror or error}; nothing can be created on a target without it"
            raise OutputError(problem) from None


def _write_whole(file: int, data: bytes) -> None:
    if os.write(file, data) < len(data):  # a disk that fills up takes a part without an error
        raise OSError(ENOSPC, os.strerror(ENOSPC))


def _open(path: Path) -> int:
    """Open it for appending; a last line that a kill has cut short is ended, so that it spoils no other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with suppress(OSError):  # a file system without locks
        flock(file, LOCK_SH)  # no other run empties it meanwhile
    size = os.fstat(file).st_size
    if size and os.pread(file, 1, size - 1) != b"\n":
        os.write(file, b"\n")
    return file


def open_ledger(folder: Path | None, base_url: str) -> tuple[Ledger, tuple[str, ...]]:
    """The ledger in a folder, emptied if it has no open entries; and warnings of what an earlier run left here."""
    if folder is None:
        return Ledger(), ()
    path = folder / LEDGER_FILE
    try:
        entries = _begin_anew(path)
    except ConfigError:
        kept = path.with_suffix(".unreadable")
        path.replace(kept)
        warning = Message(
            "{path} is no ledger, so what an earlier run may have left is unknown; it is kept as {name}",
            path=str(path),
            name=kept.name,
        )
        return Ledger(path), (warning,)
    left = [entry for entry in entries if entry.base_url == base_url]
    warning = Message(
        "an earlier run may have left {n} things on the target: `conformance sweep` cleans up", n=len(left)
    )
    return Ledger(path), ((warning,) if left else ())


def _begin_anew(path: Path) -> tuple[LedgerEntry, ...]:
    """The open entries of a ledger; one that has none, and that nobody writes to, is emptied. Raises ConfigError."""
    if not (path.is_file() and os.access(path, os.W_OK)):
        return read_open_entries(path)
    with path.open("ab") as file:
        is_free = hold_file(file.fileno())
        entries = read_open_entries(path)
        if is_free and not entries:
            file.truncate(0)
    return entries


def is_in_use(path: Path) -> bool:
    """Whether somebody who has not ended yet writes to a ledger."""
    with suppress(OSError), path.open("ab") as file:
        return not hold_file(file.fileno())
    return False


def read_open_entries(path: Path) -> tuple[LedgerEntry, ...]:
    """The entries that were not undone, in their order; none without a file. Raises ConfigError for other lines."""
    found: dict[str, LedgerEntry] = {}
    for number, line in _lines(path):
        try:
            if "open" in line:
                entry = _ENTRY.validate_python(line["open"])
                found[entry.id] = entry
            elif "made" not in line:
                found.pop(line["undone"], None)
            elif (known := found.get(line["made"])) is not None:
                found[known.id] = replace(known, captures={**known.captures, **line["captures"]}, made=True)
        except (KeyError, TypeError, ValueError):
            raise _not_a_ledger(path, number) from None
    return tuple(found.values())


def draw_run_id() -> str:
    """Six letters and digits of this run alone, whatever its seed: they stand in every name that it creates."""
    return "".join(secrets.choice(_LETTERS) for _ in range(6))


def find_suite_names(value: Any) -> Iterator[str]:
    """Every name of this suite in a value of JSON types."""
    for _, one in walk_values(value):
        if isinstance(one, str):
            yield from (match.rstrip(".") for match in _NAME.findall(one))


def has_run_name(text: str) -> bool:
    """Whether a text holds a name that a run of this suite made for what it created."""
    return _RUN_NAME.search(text) is not None


def names_another_run(text: str, run_name: str) -> bool:
    """Whether a text holds a name that another run of this suite made; those of this run begin with `run_name`."""
    return any(not name[0].startswith(f"{run_name}-") for name in _RUN_NAME.finditer(text))


def _lines(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Each whole line with its number. A line that was cut short stands for nothing that was sent."""
    if not os.path.lexists(path):
        return
    for number, text in enumerate(read_text(path, _LARGEST).split("\n"), start=1):
        if not text:
            continue
        try:
            line = json.loads(text)
        except RecursionError:
            raise _not_a_ledger(path, number) from None
        except ValueError:
            if text.startswith(_BEGINNINGS) or any(beginning.startswith(text) for beginning in _BEGINNINGS):
                continue
            raise _not_a_ledger(path, number) from None
        if not isinstance(line, dict):
            raise _not_a_ledger(path, number)
        yield number, line


def _not_a_ledger(path: Path, number: int) -> ConfigError:
    hint = "give the folder of the killed run; without its ledger look on the target for names with conformance-"
    return ConfigError([Problem(f"{path}:{number}", "this is no line of a ledger, so what was left is unknown", hint)])
