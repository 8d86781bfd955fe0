"""A row over time: since when its verdict holds, how often it flickered, when its wording changed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from conformance.checks.model import Verdict
from conformance.results.normalize import Normalizer

_NOBODY = Normalizer({})
"""Sets aside what is particular to a request; of the targets a history does not know the fixtures."""


@dataclass(frozen=True, slots=True)
class RunPoint:
    """One run of one contract on one target."""

    number: int
    """Unique in the file, ascending as the runs were written."""
    started: str
    verdict: Verdict
    requests: int
    seconds: float
    depth: str
    suite: str
    partial: int
    """1 for a run that was broken off, else 0."""
    explored: int = 0
    """Operations in which exploration found a violation."""


@dataclass(frozen=True, slots=True)
class HistoryCell:
    """One row in one run."""

    started: str
    verdict: Verdict
    wording: str
    editions: tuple[str, ...] = ()
    known: str = ""
    """Why the profile listed the deviation as known; empty where it did not."""


@dataclass(frozen=True)
class RowHistory:
    """One row over time; `cells` has one place for each run of the target, None where the run has no such row."""

    id: str
    table: str
    row: int
    cells: tuple[HistoryCell | None, ...]

    @cached_property
    def kept(self) -> tuple[HistoryCell, ...]:
        """The row in each run that has it."""
        return tuple(cell for cell in self.cells if cell is not None)

    @property
    def verdict(self) -> Verdict | None:
        """What the newest run that has the row says."""
        return self.kept[-1].verdict if self.kept else None

    @property
    def since(self) -> str:
        """When the first run of the unbroken stretch started in which the row has the verdict it has now."""
        stretches = [next(cells).started for _, cells in groupby(self.kept, key=lambda cell: cell.verdict)]
        return stretches[-1] if stretches else ""

    @property
    def just_changed(self) -> bool:
        """Whether the newest run that exercised the row gave another verdict than the one before it."""
        return len(set(self._exercised[-2:])) > 1

    @property
    def flickers(self) -> int:
        """How often the verdict changed back to one that the row had had before."""
        verdicts = [verdict for verdict, _ in groupby(self._exercised)]
        return len(verdicts) - len(set(verdicts))

    @cached_property
    def wordings(self) -> tuple[tuple[str, str], ...]:
        """Each stretch of one wording as when it began and what it is, identifiers and times set aside."""
        # What a row that violates was answered is no wording of what the vendor promises.
        promised = [cell for cell in self.kept if cell.wording and cell.verdict is not Verdict.VIOLATES]
        stretches = groupby(promised, key=lambda cell: _NOBODY.normalize(cell.wording))
        return tuple((first.started, first.wording) for first in (next(cells) for _, cells in stretches))

    @property
    def wording_changed(self) -> str:
        """When the wording last became another; empty if it never did."""
        return self.wordings[-1][0] if len(self.wordings) > 1 else ""

    @property
    def _exercised(self) -> tuple[Verdict, ...]:
        return tuple(cell.verdict for cell in self.kept if cell.verdict is not Verdict.NOT_EXERCISED)


@dataclass(frozen=True, slots=True)
class TargetHistory:
    """One contract on one target over time, the oldest run first."""

    contract: str
    target: str
    runs: tuple[RunPoint, ...]
    lines: tuple[RowHistory, ...]
    choices: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = ()
    """Open choices that were not always treated the same: row, input, and each stretch as when it began and what."""

    @property
    def newest_cells(self) -> tuple[HistoryCell, ...]:
        """The rows of the newest run."""
        return tuple(line.cells[-1] for line in self.lines if line.cells and line.cells[-1] is not None)
