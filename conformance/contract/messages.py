"""Compiles documented wordings to patterns, and finds the rows whose wording matches a message."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from conformance.contract.contract import Contract, Row
from conformance.contract.schema import Wording
from conformance.contract.templates import HEADS, PLACEHOLDER, Lookup, fill

_NAMED = re.compile(r"(\w+)=\{query\.\1\}")
"""A parameter that a wording names beside its value."""

_OPEN = {"any": r".+?", "rest": r".*"}
"""Placeholders of wordings that match any text, even after the other placeholders are filled."""

LONGEST_MESSAGE = 8 << 10
"""The longest message, in characters, that is matched with any text in the placeholders, because matching a longer one
could take too long.
"""


@dataclass(frozen=True, slots=True)
class WordingMatch:
    """A row with a wording that matches a message."""

    row: str
    wording: Wording
    exact: bool
    """False if case, spaces or the final punctuation differ."""


def list_wordings(row: Row) -> tuple[Wording, ...]:
    """Return every documented wording of a row, in the order of the file."""
    message = row.case.expect.message
    if message is None:
        return ()
    return (Wording(text=message),) if isinstance(message, str) else tuple(message)


def match_wording(wording: Wording, message: str, lookup: Lookup) -> bool:
    """Return whether a message is this wording with what was sent filled in; raises MissingValue if a value lacks."""
    return _compile_filled(str(fill(wording.text, lookup))).fullmatch(message) is not None


def match_wording_loosely(wording: Wording, message: str) -> bool:
    """Return whether a message matches this wording with any text in its placeholders."""
    return len(message) <= LONGEST_MESSAGE and compile_wording(wording.text).fullmatch(message) is not None


class WordingIndex:
    """An index of all wordings of a contract, to find the rows to which a message belongs."""

    def __init__(self, contract: Contract) -> None:
        every = ((row.id, wording) for row in contract.rows for wording in list_wordings(row))
        # A wording of nothing but placeholders would match any message.
        self._all = [each for each in every if PLACEHOLDER.sub("", each[1].text).strip()]
        self._cached: Callable[[str], tuple[WordingMatch, ...]] = lru_cache(maxsize=4096)(self._search)

    def find(self, message: str) -> tuple[WordingMatch, ...]:
        """Return the rows with a wording that matches, exact matches first; none if it exceeds LONGEST_MESSAGE.

        If there is none, return the rows whose wording matches with another parameter named in it.
        """
        return self._cached(message) if len(message) <= LONGEST_MESSAGE else ()

    def _search(self, message: str) -> tuple[WordingMatch, ...]:
        normalized = _normalize(message)
        found = [
            WordingMatch(row, wording, exact)
            for row, wording in self._all
            for exact in (match_wording_loosely(wording, message),)
            if exact or _compile_loosely(wording.text).fullmatch(normalized)
        ]
        return tuple(sorted(found, key=lambda match: not match.exact)) or tuple(
            WordingMatch(row, wording, exact=False)
            for row, wording in self._all
            if compile_wording(_NAMED.sub("{any}={any}", wording.text)).fullmatch(message)
        )


def list_row_ids(matches: Iterable[WordingMatch]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(match.row for match in matches))


@lru_cache(maxsize=4096)
def _compile_filled(text: str) -> re.Pattern[str]:
    """Compile a filled wording to a regular expression; only `{any}` and `{rest}` match any text."""
    return _open_pattern(text, _OPEN.get)


@lru_cache(maxsize=4096)
def compile_wording(text: str) -> re.Pattern[str]:
    """Compile a wording to a regular expression in which every placeholder matches any text."""
    return _open_pattern(text, lambda head: _OPEN.get(head, r".*?" if head in HEADS else None))


@lru_cache(maxsize=4096)
def _compile_loosely(text: str) -> re.Pattern[str]:
    return re.compile(compile_wording(_normalize(text)).pattern, re.DOTALL | re.IGNORECASE)


def _open_pattern(text: str, shape: Callable[[str], str | None]) -> re.Pattern[str]:
    pieces, at = [], 0
    for match in PLACEHOLDER.finditer(text):
        pattern = shape(match[1])
        if pattern is None:
            continue
        pieces += [re.escape(text[at : match.start()]), pattern]
        at = match.end()
    return re.compile("".join([*pieces, re.escape(text[at:])]), re.DOTALL)


def _normalize(text: str) -> str:
    """Return the text in lower case, with single spaces and without final punctuation."""
    return " ".join(text.split()).rstrip(" .!\u3002\uff01").casefold()
