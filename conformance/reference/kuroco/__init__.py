"""A server of one Kuroco site, written from the vendor's documents: accounts, tokens, topics and their validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from conformance.reference.catalogue import Fault, Variant

if TYPE_CHECKING:
    from conformance.reference.kuroco.application import KurocoApplication

__all__ = ["create_application", "list_faults", "list_variants"]


def list_faults() -> tuple[Fault, ...]:
    """Every fault of this server."""
    from conformance.reference.kuroco.faults import FAULTY_SERVERS  # noqa: PLC0415 - a right server needs none

    return tuple(server.fault for server in FAULTY_SERVERS)


def list_variants() -> tuple[Variant, ...]:
    """Every question that the documents leave open, those of HTTP and JSON included."""
    from conformance.reference.kuroco.variants import VARIANTS  # noqa: PLC0415 - read only on demand

    return VARIANTS


def create_application(faults: Sequence[str], choices: Mapping[str, str]) -> KurocoApplication:
    """A site with these faults; `choices` has one for every variant."""
    from conformance.reference.kuroco.application import KurocoApplication  # noqa: PLC0415 - loads Werkzeug

    hooks = []
    if faults:
        from conformance.reference.kuroco.faults import FAULTY_SERVERS  # noqa: PLC0415 - a right server needs none

        hooks = [one.make_hooks() for one in FAULTY_SERVERS if one.fault.name in faults]
    return KurocoApplication(hooks, choices)
