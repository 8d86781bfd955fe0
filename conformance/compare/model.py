"""The values of a comparison: changes of the target, and changes on our side."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from conformance.checks.model import Level, Verdict
from conformance.messages import Message


class Kind(StrEnum):
    """The kind of a row's change, the most severe first."""

    NEWLY_VIOLATING = "newly-violating"
    VIOLATING_OTHERWISE = "violating-otherwise"
    """It was already violated, and is now violated in another way."""
    NEWLY_INCONCLUSIVE = "newly-inconclusive"
    NO_LONGER_EXERCISED = "no-longer-exercised"
    DRIFTING = "drifting"
    IMPROVED = "improved"
    NEWLY_EXERCISED = "newly-exercised"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Stamp:
    """The facts that identify a compared run."""

    started: str
    suite: str
    depth: str
    seed: int
    verdict: Verdict
    requests: int
    partial: bool


@dataclass(frozen=True, slots=True)
class OurChange:
    """A change on our side; `row` is set if it affects only one row."""

    what: str
    """`suite`, `contract edition`, `depth`, `seed`, `allow`, `fixtures.endpoint`, `base_url`, …"""
    old: Any
    new: Any
    row: str = ""


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row whose verdict, or whose violation, changed."""

    id: str
    table: str
    row: int
    kind: Kind
    old: Verdict | None
    """None for a row that was added."""
    new: Verdict | None
    """None for a row that was removed."""
    was: str
    """The old response to the written example, in a few words."""
    now: str
    why: str
    """The new reason, or the most severe new finding, in one line."""
    cause: str = ""
    repeat: str = ""
    """The command that reproduces it."""
    ours: tuple[str, ...] = ()
    """Our changes that explain it; if there are any, the target is not blamed."""
    known: str = ""
    """The profile's reason for a known deviation."""
    worse: bool = False
    """Whether the target got worse: neither our changes nor a known deviation explain it."""
    cause_ja: str = ""


@dataclass(frozen=True, slots=True)
class WordingChange:
    """A changed wording, or another response with the same verdict."""

    row: str
    about: str
    """`message`, `edition`, or, if the status differs, `answer`."""
    where: str
    """The label of the attempt, or `written example`; empty for an edition."""
    old: str
    new: str
    ours: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChoiceChange:
    """An input that the documents leave open and that the target handles differently than before."""

    row: str
    input: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class UndocumentedChange:
    """A response that no row documents and that came in only one of the runs."""

    operation: str
    status: int
    message: str
    new: bool
    """False where it is gone."""
    repeat: str = ""


@dataclass(frozen=True, slots=True)
class ExploredChange:
    """A finding of exploration that only one of the runs has."""

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
    contract: str
    target: str
    """The target's name or address in the new run."""
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
        """The run's name: `kuroco on staging`."""
        return Message("{contract} on {target}", contract=self.contract, target=self.target)

    @property
    def worse(self) -> bool:
        """Whether the target got worse in any row or in exploration."""
        return any(row.worse for row in self.rows) or any(one.worse for one in self.explored)

    @property
    def changed(self) -> bool:
        """Whether the target behaves differently in anything."""
        return bool(self.rows or self.wordings or self.choices or self.undocumented or self.explored)

    def of(self, kind: Kind) -> tuple[RowChange, ...]:
        return tuple(row for row in self.rows if row.kind is kind)


@dataclass(frozen=True, slots=True)
class Comparison:
    old: Stamp
    new: Stamp
    runs: tuple[RunChange, ...]
    ours: tuple[OurChange, ...] = ()
    """Changes on our side that affect all runs."""
    only_old: tuple[str, ...] = ()
    """Names of runs (contract and target) that the new results lack."""
    only_new: tuple[str, ...] = ()
    labels_ja: Mapping[str, str] = field(default_factory=dict)
    """Japanese translations of the labels that contracts give to controls."""

    @property
    def worse(self) -> bool:
        """Whether any target got worse, which decides the exit code."""
        return any(run.worse for run in self.runs)

    @property
    def drifted(self) -> bool:
        """Whether a row drifts newly and unexplained, which is worse with `--strict`."""
        drifting = (row for run in self.runs for row in run.of(Kind.DRIFTING))
        return any(not row.ours and not row.known for row in drifting)

    @property
    def changed(self) -> bool:
        """Whether any target behaves differently; changes on our side do not count."""
        return any(run.changed for run in self.runs)
