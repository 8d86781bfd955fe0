"""Recognizes the titles of an error table's columns in several languages."""

import json
import re
from functools import lru_cache
from importlib.resources import files
from typing import Final, Literal

Role = Literal["status", "code", "message", "field", "cause", "note", "operation"]
RoleTexts = dict[Role, list[str]]
"""The texts about one error by role, as in the cells of a table."""

TITLES: Final[dict[Role, list[str]]] = json.loads(
    files("conformance.authoring").joinpath("column_titles.json").read_text(encoding="utf-8")
)
"""Words in titles, the least ambiguous first: in English, East Asian, Romance, Germanic and Slavic languages."""

LANGUAGES: Final = {
    "ja": r"\bja(panese)?\b|日本語|日文",
    "en": r"\ben(glish)?\b|英語|英文",
    "zh": r"\bzh\b|chinese|中文|中国語",
    "ko": r"\bko(rean)?\b|한국어|韓国語",
    "de": r"\bde\b|german|deutsch",
    "fr": r"\bfr(ench|ançais)?\b",
    "es": r"\bes\b|spanish|español",
}
_TITLE_BEGINS = re.compile(r"(?<=[a-z)])(?=[A-Z\u3040-\uffef])|(?<=[A-Z])(?=[A-Z][a-z])")
"""Boundaries between titles that no blank separates: `CodeHTTPMeaning`."""
_LONGEST_TITLE_OF_ONE = 60
_LONGEST_TITLE = 200
"""The most characters of a line of titles, because every position is tried as a boundary."""


def role_of_label(text: str) -> Role | None:
    """Return the role of a text that is only a title word (`Message`, `HTTP status`, `原因`), or None."""
    plain = plain_title(text) if len(text) <= _LONGEST_TITLE else ""
    return next((role for role, words in TITLES.items() if {plain, plain.removesuffix("s")} & set(words)), None)


def split_titles(text: str) -> tuple[str, ...]:
    """Split a line of column titles that blanks or nothing separate (`CodeStatusMessage`); return () for others."""
    if len(text) > _LONGEST_TITLE:
        return ()
    pieces = tuple(_TITLE_BEGINS.split(text))
    if len(pieces) > 1 and all(map(role_of_label, pieces[1:])) and (role_of_label(pieces[0]) or not text.isascii()):
        return pieces
    if len(pieces) == 3 and role_of_label(pieces[0]) == "code" and role_of_label(pieces[2]) and " " not in text:
        return pieces
    for end in range(len(text) - 1, 1, -1):
        first, rest = text[:end], text[end:].lstrip()
        if first.strip() == first and (role := role_of_label(first)) is not None:
            others = (rest,) if role_of_label(rest) is not None else split_titles(rest)
            if others and (role not in {"status", "code"} or role not in map(role_of_label, others)):
                return (first, *others)
    return ()


def plain_title(title: str) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=\w)[_-](?=\w)", " ", title)
    return re.sub(r"[(\uff08\[].*?[)\uff09\]]", "", words).replace("`", "").strip(" *:\uff1a'\"").casefold()


@lru_cache(maxsize=1024)
def roles_of_title(title: str) -> tuple[tuple[float, Role], ...]:
    """Return the roles that a title may mean, with scores: highest if the whole title is a known word.

    A word at the end of an English title excludes those before it: a `Field error` is an error.
    """
    text = plain_title(title)
    if len(text) > _LONGEST_TITLE_OF_ONE:
        return ()
    whole = {text, text.replace(" ", "")}
    bids: list[tuple[float, Role]] = []
    heads: set[Role] = set()
    for role, words in TITLES.items():
        found = [
            (100.0 if word in whole else float(min(len(word) * (1 if word.isascii() else 3), 90))) - place / 100
            for place, word in enumerate(words)
            if word in whole or (re.search(rf"\b{re.escape(word)}\b", text) if word.isascii() else word in text)
        ]
        if found:
            bids.append((max(found), role))
        if any(word in whole or (word.isascii() and re.search(rf"\b{re.escape(word)}\Z", text)) for word in words):
            heads.add(role)
    return tuple(bid for bid in bids if not heads or bid[1] in heads or not text.isascii())


def language_of_title(title: str) -> str | None:
    return next((name for name, words in LANGUAGES.items() if re.search(words, title, re.IGNORECASE)), None)
