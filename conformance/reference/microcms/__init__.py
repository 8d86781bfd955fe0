"""The microCMS Management API, from its public documents: 32 rows of errors, and everything that is no error.

Source: microCMS's documents of the Management API (edition 2025-12-10); what they leave open is in `freedoms`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from conformance.reference.catalogue import Fault, Freedom

if TYPE_CHECKING:
    from conformance.reference.messages import Site

__all__ = ["beyond", "catalogue", "freedoms", "site"]


def catalogue() -> tuple[Fault, ...]:
    """Every way in which this server can be wrong."""
    from conformance.reference.microcms.faults import BROKEN  # noqa: PLC0415 - read when it is asked for

    return tuple(broken.fault for broken in BROKEN)


def beyond() -> tuple[Fault, ...]:
    """Every way in which this server can be wrong that no row of the tables speaks of."""
    from conformance.reference.microcms.faults.beyond import BEYOND  # noqa: PLC0415 - as above

    return tuple(broken.fault for broken in BEYOND)


def freedoms() -> tuple[Freedom, ...]:
    """Every question that the documents leave open."""
    from conformance.reference.microcms.questions import FREEDOMS  # noqa: PLC0415 - read when it is asked for

    return FREEDOMS


def site(faults: Sequence[str], freedoms: Mapping[str, str]) -> Site:
    """A service with these faults, and with a choice for every freedom."""
    from conformance.reference.microcms.faults import BROKEN  # noqa: PLC0415
    from conformance.reference.microcms.faults.beyond import BEYOND  # noqa: PLC0415
    from conformance.reference.microcms.service import Site as Service  # noqa: PLC0415 - a catalogue is read without Werkzeug

    wanted = set(faults)
    return Service((broken.make() for broken in (*BROKEN, *BEYOND) if broken.fault.name in wanted), freedoms)
