"""What judging ends in: findings, each with its level, and the verdicts that follow from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How much a finding weighs: only `must` makes a violation, `should` makes drift, `note` nothing."""

    MUST = "must"
    SHOULD = "should"
    NOTE = "note"


class Verdict(StrEnum):
    """Of a row, or the worst of its rows for a run; from best to worst."""

    NOT_EXERCISED = "not-exercised"
    CONFORMS = "conforms"
    DRIFTS = "drifts"
    INCONCLUSIVE = "inconclusive"
    VIOLATES = "violates"


@dataclass(frozen=True, slots=True)
class Finding:
    """One expectation that did not hold on one exchange (`exchange` is its number `n` within the row)."""

    check: str
    """What was looked at: status, message, code, field, envelope, content-type, leak, effect, control, …"""
    level: Level
    expected: Any
    actual: Any
    where: str
    """The label of the attempt, such as `limit=min-1`."""
    exchange: int | None = None
    detail: str = ""
    """A sentence for a person: why this matters, or which row the answer belongs to."""
    times: str = ""
    """`2 of 5` where the same request was answered differently."""
    smallest: str = ""
    """The smallest failing input, where a drawn one failed and was shrunk."""


@dataclass(frozen=True, slots=True)
class Note:
    """A remark on HTTP itself (level note); never changes a verdict."""

    about: str
    text: str
    reference: str = ""
    """Such as `RFC 9110, 15.5.6`."""
    exchange: int | None = None


_ORDER = tuple(Verdict)


def verdict_of_levels(levels: Iterable[Level], *, in_doubt: bool, exercised: bool = True) -> Verdict:
    """The verdict on a row or an exploration from the levels of its findings.

    A violation stands whatever else is in doubt; what is in doubt is never green.
    """
    found = frozenset(levels)
    if Level.MUST in found:
        return Verdict.VIOLATES
    if not exercised:
        return Verdict.NOT_EXERCISED
    if in_doubt:
        return Verdict.INCONCLUSIVE
    return Verdict.DRIFTS if Level.SHOULD in found else Verdict.CONFORMS


def worst_verdict(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of the rows; `not-exercised` only where nothing was exercised."""
    return max(verdicts, key=_ORDER.index, default=Verdict.NOT_EXERCISED)
