"""Hands out orders: as many at once as there are hands, of one pace group one after the other."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass

from conformance.audit.job import Job, JobOutcome
from conformance.errors import InternalError

__all__ = ["ExecutorPool", "JobDispatcher"]

_GRACE = 60.0
"""Seconds to clean up, after the time of a target is over."""
_LOOK = 5.0
"""Seconds after which the number of hands is looked at again."""


@dataclass(frozen=True, slots=True)
class ExecutorPool:
    """Whoever works: anything with the interface of `concurrent.futures.Executor`."""

    submit: Callable[[Job], Future[JobOutcome]]
    hands: Callable[[], int]
    """How many units of work can be under way; it may change."""
    lives: int = 1
    """How often a unit of work may begin anew, because the worker that had it died."""


@dataclass(slots=True)
class _Queue:
    """Targets that share a pace; the next may begin when the pace has forgotten the last one's requests."""

    waiting: deque[tuple[Job, float]]
    ready: float = 0.0


@dataclass(frozen=True, slots=True)
class _Task:
    order: Job
    queue: _Queue
    rest: float
    deadline: float


class JobDispatcher:
    """Gives the outcome of every order exactly once, as soon as it is there; never raises for one of them.

    Each group's orders come one after the other, each with how many seconds to wait after it. A unit of work that is
    not done long after its time is given up: its line says so, and the others go on.
    """

    def __init__(self, groups: Iterable[Iterable[tuple[Job, float]]], crew: ExecutorPool) -> None:
        self._crew = crew
        self._queues = [_Queue(deque(group)) for group in groups]
        self._under_way: dict[Future[JobOutcome], _Task] = {}
        self.abandoned = False
        """Whether there is a unit of work that may never end."""

    def outcomes(self) -> Iterator[JobOutcome]:
        """Of all orders."""
        while self._under_way or any(queue.waiting for queue in self._queues):
            yield from self._begun()
            if self._under_way:
                wait(self._under_way, timeout=self._patience(), return_when=FIRST_COMPLETED)
                yield from self._ended()
            else:
                ready = min((queue.ready for queue in self._queues if queue.waiting), default=0.0)
                time.sleep(max(0.0, ready - time.monotonic()))

    def drained(self, seconds: float) -> Iterator[JobOutcome]:
        """Begin nothing more; of those under way, the outcomes that come within so many seconds."""
        for queue in self._queues:
            queue.waiting.clear()
        end = time.monotonic() + seconds
        while self._under_way and (left := end - time.monotonic()) > 0:
            wait(self._under_way, timeout=left, return_when=FIRST_COMPLETED)
            yield from self._ended()
        for future in self._under_way:
            self.abandoned = not future.cancel() or self.abandoned

    def _begun(self) -> Iterator[JobOutcome]:
        """Hand out what there are hands for; yields only what cannot be handed out."""
        free = self._crew.hands() - len(self._under_way)
        busy = {id(task.queue) for task in self._under_way.values()}
        for queue in self._queues:
            if free <= 0:
                return
            if not queue.waiting or id(queue) in busy or queue.ready > time.monotonic():
                continue
            order, rest = queue.waiting.popleft()
            try:
                future = self._crew.submit(order)
            except Exception as error:  # noqa: BLE001 - an executor may refuse with anything
                yield _failed(order, f"could not be handed out: {type(error).__name__}")
                continue
            deadline = time.monotonic() + order.manner.seconds * self._crew.lives + _GRACE
            self._under_way[future] = _Task(order, queue, rest, deadline)
            free -= 1

    def _ended(self) -> Iterator[JobOutcome]:
        for future, task in list(self._under_way.items()):
            if not future.done() and time.monotonic() <= task.deadline:
                continue
            del self._under_way[future]
            task.queue.ready = time.monotonic() + task.rest
            if future.done():
                yield _outcome(task.order, future)
            else:
                self.abandoned = not future.cancel() or self.abandoned
                waited = task.order.manner.seconds * self._crew.lives + _GRACE
                yield _failed(task.order, f"gave no sign of life for {waited:g} s")

    def _patience(self) -> float:
        """Until something may have to be done that no future announces."""
        now = time.monotonic()
        moments = [task.deadline for task in self._under_way.values()]
        moments += [queue.ready for queue in self._queues if queue.waiting and queue.ready > now]
        return max(0.0, min(min(moments) - now + 0.01, _LOOK))


def _outcome(order: Job, future: Future[JobOutcome]) -> JobOutcome:
    if future.cancelled():
        return _failed(order, "cancelled")
    error = future.exception()
    if error is not None:
        return _failed(order, f"the worker died: {type(error).__name__}")
    return future.result()


def _failed(order: Job, problem: str) -> JobOutcome:
    return JobOutcome(order.name, problem=problem, exit_code=InternalError.exit_code)
