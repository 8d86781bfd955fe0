"""A comparison for other programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from conformance.report.comparing.model import Comparison
from conformance.results.unseen import json_text

__all__ = ["FORMAT", "write"]

FORMAT: Final = 1


def write(comparison: Comparison) -> str:
    """JSON: `format`, `worse`, `drifted`, `changed`, and then every field of the comparison under its own name."""
    return json_text(_value(comparison))


def _value(comparison: Comparison) -> dict[str, Any]:
    told: dict[str, Any] = asdict(comparison)
    for run, held in zip(told["runs"], comparison.runs, strict=True):
        run["worse"] = held.worse
    head = {"format": FORMAT, "worse": comparison.worse, "drifted": comparison.drifted, "changed": comparison.changed}
    return {**head, **told}
