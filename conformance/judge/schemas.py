"""A body held against a JSON Schema, told in words that a person reads: what was wanted there, and what was there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

__all__ = ["Difference", "differences"]

LONGEST = 300

Difference = tuple[Any, Any, str]
"""Wanted, got, and the place as a JSON pointer."""


def differences(validator: jsonschema_rs.Validator, body: Any) -> Iterator[Difference]:
    """Everything in which a body differs from a schema."""
    for wrong in validator.iter_errors(body):
        place = "".join(f"/{part}" for part in wrong.instance_path)
        said: Mapping[str, Any] = wrong.kind.as_dict()
        yield _wanted(wrong.kind.name, said, wrong.message), _got(wrong.kind.name, wrong.instance), place or "the body"


_WORDS = {
    "required": "a member {property!r}",
    "maxItems": "at most {limit} items",
    "minItems": "at least {limit} items",
    "contains": "an item as described",
}


def _wanted(kind: str, said: Mapping[str, Any], message: str) -> Any:
    if kind == "const":
        return said.get("expected_value")
    if kind == "type" and isinstance(said.get("types"), list):
        return f"of type {', '.join(said['types'])}"
    return _WORDS[kind].format(**said) if kind in _WORDS else message[:LONGEST]


def _got(kind: str, instance: Any) -> Any:
    if kind in ("maxItems", "minItems") and isinstance(instance, list):
        return f"{len(instance)} items"
    if kind == "required" and isinstance(instance, dict):
        return f"members {', '.join(sorted(map(str, instance)))[:LONGEST]}" if instance else "an empty object"
    text = str(instance)
    return instance if len(text) <= LONGEST else f"{text[:LONGEST]}…"
