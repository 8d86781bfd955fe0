"""A vendor's pages of today against the rows of a contract: what is new, gone, moved or said otherwise. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

from conformance.authoring.draft import mark_placeholders
from conformance.authoring.error_tables import ErrorRow, ErrorTable
from conformance.contract.contract import Contract, Row
from conformance.contract.messages import LONGEST_MESSAGE
from conformance.contract.schema import Wording

_SURE = 6.0
"""From this score on, a row of a page and a row of the contract are the same, wherever they stand."""
_SIMILAR = 0.7
"""From this ratio on, two messages are one that was reworded."""
_REMEMBERED = 1 << 16


@dataclass(frozen=True, slots=True)
class DocumentedRow:
    """A row as a page documents it."""

    page: str
    row: ErrorRow

    @property
    def where(self) -> str:
        return f"{self.page}:{self.row.line}"


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference. `what` is what a changed row says otherwise: its status, code, field or message."""

    kind: Literal["new", "gone", "moved", "changed"]
    contract: Row | None
    page: DocumentedRow | None
    what: str = ""
    ours: str = ""
    theirs: str = ""
    language: str | None = None


def compare_pages(contract: Contract, pages: Mapping[str, Sequence[ErrorTable]]) -> tuple[Drift, ...]:
    """Every difference between a contract and the error tables of its pages, by the name of the page.

    Each page is aligned with the contract on its own, in order; a page may hold a part of the rows, or leave out their
    messages (as pages saved as text do). A row of the contract is gone when it is on none of the pages.
    """
    rows = list(contract.rows)
    found: list[Drift] = []
    seen: set[str] = set()
    for name, tables in pages.items():
        documented = [DocumentedRow(name, row) for table in tables for row in table.rows]
        pairs = _align(rows, documented)
        here, there = {ours for ours, _ in pairs}, {theirs for _, theirs in pairs}
        left = [n for n in range(len(rows)) if n not in here], [n for n in range(len(documented)) if n not in there]
        moved = _moved(left, rows, documented)
        found += [Drift("moved", rows[ours], documented[theirs]) for ours, theirs in moved]
        for ours, theirs in sorted([*pairs, *moved]):
            seen.add(rows[ours].id)
            found += _changes(rows[ours], documented[theirs])
        matched = there | {theirs for _, theirs in moved}
        found += [Drift("new", None, one) for n, one in enumerate(documented) if n not in matched]
    found += [Drift("gone", row, None) for row in rows if row.id not in seen]
    return tuple(found)


def wordings_to_accept(found: Sequence[Drift]) -> dict[str, list[Drift]]:
    """The reworded messages by the ID of their row, each text once."""
    accepted: dict[str, list[Drift]] = {}
    for one in found:
        if one.kind == "changed" and one.what == "message" and one.contract is not None:
            known = accepted.setdefault(one.contract.id, [])
            if one.theirs not in {other.theirs for other in known}:
                known.append(one)
    return accepted


# --- which rows belong together


def _align(rows: Sequence[Row], documented: Sequence[DocumentedRow]) -> list[tuple[int, int]]:
    """Pairs of places, in order on both sides, that fit best in all."""
    scores = [[_score(row, one.row) for one in documented] for row in rows]
    best = [[0.0] * (len(documented) + 1) for _ in range(len(rows) + 1)]
    for i in range(len(rows) - 1, -1, -1):
        for j in range(len(documented) - 1, -1, -1):
            both = scores[i][j] + best[i + 1][j + 1] if scores[i][j] > 0 else 0.0
            best[i][j] = max(best[i + 1][j], best[i][j + 1], both)
    pairs: list[tuple[int, int]] = []
    i = j = 0
    while i < len(rows) and j < len(documented):
        if scores[i][j] > 0 and best[i][j] == scores[i][j] + best[i + 1][j + 1]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _moved(
    left: tuple[list[int], list[int]], rows: Sequence[Row], documented: Sequence[DocumentedRow]
) -> list[tuple[int, int]]:
    """Rows that stand elsewhere: so alike that they are surely the same."""
    pairs: list[tuple[int, int]] = []
    ways = sorted(((_score(rows[i], documented[j].row), -i, -j) for i in left[0] for j in left[1]), reverse=True)
    for score, i, j in ways:
        if score >= _SURE and -i not in {a for a, _ in pairs} and -j not in {b for _, b in pairs}:
            pairs.append((-i, -j))
    return pairs


def _score(row: Row, documented: ErrorRow) -> float:
    expect = row.case.expect
    score = 0.0
    if documented.status is not None:
        score += 3.0 if documented.status in _list(expect.status) else -2.0
    if documented.code and expect.code is not None:
        score += 2.0 if documented.code in map(str, expect.codes) else -1.0
    if documented.field and expect.field is not None and "{" not in expect.field:
        score += 1.0 if documented.field == expect.field else -0.5
    wordings = _wordings(row)
    if documented.messages and wordings:
        score += sum(_alike(text, wordings) for text, _ in documented.messages) / len(documented.messages)
    return score


def _alike(text: str, wordings: Sequence[Wording]) -> float:
    if any(_is_wording(wording.text, text) for wording in wordings):
        return 6.0
    ratio = max(_ratio(_plain(wording.text), _plain(mark_placeholders(text))) for wording in wordings)
    return 3.0 * ratio if ratio >= _SIMILAR else -2.0


@lru_cache(_REMEMBERED)
def _ratio(one: str, other: str) -> float:
    """How alike two texts are, from 0 to 1; 0 also where they are not alike, which is seen in less time."""
    if 2 * min(len(one), len(other)) < _SIMILAR * (len(one) + len(other)):
        return 0.0
    common = sum(min(one.count(letter), other.count(letter)) for letter in set(one))
    return SequenceMatcher(None, one, other).ratio() if 2 * common >= _SIMILAR * (len(one) + len(other)) else 0.0


# --- what they say


def _changes(row: Row, documented: DocumentedRow) -> Iterator[Drift]:
    expect, page_row = row.case.expect, documented.row
    if page_row.status is not None and page_row.status not in _list(expect.status):
        yield Drift("changed", row, documented, "status", _join(_list(expect.status)), str(page_row.status))
    if page_row.code and expect.code is not None and page_row.code not in map(str, expect.codes):
        yield Drift("changed", row, documented, "code", _join(expect.codes), page_row.code)
    if page_row.field and expect.field is not None and "{" not in expect.field and page_row.field != expect.field:
        yield Drift("changed", row, documented, "field", expect.field, page_row.field)
    for text, language in page_row.messages:
        wordings = [one for one in _wordings(row) if language is None or one.language in {None, language}]
        if wordings and not any(_is_wording(wording.text, text) for wording in wordings):
            yield Drift("changed", row, documented, "message", wordings[-1].text, text, language)


def _wordings(row: Row) -> list[Wording]:
    message = row.case.expect.message
    return [Wording(text=message)] if isinstance(message, str) else list(message or ())


@lru_cache(_REMEMBERED)
def _is_wording(wording: str, text: str) -> bool:
    """Whether a page's text is a wording: placeholders of either side stand for anything."""
    if _plain(wording) == _plain(mark_placeholders(text)):
        return True
    pattern = "".join(
        ".*" if piece.startswith("{") and piece != "{1}" else re.escape(piece)
        for piece in re.split(r"(\{[^{}]*\})", " ".join(wording.split()))
    )
    found = re.fullmatch(pattern, " ".join(text.split()), re.DOTALL) if len(text) <= LONGEST_MESSAGE else None
    return found is not None


@lru_cache(_REMEMBERED)
def _plain(text: str) -> str:
    """A wording with one sign for each placeholder, an optional ending left out, and blanks folded."""
    return " ".join(re.sub(r"\{[^{}]*\}", "\0", text.replace("{rest}", "")).split())


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else [value]


def _join(values: Sequence[object]) -> str:
    return " or ".join(map(str, values))
