"""The phases of a row that writes while others write, too: it looks beside those that look, and moves beside movers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from conformance.checks.model import Level, Verdict
from conformance.contract.contract import Contract
from conformance.engine.lanes import CHAIN, PROBES, Lane, calls_of, lane_of, name_of
from conformance.engine.rooms import Rooms, Visit
from conformance.plan.model import ControlPlan, Probe, RowPlan
from conformance.plan.requirements import captures_used
from conformance.results.model import RowResult

__all__ = ["ALONE", "TURNS", "Alone", "Beside", "Passing", "Phases", "Reading", "in_phases", "is_doubtful"]

Waiting = Callable[[Sequence[ControlPlan]], None]
"""Waits until earlier rows have sent these controls, where they do."""

_FIRM = frozenset(["example", "boundary", "drawn"])
TURNS = 1
"""The rank of rows that take turns: what needs everything for itself goes first, for more waits for that."""
_WAKE = 0.05
"""Seconds after which a row that waits for another looks whether the run is being stopped."""


class Phases(Protocol):
    """What a row does next, as far as others have to know."""

    @property
    def haste(self) -> int:
        """How much haste there is with what it sends many at a time."""

    @property
    def moves_its_own(self) -> bool:
        """Whether others may do at the same time all that it does in its set-up and after it has looked."""

    @property
    def disturbed(self) -> bool:
        """Something was changed that may be another row's doing: what the row has seen tells nothing."""

    def making(self) -> None:
        """The set-up follows."""

    def looking(self) -> None:
        """Writes follow that must be rejected, with a look before and after them."""

    def disturb(self) -> None:
        """Something that should not have been changed was."""

    def moving(self, controls: Sequence[ControlPlan]) -> None:
        """Writes follow that may be accepted, these controls among them."""

    def leave(self) -> None:
        """Nothing follows."""


class Alone:
    """The phases of a row that has everything to itself."""

    disturbed = False
    moves_its_own = False
    haste = CHAIN

    def making(self) -> None:
        """Nobody has to know."""

    def looking(self) -> None:
        """Nobody has to know."""

    def disturb(self) -> None:
        """There is nobody who could be blamed for it."""

    def moving(self, controls: Sequence[ControlPlan]) -> None:
        """Nobody has to know."""

    def leave(self) -> None:
        """Nobody has to know."""


ALONE = Alone()


class Reading(Alone):
    """The phases of a row that only reads: others may do what they like, but a control of theirs may spare its own."""

    def __init__(self, wait: Waiting) -> None:
        self._wait = wait

    def moving(self, controls: Sequence[ControlPlan]) -> None:
        """Wait for what earlier rows send as well."""
        self._wait(controls)


class Passing:
    """Lets a row wait for an earlier one whose control would be its own as well, so that it is sent once."""

    def __init__(self, plans: Mapping[str, RowPlan], stopping: threading.Event) -> None:
        self._moved, self._stopping = threading.Condition(), stopping
        self._through: set[str] = set()
        self._let_in: set[str] = set()
        self._holders: dict[str, list[str]] = {}
        for name, plan in plans.items():
            for control in (control for control in plan.controls if control.free):
                self._holders.setdefault(control.key, []).append(name)

    def wait(self, name: str, controls: Sequence[ControlPlan], passed: Collection[str]) -> None:
        """Until the first row of each control has sent it, or is through without."""
        for key in {control.key for control in controls if control.free}:
            for earlier in self._earlier(key, name):
                self._wait(lambda earlier=earlier, key=key: earlier in self._through or key in passed)  # type: ignore[misc]

    def follow(self, names: Collection[str]) -> None:
        """Until these rows are where they change something, or are through."""
        self._wait(lambda: self._let_in.issuperset(names))

    def let_in(self, name: str) -> None:
        """This row is where it changes something."""
        with self._moved:
            self._let_in.add(name)
            self._moved.notify_all()

    def told(self, name: str) -> None:
        """This row is through."""
        with self._moved:
            self._through.add(name)
            self._let_in.add(name)
            self._moved.notify_all()

    def _earlier(self, key: str, name: str) -> list[str]:
        holders = self._holders.get(key, [])
        return holders[: holders.index(name)] if name in holders else []

    def _wait(self, done: Callable[[], bool]) -> None:
        with self._moved:
            while not (done() or self._stopping.is_set()):
                self._moved.wait(_WAKE)


class Beside:
    """The phases of a row that others run beside."""

    haste = PROBES
    moves_its_own = True

    def __init__(self, contract: Contract, plan: RowPlan, rooms: Rooms, wait: Waiting) -> None:
        names = lane_of(contract, plan).names
        self._looks = Lane(sees=names)
        self._makes = _moves(contract, calls_of(plan.before), names)
        self._moves = _moves(contract, _meant(plan), names)
        self._sets_up = any(permission != "read" for _, permission in calls_of(plan.before))
        self._rooms, self._wait = rooms, wait
        self._visit: Visit | None = None
        self._visits: list[Visit] = []
        self._moving = False

    @property
    def disturbed(self) -> bool:
        """Known for certain once it moves."""
        return any(visit.disturbed and visit.beside for visit in self._visits)

    @property
    def shared(self) -> bool:
        """Whether somebody was at the same things at the same time."""
        return any(visit.beside for visit in self._visits)

    def making(self) -> None:
        """A set-up that only reads must not see anything move."""
        self._enter(self._makes if self._sets_up else self._looks)

    def looking(self) -> None:
        """Beside others that look."""
        self._enter(self._looks)

    def disturb(self) -> None:
        """Nobody who looks now can say who did it."""
        if self._visit is not None:
            self._rooms.disturb(self._visit)

    def moving(self, controls: Sequence[ControlPlan]) -> None:
        """Once nobody looks any more: from then on it is known whether anything was disturbed."""
        if self._moving:
            return
        self._moving = True
        self.leave()
        self._wait(controls)
        self._enter(self._moves)

    def leave(self) -> None:
        """Let others in."""
        if self._visit is not None:
            self._rooms.leave(self._visit)
            self._visit = None

    def settle(self) -> None:
        """Wait until all who were beside it have left."""
        for visit in self._visits:
            if visit.lane == self._looks:
                self._rooms.wait_for(visit.beside)

    def _enter(self, lane: Lane) -> None:
        if self._visit is None or self._visit.lane != lane:
            self.leave()
            self._visit = self._rooms.enter(lane, TURNS)
            self._visits.append(self._visit)


def _meant(plan: RowPlan) -> list[tuple[str, str]]:
    """The calls of a row that may be accepted."""
    probes = [(probe.operation, probe.permission) for probe in plan.probes if probe.role == "open"]
    return [*probes, *calls_of(plan.before, plan.after, plan.undo, *(control.steps for control in plan.controls))]


def _moves(contract: Contract, calls: Sequence[tuple[str, str]], seen: frozenset[str]) -> Lane:
    # What is documented to read changes nothing by another method.
    writes = {
        name for name, permission in calls if permission != "read" and contract.operations[name].permission != "read"
    }
    own = {name for name in writes if contract.operations[name].spec.isolated}
    changes = frozenset(name_of(contract, name) for name in writes - own)
    owns = frozenset(name_of(contract, name) for name in own) - changes
    return Lane(changes, seen - changes - owns, owns)


def in_phases(contract: Contract, plan: RowPlan) -> bool:
    """Whether a row may run beside others that write.

    It may where it changes nothing but what it has made, and where all of it may be sent again and would show
    the same.
    """
    case = plan.row.case
    named = [contract.file.inputs.get(given) if isinstance(given, str) else given for given in case.vary.values()]
    once = case.once or any(given is not None and given.once for given in named)
    alone = once or case.last or plan.repeat or plan.band or plan.lacks
    if alone or lane_of(contract, plan) == Lane() or _moves(contract, _meant(plan), frozenset()).changes:
        return False
    return all(_shows_again(contract, plan, probe) for probe in plan.probes)


def _shows_again(contract: Contract, plan: RowPlan, probe: Probe) -> bool:
    """Whether an effect that a probe should not have had would be seen once more, were the row run again.

    It would in what the row has made, and where one thing more is there each time; what is deleted is gone, and what is
    set to the same value shows nothing, unless it is set back.
    """
    if any(captures_used(probe.request)):
        return True
    if probe.permission == "delete":
        return False
    return not probe.guards or bool(plan.after) or probe.operation in contract.file.created_resources


def is_doubtful(result: RowResult) -> bool:
    """Whether something beside the answers to faulty requests was wrong, which another row may have caused."""
    roles = {item.n: item.role for item in result.exchanges}
    wrong = [item for item in result.findings if item.level is Level.MUST]
    beside = any(item.check == "effect" or roles.get(item.exchange or 0) not in _FIRM for item in wrong)
    return beside or result.verdict is Verdict.INCONCLUSIVE
