"""The faults of the microCMS server as tables; each entry changes one decision and names the rows that it breaks."""

from __future__ import annotations

from conformance.reference.microcms.faults import generic, special

__all__ = ["FAULTY_SERVERS"]

FAULTY_SERVERS = (*special.FAULTS, *generic.FAULTS)
