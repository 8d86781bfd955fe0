"""The name that was probably meant, for the messages about names that nobody knows."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["PERMISSIONS", "closest_name", "suggest"]

PERMISSIONS = ("write", "delete", "exhaust")
"""What a target may allow beyond reads: see the profile's `allow`."""


def closest_name(name: str, known: Iterable[str]) -> str | None:
    """The known name that is nearest to `name`, if any is near."""
    found = difflib.get_close_matches(name.lower(), sorted(known), n=1)
    return found[0] if found else None


def suggest(name: str, known: Iterable[str], kind: str) -> str:
    """How to mend an unknown name: the near one, or else all that are known."""
    names = sorted(known)
    if (found := closest_name(name, names)) is not None:
        return f"did you mean {found!r}?"
    return f"the {kind} are {', '.join(names)}" if names else f"no {kind} are known here"
