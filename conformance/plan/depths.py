"""How much each depth tries."""

from __future__ import annotations

from conformance.contract.schema import Depth

DEPTHS: tuple[Depth, ...] = ("smoke", "standard", "thorough")
DRAWN: dict[Depth, int] = {"smoke": 0, "standard": 1, "thorough": 100}
DRAWN_CONTROLS: dict[Depth, int] = {"smoke": 0, "standard": 1, "thorough": 10}
SMOKE_REQUESTS = 3
"""What a row costs at `smoke` on average, its control included."""
FIRM = 4
"""Firm probes that each row has at least."""


def reaches(depth: Depth, expected: Depth) -> bool:
    """Whether what is done from `expected` on is done at `depth`."""
    return DEPTHS.index(expected) <= DEPTHS.index(depth)
