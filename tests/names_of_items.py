"""What a shop has against the name of an item, as the rows of several tests promise it."""

from __future__ import annotations

from typing import Any


def refuse_name(name: Any) -> str:
    """The message; empty for a name that is right."""
    if isinstance(name, int):
        return "The name is no text"
    if not (name or "").strip():
        return "The name is missing"
    return "The name is too long" if len(name) > 5 else ""
