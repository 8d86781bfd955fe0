"""Known deviations of a target: which wrong answer is expected of a row, why, and until when.

A known deviation names a check and the value that is answered instead (`status: 201`), and excuses that alone, until
the day it expires: another wrong answer of the same row counts, an expired entry counts, and so does a stale one,
whose deviation no longer happens.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, PrivateAttr, model_validator

from conformance.errors import Problem
from conformance.jsontools import json_equal
from conformance.target import addresses
from conformance.validation import suggest
from conformance.yaml_document import dump

Deviation = Literal["violates", "drifts", "inconclusive"]
_DECIDED = frozenset({"violates", "drifts"})
"""What an entry excuses that names no verdict: an inconclusive row has its verdict from no finding."""
_ANY = "*"
_LONGEST_WRITTEN = 200
"""Characters of a text that is written into a file of known deviations; a longer one becomes `*`."""


def _row(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9/*?-]+", text):
        raise ValueError("is not a row; write it as contents-get/limit-below-minimum or contents-get/*")
    return text


def _day(text: str) -> str:
    with suppress(ValueError):
        if date.fromisoformat(text).isoformat() == text:
            return text
    raise ValueError('is not a day; write it as "2027-01-31"')


def _reason(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty; say why the deviation is known")
    return text


def _answer(description: str, *, alias: str | None = None) -> Any:
    return Field(
        None, alias=alias, description=f"{description} that is answered instead; * for any, a list for several"
    )


class KnownDeviation(BaseModel):
    """One known deviation, as written in a profile or in a file of known deviations."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)

    row: Annotated[str, AfterValidator(_row), Field(description="A row, or several with * and ?: contents-get/*")]
    reason: Annotated[str, AfterValidator(_reason), Field(description="Why the deviation is known")]
    link: Annotated[str, AfterValidator(addresses.parse_link)] | None = Field(
        None, description="Where it is tracked: a URL"
    )
    expires: Annotated[str, AfterValidator(_day)] = Field(
        description='The last day on which it is excused: "2027-01-31"', json_schema_extra={"format": "date"}
    )
    verdict: Deviation | None = Field(None, description="The one verdict it excuses; violates and drifts when absent")
    status: JsonValue = _answer("The status")
    code: JsonValue = _answer("The code")
    field: JsonValue = _answer("The field")
    message: JsonValue = _answer("The message")
    language: JsonValue = _answer("The message in the wrong language")
    body: JsonValue = _answer("The value in the body")
    envelope: JsonValue = _answer("The value that breaks the envelope")
    content_type: JsonValue = _answer("The content type", alias="content-type")
    fault: JsonValue = _answer("The body without the fault")
    header: JsonValue = _answer("The header")
    effect: JsonValue = _answer("The effect of a refused write")
    control: JsonValue = _answer("The answer to a control")
    choice: JsonValue = _answer("The answer to an open choice")
    leak: JsonValue = _answer("The leak")
    _where: str = PrivateAttr("")

    @model_validator(mode="after")
    def _check_answers(self) -> Self:
        if not self.answers and self.verdict != "inconclusive":
            raise ValueError("names no check; say what is answered instead, such as `status: 201` or `code: 107`")
        return self

    @property
    def answers(self) -> dict[str, Any]:
        """By check, the value that is answered instead; an absent value is written as null."""
        names = {name: info.alias or name for name, info in type(self).model_fields.items()}
        return {names[name]: getattr(self, name) for name in names if name in _CHECKS & self.model_fields_set}

    @property
    def where(self) -> str:
        """`file:line`."""
        return self._where

    def at(self, where: str) -> KnownDeviation:
        """The same, standing there."""
        placed = self.model_copy()
        placed._where = where  # noqa: SLF001 - its own
        return placed

    def is_live(self, today: date) -> bool:
        """Whether it still excuses anything on a day."""
        return today.isoformat() <= self.expires

    def names(self, row_id: str) -> bool:
        """Whether it is about this row."""
        return fnmatchcase(row_id, self.row)

    def explains(self, deviation: RowDeviation, check: str, actual: Any) -> bool:
        """Whether it excuses one finding of a row, on whatever day."""
        return self._applies(deviation) and check in self.answers and _is_answer(self.answers[check], actual)

    def happens(self, deviation: RowDeviation) -> bool:
        """Whether it excuses anything of a row, on whatever day."""
        if not self.answers:
            return self._applies(deviation)
        return any(self.explains(deviation, check, actual) for check, actual in deviation.actual)

    def _applies(self, deviation: RowDeviation) -> bool:
        expected = _DECIDED if self.verdict is None else {self.verdict}
        return deviation.verdict in expected and self.names(deviation.row)


_CHECKS = frozenset(KnownDeviation.model_fields) - {"row", "reason", "link", "expires", "verdict"}


@dataclass(frozen=True, slots=True)
class RowDeviation:
    """How a row of a run deviates: its verdict, and for each finding its check and the actual value."""

    row: str
    verdict: str
    actual: tuple[tuple[str, Any], ...] = ()
    reason: str = ""


def _is_answer(known: Any, actual: Any) -> bool:
    """Whether an actual value is the known one; texts are compared as texts, since a finding may show any value so."""
    if isinstance(known, list) and not isinstance(actual, list):
        return any(_is_answer(each, actual) for each in known)
    if known == _ANY or json_equal(known, actual):
        return True
    return isinstance(known, str) and isinstance(actual, str) and str(known) == str(actual)


def match_deviation(
    expectations: Sequence[KnownDeviation], deviation: RowDeviation, today: date
) -> KnownDeviation | None:
    """What excuses how a row deviates; where it has expired by `today`, the deviation counts again.

    Each finding of the row must be excused by an entry: of several, that which expires first is given. Of an
    inconclusive row, which has its verdict from no finding, an entry without checks excuses all.
    """
    live = [each for each in expectations if each.is_live(today)]
    return _excuse(live, deviation) or _excuse(expectations, deviation)


def _excuse(expectations: Iterable[KnownDeviation], deviation: RowDeviation) -> KnownDeviation | None:
    """Of the entries that together excuse all of a row's deviation the first to expire; None where any is left over."""
    ordered = sorted(expectations, key=lambda each: each.expires)
    if whole := [each for each in ordered if not each.answers and each.happens(deviation)]:
        return whole[0]
    found = [
        next((each for each in ordered if each.explains(deviation, check, actual)), None)
        for check, actual in deviation.actual
    ]
    used = [each for each in found if each is not None]
    return min(used, key=lambda each: each.expires) if found and len(used) == len(found) else None


def find_stale(
    expectations: Iterable[KnownDeviation], deviations: Iterable[RowDeviation], rows: Iterable[str] = ()
) -> tuple[KnownDeviation, ...]:
    """Those whose deviation no longer happens, as far as a run shows.

    `deviations` holds the rows of the run, those that conform included, `rows` all of the contract's. Only a run that
    has decided every row that an entry names shows that it is stale: a row that was left out, not exercised or
    inconclusive may still deviate.
    """
    found = {each.row: each for each in deviations}
    decided = {row for row, each in found.items() if each.verdict not in {"not-exercised", "inconclusive"}}
    every = {*found, *rows}

    def is_stale(expectation: KnownDeviation) -> bool:
        named = {row for row in every if expectation.names(row)}
        happens = any(expectation.happens(found[row]) for row in named if row in found)
        return bool(named) and named <= decided and not happens

    return tuple(filter(is_stale, expectations))


def check_deviation_rows(expectations: Iterable[KnownDeviation], rows: Iterable[str]) -> tuple[Problem, ...]:
    """A problem for each known deviation that names no row of the contract."""
    known = tuple(rows)
    return tuple(
        Problem(each.where, f"no row is named {each.row!r}", suggest(each.row, known, "rows"))
        for each in expectations
        if not any(map(each.names, known))
    )


def format_deviations(deviations: Iterable[RowDeviation], *, expires: date) -> str:
    """A file of known deviations for those of a run, all excused until `expires`.

    A reader of it gets back the same. The links are for a person to add.
    """
    entries = [_entry(each, expires) for each in deviations]
    return "# Known deviations: say why, add `link:` to where each is tracked.\n" + dump(entries)


def _entry(deviation: RowDeviation, expires: date) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "row": deviation.row,
        "reason": deviation.reason.strip() or "seen in a run",
        "expires": expires.isoformat(),
        "verdict": deviation.verdict,
    }
    if deviation.verdict == "inconclusive":
        return entry
    for check in dict.fromkeys(check for check, _ in deviation.actual):
        values = [_written(actual) for name, actual in deviation.actual if name == check]
        unique = [value for index, value in enumerate(values) if not any(json_equal(value, v) for v in values[:index])]
        entry[check] = _ANY if _ANY in unique else unique[0] if len(unique) == 1 else unique
    return entry


def _written(actual: Any) -> Any:
    """A value as it is written: a long text, a list or a mapping is not compared but accepted whatever it is."""
    if isinstance(actual, (list, dict)) or (isinstance(actual, str) and len(actual) > _LONGEST_WRITTEN):
        return _ANY
    return str(actual) if isinstance(actual, str) else actual
