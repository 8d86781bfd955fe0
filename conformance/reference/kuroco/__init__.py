"""A Kuroco site in one process, written from the documents: accounts, tokens, topics, both validation layers.

`server` answers one request. `choices` holds what the documents leave open, which is where conforming sites differ;
`faults` holds the ways in which a site can be wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conformance.reference.catalogue import Fault, Freedom
from conformance.reference.kuroco.choices import FREEDOMS
from conformance.reference.messages import Site

__all__ = ["beyond", "catalogue", "freedoms", "site"]


def catalogue() -> tuple[Fault, ...]:
    """Every way in which this site can be wrong."""
    from conformance.reference.kuroco.faults import BROKEN  # noqa: PLC0415 - a right site has no use for them

    return tuple(broken.fault for broken in BROKEN)


def beyond() -> tuple[Fault, ...]:
    """Every way in which this site can be wrong that no row of the tables speaks of."""
    from conformance.reference.kuroco.faults.beyond import BEYOND  # noqa: PLC0415 - as above

    return tuple(broken.fault for broken in BEYOND)


def freedoms() -> tuple[Freedom, ...]:
    """Every question that the documents leave open, those of the wire included."""
    from conformance.reference.layout import FREEDOMS as WIRE  # noqa: PLC0415

    return (*FREEDOMS, *WIRE)


def site(faults: Sequence[str], freedoms: Mapping[str, str]) -> Site:
    """A site with these faults, which chose these freedoms (each of them)."""
    from conformance.reference.kuroco.faults import BROKEN  # noqa: PLC0415
    from conformance.reference.kuroco.faults.beyond import BEYOND  # noqa: PLC0415
    from conformance.reference.kuroco.server import KurocoSite  # noqa: PLC0415

    twists = [broken.make() for broken in (*BROKEN, *BEYOND) if broken.fault.name in faults]
    return KurocoSite(twists, freedoms)
