"""Runs jobs on threads of this process or on the workers of a Dask cluster.

As many jobs run at once as the pool has capacity; those of one pace group run one after the other.
"""

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from conformance.audit.jobs import Job, JobOutcome
from conformance.audit.worker import run_job
from conformance.client.large_bodies import one_target_at_a_time
from conformance.errors import ConfigError, InternalError, Problem
from conformance.messages import Message

_SWITCH_INTERVAL = 0.02
"""Seconds that a thread may keep the interpreter; with the default, many threads spend their time on switching."""
_CONNECT = "10s"
_ATTEMPTS = 4
"""The most starts of a job, which is restarted on another worker if its own dies."""
_CLEANUP_SECONDS = 60.0
"""Seconds for the clean-up after the time of a target is over."""
_POLL_SECONDS = 0.2
"""Seconds between polls for free capacity, and for the end of a pause or of a job's time."""


@dataclass(frozen=True, slots=True)
class ExecutorPool:
    """A pool that runs jobs through the interface of `concurrent.futures.Executor`."""

    submit: Callable[[Job], Future[JobOutcome]]
    capacity: Callable[[], int]
    """Returns how many jobs can run at the same time, which may change."""
    attempts: int = 1
    """The most starts of a job, if its workers die."""


@contextmanager
def thread_executor(count: int, stop_signal: threading.Event) -> Iterator[ExecutorPool]:
    """Yield a pool of threads of this process; many fit, because they mostly wait for targets."""
    pool = ThreadPoolExecutor(count, thread_name_prefix="audit")
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_INTERVAL)
    try:
        with one_target_at_a_time():
            yield ExecutorPool(lambda job: pool.submit(run_job, job, stop_signal), lambda: count)
    finally:
        sys.setswitchinterval(before)
        pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def dask_executor(address: str, most: int | None = None) -> Iterator[ExecutorPool]:
    """Yield the workers of a Dask scheduler (`tcp://host:8786`), which get no secrets; raise ConfigError if none."""
    distributed = _distributed()
    try:
        client = distributed.Client(address, timeout=_CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        what = f"no Dask scheduler answers there ({type(error).__name__})"
        raise ConfigError([Problem("--scheduler", what, "start one with `dask scheduler`")]) from None

    executor = client.get_executor(pure=False, retries=_ATTEMPTS - 1)

    def capacity() -> int:
        there: int = sum(client.nthreads().values())
        return max(1, there if most is None else min(there, most))

    try:
        yield ExecutorPool(partial(executor.submit, run_job), capacity, _ATTEMPTS)
    finally:
        executor.shutdown(wait=False)
        client.close()


def _distributed() -> Any:
    try:
        import distributed  # noqa: PLC0415 - an optional package
    except ImportError:
        hint = "install conformance[dask]"
        raise ConfigError([Problem("--scheduler", "the package `distributed` is not installed", hint)]) from None
    return distributed


@dataclass(slots=True)
class _Queue:
    """Jobs that share a pace; the first of `waiting` is running or starts next, from `ready` on."""

    waiting: deque[Job]
    ready: float = 0.0
    future: Future[JobOutcome] | None = None
    deadline: float = 0.0


class JobDispatcher:
    """Submits jobs to a pool, and yields the outcome of each job exactly once; a failing job raises nothing.

    The jobs of a group run one after the other, with a pause of the seconds of their pace. A job that is far beyond
    its time is abandoned: its outcome is a problem, and the others continue.
    """

    def __init__(self, groups: Iterable[Iterable[Job]], pool: ExecutorPool) -> None:
        self._pool = pool
        self._queues = [_Queue(deque(group)) for group in groups]
        self.abandoned = False
        """Whether a job was abandoned that may never end."""

    def outcomes(self) -> Iterator[JobOutcome]:
        """Run all jobs, and yield their outcomes in the order in which they end."""
        while any(queue.waiting for queue in self._queues):
            free = self._pool.capacity() - len(self._running())
            startable = [one for one in self._queues if one.waiting and one.future is None]
            for queue in [one for one in startable if one.ready <= time.monotonic()][: max(0, free)]:
                yield from self._submit(queue)
            yield from self._collect(_POLL_SECONDS)

    def drain(self, seconds: float) -> Iterator[JobOutcome]:
        """Start no more jobs, and yield the outcomes of running ones that end within so many seconds."""
        end = time.monotonic() + seconds
        while self._running() and (left := end - time.monotonic()) > 0:
            yield from self._collect(left)
        for queue in self._running():
            self.abandoned = not (queue.future and queue.future.cancel()) or self.abandoned

    def _running(self) -> list[_Queue]:
        return [queue for queue in self._queues if queue.future is not None]

    def _submit(self, queue: _Queue) -> Iterator[JobOutcome]:
        """Submit the next job; yield an outcome if that fails."""
        job = queue.waiting[0]
        try:
            queue.future = self._pool.submit(job)
        except Exception as error:  # noqa: BLE001 - an executor may raise anything
            queue.waiting.popleft()
            yield _failed_outcome(job, f"could not be submitted: {type(error).__name__}")
        queue.deadline = time.monotonic() + self._time_limit(job)

    def _time_limit(self, job: Job) -> float:
        return job.options.seconds * self._pool.attempts + _CLEANUP_SECONDS

    def _collect(self, seconds: float) -> Iterator[JobOutcome]:
        """Wait until a job ends, at most so many seconds; yield the outcomes of ended and abandoned jobs."""
        if not self._running():
            time.sleep(seconds)
        wait([queue.future for queue in self._running() if queue.future], seconds, FIRST_COMPLETED)
        for queue in self._running():
            future = queue.future
            if future is None or not (future.done() or time.monotonic() > queue.deadline):
                continue
            job = queue.waiting.popleft()
            queue.future, queue.ready = None, time.monotonic() + (job.pace.seconds if job.pace else 0.0)
            if future.done():
                yield _read_outcome(job, future)
            else:
                self.abandoned = not future.cancel() or self.abandoned
                yield _failed_outcome(job, Message("not done after {seconds:g} s", seconds=self._time_limit(job)))


def _read_outcome(job: Job, future: Future[JobOutcome]) -> JobOutcome:
    if future.cancelled():
        return _failed_outcome(job, Message("cancelled"))
    error = future.exception()
    if error is not None:
        return _failed_outcome(job, Message("the worker died: {error}", error=type(error).__name__))
    return future.result()


def _failed_outcome(job: Job, problem: str) -> JobOutcome:
    return JobOutcome(job.name, problem=problem, exit_code=InternalError.exit_code)
