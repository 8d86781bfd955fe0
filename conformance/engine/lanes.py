"""Which rows and explorations may run side by side, and how many requests may be under way at the same time."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from conformance.contract.contract import Contract
from conformance.engine.context import RequestSender
from conformance.http import Exchange, Request
from conformance.plan.model import PlannedStep, RowPlan

__all__ = [
    "CHAIN",
    "EVERYTHING",
    "PROBES",
    "Lane",
    "Lanes",
    "Turns",
    "calls_of",
    "hurry",
    "in_order",
    "lane_of",
    "lane_of_exploring",
    "name_of",
]

EVERYTHING = "*"
"""The lane of a write of which the contract does not say what it may change."""

READING = 4
"""Rows that read may wait for a control of each other: so many more are begun than send at the same time."""


@dataclass(frozen=True, slots=True)
class Lane:
    """What a job may change, what it must not see changing, and of what it changes only things of its own."""

    changes: frozenset[str] = frozenset()
    sees: frozenset[str] = frozenset()
    owns: frozenset[str] = frozenset()
    """Here others may make and change things of their own at the same time, but nobody may look at all of them."""

    def meets(self, other: Lane) -> bool:
        """Whether the two may not run side by side."""
        return (
            _touch(self.changes, other.names)
            or _touch(other.changes, self.names)
            or _touch(self.owns, other.sees)
            or _touch(other.owns, self.sees)
        )

    def touches(self, other: Lane) -> bool:
        """Whether the two have to do with the same things."""
        return _touch(self.names, other.names)

    @property
    def names(self) -> frozenset[str]:
        """Everything that it has to do with."""
        return self.changes | self.sees | self.owns


def lane_of(contract: Contract, plan: RowPlan) -> Lane:
    """The lane of a whole row; no lane at all for one that only reads, which needs nothing to stand still."""
    if plan.lacks or (plan.permissions <= {"read"} and not any(probe.permission != "read" for probe in plan.probes)):
        return Lane()
    probes = [(probe.operation, probe.permission) for probe in plan.probes]
    calls = [*probes, *calls_of(plan.before, plan.after, plan.undo, *(control.steps for control in plan.controls))]
    return Lane(frozenset(name_of(contract, operation) for operation, permission in calls if permission != "read"))


def calls_of(*chains: Iterable[PlannedStep]) -> list[tuple[str, str]]:
    """Operation and permission of each call of some chains, those that undo one included."""
    steps = [each for chain in chains for step in chain for each in (step, step.undo) if each is not None]
    return [(step.operation, step.permission) for step in steps]


def lane_of_exploring(contract: Contract, operation: str) -> Lane:
    """The lane of the exploration of an operation, which compares answers even where it only reads."""
    said = contract.operations[operation]
    name = frozenset([name_of(contract, operation)])
    if said.permission == "read":
        return Lane(sees=name)
    return Lane(owns=name) if said.spec.isolated and _is_tried_on_its_own(contract, operation) else Lane(changes=name)


def name_of(contract: Contract, operation: str) -> str:
    """The name of what a call of an operation may change."""
    return contract.operations[operation].spec.resource or EVERYTHING


def _is_tried_on_its_own(contract: Contract, operation: str) -> bool:
    """Whether all that its exploration looks at is a thing that was made for it, and no list of things."""
    described = _described(contract, operation)
    if described.get("x-within"):
        return True
    read = contract.operations.get(described.get("x-read", ""))
    return bool(described.get("x-own")) and (read is None or "{" in read.path.rpartition("/")[2])


def _described(contract: Contract, operation: str) -> Mapping[str, Any]:
    """What the OpenAPI document says of an operation."""
    every = (said for path in contract.openapi["paths"].values() for said in path.values() if isinstance(said, dict))
    return next((said for said in every if said.get("operationId") == operation), {})


def _touch(some: frozenset[str], others: frozenset[str]) -> bool:
    if not some or not others:
        return False
    return bool(some & others) or EVERYTHING in some | others


PROBES, CHAIN = 1, 2
"""How much haste there is: none for what only reads, some for what is sent many at a time, most for what is not."""

_MINE = threading.local()


def hurry(haste: int) -> None:
    """What this thread sends goes before what has less haste from now on: others wait for what it does."""
    _MINE.haste = haste


class Turns:
    """A session of which at most so many requests are under way at the same time; those with more haste go first."""

    def __init__(self, session: RequestSender, most: int) -> None:
        self._session, self._free = session, most
        self._turn = threading.Condition()
        self._waiting: Counter[int] = Counter()

    def send(self, request: Request, **options: Any) -> Exchange:
        self._take(getattr(_MINE, "haste", 0))
        try:
            return self._session.send(request, **options)
        finally:
            with self._turn:
                self._free += 1
                self._turn.notify_all()

    def _take(self, haste: int) -> None:
        with self._turn:
            self._waiting[haste] += 1
            try:
                self._turn.wait_for(lambda: self._free > 0 and haste >= max(+self._waiting))
                self._free -= 1
            finally:
                self._waiting[haste] -= 1
                # Those with less haste may have waited for nobody but this one.
                self._turn.notify_all()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


class Lanes:
    """Runs jobs, each as soon as those that it waits for are through."""

    def __init__(
        self,
        lanes: Mapping[str, Lane],
        run: Callable[[str], Any],
        workers: int,
        waits: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        """`waits` names what each job waits for: when absent, for earlier ones that it may not run beside."""
        self._lanes, self._run = lanes, run
        self._lock = threading.Lock()
        self._futures: dict[str, Future[Any]] = {name: Future() for name in lanes}
        waits = in_order(lanes) if waits is None else waits
        self._waiting = {name: set(waits.get(name, ())) for name in lanes}
        self._stopped = False
        # What reads must not keep what writes from beginning: others wait for that.
        self._reading = ThreadPoolExecutor(READING * workers, thread_name_prefix="reads")
        self._writing = ThreadPoolExecutor(
            max(1, len(lanes)), thread_name_prefix="writes", initializer=hurry, initargs=(CHAIN,)
        )

    def start(self) -> dict[str, Future[Any]]:
        """Begin; the result of each job as it will come."""
        for name in [name for name, earlier in self._waiting.items() if not earlier]:
            self._begin(name)
        return self._futures

    def stop(self) -> None:
        """Begin no more, and wait for what is under way."""
        with self._lock:
            self._stopped = True
        for future in self._futures.values():
            future.cancel()
        self._writing.shutdown()
        self._reading.shutdown()

    def _begin(self, name: str) -> None:
        (self._writing if self._lanes[name] != Lane() else self._reading).submit(self._work, name)

    def _work(self, name: str) -> None:
        future = self._futures[name]
        if future.set_running_or_notify_cancel():
            try:
                future.set_result(self._run(name))
            except BaseException as error:  # noqa: BLE001 - it is raised again where the result is asked for
                future.set_exception(error)
        with self._lock:
            for other, earlier in self._waiting.items():
                if name in earlier:
                    earlier.discard(name)
                    if not earlier and not self._stopped:
                        self._begin(other)


def in_order(lanes: Mapping[str, Lane]) -> dict[str, set[str]]:
    """For each job the earlier ones that it may not run beside."""
    names = list(lanes)
    return {
        name: {earlier for earlier in names[:place] if lanes[earlier].meets(lanes[name])}
        for place, name in enumerate(names)
    }
