"""Where two targets answer the same requests differently."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from conformance.checks.model import Level
from conformance.report.format import format_answer, format_finding
from conformance.results.matching import match_runs
from conformance.results.model import RecordedExchange, Results, RowResult, TargetRun
from conformance.results.normalize import Normalizer

__all__ = ["PairDifference", "Pairing", "RightSide", "compare_pair"]


class RightSide(StrEnum):
    """Whose answer the contract promises."""

    FIRST = "first"
    SECOND = "second"
    NEITHER = "neither"
    BOTH = "both"
    """The contract has nothing against either: the documents leave it open, or one did not answer."""


@dataclass(frozen=True, slots=True)
class PairDifference:
    """One request that the two answer otherwise."""

    contract: str
    row: str
    label: str
    first: str
    """The answer in a few words."""
    second: str
    right: RightSide
    why: tuple[str, ...] = ()
    """What the contract has against the answers, a line each."""
    first_repeat: str = ""
    second_repeat: str = ""


@dataclass(frozen=True, slots=True)
class Pairing:
    """Where two targets differ."""

    first: str
    second: str
    differences: tuple[PairDifference, ...]
    compared: int
    """Requests that both were sent."""
    alone: int
    """Requests that only one of them was sent, so that nothing can be said."""


def compare_pair(first: Results, second: Results, names: tuple[str, str] = ("first", "second")) -> Pairing:
    """Where the two differ, leaving out identifiers, times and each target's own names.

    An error's body is compared as it is, a success's by its shape only: two sites hold different contents. Steps and
    clean-up are not compared. Differences in which one of the two is wrong come first.
    """
    differences: list[PairDifference] = []
    compared = alone = 0
    for one, other in match_runs(first.runs, second.runs):
        if one is None or other is None:
            continue
        rows = {row.id: row for row in other.rows}
        for row in one.rows:
            if row.id in rows:
                found, both, lonely = _of_row(row, rows[row.id], one, other)
                differences += found
                compared, alone = compared + both, alone + lonely
    order = [RightSide.FIRST, RightSide.SECOND, RightSide.NEITHER, RightSide.BOTH]
    differences.sort(key=lambda one: order.index(one.right))
    return Pairing(*names, tuple(differences), compared, alone)


def _of_row(
    one: RowResult, other: RowResult, first: TargetRun, second: TargetRun
) -> tuple[list[PairDifference], int, int]:
    left, right = dict(_numbered(one)), dict(_numbered(other))
    settlers = Normalizer(first.target), Normalizer(second.target)
    both = [key for key in left if key in right]
    found = [
        _difference(first.contract.name, (one, other), (left[key], right[key]))
        for key in both
        if _settled(left[key], settlers[0]) != _settled(right[key], settlers[1])
    ]
    return found, len(both), len(left) + len(right) - 2 * len(both)


def _numbered(row: RowResult) -> Iterator[tuple[tuple[str, str, int], RecordedExchange]]:
    """Each exchange under its label, role and how often that label came before."""
    seen: Counter[tuple[str, str]] = Counter()
    for exchange in row.exchanges:
        if exchange.role not in {"step", "clean-up", "guard"}:
            key = exchange.label, exchange.role
            yield (*key, seen[key]), exchange
            seen[key] += 1


def _settled(exchange: RecordedExchange, settler: Normalizer) -> Any:
    response = exchange.response
    if response is None:
        return "no answer"
    try:
        body = json.loads(response.body)
    except (ValueError, RecursionError):
        return response.status, settler.settled(response.body) if response.status >= 400 else type(response.body)
    return response.status, settler.settled_value(body) if response.status >= 400 else _shape(body)


def _shape(value: Any) -> Any:
    """Which members there are and of what type; of an array, which shapes its items have."""
    if isinstance(value, dict):
        return {name: _shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return sorted({json.dumps(_shape(each), sort_keys=True) for each in value})
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def _difference(
    contract: str, rows: tuple[RowResult, RowResult], exchanges: tuple[RecordedExchange, RecordedExchange]
) -> PairDifference:
    against = [
        [format_finding(one) for one in row.findings if one.exchange == exchange.n and one.level is not Level.NOTE]
        for row, exchange in zip(rows, exchanges, strict=True)
    ]
    verdicts = {(False, False): RightSide.BOTH, (True, False): RightSide.SECOND, (False, True): RightSide.FIRST}
    right = verdicts.get((bool(against[0]), bool(against[1])), RightSide.NEITHER)
    first, second = exchanges
    return PairDifference(
        contract=contract,
        row=rows[0].id,
        label=first.label,
        first=format_answer(first),
        second=format_answer(second),
        right=right,
        why=(*against[0], *against[1]),
        first_repeat=first.curl,
        second_repeat=second.curl,
    )
