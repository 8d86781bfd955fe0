"""`results.jsonl`: results as they come, so that a killed run still has its evidence.

A header line (a run without rows), one line per row or operation, a footer. Whatever lines are whole can be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, TextIO

from pydantic import TypeAdapter, ValidationError

from conformance.errors import ConfigError, OutputError, Problem
from conformance.files import read_text
from conformance.results.format_1 import upgrade_event
from conformance.results.model import Exploration, RowResult, TargetRun
from conformance.results.serialization import dump_json
from conformance.results.stored_messages import restore_messages, store_messages


@dataclass(frozen=True, slots=True)
class Event:
    """One line: `run` begins a `contract`, `row` and `explored` are results of it, `end` closes the file."""

    kind: str
    contract: str = ""
    run: TargetRun | None = None
    row: RowResult | None = None
    explored: Exploration | None = None
    seed: int = 0
    depth: str = ""
    started: str = ""
    seconds: float = 0.0
    why_partial: str = ""

    @classmethod
    def of_result(cls, contract: str, result: RowResult | Exploration, run: TargetRun | None = None) -> Event:
        """The line of a result; `run` is there where the reader may not know yet whose it is."""
        if isinstance(result, RowResult):
            return cls("row", contract, run, row=result)
        return cls("explored", contract, run, explored=result)

    @property
    def result(self) -> RowResult | Exploration | None:
        return self.row or self.explored


class EventWriter:
    """Writes lines and flushes. Raises OutputError, naming the file, from the first on that the disk does not take."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None
        self._failed: OutputError | None = None

    def write(self, line: Event, text: str | None = None) -> None:
        """Append one line, given as `text` where it has been written already; the file is begun anew by the first."""
        with self._naming_failures():
            if self._file is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._path.open("w", encoding="utf-8")
            self._file.write(f"{format_event(line) if text is None else text}\n")
            self._file.flush()

    def close(self) -> None:
        """Raises OutputError, too."""
        with suppress(OSError) if self._failed else self._naming_failures():
            if self._file is not None:
                self._file.close()

    @contextmanager
    def _naming_failures(self) -> Iterator[None]:
        if self._failed is not None:  # a line after one that was cut short would spoil both
            raise self._failed
        try:
            yield
        except OSError as error:
            self._failed = OutputError(f"{self._path}: {error.strerror or error}")
            raise self._failed from None


def format_event(line: Event) -> str:
    """A line as JSON, what is empty left out."""
    return dump_json(_adapter(), map_parts(line, store_messages), all_members=False)


def parse_event(text: str) -> Event:
    """The event of a line, also of the first version; raises ValueError where it is not whole."""
    return map_parts(_adapter().validate_json(upgrade_event(text)), restore_messages)


def map_parts(event: Event, change: Callable[[Any], Any]) -> Event:
    """The event with its run, row or exploration as `change` makes it of the one that is there."""
    parts = {name: getattr(event, name) for name in ("run", "row", "explored")}
    return replace(event, **{name: change(part) for name, part in parts.items() if part is not None})


def read_events(path: Path) -> Iterator[Event]:
    """Every whole line of a file; a last line that was cut short is left out. Raises ConfigError for another file."""
    text = read_text(path)
    lines = text.removesuffix("\n").split("\n")  # a text may hold what Unicode calls the end of a line
    for number, line in enumerate(lines, 1):
        try:
            yield parse_event(line)
        except (ValidationError, ValueError, RecursionError):
            if number < len(lines):
                raise ConfigError([Problem(f"{path}:{number}", "not a line of results.jsonl")]) from None


@cache
def _adapter() -> TypeAdapter[Event]:
    return TypeAdapter(Event)
