"""One pace for all processes of this machine that send to one target: a file tells when requests were answered.

The file holds two integers, how many processes use it and how many requests there were, and then, for each of the last
so many requests, when it was answered, in seconds of the machine's own clock; negative as long as it is under way.
"""

from __future__ import annotations

import hashlib
import os
import struct
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_UN, flock
from pathlib import Path
from typing import Final

from conformance.target.schema import Pace

_USERS, _COUNT, _FIRST = 0, 8, 16
"""Where in the file each number stands."""
_LOST: Final = 5.0
"""Seconds after which a request that is under way counts as answered: its process may have been killed."""
_LOOK_AGAIN: Final = 0.01
"""Seconds between two looks at whether one that is under way was answered."""


class SharedPace:
    """Turns of the processes that send to one target at one pace. Where no file can be had, nobody is waited for.

    Safe for threads; whoever opens it a second time in one process counts as another one.
    """

    def __init__(self, pace: Pace, target: str) -> None:
        self._pace, self._lock = pace, threading.Lock()
        name = hashlib.sha256(f"{target} {pace.requests}/{pace.seconds}".encode()).hexdigest()[:32]
        self._path = Path(tempfile.gettempdir(), f"conformance-{os.getuid()}", f"pace-{name}")
        self._file: int | None = None

    def begin(self, *, wait: bool) -> tuple[int, float]:
        """Take the next turn; its number and 0, or the seconds after which to ask again."""
        with suppress(OSError, struct.error), self._locked() as file:
            count, now = int(_read(file, "q", _COUNT)), time.monotonic()
            place = _FIRST + 8 * (count % self._pace.requests)
            answered = _read(file, "d", place)
            if wait and answered < 0 and -answered <= now < _LOST - answered:
                return -1, _LOOK_AGAIN
            if wait and 0 < answered <= now < answered + self._pace.seconds:  # one later than now is of an earlier boot
                return -1, answered + self._pace.seconds - now
            os.pwrite(file, struct.pack("d", -now), place)
            os.pwrite(file, struct.pack("q", count + 1), _COUNT)
            return place, 0.0
        return -1, 0.0

    def end(self, turn: int) -> None:
        """The request of this turn was answered, or never will be."""
        if turn >= 0 and self._file is not None:
            with suppress(OSError):
                os.pwrite(self._file, struct.pack("d", time.monotonic()), turn)

    def close(self) -> None:
        """Let go of the file, which is deleted by the last who uses it; the next turn opens it again."""
        if self._file is None:
            return
        with suppress(OSError, struct.error), self._locked() as file:
            users = int(_read(file, "q", _USERS)) - 1
            os.pwrite(file, struct.pack("q", users), _USERS)
            if users <= 0:
                self._path.unlink(missing_ok=True)
        file, self._file = self._file, None
        os.close(file)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        with self._lock:
            file = self._file = self._open() if self._file is None else self._file
            flock(file, LOCK_EX)
            try:
                yield file
            finally:
                flock(file, LOCK_UN)

    def _open(self) -> int:
        """Open the file, and count as one who uses it; OSError where it is somebody else's."""
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        if self._path.parent.lstat().st_uid != os.getuid():
            raise PermissionError(self._path)
        while True:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            flock(file, LOCK_EX)
            if os.fstat(file).st_nlink:  # else the last who used it has deleted it meanwhile
                os.pwrite(file, struct.pack("q", int(_read(file, "q", _USERS)) + 1), _USERS)
                return file
            os.close(file)


def _read(file: int, form: str, place: int) -> float:
    """A number of the file; 0 where it is not as long."""
    data = os.pread(file, 8, place)
    return struct.unpack(form, data)[0] if len(data) == 8 else 0
