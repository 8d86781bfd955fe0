"""The contracts that come with the suite, each read once in a process: reading one takes a tenth of a second."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from conformance.contract.contract import Contract
from conformance.contract.loader import read_contract

CASES = Path(__file__).parents[1] / "cases"


@cache
def shipped_contract(name: str) -> Contract:
    """One of them by its name."""
    return read_contract(CASES / name)
