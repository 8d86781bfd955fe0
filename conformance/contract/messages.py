"""Documented wordings of messages as patterns, and the rows whose wording a message is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from conformance.contract.contract import Contract, Row
from conformance.contract.schema import Wording
from conformance.contract.templates import HEADS, PLACEHOLDER, Lookup, fill

_OPEN = {"any": r".+?", "rest": r".*"}
"""Placeholders of messages that stand for any text, also once a wording is filled."""

LONGEST_MESSAGE = 8 << 10
"""Characters of a message that may be a wording with any text in its placeholders: of a longer one each placeholder
could stand in too many ways.
"""


@dataclass(frozen=True, slots=True)
class WordingMatch:
    """A row whose wording a message is, and which of its wordings."""

    row: str
    wording: Wording
    exact: bool
    """False where case, spaces or the final dot differ."""


def list_wordings(row: Row) -> tuple[Wording, ...]:
    """Every documented wording of a row, in the order of the file."""
    message = row.case.expect.message
    if message is None:
        return ()
    return (Wording(text=message),) if isinstance(message, str) else tuple(message)


def match_wording(wording: Wording, message: str, lookup: Lookup) -> bool:
    """Whether a message is this wording, its placeholders filled with what was sent.

    Raises MissingValue where one has no value.
    """
    return _pattern(str(fill(wording.text, lookup))).fullmatch(message) is not None


def match_wording_loosely(wording: Wording, message: str) -> bool:
    """Whether a message is this wording with anything at all in its placeholders."""
    return len(message) <= LONGEST_MESSAGE and compile_wording(wording.text).fullmatch(message) is not None


class WordingIndex:
    """Every wording of a contract, to find the rows that a message belongs to."""

    def __init__(self, contract: Contract) -> None:
        every = ((row.id, wording) for row in contract.rows for wording in list_wordings(row))
        # One that holds nothing but placeholders would match any message.
        self._all = [each for each in every if PLACEHOLDER.sub("", each[1].text).strip()]
        self._cached: Callable[[str], tuple[WordingMatch, ...]] = lru_cache(maxsize=4096)(self._search)

    def find(self, message: str) -> tuple[WordingMatch, ...]:
        """Every row whose wording this message is, exact ones first; none for a message longer than any wording."""
        return self._cached(message) if len(message) <= LONGEST_MESSAGE else ()

    def _search(self, message: str) -> tuple[WordingMatch, ...]:
        plain = _plain(message)
        found = [
            WordingMatch(row, wording, exact)
            for row, wording in self._all
            for exact in (match_wording_loosely(wording, message),)
            if exact or _plain_loose(wording.text).fullmatch(plain)
        ]
        return tuple(sorted(found, key=lambda match: not match.exact))


def list_row_ids(matches: Iterable[WordingMatch]) -> tuple[str, ...]:
    """The IDs of the rows, each once."""
    return tuple(dict.fromkeys(match.row for match in matches))


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    """A filled wording as a regular expression, in which only `{any}` and `{rest}` are still open."""
    return _open_pattern(text, _OPEN.get)


@lru_cache(maxsize=4096)
def compile_wording(text: str) -> re.Pattern[str]:
    """A wording as a regular expression, with any text in its placeholders."""
    return _open_pattern(text, lambda head: _OPEN.get(head, r".*?" if head in HEADS else None))


@lru_cache(maxsize=4096)
def _plain_loose(text: str) -> re.Pattern[str]:
    return re.compile(compile_wording(_plain(text)).pattern, re.DOTALL | re.IGNORECASE)


def _open_pattern(text: str, shape: Callable[[str], str | None]) -> re.Pattern[str]:
    pieces, at = [], 0
    for match in PLACEHOLDER.finditer(text):
        pattern = shape(match[1])
        if pattern is None:
            continue
        pieces += [re.escape(text[at : match.start()]), pattern]
        at = match.end()
    return re.compile("".join([*pieces, re.escape(text[at:])]), re.DOTALL)


def _plain(text: str) -> str:
    """Without case, doubled spaces and final punctuation."""
    return " ".join(text.split()).rstrip(" .!\u3002\uff01").casefold()
