"""Which rows and explorations may run side by side, and how many requests may be under way at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from conformance.contract.contract import Contract
from conformance.plan.attempts import RowPlan
from conformance.run.ground import Sends
from conformance.wire import Exchange, Request

__all__ = ["EVERYTHING", "Lane", "Lanes", "Turns", "hurry", "lane_of", "lane_of_exploring"]

EVERYTHING = "*"
"""The lane of a write of which the contract does not say what it may change."""


@dataclass(frozen=True, slots=True)
class Lane:
    """What a job may change, and what it must not see changing."""

    changes: frozenset[str] = frozenset()
    sees: frozenset[str] = frozenset()

    def meets(self, other: Lane) -> bool:
        """Whether the two may not run side by side."""
        return _touch(self.changes, other.changes | other.sees) or _touch(other.changes, self.sees)


def lane_of(contract: Contract, plan: RowPlan) -> Lane:
    """The lane of a row; no lane at all for one that only reads, which needs nothing to stand still."""
    if plan.lacks or (plan.tiers <= {"read"} and not any(probe.tier != "read" for probe in plan.probes)):
        return Lane()
    chains = [plan.before, plan.after, plan.undo, *(control.steps for control in plan.controls)]
    calls = [(probe.operation, probe.tier) for probe in plan.probes]
    calls += [(each.operation, each.tier) for chain in chains for step in chain for each in (step, step.undo) if each]
    return Lane(frozenset(_name(contract, operation) for operation, tier in calls if tier != "read"))


def lane_of_exploring(contract: Contract, operation: str) -> Lane:
    """The lane of the exploration of an operation, which compares answers even where it only reads."""
    own = frozenset([_name(contract, operation)])
    return Lane(sees=own) if contract.operations[operation].tier == "read" else Lane(changes=own)


def _name(contract: Contract, operation: str) -> str:
    return contract.operations[operation].spec.lane or EVERYTHING


def _touch(changes: frozenset[str], others: frozenset[str]) -> bool:
    if not changes or not others:
        return False
    return bool(changes & others) or EVERYTHING in changes | others


_MINE = threading.local()


def hurry() -> None:
    """What this thread sends goes first from now on: others wait for what it does."""
    _MINE.hurries = True


class Turns:
    """A session of which at most so many requests are under way at the same time; threads that hurry go first."""

    def __init__(self, session: Sends, most: int) -> None:
        self._session, self._free = session, most
        self._turn = threading.Condition()
        self._hurrying = 0

    def send(self, request: Request, **options: Any) -> Exchange:
        self._take(hurries=getattr(_MINE, "hurries", False))
        try:
            return self._session.send(request, **options)
        finally:
            with self._turn:
                self._free += 1
                self._turn.notify_all()

    def _take(self, *, hurries: bool) -> None:
        with self._turn:
            self._hurrying += hurries
            try:
                self._turn.wait_for(lambda: self._free > 0 and (hurries or not self._hurrying))
                self._free -= 1
            finally:
                self._hurrying -= hurries

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


class Lanes:
    """Runs jobs as soon as every earlier one that they may not run beside is through."""

    def __init__(self, lanes: Mapping[str, Lane], run: Callable[[str], Any], workers: int) -> None:
        self._lanes, self._run = lanes, run
        self._lock = threading.Lock()
        self._futures: dict[str, Future[Any]] = {name: Future() for name in lanes}
        self._waiting = {name: _before(name, lanes) for name in lanes}
        self._stopped = False
        # What reads must not keep what writes from beginning: others wait for that.
        self._reading = ThreadPoolExecutor(workers, thread_name_prefix="reads")
        self._writing = ThreadPoolExecutor(workers, thread_name_prefix="writes", initializer=hurry)

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
        (self._writing if self._lanes[name].changes else self._reading).submit(self._work, name)

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


def _before(name: str, lanes: Mapping[str, Lane]) -> set[str]:
    """The earlier jobs that this one may not run beside."""
    found = set()
    for other, lane in lanes.items():
        if other == name:
            break
        if lane.meets(lanes[name]):
            found.add(other)
    return found
