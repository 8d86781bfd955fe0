"""What the tests of this folder are about."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.prove.model import Proof


@dataclass(frozen=True, slots=True)
class Proofs:
    """All faults at smoke, and a sample of them with right servers at standard."""

    smoke: Proof
    standard: Proof
