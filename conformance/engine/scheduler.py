"""Runs the jobs of a run side by side: what only reads at any time, what writes while it holds its resources.

A job takes all its resources at once when it begins and gives them back when it ends, so none waits for another while
it holds something, and no two that write to the same resource overlap, unless both write only to what they have made.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from conformance.contract.contract import Contract
from conformance.engine.context import RequestSender
from conformance.http import Exchange, Request
from conformance.plan.model import RowPlan

ANY_RESOURCE = "*"
"""The resource of an operation for which the contract names none: it stands for every resource."""


@dataclass(frozen=True, slots=True)
class ScheduledJob:
    """One thing to run.

    `resources` are what it reads or writes. With `writes`, it holds them all for its whole length, beside others that
    are `isolated` if it is so too. It begins only after the jobs named in `after` have ended.
    """

    name: str
    run: Callable[[], Any]
    resources: frozenset[str] = frozenset()
    writes: bool = False
    after: frozenset[str] = frozenset()
    isolated: bool = False

    def shares_resource(self, other: ScheduledJob) -> bool:
        """Whether the two have to do with the same resource."""
        if not self.resources or not other.resources:
            return False
        return bool(self.resources & other.resources) or ANY_RESOURCE in self.resources | other.resources


def resources_of_row(contract: Contract, plan: RowPlan) -> frozenset[str]:
    """Every resource that a request of the row reads or writes."""
    return frozenset().union(*(resources_of_operation(contract, name) for name in plan.operations))


def is_isolated(contract: Contract, plan: RowPlan) -> bool:
    """Return whether a row writes only to what it has made, and reads nothing else: a list may hold others."""
    own_reads = {resource.get.call for resource in contract.file.created_resources.values() if resource.get}
    return all(contract.operations[name].spec.isolated for name in plan.operations - own_reads)


def resources_of_operation(contract: Contract, operation: str) -> frozenset[str]:
    """The resource that the contract names for an operation; `ANY_RESOURCE` where it names none."""
    return frozenset([contract.operations[operation].spec.resource or ANY_RESOURCE])


class LimitedSender:
    """A sender with at most `most` requests under way at the same time; everything else is the inner sender's."""

    def __init__(self, sender: RequestSender, most: int) -> None:
        self._sender, self._slots = sender, threading.BoundedSemaphore(most)

    def send(self, request: Request, **options: Any) -> Exchange:
        with self._slots:
            return self._sender.send(request, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sender, name)


class Scheduler:
    """Runs jobs on `workers` threads, each as early as its resources and the jobs before it allow.

    Of the jobs that may begin, the first in the given order does. The result of a job is a future, also where it
    raised; `stop` cancels those that have not begun.
    """

    def __init__(self, jobs: Iterable[ScheduledJob], workers: int) -> None:
        self._waiting = {job.name: job for job in jobs}
        self._running: dict[str, tuple[ScheduledJob, int]] = {}
        """The jobs that run, each with its thread."""
        self._disturbed: set[str] = set()
        """The jobs to one of whose resources another one wrote while they ran."""
        self._ended: set[str] = set()
        self._alone_requested = self._alone_inside = 0
        """Callers that wait until no other job runs, or make use of it; so many of the running jobs are among them."""
        self._alone = self._stopped = False
        self._changed = threading.Condition()
        self.futures: Mapping[str, Future[Any]] = {name: Future() for name in self._waiting}
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="rows")
        self._workers = workers

    def start(self) -> None:
        for _ in range(min(self._workers, len(self.futures))):
            self._pool.submit(self._work)

    def stop(self) -> None:
        """Begin nothing more, and wait for the jobs that are running."""
        with self._changed:
            self._stopped = True
            for name in self._waiting:
                self.futures[name].cancel()
            self._changed.notify_all()
        self._pool.shutdown()

    def was_disturbed(self, name: str) -> bool:
        """Whether another job has written to one of the resources of this job while it ran."""
        with self._changed:
            return name in self._disturbed

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No job but the calling one runs inside of this block, nor begins before it ends."""
        with self._changed:
            inside = any(thread == threading.get_ident() for _, thread in self._running.values())
            self._alone_requested += 1
            self._alone_inside += inside
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._alone and len(self._running) == self._alone_inside)
            self._alone = True
        try:
            yield
        finally:
            with self._changed:
                self._alone = False
                self._alone_requested -= 1
                self._alone_inside -= inside
                self._changed.notify_all()

    def _work(self) -> None:
        while (job := self._take()) is not None:
            future = self.futures[job.name]
            try:
                future.set_result(job.run())
            except BaseException as error:  # noqa: BLE001 - it is raised again where the result is asked for
                future.set_exception(error)
            with self._changed:
                del self._running[job.name]
                self._ended.add(job.name)
                self._changed.notify_all()

    def _take(self) -> ScheduledJob | None:
        """Wait for the next job that may begin; None once there is none left."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or not self._waiting or self._next() is not None)
            job = None if self._stopped else self._next()
            if job is None or not self.futures[job.name].set_running_or_notify_cancel():
                return None
            del self._waiting[job.name]
            for other, _ in self._running.values():
                if job.shares_resource(other):
                    self._disturbed |= {job.name} if other.writes else set()
                    self._disturbed |= {other.name} if job.writes else set()
            self._running[job.name] = job, threading.get_ident()
            self._changed.notify_all()
            return job

    def _next(self) -> ScheduledJob | None:
        held = [job for job, _ in self._running.values() if job.writes]
        for job in self._waiting.values() if not self._alone_requested else ():
            others = [other for other in held if not (job.isolated and other.isolated)]
            is_held = job.writes and any(map(job.shares_resource, others))
            if job.after & self.futures.keys() <= self._ended and not is_held:
                return job
        return None
