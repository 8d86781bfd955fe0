"""The faults of the Kuroco site as tables; each entry changes one decision and names the rows that it breaks."""

from __future__ import annotations

from typing import Final

from conformance.reference.hooks import FaultyServer
from conformance.reference.kuroco.context import KurocoContext
from conformance.reference.kuroco.faults import generic, special

__all__ = ["FAULTY_SERVERS"]

FAULTY_SERVERS: Final[tuple[FaultyServer[KurocoContext], ...]] = (*special.FAULTS, *generic.FAULTS)
