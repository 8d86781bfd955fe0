"""The results of checks: findings with their levels, and the verdicts derived from them."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """The severity of a finding: `must` makes the row violate, `should` makes it drift, `note` has no effect."""

    MUST = "must"
    SHOULD = "should"
    NOTE = "note"


class Verdict(StrEnum):
    """The verdict on a row or a run, from best to worst. The verdict on a run is that of its worst row."""

    NOT_EXERCISED = "not-exercised"
    CONFORMS = "conforms"
    DRIFTS = "drifts"
    INCONCLUSIVE = "inconclusive"
    VIOLATES = "violates"


@dataclass(frozen=True, slots=True)
class Finding:
    """One expectation that an exchange did not meet (`exchange` is its number `n` within the row)."""

    check: str
    """The name of the check: status, message, code, field, envelope, content-type, leak, effect, control, …"""
    level: Level
    expected: Any
    actual: Any
    where: str
    """The label of the attempt, such as `limit=min-1`."""
    exchange: int | None = None
    detail: str = ""
    """A sentence for a person: why this matters, or to which row the response belongs."""
    times: str = ""
    """`2 of 5` if the same request received different responses."""
    smallest: str = ""
    """The smallest failing input, if a drawn one failed and was shrunk."""


@dataclass(frozen=True, slots=True)
class Note:
    """A remark on HTTP itself (level `note`), which never changes a verdict."""

    about: str
    text: str
    reference: str = ""
    """The section of a standard, such as `RFC 9110, 15.5.6`."""
    exchange: int | None = None


_ORDER = tuple(Verdict)


def verdict_of_levels(levels: Iterable[Level], *, in_doubt: bool, exercised: bool = True) -> Verdict:
    """Return the verdict: a `must` finding violates even in doubt; otherwise, a doubt makes it inconclusive."""
    found = frozenset(levels)
    if Level.MUST in found:
        return Verdict.VIOLATES
    if not exercised:
        return Verdict.NOT_EXERCISED
    if in_doubt:
        return Verdict.INCONCLUSIVE
    return Verdict.DRIFTS if Level.SHOULD in found else Verdict.CONFORMS


def worst_verdict(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst verdict; `not-exercised` only if nothing was exercised."""
    return max(verdicts, key=_ORDER.index, default=Verdict.NOT_EXERCISED)
