"""Where two texts differ, as pieces that a writer can mark; of what looks alike, the code points."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from conformance.messages import Message
from conformance.report.sanitize import clip_text, format_json

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_LONGEST = 1000
"""Characters of each side that are compared and shown: matching takes quadratic time."""
_PAIRS = (
    "АA ВB ЕE КK МM НH ОO РP СC ТT ХX УY аa еe оo рp сc уy хx іi јj ѕs ԁd "  # noqa: RUF001
    "ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX οo νv "  # noqa: RUF001
    "‐- ‑- ‒- –- —- ―- −- ー- 一- ‘' ’' ′' “\" ”\" ″\" "  # noqa: RUF001
    "力カ 二ニ 口ロ 八ハ 工エ 夕タ 卜ト 才オ"
)
"""Cyrillic, Greek, dashes, quotes, kanji like katakana: each with what it looks like."""
_SAME_SHAPE = str.maketrans({pair[0]: pair[1] for pair in _PAIRS.split()})
_LEAST_ALIKE = 0.3
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


def diff_texts(expected: Any, actual: Any, *, as_json: bool = True) -> TextDiff:
    """Compares two JSON values as they are written, or two texts as they are; text is compared word by word."""
    expected, actual = reveal_difference(expected, actual)
    left, right = (clip_text(format_json(value) if as_json else value, _LONGEST) for value in (expected, actual))
    before, after = _WORDS.findall(left), _WORDS.findall(right)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if not (isinstance(expected, str) and isinstance(actual, str)) or matcher.ratio() < _LEAST_ALIKE:
        same = left == right
        return TextDiff((DiffPiece(left, not same),), (DiffPiece(right, not same),))
    codes = matcher.get_opcodes()
    return TextDiff(
        tuple(DiffPiece("".join(before[a:b]), kind != "equal") for kind, a, b, _, _ in codes if b > a),
        tuple(DiffPiece("".join(after[c:d]), kind != "equal") for kind, _, _, c, d in codes if d > c),
    )


def reveal_difference(expected: Any, actual: Any) -> tuple[Any, Any]:
    """Two texts that look alike and are not equal, with each character in which they differ as `⟨U+00E9⟩`.

    Alike are texts that differ only in how characters are composed or compatible, in blanks, in characters that
    nobody sees, or in letters and signs of other scripts that have the same shape. Anything else is returned as it is.
    """
    if not (isinstance(expected, str) and isinstance(actual, str)) or isinstance(expected, Message):
        return expected, actual
    if expected == actual or _appearance(expected) != _appearance(actual):
        return expected, actual
    codes = SequenceMatcher(None, expected, actual, autojunk=False).get_opcodes()
    return (
        "".join(expected[a:b] if kind == "equal" else _code_points(expected[a:b]) for kind, a, b, _, _ in codes),
        "".join(actual[c:d] if kind == "equal" else _code_points(actual[c:d]) for kind, _, _, c, d in codes),
    )


def list_statuses(value: Any) -> Any:
    """Several statuses in words, any other value as it is."""
    if isinstance(value, list) and len(value) > 1 and all(isinstance(one, int) for one in value):
        return Message("one of {statuses}", statuses=", ".join(map(str, value)))
    return value


def _appearance(text: str) -> str:
    """What is seen of a text: composed, without blanks, controls and other characters without a shape."""
    composed = unicodedata.normalize("NFKC", text).translate(_SAME_SHAPE)
    return "".join(one for one in composed if unicodedata.category(one) not in {"Cc", "Cf", "Zs", "Zl", "Zp"})


def _code_points(text: str) -> str:
    return "".join(f"⟨U+{ord(character):04X}⟩" for character in text)
