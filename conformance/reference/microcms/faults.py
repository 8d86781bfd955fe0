"""Every way in which this server can be wrong, by table."""

from __future__ import annotations

from typing import Final

from conformance.reference.decisions import Broken

__all__ = ["BROKEN"]

BROKEN: Final[tuple[Broken, ...]] = ()
