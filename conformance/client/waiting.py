"""Waiting for a target that is still starting: until something accepts connections at its address."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from urllib.parse import urlsplit

_BETWEEN = 0.5
"""Seconds between two tries."""


def wait_until_listening(
    url: str,
    seconds: float,
    *,
    connect: Callable[[tuple[str, int], float], socket.socket] = socket.create_connection,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> bool:
    """Whether the host and port of a URL (a base URL, or a proxy's) accept a connection within so many seconds.

    No byte is sent: a connection is opened and closed again. Where `seconds` is 0, nothing is tried.
    """
    parts = urlsplit(url)
    address = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
    end = clock() + seconds
    while (left := end - clock()) > 0:
        try:
            connect(address, min(left, 5.0)).close()
        except OSError:
            sleep(min(_BETWEEN, max(end - clock(), 0.0)))
        else:
            return True
    return False
