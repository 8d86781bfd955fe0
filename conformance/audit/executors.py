"""Who does the work: threads of this process, or the workers of a Dask cluster."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

from conformance.audit.dispatch import ExecutorPool
from conformance.audit.job import Job, JobOutcome
from conformance.audit.stop import StopSignal
from conformance.audit.worker import run_job
from conformance.errors import ConfigError, Problem

__all__ = ["dask_executor", "thread_executor"]

_TURN = 0.02
"""Seconds that a thread may keep the interpreter: many short turns cost forty threads a third of the processor."""
_CONNECT = "10s"
_LIVES = 4
"""A unit of work begins anew on another worker when its own dies, at most so many times in all."""


@contextmanager
def thread_executor(count: int, halt: StopSignal) -> Iterator[ExecutorPool]:
    """Targets wait on latency most of the time, so many fit on one processor."""
    pool = ThreadPoolExecutor(count, thread_name_prefix="audit")
    before = sys.getswitchinterval()
    sys.setswitchinterval(_TURN)
    try:
        yield ExecutorPool(_with_halt(pool, halt), lambda: count)
    finally:
        sys.setswitchinterval(before)
        pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def dask_executor(address: str, most: int | None = None) -> Iterator[ExecutorPool]:
    """The workers of a Dask scheduler, `tcp://host:8786`; raises Unusable where there is none.

    What travels there is an order, what comes back an outcome; neither holds a secret.
    """
    distributed = _distributed()
    try:
        client = distributed.Client(address, timeout=_CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        what = f"no Dask scheduler answers there ({type(error).__name__})"
        raise ConfigError([Problem("--scheduler", what, "start one with `dask scheduler`")]) from None

    executor = client.get_executor(pure=False, retries=_LIVES - 1)

    def hands() -> int:
        there: int = sum(client.nthreads().values())
        return max(1, there if most is None else min(there, most))

    try:
        yield ExecutorPool(partial(executor.submit, run_job), hands, _LIVES)
    finally:
        executor.shutdown(wait=False)
        client.close()


def _with_halt(pool: ThreadPoolExecutor, halt: StopSignal) -> Callable[[Job], Future[JobOutcome]]:
    return lambda order: pool.submit(run_job, order, halt)


def _distributed() -> Any:
    try:
        import distributed  # noqa: PLC0415 - an extra
    except ImportError:
        hint = "install conformance[dask]"
        raise ConfigError([Problem("--scheduler", "the package `distributed` is not installed", hint)]) from None
    return distributed
