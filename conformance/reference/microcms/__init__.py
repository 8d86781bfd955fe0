"""A server of the microCMS Management API, written from its public documents (edition 2025-12-10): 32 error rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from conformance.reference.catalogue import Fault, Variant

if TYPE_CHECKING:
    from conformance.reference.microcms.application import MicrocmsApplication

__all__ = ["create_application", "list_faults", "list_variants"]


def list_faults() -> tuple[Fault, ...]:
    """Every fault of this server."""
    from conformance.reference.microcms.faults import FAULTY_SERVERS  # noqa: PLC0415 - a right server needs none

    return tuple(server.fault for server in FAULTY_SERVERS)


def list_variants() -> tuple[Variant, ...]:
    """Every question that the documents leave open."""
    from conformance.reference.microcms.variants import VARIANTS  # noqa: PLC0415 - read only on demand

    return VARIANTS


def create_application(faults: Sequence[str], choices: Mapping[str, str]) -> MicrocmsApplication:
    """A service with these faults; `choices` has one for every variant."""
    from conformance.reference.microcms.application import MicrocmsApplication  # noqa: PLC0415 - loads Werkzeug

    hooks = []
    if faults:
        from conformance.reference.microcms.faults import FAULTY_SERVERS  # noqa: PLC0415 - a right server needs none

        hooks = [one.make_hooks() for one in FAULTY_SERVERS if one.fault.name in faults]
    return MicrocmsApplication(hooks, choices)
