"""The faults of the Kuroco site as tables; each entry changes one decision and names the rows that it breaks."""

from __future__ import annotations

from conformance.reference.kuroco.faults import generic, special

__all__ = ["FAULTY_SERVERS"]

FAULTY_SERVERS = (*special.FAULTS, *generic.FAULTS)
