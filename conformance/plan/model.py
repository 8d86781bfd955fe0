"""What will be tried, as values: complete before a byte is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.contract import templates as placeholders
from conformance.contract.contract import Row
from conformance.contract.schema import Draw, Repeat, Step

__all__ = ["ControlPlan", "DrawSlot", "GuardRead", "PlannedStep", "Probe", "RequestData", "RowPlan"]

RequestData = Mapping[str, Any]
"""A request as data, placeholders unfilled: the members of a RequestSpec, all merged."""


@dataclass(frozen=True, slots=True)
class DrawSlot:
    """A place that Hypothesis fills: which part of the request, from which description, the how-manieth value."""

    part: str
    draw: Draw
    index: int


@dataclass(frozen=True, slots=True)
class Probe:
    """One request that must provoke the row (or, for an open choice, may)."""

    label: str
    role: str
    """`example`, `boundary`, `drawn` or `open`."""
    operation: str
    request: RequestData
    permission: str
    value: str = ""
    language: str | None = None
    other_language: str | None = None
    accept: tuple[str | int, ...] = ()
    unless: Mapping[str, Any] | None = None
    guards: tuple[int, ...] = ()
    """Which of the row's guards watch it: their places in `unchanged`."""
    slot: DrawSlot | None = None
    repeatable: bool = True


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One call of a chain, its request merged with what the operation always has."""

    step: Step
    operation: str
    request: RequestData
    permission: str
    undo: PlannedStep | None = None

    @property
    def key(self) -> str:
        """Equal for equal calls, whatever is expected of them."""
        return repr((self.operation, sorted(map(repr, self.request.items()))))


@dataclass(frozen=True, slots=True)
class ControlPlan:
    """A chain whose every step must succeed."""

    label: str
    steps: tuple[PlannedStep, ...]
    draw: Draw | None = None
    drawn: str | None = None
    """What `{capture.drawn}` stands for in its steps, once it is drawn."""
    doubtful: bool = False
    shared: bool = False
    """Another row has the same control: where it passed there, it is not sent again."""
    later: bool = False
    """Of rows that run together: sent once all of them have been looked at, as it may set right what they did."""

    @property
    def key(self) -> str:
        """Equal for controls that send and expect the same: in one run, it is enough that one of them passes."""
        sent = [
            (step.operation, sorted(map(repr, step.request.items())), step.step.model_dump_json(exclude_unset=True))
            for step in self.steps
        ]
        return repr((sent, self.drawn))

    @property
    def free(self) -> bool:
        """Nothing that the row has captured before stands in it, so that it is the same in every row."""
        own = {name for step in self.steps for name in step.step.capture or {}}
        used = (placeholders.find_placeholders(step.request) for step in self.steps)
        return all(head != "capture" or ".".join(members) in own for names in used for head, members, _ in names)


@dataclass(frozen=True, slots=True)
class GuardRead:
    """A read that several rows share: what it shows may not change while they run."""

    step: PlannedStep
    compare: tuple[str, ...]
    """JSON pointers."""
    made: bool = False
    """The row's set-up ends with this very call."""

    @property
    def key(self) -> str:
        """Equal for equal reads."""
        return self.step.key


@dataclass(frozen=True, slots=True)
class RowPlan:
    """Everything that will be tried for one row, in order.

    `lacks` is empty where the row can be exercised; `skipped` names attempts that are left out, each with its lack.
    """

    row: Row
    before: tuple[PlannedStep, ...] = ()
    probes: tuple[Probe, ...] = ()
    controls: tuple[ControlPlan, ...] = ()
    undo: tuple[PlannedStep, ...] = ()
    """What takes back a probe that was accepted."""
    after: tuple[PlannedStep, ...] = ()
    guards: tuple[PlannedStep, ...] = ()
    """The read of each entry of `unchanged`."""
    repeat: Repeat | None = None
    lacks: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    band: str = ""
    """The first of the rows that this one runs together with, set-ups, controls and looks being shared; or empty."""
    opening: tuple[GuardRead, ...] = ()
    """Looks before its probes, on behalf of all these rows."""
    closing: tuple[GuardRead, ...] = ()
    """Looks after the last of them."""

    @property
    def requests(self) -> int:
        """How many requests it sends at most when nothing has to be repeated or shrunk."""
        watched = [index for probe in self.probes for index in probe.guards if index < len(self.guards)]
        guards = len(watched) + len(set(watched)) + self.looks
        repeats = self.repeat.at_most - 1 if self.repeat else 0
        chains = [self.before, self.after, *(control.steps for control in self.controls if not control.shared)]
        calls = sum(1 + (1 if step.undo else 0) for chain in chains for step in chain)
        undos = len(self.undo) * sum(probe.role == "open" and probe.permission != "read" for probe in self.probes)
        return len(self.probes) + repeats + guards + calls + undos

    @property
    def looks(self) -> int:
        """How many requests it sends to look on behalf of other rows too."""
        return sum(not look.made for look in self.opening) + len(self.closing)

    @property
    def permissions(self) -> frozenset[str]:
        """The permissions that it uses."""
        chains = [self.before, self.after, *(control.steps for control in self.controls)]
        steps = [step for chain in chains for step in chain]
        return frozenset([*(probe.permission for probe in self.probes), *(step.permission for step in steps)])
