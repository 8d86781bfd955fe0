"""What one request may cost, and what the target may be asked."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Access", "Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Times in seconds, sizes in bytes.

    `connect` is for the connection, `read` for each wait for a byte, `whole` for an answer from its request to its
    end. At most `most` bytes of an answer are read and `keep` of them kept. A request is sent at most `tries` times,
    and `patience` bounds all that is waited between its tries.
    """

    connect: float = 10.0
    read: float = 10.0
    whole: float = 10.0
    keep: int = 1 << 20
    most: int = 16 << 20
    tries: int = 4
    patience: float = 60.0


@dataclass(frozen=True, slots=True)
class Access:
    """Where requests may go, and with which permissions: a request outside either never leaves.

    `ca_bundle` and `client_cert` are paths of PEM files (the latter holds certificate and key).
    """

    base_url: str
    permissions: frozenset[str] = frozenset({"read"})
    ca_bundle: str | None = None
    client_cert: str | None = None
