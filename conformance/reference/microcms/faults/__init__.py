"""Every way in which this server can be wrong: each fault changes one decision, and names the rows it violates."""

from __future__ import annotations

from typing import Final

from conformance.reference.decisions import Broken
from conformance.reference.microcms.faults import (
    bodies,
    content,
    deletions,
    every_row,
    gates,
    lists,
    members,
    pages,
    searches,
    statuses,
    uploads,
)

__all__ = ["BROKEN"]

BROKEN: Final[tuple[Broken, ...]] = (
    *gates.FAULTS,
    *lists.FAULTS,
    *pages.FAULTS,
    *content.FAULTS,
    *statuses.FAULTS,
    *bodies.FAULTS,
    *searches.FAULTS,
    *uploads.FAULTS,
    *deletions.FAULTS,
    *members.FAULTS,
    *every_row.FAULTS,
)
"""All of them, with their behaviour."""
