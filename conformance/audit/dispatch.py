"""Submits jobs to a pool of workers: as many at once as it has room for, those of one pace group in turn."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass

from conformance.audit.jobs import Job, JobOutcome
from conformance.errors import InternalError
from conformance.messages import Message

_CLEANUP_SECONDS = 60.0
"""Seconds to clean up, after the time of a target is over."""
_CHECK_CAPACITY = 5.0
"""Seconds after which the capacity of the pool is read again."""


@dataclass(frozen=True, slots=True)
class ExecutorPool:
    """Where jobs run: anything with the interface of `concurrent.futures.Executor`."""

    submit: Callable[[Job], Future[JobOutcome]]
    capacity: Callable[[], int]
    """How many jobs can run at the same time; it may change."""
    attempts: int = 1
    """How often a job may be started in all, because the worker that ran it died."""


@dataclass(slots=True)
class _Queue:
    """Targets that share a pace; the next may start when the requests of the last one no longer count."""

    waiting: deque[tuple[Job, float]]
    ready: float = 0.0


@dataclass(frozen=True, slots=True)
class _Task:
    job: Job
    queue: _Queue
    rest: float
    deadline: float


class JobDispatcher:
    """Yields the outcome of every job exactly once, as soon as it is there; never raises for one of them.

    The jobs of a group run one after the other, each with how many seconds to wait after it. A job that is not done
    long after its time is abandoned: its outcome is a problem, and the others go on.
    """

    def __init__(self, groups: Iterable[Iterable[tuple[Job, float]]], pool: ExecutorPool) -> None:
        self._pool = pool
        self._queues = [_Queue(deque(group)) for group in groups]
        self._under_way: dict[Future[JobOutcome], _Task] = {}
        self.abandoned = False
        """Whether there is a job that may never end."""

    def outcomes(self) -> Iterator[JobOutcome]:
        """Of all jobs, in the order in which they end."""
        while self._under_way or any(queue.waiting for queue in self._queues):
            yield from self._submit_free()
            if self._under_way:
                wait(self._under_way, timeout=self._seconds_to_wait(), return_when=FIRST_COMPLETED)
                yield from self._collect_done()
            else:
                ready = min((queue.ready for queue in self._queues if queue.waiting), default=0.0)
                time.sleep(max(0.0, ready - time.monotonic()))

    def drain(self, seconds: float) -> Iterator[JobOutcome]:
        """Start nothing more; yield the outcomes of running jobs that end within so many seconds."""
        for queue in self._queues:
            queue.waiting.clear()
        end = time.monotonic() + seconds
        while self._under_way and (left := end - time.monotonic()) > 0:
            wait(self._under_way, timeout=left, return_when=FIRST_COMPLETED)
            yield from self._collect_done()
        for future in self._under_way:
            self.abandoned = not future.cancel() or self.abandoned

    def _submit_free(self) -> Iterator[JobOutcome]:
        """Submit as many jobs as there is capacity for; yields the outcomes of those that cannot be submitted."""
        free = self._pool.capacity() - len(self._under_way)
        busy = {id(task.queue) for task in self._under_way.values()}
        for queue in self._queues:
            if free <= 0:
                return
            if not queue.waiting or id(queue) in busy or queue.ready > time.monotonic():
                continue
            job, rest = queue.waiting.popleft()
            try:
                future = self._pool.submit(job)
            except Exception as error:  # noqa: BLE001 - an executor may refuse with anything
                yield _failed(job, f"could not be submitted: {type(error).__name__}")
                continue
            deadline = time.monotonic() + job.options.seconds * self._pool.attempts + _CLEANUP_SECONDS
            self._under_way[future] = _Task(job, queue, rest, deadline)
            free -= 1

    def _collect_done(self) -> Iterator[JobOutcome]:
        for future, task in list(self._under_way.items()):
            if not future.done() and time.monotonic() <= task.deadline:
                continue
            del self._under_way[future]
            task.queue.ready = time.monotonic() + task.rest
            if future.done():
                yield _outcome(task.job, future)
            else:
                self.abandoned = not future.cancel() or self.abandoned
                waited = task.job.options.seconds * self._pool.attempts + _CLEANUP_SECONDS
                yield _failed(task.job, Message("not done after {seconds:g} s", seconds=waited))

    def _seconds_to_wait(self) -> float:
        """Seconds until something may have to be done that no future announces."""
        now = time.monotonic()
        moments = [task.deadline for task in self._under_way.values()]
        moments += [queue.ready for queue in self._queues if queue.waiting and queue.ready > now]
        return max(0.0, min(min(moments) - now + 0.01, _CHECK_CAPACITY))


def _outcome(job: Job, future: Future[JobOutcome]) -> JobOutcome:
    if future.cancelled():
        return _failed(job, Message("cancelled"))
    error = future.exception()
    if error is not None:
        return _failed(job, Message("the worker died: {error}", error=type(error).__name__))
    return future.result()


def _failed(job: Job, problem: str) -> JobOutcome:
    return JobOutcome(job.name, problem=problem, exit_code=InternalError.exit_code)
