"""Waiting for a target that is still starting: until something accepts connections at its address."""

from __future__ import annotations

import socket
import time
from urllib.parse import urlsplit

_BETWEEN = 0.5
"""Seconds between two tries."""


def wait_until_listening(url: str, seconds: float) -> bool:
    """Whether the host and port of a URL (a base URL, or a proxy's) accept a connection within so many seconds.

    No byte is sent: a connection is opened and closed again. Where `seconds` is 0, nothing is tried.
    """
    parts = urlsplit(url)
    address = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        try:
            socket.create_connection(address, min(left, 5.0)).close()
        except OSError:
            time.sleep(min(_BETWEEN, max(end - time.monotonic(), 0.0)))
        else:
            return True
    return False
