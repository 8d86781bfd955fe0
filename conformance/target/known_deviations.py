"""Known deviations of a target: what is expected to fail, why, and until when.

An expectation excuses a verdict of the rows that it names until the day it expires, and nothing else: an expired one
fails the run, and so does a stale one, whose deviation no longer happens.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from conformance.errors import Problem
from conformance.target import addresses
from conformance.validation import suggest
from conformance.yaml_document import dump

__all__ = [
    "DeviationMatch",
    "KnownDeviation",
    "KnownDeviationEntry",
    "check_deviation_rows",
    "find_stale",
    "format_deviations",
    "match_deviation",
]

Deviation = Literal["violates", "drifts", "inconclusive"]
_DEVIATIONS = frozenset({"violates", "drifts", "inconclusive"})


def _row(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9/*?-]+", text):
        raise ValueError("is not a row; write it as contents-get/limit-below-minimum or contents-get/*")
    return text


def _day(text: str) -> str:
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            date.fromisoformat(text)
            return text
    except ValueError:
        pass
    raise ValueError('is not a day; write it as "2027-01-31"')


def _reason(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty; say why the deviation is known")
    return text


class KnownDeviationEntry(BaseModel):
    """One known deviation, as written in a profile or in a file of expectations."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)

    row: Annotated[str, AfterValidator(_row), Field(description="A row, or several with * and ?: contents-get/*")]
    reason: Annotated[str, AfterValidator(_reason), Field(description="Why the deviation is known")]
    link: Annotated[str, AfterValidator(addresses.parse_link)] | None = Field(
        None, description="Where it is tracked: a URL"
    )
    expires: Annotated[str, AfterValidator(_day)] = Field(
        description='The last day on which it is excused: "2027-01-31"', json_schema_extra={"format": "date"}
    )
    verdict: Deviation | None = Field(None, description="The one verdict it excuses; all three when absent")


@dataclass(frozen=True, slots=True)
class KnownDeviation:
    """One known deviation, and where it stands."""

    row: str
    reason: str
    link: str | None
    expires: date
    verdict: Deviation | None
    where: str

    @classmethod
    def of(cls, entry: KnownDeviationEntry, where: str) -> KnownDeviation:
        """The expectation that an entry at `where` says."""
        day = date.fromisoformat(entry.expires)
        return cls(entry.row, entry.reason, entry.link, day, entry.verdict, where)

    def names(self, row_id: str) -> bool:
        """Whether it speaks of this row."""
        return fnmatchcase(row_id, self.row)

    def covers(self, row_id: str, verdict: str) -> bool:
        """Whether it speaks of this row with this verdict, on whatever day."""
        expected = _DEVIATIONS if self.verdict is None else {self.verdict}
        return verdict in expected and self.names(row_id)


@dataclass(frozen=True, slots=True)
class DeviationMatch:
    """What the expectations say of one row: excused (`known`), no longer excused (`expired`), or nothing."""

    kind: Literal["known", "expired"] | None = None
    expectation: KnownDeviation | None = None


def match_deviation(expectations: Iterable[KnownDeviation], row_id: str, verdict: str, today: date) -> DeviationMatch:
    """What is known of a row's verdict on a day; one live expectation is enough, whatever others have expired."""
    expired = None
    for expectation in expectations:
        if not expectation.covers(row_id, verdict):
            continue
        if today <= expectation.expires:
            return DeviationMatch("known", expectation)
        expired = expired or expectation
    return DeviationMatch("expired", expired) if expired else DeviationMatch()


def find_stale(
    expectations: Iterable[KnownDeviation], verdicts: Mapping[str, str], rows: Iterable[str] = ()
) -> tuple[KnownDeviation, ...]:
    """Those whose deviation no longer happens, as far as a run can tell.

    `verdicts` holds the rows of the run, `rows` all of the contract's. Only a run that could tell of every row an
    expectation names says that it is stale: a row that was left out, not exercised or inconclusive may still deviate.
    """
    decided = {row for row, verdict in verdicts.items() if verdict not in {"not-exercised", "inconclusive"}}
    every = {*verdicts, *rows}

    def is_stale(expectation: KnownDeviation) -> bool:
        named = {row for row in every if expectation.names(row)}
        happens = any(expectation.covers(row, verdicts[row]) for row in named if row in verdicts)
        return bool(named) and named <= decided and not happens

    return tuple(filter(is_stale, expectations))


def check_deviation_rows(expectations: Iterable[KnownDeviation], rows: Iterable[str]) -> tuple[Problem, ...]:
    """A problem for each expectation that names no row of the contract."""
    known = tuple(rows)
    return tuple(
        Problem(each.where, f"no row is named {each.row!r}", suggest(each.row, known, "rows"))
        for each in expectations
        if not any(map(each.names, known))
    )


def format_deviations(deviations: Iterable[tuple[str, str, str]], *, expires: date) -> str:
    """A file of expectations for the deviations of a run, each `(row, verdict, reason)`; all excused until `expires`.

    A reader of it gets back the same expectations. The links are for a person to add.
    """
    entries = [
        {"row": row, "reason": reason.strip() or "seen in a run", "expires": expires.isoformat(), "verdict": verdict}
        for row, verdict, reason in deviations
    ]
    return "# Known deviations: say why, add `link:` to where each is tracked.\n" + dump(entries)
