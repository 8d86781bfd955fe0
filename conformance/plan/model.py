"""A plan as values: the probes, controls, set-up and clean-up of a row, and the order of their requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import filterfalse, takewhile
from typing import Any, Final, Literal

from conformance.contract.contract import Row
from conformance.contract.request_template import RequestTemplate
from conformance.contract.schema import Draw, Repeat, Step
from conformance.messages import Message
from conformance.quantities import Pace

BUDGET: Final = "budget"
"""In `lacks` of a row that the budget has no requests for."""
IF_ACCEPTED: Final = "if it was accepted"
UNLESS_SO_ALREADY: Final = "unless it is so already"


@dataclass(frozen=True, slots=True)
class DrawSlot:
    """A place that Hypothesis fills: which part of the request, from which description, and the index of the value."""

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
    request: RequestTemplate
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
    after_controls: bool = False
    """It is sent after the controls, as an earlier success may let it through: a near miss of a read."""
    words_of: str = ""
    """The label of the probe that has the same random words; empty where it has its own."""

    @property
    def salt(self) -> str:
        """What its random words depend on, besides its row."""
        return self.words_of or self.label

    @property
    def is_repetition(self) -> bool:
        """Whether it is the example once more, after all others."""
        return self.label.startswith("example again")


@dataclass(frozen=True)
class PlannedStep:
    """One call of a sequence, its request merged with what the operation always has."""

    step: Step
    operation: str
    request: RequestTemplate
    permission: str
    undo: PlannedStep | None = None

    @cached_property
    def key(self) -> str:
        """Equal for equal calls, whatever is expected of them."""
        return repr((self.operation, self.request.list_members()))


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """One request of a plan: what it is for, and all that building it takes before anything is answered."""

    role: str
    """`step`, `guard`, `example`, `boundary`, `drawn`, `open`, `control` or `clean-up`."""
    label: str
    operation: str
    request: RequestTemplate
    permission: str
    salt: str = ""
    """What its random words are drawn from."""
    language: str | None = None
    other_language: str | None = None
    captures: Mapping[str, Any] = field(default_factory=dict)
    condition: str = ""
    """When it is sent, where that depends on an answer; empty where it is always sent."""


@dataclass(frozen=True)
class ControlPlan:
    """A sequence of calls whose every step must succeed."""

    label: str
    steps: tuple[PlannedStep, ...]
    draw: Draw | None = None
    drawn: str | None = None
    """What `{capture.drawn}` stands for in its steps, once it is drawn."""
    doubtful: bool = False
    shared: bool = False
    """An earlier row, or the set-up, makes the same calls: where they passed, it is not sent again."""

    @property
    def where(self) -> Message:
        """What reports call it."""
        return Message("control {label}", label=self.label)

    @cached_property
    def key(self) -> str:
        """Equal for controls that send and expect the same: in one run, it is enough that one of them passes."""
        sent = [(step.key, step.step.model_dump_json(exclude_unset=True)) for step in self.steps]
        return repr((sent, self.drawn))

    @cached_property
    def needs(self) -> frozenset[str]:
        """The captures that it takes from earlier steps; a control without any is the same in every row."""
        own = {name for step in self.steps for name in step.step.capture or {}}
        return frozenset().union(*(step.request.captures for step in self.steps)) - own


@dataclass(frozen=True, slots=True)
class GuardRead:
    """A read of a guarded resource: what it shows may not change while rejected writes are sent."""

    step: PlannedStep
    compare: tuple[str, ...]
    """JSON pointers."""
    each: bool = False
    """It is sent after each probe, and not once after all of them."""
    confirm: bool = False
    """It shows how many there are, so that an effect shows although nothing was set back before."""

    @property
    def key(self) -> str:
        return self.step.key

    @property
    def identity(self) -> tuple[str, tuple[str, ...]]:
        """What is read, and what of it is compared."""
        return self.step.key, self.compare


@dataclass(frozen=True, slots=True)
class ProbeStage:
    """Probes that do not depend on each other, with the guards that are read before the first and after the last."""

    probes: tuple[Probe, ...]
    read_first: tuple[int, ...] = ()
    """Places in `RowPlan.guards`."""
    read_after: tuple[int, ...] = ()
    time: Literal["firm", "open", "last"] = "firm"
    """Probes that must be rejected go first, then those that may be accepted; the last follow the controls."""


@dataclass(frozen=True)
class RowPlan:
    """Everything that will be tried for one row, in order.

    `lacks` is empty where the row can be exercised; `skipped` names attempts that are left out, each with its lack.
    """

    row: Row
    before: tuple[PlannedStep, ...] = ()
    probes: tuple[Probe, ...] = ()
    controls: tuple[ControlPlan, ...] = ()
    mistaken: tuple[tuple[str, tuple[PlannedStep, ...]], ...] = ()
    """Entries of the profile, each with the calls that show where the row violates whether it is mistaken."""
    undo: tuple[PlannedStep, ...] = ()
    """What takes back a probe that was accepted."""
    after: tuple[PlannedStep, ...] = ()
    guards: tuple[GuardRead, ...] = ()
    """The read of each entry of `unchanged`."""
    is_read_by_others: bool = False
    """At smoke: what it guards is read once for all rows that write, by `opening` and `closing` of some of them."""
    repeat: Repeat | None = None
    allowance: Pace | None = None
    """What the target says may be used up, for a row with `repeat`."""
    repeats: int = 0
    """How often the example is sent again where the limit is as documented."""
    lacks: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    untried: tuple[str, ...] = ()
    """What a run without a budget would try, too."""
    opening: tuple[GuardRead, ...] = ()
    """At smoke: reads before its probes, on behalf of all rows that write."""
    closing: tuple[GuardRead, ...] = ()
    """Reads after the probes of all rows that write, before their controls: what was refused may be done late.

    The row itself does not send these reads once more after its own probes.
    """
    read_by_next: frozenset[str] = frozenset()
    """The keys of reads that it does not send after its own probes, as the next row begins with them."""

    def schedule(self) -> Iterator[PlannedRequest]:
        """Yields every request in the order of sending, those that depend on an answer included."""
        if self.lacks:
            return
        row = self.row.id
        yield from schedule_steps(self.before, "step", "set-up", f"{row}/set-up")
        opening = [look.step for look in self.opening if not self.is_read_by_set_up(look.step)]
        yield from schedule_steps(opening, "guard", "before all rows that write", f"{row}/look")
        for stage in self.probe_stages:
            if stage.time != "last":
                yield from self._schedule_stage(stage)
        closing = [look.step for look in (*map(self.guards.__getitem__, self.late_guards), *self.closing)]
        yield from schedule_steps(closing, "guard", "after all rows that write", f"{row}/look")
        for control in (control for control in self.controls if not control.shared):
            captures = {} if control.drawn is None else {"drawn": control.drawn}
            salt = f"{row}/control {control.label}"
            yield from schedule_steps(control.steps, "control", control.label, salt, captures)
        for stage in self.probe_stages:
            if stage.time == "last":
                yield from self._schedule_stage(stage)
        yield from schedule_steps(self.after, "clean-up", "afterwards", f"{row}/restore")

    @cached_property
    def probe_stages(self) -> tuple[ProbeStage, ...]:
        """The probes in the order of sending: those to be rejected between two reads of each guard, then open ones.

        Deletions go before what creates, as a count would not show both; what is sent again goes after all others. Near
        misses and the last that nothing guards, or the last of several, go after the controls: what a success leaves
        behind shows in the refusals that follow.
        """
        firm = [probe for probe in self.probes if probe.role != "open"]
        opened = tuple(probe for probe in self.probes if probe.role == "open")
        again = [probe for probe in firm if probe.is_repetition]
        again = [probe for probe in again if not self.guards_of(probe)] or again[1:]
        latest = (*(probe for probe in firm if probe.after_controls), *again[-1:])
        firm = [probe for probe in firm if not any(probe is one for one in latest)]
        groups: dict[tuple[bool, bool], list[Probe]] = {}
        for probe in firm:
            groups.setdefault((probe.is_repetition, probe.permission != "delete"), []).append(probe)
        stages = [ProbeStage(tuple(groups[key])) for key in sorted(groups)]
        each = self._guards_of_each_probe
        if each:
            stages = [
                ProbeStage((probe,), read_after=tuple(index for index in self.guards_of(probe) if index in each))
                for stage in stages
                for probe in stage.probes
            ]
        watched = tuple(dict.fromkeys(index for probe in firm for index in self.guards_of(probe)))
        if stages and watched:
            stages[0] = replace(stages[0], read_first=watched)
            later = {*self.late_guards, *(look.key for look in self.closing), *self.read_by_next}
            last = tuple(index for index in watched if not {index, self.guards[index].key} & {*each, *later})
            stages[-1] = replace(stages[-1], read_after=(*stages[-1].read_after, *last))
        return (
            *stages,
            *([ProbeStage(opened, time="open")] if opened else []),
            *([ProbeStage(latest, time="last")] if latest else []),
        )

    @property
    def late_guards(self) -> tuple[int, ...]:
        """The guards of what the row has created itself: read once the probes of all rows that write were sent."""
        return tuple(index for index in self._watched if reads_own(self.guards[index].step.request, self.before))

    @property
    def shared_guards(self) -> tuple[int, ...]:
        """The guards of what other rows may use, too, without those that are read after each probe."""
        return tuple(index for index in self._watched if index not in self.late_guards)

    @property
    def _watched(self) -> list[int]:
        """The guards of all probes that must be rejected, without those that are read after each probe."""
        watched = {index for probe in self.probes if probe.role != "open" for index in self.guards_of(probe)}
        return sorted(watched - self._guards_of_each_probe)

    @property
    def _guards_of_each_probe(self) -> frozenset[int]:
        return frozenset(index for index, guard in enumerate(self.guards) if guard.each)

    def guards_of(self, probe: Probe) -> tuple[int, ...]:
        """Which guards watch a probe by reads of this row."""
        return () if self.is_read_by_others else probe.guards

    def is_read_by_set_up(self, read: PlannedStep) -> bool:
        """Whether the set-up ends with this read, or with several of which it is one, so that it is not sent again."""
        last = takewhile(lambda step: step.permission == "read", reversed(self.before))
        return any(step.key == read.key for step in last)

    @property
    def permissions(self) -> frozenset[str]:
        return frozenset([*(probe.permission for probe in self.probes), *(step.permission for step in self._steps)])

    @property
    def operations(self) -> frozenset[str]:
        return frozenset([*(probe.operation for probe in self.probes), *(step.operation for step in self._steps)])

    @property
    def writes(self) -> bool:
        return not self.lacks and not self.permissions <= {"read"}

    @property
    def _steps(self) -> list[PlannedStep]:
        sequences = [self.before, self.after, self.undo, *(control.steps for control in self.controls)]
        return [each for steps in sequences for step in steps for each in (step, step.undo) if each is not None]

    def _schedule_stage(self, stage: ProbeStage) -> Iterator[PlannedRequest]:
        row = self.row.id
        for index in stage.read_first:
            unread = [*filterfalse(self.is_read_by_set_up, [self.guards[index].step])]
            yield from schedule_steps(unread, "guard", "before what must change nothing", f"{row}/guard/{index}")
        for probe in stage.probes:
            yield from self._schedule_probe(probe)
        for index in stage.read_after:
            yield from schedule_steps([self.guards[index].step], "guard", "after it", f"{row}/guard/{index}")

    def _schedule_probe(self, probe: Probe) -> Iterator[PlannedRequest]:
        first = PlannedRequest(
            probe.role,
            probe.label,
            probe.operation,
            probe.request,
            probe.permission,
            f"{self.row.id}/{probe.salt}",
            probe.language,
            probe.other_language,
        )
        yield first
        if probe is self.probes[0] and self.repeat:
            for _ in range(self.repeats):
                yield replace(first, label=f"{probe.label}, again")
        at_once = self.row.case.at_once if probe.role == "example" else None
        for _ in range((at_once or 1) - 1):
            yield replace(first, label=f"{probe.label}, at the same time")
        if probe.permission != "read" if at_once else self.takes_back(probe):
            salt = f"{self.row.id}/undo of {probe.label}"
            for request in schedule_steps(self.undo, "clean-up", f"takes back {probe.label}", salt):
                yield request if at_once else replace(request, condition=IF_ACCEPTED)

    def takes_back(self, probe: Probe) -> bool:
        """Whether a probe may be accepted, and what it makes is then taken back."""
        undo = self.row.case.undo
        if undo is None or probe.role != "open" or probe.permission == "read":
            return False
        return undo.for_ is None or probe.operation in undo.for_


def reads_own(request: RequestTemplate, steps: Iterable[PlannedStep]) -> bool:
    """Whether a request names something that one of these steps creates, so that nobody else writes to it."""
    made = {name for step in steps if step.permission != "read" for name in step.step.capture or {}}
    return not made.isdisjoint(request.captures)


def schedule_steps(
    steps: Sequence[PlannedStep], role: str, label: str, salt: str, captures: Mapping[str, Any] | None = None
) -> Iterator[PlannedRequest]:
    """The requests of calls that pass, their undoing last. A control's conditional ones count, as most targets get."""
    known = captures or {}
    for step in steps:
        condition = UNLESS_SO_ALREADY if step.step.unless and role != "control" else ""
        yield PlannedRequest(
            role, label, step.operation, step.request, step.permission, salt, captures=known, condition=condition
        )
    sent: list[tuple[str, RequestTemplate]] = []
    for step in reversed(steps):
        undo = step.undo  # what a later step undoes already needs none
        if undo is not None and (undo.operation, undo.request) not in sent:
            label = f"undoes {step.operation}"
            yield PlannedRequest("clean-up", label, undo.operation, undo.request, undo.permission, salt, captures=known)
        sent.append((step.operation, step.request))


def count_requests(plans: Iterable[RowPlan]) -> int:
    """How many requests are sent to a target that does as documented, without those of `count_conditional`."""
    return sum(not request.condition for plan in plans for request in plan.schedule())


def count_conditional(plans: Iterable[RowPlan]) -> int:
    """How many requests are sent only after a certain answer, such as what takes back a probe that may be accepted."""
    return sum(bool(request.condition) for plan in plans for request in plan.schedule())
