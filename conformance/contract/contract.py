"""The validated contract: tables with their rows in the document's order, each with its file and line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from textwrap import indent
from typing import Any

from conformance.contract.schema import (
    Captured,
    Case,
    ContractFile,
    OperationRef,
    OperationSpec,
    TranslationFile,
    find_steps,
)
from conformance.errors import ConfigError, Problem
from conformance.yaml_document import Document, Place, dump


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of `openapi.yaml`, and the contract's entry for it."""

    name: str
    method: str
    path: str
    spec: OperationSpec

    @property
    def permission(self) -> str:
        """The permission that a call needs. Only GET and HEAD are reads, even if the contract says `read`."""
        usual = {"GET": "read", "HEAD": "read", "DELETE": "delete"}.get(self.method, "write")
        return usual if self.spec.permission in (None, "read") else str(self.spec.permission)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its case, and its position in the table and in the file."""

    case: Case
    table: str
    number: int
    operations: tuple[OperationRef, ...]
    file: Path
    line: int
    document: Document = field(repr=False, compare=False)
    shared: frozenset[str] = frozenset()
    """Keys of the case whose values were taken from its table."""

    @property
    def excerpt(self) -> str:
        """The text of the entry in the file, followed by what it takes from the row named under `like`."""
        text, inherited = self.document.excerpt(self.place), dump(self.inherited) if self.inherited else ""
        return text + (f"\n    # of {self.case.like}:\n{indent(inherited.rstrip(), '    ')}" if inherited else "")

    @property
    def place(self) -> Place:
        return ("rows", self.number - 1)

    def own_place(self, key: str) -> Place:
        """Return the path to a key of the case; raise ConfigError if it is taken from the row named under `like`."""
        if key in self.inherited:
            what, hint = f"`{key}` is that of {self.case.like}", "change it there, or write it in this row too"
            raise ConfigError([Problem(f"{self.file}:{self.line}", what, hint)])
        return (*self.place, key)

    @property
    def inherited(self) -> Mapping[str, Any]:
        """The keys that the case takes from the row named under `like`, with their values."""
        if self.case.like is None:
            return {}
        written: Mapping[str, Any] = self.document.value["rows"][self.number - 1]
        return {key: value for key, value in written.items() if (*self.place, key) not in self.document.lines}

    @property
    def id(self) -> str:
        """The row ID `TABLE/ROW`, unique in the contract."""
        return f"{self.table}/{self.case.id}"


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    title: str
    rows: tuple[Row, ...]
    shared: Mapping[str, Any] = field(default_factory=dict)
    """The values that it gives for all its rows, by key."""


@dataclass(frozen=True)
class Contract:
    """One vendor's tables in one edition."""

    folder: Path
    file: ContractFile
    tables: tuple[Table, ...]
    operations: Mapping[str, Operation]
    openapi: Mapping[str, Any]
    japanese: TranslationFile = field(default_factory=TranslationFile)
    power: Mapping[tuple[str, str], frozenset[int]] = field(default_factory=dict, repr=False, compare=False)
    """The faults that each probe reveals, by row ID and label; empty if this was never measured."""

    @property
    def name(self) -> str:
        return self.file.contract

    @property
    def rows(self) -> Iterator[Row]:
        """Every row, in the document's order."""
        return (row for table in self.tables for row in table.rows)

    @property
    def explored_operations(self) -> tuple[str, ...]:
        """Names of the operations that exploration tries: all without `explore: false`."""
        return tuple(name for name, spec in self.file.operations.items() if spec.explore)

    @cached_property
    def secret_captures(self) -> Mapping[str, Sequence[tuple[str, Captured]]]:
        """By operation, name and place of each value of its responses that some step captures as a secret."""
        found: dict[str, list[tuple[str, Captured]]] = {}
        for step in find_steps(self.file, *(row.case for row in self.rows)):
            captured = [
                (name, (step.capture or {})[name]) for name in step.secret or () if name in (step.capture or {})
            ]
            known = found.setdefault(step.call, [])
            known += (one for one in captured if one not in known)
        return found

    @property
    def gives_secrets(self) -> bool:
        """Whether some response holds a secret that was not known before, such as the token of a log-in."""
        return any(self.secret_captures.values()) or "x-secret" in str(self.openapi)

    def row(self, row_id: str) -> Row | None:
        return self._by_id.get(row_id)

    def position(self, row_id: str) -> int:
        """Return the number of rows before the row with this ID; raise ValueError for an unknown ID."""
        return list(self._by_id).index(row_id)

    @cached_property
    def _by_id(self) -> dict[str, Row]:
        return {row.id: row for row in self.rows}
