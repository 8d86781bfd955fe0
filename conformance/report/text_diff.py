"""Where two texts differ, as pieces that a writer can mark."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from conformance.report.sanitize import clip_text, format_json

__all__ = ["DiffPiece", "TextDiff", "diff_texts"]

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_LONGEST = 1000
"""Characters of each side that are compared and shown: matching takes quadratic time."""
_TOO_LITTLE = 0.3
"""Below this likeness, marking single words says less than marking all of it."""


@dataclass(frozen=True, slots=True)
class DiffPiece:
    """A stretch of text; `marked` where the other side has something else."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class TextDiff:
    """Both sides, cut into pieces."""

    expected: tuple[DiffPiece, ...]
    actual: tuple[DiffPiece, ...]


def diff_texts(expected: Any, actual: Any) -> TextDiff:
    """Compares two JSON values as they are written; text is compared word by word."""
    left, right = (clip_text(format_json(value), _LONGEST) for value in (expected, actual))
    before, after = _WORDS.findall(left), _WORDS.findall(right)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if not (isinstance(expected, str) and isinstance(actual, str)) or matcher.ratio() < _TOO_LITTLE:
        same = left == right
        return TextDiff((DiffPiece(left, not same),), (DiffPiece(right, not same),))
    codes = matcher.get_opcodes()
    return TextDiff(
        tuple(DiffPiece("".join(before[a:b]), kind != "equal") for kind, a, b, _, _ in codes if b > a),
        tuple(DiffPiece("".join(after[c:d]), kind != "equal") for kind, _, _, c, d in codes if d > c),
    )
