"""Whether a target is ready to be run: facts about it, found by reads alone, and never a verdict."""

from __future__ import annotations

from conformance.run.doctoring.doctor import Diagnosis, Fact, Load, examine

__all__ = ["Diagnosis", "Fact", "Load", "examine"]
