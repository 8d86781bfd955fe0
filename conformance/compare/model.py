"""What lies between two runs, as frozen values: the target's doing, and apart from it our own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from conformance.checks.model import Level, Verdict
from conformance.messages import Message


class Kind(StrEnum):
    """What became of a row, the gravest first."""

    NEWLY_VIOLATING = "newly-violating"
    VIOLATING_OTHERWISE = "violating-otherwise"
    """It was violated already, and now in another way too, or in another way instead."""
    NEWLY_INCONCLUSIVE = "newly-inconclusive"
    NO_LONGER_EXERCISED = "no-longer-exercised"
    DRIFTING = "drifting"
    IMPROVED = "improved"
    NEWLY_EXERCISED = "newly-exercised"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which run it is that was compared."""

    started: str
    suite: str
    depth: str
    seed: int
    verdict: Verdict
    requests: int
    partial: bool


@dataclass(frozen=True, slots=True)
class OurChange:
    """Something on our side that is not as it was; `row` where it is about one row only."""

    what: str
    """`suite`, `contract edition`, `depth`, `seed`, `allow`, `fixtures.endpoint`, `base_url`, …"""
    old: Any
    new: Any
    row: str = ""


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row whose verdict is another."""

    id: str
    table: str
    row: int
    kind: Kind
    old: Verdict | None
    """None for a row that was added."""
    new: Verdict | None
    """None for a row that was removed."""
    was: str
    """The old answer to the written example, in a few words."""
    now: str
    why: str
    """The new reason, or the gravest new finding, in one line."""
    cause: str = ""
    repeat: str = ""
    """The command that shows it."""
    ours: tuple[str, ...] = ()
    """What on our side explains it; where there is any, the target is not blamed."""
    known: str = ""
    """The reason for which the profile expects it."""
    worse: bool = False
    """The target got worse here: it is not explained by a change of ours, and not listed as known."""
    cause_ja: str = ""


@dataclass(frozen=True, slots=True)
class WordingChange:
    """A row that says the same in other words, or answers otherwise under the same verdict."""

    row: str
    about: str
    """`message`, `edition`, or `answer` where the status differs."""
    where: str
    """The label of the attempt; `written example`; empty for an edition."""
    old: str
    new: str
    ours: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChoiceChange:
    """An input on which the documents are silent, and that the target treats otherwise than before."""

    row: str
    input: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class UndocumentedChange:
    """An answer that no row documents, and that came only in one of the two runs."""

    operation: str
    status: int
    message: str
    new: bool
    """False where it is gone."""
    repeat: str = ""


@dataclass(frozen=True, slots=True)
class ExploredChange:
    """A finding of the exploration that only one of the two runs has."""

    operation: str
    check: str
    level: Level
    expected: Any
    actual: Any
    new: bool
    """False where it is gone."""
    ours: tuple[str, ...] = ()
    worse: bool = False


@dataclass(frozen=True, slots=True)
class RunChange:
    """One contract on one target, then and now."""

    contract: str
    target: str
    """The target's name or address, as the new run has it."""
    old: Verdict
    new: Verdict
    rows: tuple[RowChange, ...] = ()
    wordings: tuple[WordingChange, ...] = ()
    choices: tuple[ChoiceChange, ...] = ()
    undocumented: tuple[UndocumentedChange, ...] = ()
    explored: tuple[ExploredChange, ...] = ()
    ours: tuple[OurChange, ...] = ()

    @property
    def name(self) -> Message:
        """`kuroco on staging`."""
        return Message("{contract} on {target}", contract=self.contract, target=self.target)

    @property
    def worse(self) -> bool:
        """Whether the target got worse on any row, or under exploration."""
        return any(row.worse for row in self.rows) or any(one.worse for one in self.explored)

    @property
    def changed(self) -> bool:
        """Whether the target behaves otherwise in anything, for the better or the worse."""
        return bool(self.rows or self.wordings or self.choices or self.undocumented or self.explored)

    def of(self, kind: Kind) -> tuple[RowChange, ...]:
        """The rows of one kind."""
        return tuple(row for row in self.rows if row.kind is kind)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that lies between two runs."""

    old: Stamp
    new: Stamp
    runs: tuple[RunChange, ...]
    ours: tuple[OurChange, ...] = ()
    """What we did otherwise for all of them."""
    only_old: tuple[str, ...] = ()
    """Contracts and targets that the new run does not have."""
    only_new: tuple[str, ...] = ()
    labels_ja: Mapping[str, str] = field(default_factory=dict)
    """The Japanese of the labels that the contracts give to their controls."""

    @property
    def worse(self) -> bool:
        """Whether any target got worse: the exit code of a scheduled job."""
        return any(run.worse for run in self.runs)

    @property
    def drifted(self) -> bool:
        """Whether a row began to drift for which we have no explanation: worse under `--strict`."""
        drifting = (row for run in self.runs for row in run.of(Kind.DRIFTING))
        return any(not row.ours and not row.known for row in drifting)

    @property
    def changed(self) -> bool:
        """Whether any target behaves otherwise; what only we did otherwise does not count."""
        return any(run.changed for run in self.runs)
