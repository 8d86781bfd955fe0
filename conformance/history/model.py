"""A row over time: since when its verdict holds, how often it flickered, when its wording changed. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.checks.model import Verdict
from conformance.results.normalize import Normalizer


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

    @property
    def verdict(self) -> Verdict | None:
        """What the newest run that has the row says."""
        return self._kept[-1].verdict if self._kept else None

    @property
    def first_seen(self) -> str:
        """When the first run started that has the row."""
        return self._kept[0].started if self._kept else ""

    @property
    def since(self) -> str:
        """When the first run of the unbroken stretch started in which the row has the verdict it has now."""
        since = ""
        for cell in reversed(self._kept):
            if cell.verdict is not self.verdict:
                break
            since = cell.started
        return since

    @property
    def just_changed(self) -> bool:
        """Whether the newest run that exercised the row gave another verdict than the one before it."""
        return len(self._exercised) > 1 and self._exercised[-1] is not self._exercised[-2]

    @property
    def flickers(self) -> int:
        """How often the verdict changed back to one that the row had had before."""
        count, earlier, current = 0, set[Verdict](), None
        for verdict in self._exercised:
            if current is not None and verdict is not current:
                count += verdict in earlier
                earlier.add(current)
            current = verdict
        return count

    @property
    def wordings(self) -> tuple[tuple[str, str], ...]:
        """Each stretch of one wording as when it began and what it is, identifiers and times set aside."""
        normalizer = Normalizer({})
        found: list[tuple[str, str]] = []
        last = ""
        for cell in self._kept:
            wording = normalizer.normalize(cell.wording)
            # What a row that violates was answered is no wording of what the vendor promises.
            if wording and wording != last and cell.verdict is not Verdict.VIOLATES:
                found.append((cell.started, cell.wording))
                last = wording
        return tuple(found)

    @property
    def wording_changed(self) -> str:
        """When the wording last became another; empty if it never did."""
        return self.wordings[-1][0] if len(self.wordings) > 1 else ""

    @property
    def _kept(self) -> tuple[HistoryCell, ...]:
        return tuple(cell for cell in self.cells if cell is not None)

    @property
    def _exercised(self) -> tuple[Verdict, ...]:
        return tuple(cell.verdict for cell in self._kept if cell.verdict is not Verdict.NOT_EXERCISED)


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
