"""Pools that run jobs: threads of this process, or the workers of a Dask cluster."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

from conformance.audit.dispatch import ExecutorPool
from conformance.audit.worker import run_job
from conformance.client.large_bodies import one_target_at_a_time
from conformance.errors import ConfigError, Problem

_SWITCH_INTERVAL = 0.02
"""Seconds that a thread may keep the interpreter: with the default, many threads mostly switch."""
_CONNECT = "10s"
_ATTEMPTS = 4
"""A job is started again on another worker when its own dies; at most so many times in all."""


@contextmanager
def thread_executor(count: int, stop_signal: threading.Event) -> Iterator[ExecutorPool]:
    """Targets wait on latency most of the time, so many fit on one processor."""
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
    """The workers of a Dask scheduler, `tcp://host:8786`; raises ConfigError where there is none.

    A job is sent there and an outcome comes back; neither holds a secret.
    """
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
        import distributed  # noqa: PLC0415 - an extra
    except ImportError:
        hint = "install conformance[dask]"
        raise ConfigError([Problem("--scheduler", "the package `distributed` is not installed", hint)]) from None
    return distributed
