"""The content structure of the site: one extension field of each kind."""

from collections.abc import Mapping
from dataclasses import dataclass

from conformance.reference.catalogue import Row
from conformance.reference.kuroco.rows import EMAIL, LENGTH, NUMBER, REGEX, TEL, URL, ZIP

_TITLES = {
    "required": ("Headline", "見出し"),
    "email": ("Mail", "連絡先"),
    "tel": ("Phone", "電話"),
    "zip": ("Postcode", "住所コード"),
    "url": ("Link", "リンク"),
    "number": ("Amount", "数量"),
    "regex": ("Part code", "部品番号"),
    "length": ("Nickname", "愛称"),
}
_VALID = {
    "required": "Opening hours",
    "email": "taro@example.com",
    "tel": "03-1234-5678",
    "zip": "150-0001",
    "url": "https://www.example.com/news",
    "number": "42",
}
_ROWS: dict[str, Row] = {
    "email": EMAIL, "tel": TEL, "zip": ZIP, "url": URL, "number": NUMBER, "regex": REGEX, "length": LENGTH,
}  # fmt: skip
PATTERNS = {
    "upper": ("[A-Z]{2}-[0-9]{3}", "AB-123", "nothing like it"),
    "anchored": ("^[a-z]+[0-9]{2}$", "part07", "!?"),
    "kana": ("[ァ-ヶ]{2,4}[0-9]?", "カナ7", "x1"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One extension field: its kind, its name in a body, its title in messages, and a valid value.

    `row` is the row with which a wrong value is rejected; None for the required text, which has two rows. `least` and
    `most` are lengths in characters.
    """

    kind: str
    name: str
    title: str
    valid: str
    row: Row | None
    least: int = 0
    most: int = 0
    pattern: str = ""
    mismatch: str = ""


def content_structure(choices: Mapping[str, str]) -> tuple[Field, ...]:
    """Return the eight fields in the document's order, with the names and limits that `choices` select."""
    return tuple(_create_field(number, kind, choices) for number, kind in enumerate(_TITLES, 1))


def _create_field(number: int, kind: str, choices: Mapping[str, str]) -> Field:
    name = {"ext_col": f"ext_col_{number:02}", "ext": f"ext_{number}", "slug": f"my_{kind}"}[choices["field_names"]]
    english, japanese = _TITLES[kind]
    title = {"english": english, "japanese": japanese, "alike": "Text"}[choices["field_titles"]]
    pattern, match, mismatch = PATTERNS[choices["regex_pattern"]]
    least, most = (int(edge) for edge in choices["length_limits"].split("-"))
    if kind == "regex":
        return Field(kind, name, title, match, REGEX, pattern=pattern, mismatch=mismatch)
    if kind == "length":
        return Field(kind, name, title, "n" * least, LENGTH, least=least, most=most)
    return Field(kind, name, title, _VALID[kind], _ROWS.get(kind))
