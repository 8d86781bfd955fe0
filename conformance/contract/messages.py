"""Messages as promised: each documented wording as a matcher, and whose wording a message is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from conformance.contract.contract import Contract, Row
from conformance.contract.schema import Wording
from conformance.contract.templates import HEADS, Lookup, fill

__all__ = ["WordingIndex", "WordingMatch", "loose", "matches", "resembles", "rows_of", "wordings_of"]

_HOLE = re.compile(r"\{([a-z_]+)((?:\.[A-Za-z0-9_-]+)*)(?:\|[a-z-]+)?\}")

_OPEN = {"any": r".+?", "rest": r"(?:\W.*)?"}
"""Holes that stay open when a wording is filled."""


@dataclass(frozen=True, slots=True)
class WordingMatch:
    """A message recognised: whose row, and which wording of it."""

    row: str
    wording: Wording
    exact: bool
    """False where case, spaces or the final dot differ."""


def wordings_of(row: Row) -> tuple[Wording, ...]:
    """Every documented wording of a row, in the order of the file."""
    said = row.case.expect.message
    if said is None:
        return ()
    return (Wording(text=said),) if isinstance(said, str) else tuple(said)


def matches(wording: Wording, message: str, lookup: Lookup) -> bool:
    """Whether a message is this wording, its placeholders filled with what was sent.

    Raises placeholders.Missing where one has no value.
    """
    return _pattern(str(fill(wording.text, lookup))).fullmatch(message) is not None


def resembles(wording: Wording, message: str) -> bool:
    """Whether a message is this wording with anything at all in its placeholders."""
    return loose(wording.text).fullmatch(message) is not None


class WordingIndex:
    """Every wording of a contract, to tell whose a message is."""

    def __init__(self, contract: Contract) -> None:
        self._all = [(row.id, wording) for row in contract.rows for wording in wordings_of(row) if _telling(wording)]
        self._tell: Callable[[str], tuple[WordingMatch, ...]] = lru_cache(maxsize=4096)(self._search)

    def told(self, message: str) -> tuple[WordingMatch, ...]:
        """Every row whose wording this message is, exact ones first."""
        return self._tell(message)

    def _search(self, message: str) -> tuple[WordingMatch, ...]:
        plain = _plain(message)
        found = [
            WordingMatch(row, wording, exact)
            for row, wording in self._all
            for exact in (resembles(wording, message),)
            if exact or _plain_loose(wording.text).fullmatch(plain)
        ]
        return tuple(sorted(found, key=lambda told: not told.exact))


def rows_of(told: Iterable[WordingMatch]) -> tuple[str, ...]:
    """The IDs of the rows, each once."""
    return tuple(dict.fromkeys(item.row for item in told))


def _telling(wording: Wording) -> bool:
    """A wording that is empty, or nothing but a hole, tells no row from another."""
    return bool(_HOLE.sub("", wording.text).strip())


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    """A filled wording as an expression: only `{any}` and `{rest}` are still holes."""
    return _holes(text, _OPEN.get)


@lru_cache(maxsize=4096)
def loose(text: str) -> re.Pattern[str]:
    """A wording as an expression, with any text in its placeholders."""
    return _holes(text, lambda head: _OPEN.get(head, r".+?" if head in HEADS else None))


@lru_cache(maxsize=4096)
def _plain_loose(text: str) -> re.Pattern[str]:
    return re.compile(loose(_plain(text)).pattern, re.DOTALL | re.IGNORECASE)


def _holes(text: str, shape: Callable[[str], str | None]) -> re.Pattern[str]:
    pieces, at = [], 0
    for match in _HOLE.finditer(text):
        hole = shape(match[1])
        if hole is None:
            continue
        pieces += [re.escape(text[at : match.start()]), hole]
        at = match.end()
    return re.compile("".join([*pieces, re.escape(text[at:])]), re.DOTALL)


def _plain(text: str) -> str:
    """Without case, doubled spaces and final punctuation."""
    return " ".join(text.split()).rstrip(" .!\u3002\uff01").casefold()
