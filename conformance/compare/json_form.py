"""A comparison for other programs."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any, Final

from conformance.compare.model import Comparison
from conformance.results.serialization import format_json_text

FORMAT: Final = 1


def format_json_comparison(comparison: Comparison) -> str:
    """JSON: `format`, `worse`, `drifted`, `changed`, and then every field of the comparison under its own name."""
    return format_json_text(_value(comparison))


def _value(comparison: Comparison) -> dict[str, Any]:
    fields: dict[str, Any] = asdict(replace(comparison, labels_ja={}))
    del fields["labels_ja"]
    for run, change in zip(fields["runs"], comparison.runs, strict=True):
        run["worse"] = change.worse
    head = {"format": FORMAT, "worse": comparison.worse, "drifted": comparison.drifted, "changed": comparison.changed}
    return {**head, **fields}
