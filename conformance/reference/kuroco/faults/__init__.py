"""The ways in which the Kuroco site can be wrong: each changes one decision and is known by its name."""

from __future__ import annotations

from typing import Final

from conformance.reference.decisions import Broken
from conformance.reference.kuroco.faults import access, answers, effects, speech, validation

__all__ = ["BROKEN"]

BROKEN: Final[tuple[Broken, ...]] = (
    *access.FAULTS, *answers.FAULTS, *speech.FAULTS, *validation.FAULTS, *effects.FAULTS,
)  # fmt: skip
