"""An audit's matrix, as frozen values; every sequence of answers or cells has one place for each column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.checks.model import Verdict
from conformance.messages import Message


@dataclass(frozen=True, slots=True)
class TargetColumn:
    """One target."""

    name: str
    base_url: str
    verdict: Verdict | None
    """None for a target that left no results."""
    counts: Mapping[Verdict, int]
    requests: int = 0
    seconds: float = 0.0
    started: str = ""
    depth: str = ""
    seed: int = 0
    contracts: tuple[str, ...] = ()
    """`kuroco 2024`: each contract with its edition."""
    editions: tuple[str, ...] = ()
    """The editions of the wording that the target speaks."""
    allow: tuple[str, ...] = ()
    undocumented: int = 0
    explored: int = 0
    """Operations in which the exploration found a deviation."""
    partial: bool = False
    problem: str = ""
    """Why there are no results, or why they are not whole."""


@dataclass(frozen=True, slots=True)
class AuditCell:
    """One row on one target."""

    verdict: Verdict
    why: str
    anchor: str
    """Of the row in the target's own report."""
    requests: int
    known: str = ""


@dataclass(frozen=True, slots=True)
class AuditedRow:
    """One row of a contract over all targets."""

    contract: str
    id: str
    table: str
    row: int
    cause: str
    cells: tuple[AuditCell | None, ...]
    cause_ja: str = ""

    def count(self, verdict: Verdict) -> int:
        """On how many targets the row has the verdict."""
        return sum(cell is not None and cell.verdict is verdict for cell in self.cells)


@dataclass(frozen=True, slots=True)
class AuditedTable:
    """One table of a contract: its rows, and how many of them have which verdict on each target."""

    contract: str
    name: str
    title: str
    rows: tuple[AuditedRow, ...]
    sums: tuple[Mapping[Verdict, int] | None, ...]
    """None for a target that was not run against this contract."""
    title_ja: str = ""


@dataclass(frozen=True, slots=True)
class OpenChoice:
    """An input on which the documents are silent, and what each target makes of it."""

    contract: str
    row: str
    input: str
    answers: tuple[str | None, ...]
    """None for a target that was not asked."""

    @property
    def differs(self) -> bool:
        """Whether the targets that were asked do not agree."""
        return len({answer for answer in self.answers if answer is not None}) > 1


@dataclass(frozen=True, slots=True)
class Matrix:
    """Everything that an audit compares."""

    columns: tuple[TargetColumn, ...]
    tables: tuple[AuditedTable, ...]
    choices: tuple[OpenChoice, ...]
    labels_ja: Mapping[str, str] = field(default_factory=dict)
    """The Japanese of the labels that the contracts give to their controls."""

    @property
    def rows(self) -> tuple[AuditedRow, ...]:
        """The rows of every table."""
        return tuple(row for table in self.tables for row in table.rows)

    @property
    def unfair(self) -> tuple[str, ...]:
        """What was not the same for all targets, so that their lines may not be compared without a thought."""
        columns = [column for column in self.columns if column.verdict is not None]
        return tuple(
            what
            for what, values in (
                (Message("depth"), {column.depth for column in columns}),
                (Message("seed"), {column.seed for column in columns}),
                (Message("permissions"), {column.allow for column in columns}),
                (Message("contracts"), {column.contracts for column in columns}),
            )
            if len(values) > 1
        )
