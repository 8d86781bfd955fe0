"""Locks between processes that run rows against one target at the same time, as `pytest -n 4` does.

What a job writes to is held by one process for the length of the job, as the scheduler does it between threads.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # there are no such locks on Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ["ProcessLocks", "name_shared_file"]

_POLL_SECONDS = 0.05


def name_shared_file(kind: str, base_url: str) -> str:
    """The name of a file by which processes that run against one target know of each other."""
    return f".{kind}-{hashlib.sha256(base_url.encode()).hexdigest()[:12]}"


class ProcessLocks:
    """One file for each resource of one target, in a folder that all processes share; without one, no locks at all.

    A lock ends with the process that holds it. `stopping` ends every wait: what follows runs without the lock.
    """

    def __init__(self, folder: Path | None, base_url: str, stopping: threading.Event) -> None:
        self._folder, self._stopping = folder, stopping
        self._prefix = name_shared_file("lock", base_url)

    @property
    def are_shared(self) -> bool:
        """Whether other processes may be running rows against the target."""
        return self._folder is not None and fcntl is not None

    @contextmanager
    def hold(self, resources: Iterable[str]) -> Iterator[None]:
        """Hold the locks of these resources, taken in one order by everybody, so that nobody waits for ever."""
        with ExitStack() as stack:
            for resource in sorted(set(resources)) if self.are_shared else ():
                stack.enter_context(self._hold_one(resource))
            yield

    @contextmanager
    def _hold_one(self, resource: str) -> Iterator[None]:
        assert self._folder is not None
        self._folder.mkdir(parents=True, exist_ok=True)
        name = "any" if not resource.isidentifier() else resource
        file = os.open(self._folder / f"{self._prefix}-{name}", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            while not self._try(file) and not self._stopping.wait(_POLL_SECONDS):
                pass
            yield
        finally:
            os.close(file)

    @staticmethod
    def _try(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
