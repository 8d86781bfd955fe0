"""The verdicts and wordings of rows over time, with their changes. Pure."""

from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from conformance.checks.model import Verdict
from conformance.results.normalize import Normalizer

_NORMALIZER = Normalizer({})
"""Normalizes identifiers and times; it knows no fixtures, because a history does not contain them."""


@dataclass(frozen=True, slots=True)
class RunPoint:
    number: int
    """Unique in the file, in the order of writing."""
    started: str
    verdict: Verdict
    requests: int
    seconds: float
    depth: str
    suite: str
    partial: int
    """1 if the run was broken off, else 0."""
    explored: int = 0
    """The number of operations in which exploration found a violation."""


@dataclass(frozen=True, slots=True)
class HistoryCell:
    started: str
    verdict: Verdict
    wording: str
    editions: tuple[str, ...] = ()
    known: str = ""
    """The profile's reason for a known deviation, or ""."""


@dataclass(frozen=True)
class RowHistory:
    """A row over time; `cells` has an entry for each run of the target, None if the run does not have the row."""

    id: str
    table: str
    row: int
    cells: tuple[HistoryCell | None, ...]

    @cached_property
    def kept(self) -> tuple[HistoryCell, ...]:
        """The cells of the runs that have the row."""
        return tuple(cell for cell in self.cells if cell is not None)

    @property
    def verdict(self) -> Verdict | None:
        """The verdict of the newest run that has the row."""
        return self.kept[-1].verdict if self.kept else None

    @property
    def since(self) -> str:
        """The start of the first run since which the row has had its current verdict without interruption."""
        stretches = [next(cells).started for _, cells in groupby(self.kept, key=lambda cell: cell.verdict)]
        return stretches[-1] if stretches else ""

    @property
    def just_changed(self) -> bool:
        """Whether the last two runs that exercised the row have different verdicts."""
        return len(set(self._exercised[-2:])) > 1

    @property
    def flickers(self) -> int:
        """How often the verdict changed back to an earlier one."""
        verdicts = [verdict for verdict, _ in groupby(self._exercised)]
        return len(verdicts) - len(set(verdicts))

    @cached_property
    def wordings(self) -> tuple[tuple[str, str], ...]:
        """Start and text of each stretch of equal wordings, except for identifiers and times."""
        # The response to a row that violates is not a wording of the promised message.
        promised = [cell for cell in self.kept if cell.wording and cell.verdict is not Verdict.VIOLATES]
        stretches = groupby(promised, key=lambda cell: _NORMALIZER.normalize(cell.wording))
        return tuple((first.started, first.wording) for first in (next(cells) for _, cells in stretches))

    @property
    def wording_changed(self) -> str:
        """When the wording last changed; "" if it never did."""
        return self.wordings[-1][0] if len(self.wordings) > 1 else ""

    @property
    def _exercised(self) -> tuple[Verdict, ...]:
        return tuple(cell.verdict for cell in self.kept if cell.verdict is not Verdict.NOT_EXERCISED)


@dataclass(frozen=True, slots=True)
class TargetHistory:
    """The runs of one contract on one target, the oldest first."""

    contract: str
    target: str
    runs: tuple[RunPoint, ...]
    lines: tuple[RowHistory, ...]
    choices: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = ()
    """Open choices that changed: row, input, and start and outcome of each stretch."""

    @property
    def newest_cells(self) -> tuple[HistoryCell, ...]:
        return tuple(line.cells[-1] for line in self.lines if line.cells and line.cells[-1] is not None)
