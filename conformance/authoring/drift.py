"""Compares a vendor's pages with the rows of a contract: which rows are new, gone, moved or changed. Pure."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from operator import itemgetter
from typing import Any, Literal

from conformance.authoring.draft import mark_placeholders
from conformance.authoring.error_tables import ErrorRow, ErrorTable
from conformance.contract.contract import Contract, Row
from conformance.contract.messages import LONGEST_MESSAGE, compile_wording, list_wordings
from conformance.contract.schema import Wording

_SURE = 6.0
"""From this score on, a row of a page and a row of the contract match, wherever they are."""
_SIMILAR = 0.7
"""From this ratio on, two texts count as the same text, reworded."""
_SAME_CAUSE = 3.0
"""The score if a row and a page have the same cause."""
_CACHE_SIZE = 1 << 16
_WEIGHTS = {"status": (3.0, -2.0), "code": (2.0, -1.0), "field": (1.0, -0.5)}
"""The scores if a row and a page agree on a value, and if they do not."""


@dataclass(frozen=True, slots=True)
class DocumentedRow:
    page: str
    row: ErrorRow

    @property
    def where(self) -> str:
        return f"{self.page}:{self.row.line}"


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference. `what` is the part of a changed row that differs: its status, code, field, message or cause."""

    kind: Literal["new", "gone", "moved", "changed"]
    contract: Row | None
    page: DocumentedRow | None
    what: str = ""
    ours: str = ""
    theirs: str = ""
    language: str | None = None


def compare_pages(contract: Contract, pages: Mapping[str, Sequence[ErrorTable]]) -> tuple[Drift, ...]:
    """Return every difference between a contract and the error tables of its pages, which are given by page name.

    Each page is aligned with the contract separately, in order; a page may have only some of the rows, or lack their
    messages (as pages saved as text do). A row of the contract is gone if it is on none of the pages.
    """
    rows = list(contract.rows)
    found: list[Drift] = []
    seen: set[str] = set()
    for name, tables in pages.items():
        documented = [DocumentedRow(name, row) for table in tables for row in table.rows]
        pairs = _align(rows, documented)
        here, there = {ours for ours, _ in pairs}, {theirs for _, theirs in pairs}
        left = [n for n in range(len(rows)) if n not in here], [n for n in range(len(documented)) if n not in there]
        moved = _find_moved(left, rows, documented)
        found += [Drift("moved", rows[ours], documented[theirs]) for ours, theirs in moved]
        for ours, theirs in sorted([*pairs, *moved]):
            seen.add(rows[ours].id)
            found += _changes(rows[ours], documented[theirs])
        matched = there | {theirs for _, theirs in moved}
        found += [Drift("new", None, one) for n, one in enumerate(documented) if n not in matched]
    found += [Drift("gone", row, None) for row in rows if row.id not in seen]
    return tuple(found)


def wordings_to_accept(found: Sequence[Drift]) -> dict[str, list[Drift]]:
    """Return the reworded messages by row ID, each text once."""
    accepted: dict[str, list[Drift]] = {}
    for one in found:
        if one.kind == "changed" and one.what == "message" and one.contract is not None:
            known = accepted.setdefault(one.contract.id, [])
            if one.theirs not in {other.theirs for other in known}:
                known.append(one)
    return accepted


# --- matching rows


def _align(rows: Sequence[Row], documented: Sequence[DocumentedRow]) -> list[tuple[int, int]]:
    """Return the pairs of indexes, in order on both sides, with the highest total score."""
    best: list[tuple[float, Any]] = [(0.0, None)] * (len(documented) + 1)  # filled from the last row of the page
    for i, row in reversed([*enumerate(rows)]):
        below, best = best, best[:1]
        for n, (j, one) in enumerate(reversed([*enumerate(documented)])):
            ways = [below[n + 1], best[n]]
            if (score := _score(row, one.row)) > 0:
                ways.insert(0, (score + below[n][0], ((i, j), below[n][1])))
            best.append(max(ways, key=itemgetter(0)))
    pairs, left = [], best[-1][1]
    while left is not None:
        pair, left = left
        pairs.append(pair)
    return pairs


def _find_moved(
    left: tuple[list[int], list[int]], rows: Sequence[Row], documented: Sequence[DocumentedRow]
) -> list[tuple[int, int]]:
    """Return pairs of unmatched rows at other places whose score is at least `_SURE`, as with a code of their own."""
    theirs = Counter([one.row.code for one in documented])
    ours = Counter(str(code) for row in rows for code in row.case.expect.codes)

    def score(row: Row, one: ErrorRow) -> float:
        is_own = one.code in map(str, row.case.expect.codes) and theirs[one.code] == ours[one.code] == 1
        return _score(row, one) + (_SURE if is_own else 0.0)

    pairs: list[tuple[int, int]] = []
    ways = sorted(((score(rows[i], documented[j].row), -i, -j) for i in left[0] for j in left[1]), reverse=True)
    for total, i, j in ways:
        if total >= _SURE and -i not in {a for a, _ in pairs} and -j not in {b for _, b in pairs}:
            pairs.append((-i, -j))
    return pairs


def _score(row: Row, documented: ErrorRow) -> float:
    if not (documented.status or documented.code or documented.messages):
        return float(row.case.cause == (documented.cause or documented.note))
    wordings = list_wordings(row)
    alike = [_similarity(text, wordings) for text, _ in documented.messages] if wordings else []
    facts = (_WEIGHTS[what][theirs not in ours] for what, ours, theirs in _facts(row, documented))
    same_cause = _SAME_CAUSE * (row.case.cause == (documented.cause or documented.note))
    return sum(facts) + same_cause + (sum(alike) / len(alike) if alike else 0.0)


def _similarity(text: str, wordings: Sequence[Wording]) -> float:
    if any(_is_wording(wording.text, text) for wording in wordings):
        return 6.0
    ratio = max(_ratio(_normalize(wording.text), _normalize(mark_placeholders(text))) for wording in wordings)
    return 3.0 * ratio if ratio >= _SIMILAR else -2.0


@lru_cache(_CACHE_SIZE)
def _ratio(one: str, other: str) -> float:
    """Return the similarity of two texts from 0 to 1; 0 if a quick upper bound is below `_SIMILAR`."""
    both = SequenceMatcher(None, one, other)
    bounds = (both.real_quick_ratio, both.quick_ratio)
    return both.ratio() if all(bound() >= _SIMILAR for bound in bounds) else 0.0


# --- comparing matched rows


def _changes(row: Row, documented: DocumentedRow) -> Iterator[Drift]:
    for what, ours, theirs in _facts(row, documented.row):
        if theirs not in ours:
            yield Drift("changed", row, documented, what, " or ".join(ours), theirs)
    for text, language in documented.row.messages:
        wordings = [one for one in list_wordings(row) if language is None or one.language in {None, language}]
        if wordings and not any(_is_wording(wording.text, text) for wording in wordings):
            yield Drift("changed", row, documented, "message", wordings[-1].text, text, language)
    theirs = documented.row.cause or documented.row.note
    if _is_reworded(row.case.cause, theirs):
        yield Drift("changed", row, documented, "cause", row.case.cause, theirs)


def _is_reworded(ours: str, theirs: str) -> bool:
    """Return whether two causes are one with a change; a person may have written another or a shorter one."""
    one, other = (" ".join(text.split()).casefold().rstrip(".") for text in (ours, theirs))
    return one not in other and other not in one and _ratio(one, other) >= _SIMILAR


def _facts(row: Row, documented: ErrorRow) -> Iterator[tuple[str, list[str], str]]:
    """Yield name, allowed values of the row and value of the page, for status, code and field where both have one."""
    expect = row.case.expect
    codes = [*map(str, expect.codes)] or [one for one in (expect.equals or {}).values() if isinstance(one, str)]
    if any(code.endswith(f"/{documented.code}") for code in codes):
        codes = [documented.code]  # the page has the end of the address
    fields = [expect.field] if expect.field and "{" not in expect.field else []
    page = {"status": documented.status or "", "code": documented.code, "field": documented.field}
    for (what, theirs), ours in zip(page.items(), (expect.statuses, codes, fields), strict=True):
        if theirs and ours:
            yield what, [str(one) for one in ours], str(theirs)


@lru_cache(_CACHE_SIZE)
def _is_wording(wording: str, text: str) -> bool:
    """Return whether a page's text matches a wording; placeholders of both sides match anything."""
    if _normalize(wording) == _normalize(mark_placeholders(text)):
        return True
    pattern = compile_wording(" ".join(wording.split()))
    return len(text) <= LONGEST_MESSAGE and pattern.fullmatch(" ".join(text.split())) is not None


@lru_cache(_CACHE_SIZE)
def _normalize(text: str) -> str:
    """Normalize a wording: one sign for each placeholder, no optional ending, single blanks."""
    return " ".join(re.sub(r"\{[^{}]*\}", "\0", text.replace("{rest}", "")).split())
