"""A contract as it is used: its rows in the document's order, each knowing its file and line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from textwrap import indent
from typing import Any

from conformance.contract.schema import Case, ContractFile, OperationRef, OperationSpec, TranslationFile
from conformance.errors import ConfigError, Problem
from conformance.yaml_document import Document, Place, dump


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of `openapi.yaml`, with how the contract calls it."""

    name: str
    method: str
    path: str
    spec: OperationSpec

    @property
    def permission(self) -> str:
        """The permission that a call of it uses. Nothing but GET and HEAD is ever a read, whatever a file says."""
        usual = {"GET": "read", "HEAD": "read", "DELETE": "delete"}.get(self.method, "write")
        return usual if self.spec.permission in (None, "read") else str(self.spec.permission)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its case, its place in the document and in the file."""

    case: Case
    table: str
    number: int
    operations: tuple[OperationRef, ...]
    file: Path
    line: int
    document: Document = field(repr=False, compare=False)
    shared: frozenset[str] = frozenset()
    """Keys of the case that stand at its table, for all rows that have none of their own."""

    @property
    def excerpt(self) -> str:
        """The entry as it stands in the file, and what it has of the row that it is `like`."""
        own, had = self.document.excerpt(self.place), dump(self.inherited) if self.inherited else ""
        return own + (f"\n    # of {self.case.like}:\n{indent(had.rstrip(), '    ')}" if had else "")

    @property
    def place(self) -> Place:
        """Where it stands in its document."""
        return ("rows", self.number - 1)

    def own_place(self, key: str) -> Place:
        """Where a key of the case stands in its document; ConfigError where it is that of the row that it is `like`."""
        if key in self.inherited:
            what, hint = f"`{key}` is that of {self.case.like}", "change it there, or write it in this row too"
            raise ConfigError([Problem(f"{self.file}:{self.line}", what, hint)])
        return (*self.place, key)

    @property
    def inherited(self) -> Mapping[str, Any]:
        """What it has of the row that it is `like`."""
        if self.case.like is None:
            return {}
        written: Mapping[str, Any] = self.document.value["rows"][self.number - 1]
        return {key: value for key, value in written.items() if (*self.place, key) not in self.document.lines}

    @property
    def id(self) -> str:
        """`<table>/<what>`, unique in the contract."""
        return f"{self.table}/{self.case.id}"


@dataclass(frozen=True, slots=True)
class Table:
    """One table, with its heading."""

    name: str
    title: str
    rows: tuple[Row, ...]
    shared: Mapping[str, Any] = field(default_factory=dict)
    """What it says for all its rows, by key."""


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
    """Which faults each probe shows, by row and label; empty where that was never measured."""

    @property
    def name(self) -> str:
        return self.file.contract

    @property
    def rows(self) -> Iterator[Row]:
        """Every row, in the document's order."""
        return (row for table in self.tables for row in table.rows)

    @property
    def explored_operations(self) -> tuple[str, ...]:
        """The operations that are tried beyond the tables, by name: all that do not say `explore: false`."""
        return tuple(name for name, spec in self.file.operations.items() if spec.explore)

    def row(self, row_id: str) -> Row | None:
        """The row of an ID, if there is one."""
        return self._by_id.get(row_id)

    def position(self, row_id: str) -> int:
        """How many rows stand before the row of an ID; KeyError where there is no such row."""
        return self._positions[row_id]

    @cached_property
    def _by_id(self) -> dict[str, Row]:
        return {row.id: row for row in self.rows}

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self._by_id)}
