"""The contracts that come with the suite."""

from __future__ import annotations

from pathlib import Path

from conformance.contract.contract import Contract
from conformance.contract.loader import read_contract

CASES = Path(__file__).parents[1] / "cases"


def shipped_contract(name: str) -> Contract:
    """One of them by its name."""
    return read_contract(CASES / name)
