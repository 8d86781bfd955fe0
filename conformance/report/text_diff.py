"""Compares two texts as pieces that a writer can mark; shows code points where texts look alike."""

import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from conformance.messages import Message, clip_text
from conformance.report.sanitize import format_json

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_LONGEST = 1000
"""The most characters of each side that are compared and shown, because matching takes quadratic time."""
_PAIRS = (
    "АA ВB ЕE КK МM НH ОO РP СC ТT ХX УY аa еe оo рp сc уy хx іi јj ѕs ԁd "  # noqa: RUF001
    "ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX οo νv "  # noqa: RUF001
    "‐- ‑- ‒- –- —- ―- −- ー- 一- ‘' ’' ′' “\" ”\" ″\" "  # noqa: RUF001
    "力カ 二ニ 口ロ 八ハ 工エ 夕タ 卜ト 才オ"
)
"""Cyrillic and Greek letters, dashes, quotes and kanji, each with the character that it looks like."""
_SAME_SHAPE = str.maketrans({pair[0]: pair[1] for pair in _PAIRS.split()})
_LEAST_ALIKE = 0.3
"""Below this similarity, the whole text is marked instead of single words."""


@dataclass(frozen=True, slots=True)
class DiffPiece:
    """A piece of a text; `marked` if the other side differs."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class TextDiff:
    """The pieces of both sides."""

    expected: tuple[DiffPiece, ...]
    actual: tuple[DiffPiece, ...]


def diff_texts(expected: Any, actual: Any, *, as_json: bool = True) -> TextDiff:
    """Compare two values as JSON, or two texts if `as_json` is False; strings are compared word by word."""
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
    """Return two different texts that look alike with their different characters as code points: `⟨U+00E9⟩`.

    Texts look alike if they differ only in composition or compatibility forms, blanks, invisible characters, or
    letters and signs of the same shape in other scripts. Other values are returned unchanged.
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
    """Return a message for a list of statuses; any other value unchanged."""
    if isinstance(value, list) and len(value) > 1 and all(isinstance(one, int) for one in value):
        return Message("one of {statuses}", statuses=", ".join(map(str, value)))
    return value


def _appearance(text: str) -> str:
    """Return the visible form of a text: composed, without blanks, controls and invisible characters."""
    composed = unicodedata.normalize("NFKC", text).translate(_SAME_SHAPE)
    return "".join(one for one in composed if unicodedata.category(one) not in {"Cc", "Cf", "Zs", "Zl", "Zp"})


def _code_points(text: str) -> str:
    return "".join(f"⟨U+{ord(character):04X}⟩" for character in text)
