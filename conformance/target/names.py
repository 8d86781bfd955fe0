"""Names that a profile may use, and the one that was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["PERMISSIONS", "mend", "near"]

PERMISSIONS = ("write", "delete", "exhaust")
"""What a target may allow beyond reads: see the profile's `allow`."""


def near(name: str, known: Iterable[str]) -> str | None:
    """The known name that is nearest to `name`, if any is near."""
    found = difflib.get_close_matches(name.lower(), sorted(known), n=1)
    return found[0] if found else None


def mend(name: str, known: Iterable[str], kind: str) -> str:
    """How to mend an unknown name: the near one, or else all that are known."""
    names = sorted(known)
    if (found := near(name, names)) is not None:
        return f"did you mean {found!r}?"
    return f"the {kind} are {', '.join(names)}" if names else f"no {kind} are known here"
