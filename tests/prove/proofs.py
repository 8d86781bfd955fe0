"""The two proofs that the tests of this folder look at."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.prove.model import Proof


@dataclass(frozen=True, slots=True)
class Proofs:
    """A proof at smoke and one at standard, each with right servers."""

    smoke: Proof
    standard: Proof
