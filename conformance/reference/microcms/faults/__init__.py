"""The faults of the microCMS server as tables; each entry changes one decision and names the rows that it breaks."""

from __future__ import annotations

from typing import Final

from conformance.reference.hooks import FaultyServer
from conformance.reference.microcms.context import MicrocmsContext
from conformance.reference.microcms.faults import generic, special

__all__ = ["FAULTY_SERVERS"]

FAULTY_SERVERS: Final[tuple[FaultyServer[MicrocmsContext], ...]] = (*special.FAULTS, *generic.FAULTS)
