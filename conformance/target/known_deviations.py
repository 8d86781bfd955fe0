"""Known deviations of a target: which wrong response of a row is excused, why, and until when.

An entry names a check and the actual value (`status: 201`) and excuses only that, until the day it expires. Another
wrong value of the same row counts. So does an expired entry, and a stale one whose deviation no longer happens.
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
"""The verdicts that an entry without a verdict excuses. `inconclusive` is not one, as it comes from no finding."""
_ANY = "*"
_LONGEST_WRITTEN = 200
"""The most characters of a text in a written file of known deviations; a longer text becomes `*`."""


def _check_row(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9/*?-]+", text):
        raise ValueError("is not a row; write it as contents-get/limit-below-minimum or contents-get/*")
    return text


def _check_day(text: str) -> str:
    with suppress(ValueError):
        if date.fromisoformat(text).isoformat() == text:
            return text
    raise ValueError('is not a day; write it as "2027-01-31"')


def _check_reason(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty; say why the deviation is known")
    return text


def _actual_value_field(description: str, *, alias: str | None = None) -> Any:
    return Field(
        None, alias=alias, description=f"{description} that is answered instead; * for any, a list for several"
    )


class KnownDeviation(BaseModel):
    """One known deviation, as written in a profile or in a file of known deviations."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)

    row: Annotated[str, AfterValidator(_check_row), Field(description="A row, or several with * and ?: contents-get/*")]
    reason: Annotated[str, AfterValidator(_check_reason), Field(description="Why the deviation is known")]
    link: Annotated[str, AfterValidator(addresses.parse_link)] | None = Field(
        None, description="Where it is tracked: a URL"
    )
    expires: Annotated[str, AfterValidator(_check_day)] = Field(
        description='The last day on which it is excused: "2027-01-31"', json_schema_extra={"format": "date"}
    )
    verdict: Deviation | None = Field(None, description="The one verdict it excuses; violates and drifts when absent")
    status: JsonValue = _actual_value_field("The status")
    code: JsonValue = _actual_value_field("The code")
    field: JsonValue = _actual_value_field("The field")
    message: JsonValue = _actual_value_field("The message")
    language: JsonValue = _actual_value_field("The message in the wrong language")
    body: JsonValue = _actual_value_field("The value in the body")
    envelope: JsonValue = _actual_value_field("The value that breaks the envelope")
    content_type: JsonValue = _actual_value_field("The content type", alias="content-type")
    fault: JsonValue = _actual_value_field("The body without the fault")
    header: JsonValue = _actual_value_field("The header")
    effect: JsonValue = _actual_value_field("The effect of a refused write")
    control: JsonValue = _actual_value_field("The answer to a control")
    choice: JsonValue = _actual_value_field("The answer to an open choice")
    leak: JsonValue = _actual_value_field("The leak")
    _where: str = PrivateAttr("")

    @model_validator(mode="after")
    def _check_answers(self) -> Self:
        if not self.answers and self.verdict != "inconclusive":
            raise ValueError("names no check; say what is answered instead, such as `status: 201` or `code: 107`")
        return self

    @property
    def answers(self) -> dict[str, Any]:
        """The actual value that is excused, by check; null stands for an absent value."""
        names = {name: info.alias or name for name, info in type(self).model_fields.items()}
        return {names[name]: getattr(self, name) for name in names if name in _CHECKS & self.model_fields_set}

    @property
    def where(self) -> str:
        return self._where

    def at(self, where: str) -> KnownDeviation:
        """Return a copy whose position is `where`."""
        placed = self.model_copy()
        placed._where = where  # noqa: SLF001 - its own
        return placed

    def is_live(self, today: date) -> bool:
        """Return whether the entry has not expired on a day."""
        return today.isoformat() <= self.expires

    def names(self, row_id: str) -> bool:
        """Return whether the entry applies to a row."""
        return fnmatchcase(row_id, self.row)

    def explains(self, deviation: RowDeviation, check: str, actual: Any) -> bool:
        """Return whether the entry excuses one finding of a row, regardless of its expiry."""
        return self._applies(deviation) and check in self.answers and _is_answer(self.answers[check], actual)

    def happens(self, deviation: RowDeviation) -> bool:
        """Return whether the entry excuses any finding of a row, regardless of its expiry."""
        if not self.answers:
            return self._applies(deviation)
        return any(self.explains(deviation, check, actual) for check, actual in deviation.actual)

    def _applies(self, deviation: RowDeviation) -> bool:
        expected = _DECIDED if self.verdict is None else {self.verdict}
        return deviation.verdict in expected and self.names(deviation.row)


_CHECKS = frozenset(KnownDeviation.model_fields) - {"row", "reason", "link", "expires", "verdict"}


@dataclass(frozen=True, slots=True)
class RowDeviation:
    """The deviation of a row in a run: its verdict, and the check and actual value of each finding."""

    row: str
    verdict: str
    actual: tuple[tuple[str, Any], ...] = ()
    reason: str = ""


def _is_answer(known: Any, actual: Any) -> bool:
    """Return whether an actual value equals the known one or a member of the known list, or the known one is `*`."""
    if isinstance(known, list) and not isinstance(actual, list):
        return any(_is_answer(each, actual) for each in known)
    if known == _ANY or json_equal(known, actual):
        return True
    return isinstance(known, str) and isinstance(actual, str) and str(known) == str(actual)


def match_deviation(
    expectations: Sequence[KnownDeviation], deviation: RowDeviation, today: date
) -> KnownDeviation | None:
    """Return the entry that excuses the deviation of a row, or None. A returned entry may have expired by `today`.

    Every finding of the row must be excused by an entry; of several entries, the first to expire is returned. An
    inconclusive row, whose verdict comes from no finding, is excused by an entry without checks.
    """
    live = [each for each in expectations if each.is_live(today)]
    return _find_first_to_expire(live, deviation) or _find_first_to_expire(expectations, deviation)


def _find_first_to_expire(expectations: Iterable[KnownDeviation], deviation: RowDeviation) -> KnownDeviation | None:
    """Return the first to expire of the entries that together excuse every finding, or None if one is not excused."""
    ordered = sorted(expectations, key=lambda each: each.expires)
    if excusing := [each for each in ordered if not each.answers and each.happens(deviation)]:
        return excusing[0]
    found = [
        next((each for each in ordered if each.explains(deviation, check, actual)), None)
        for check, actual in deviation.actual
    ]
    used = [each for each in found if each is not None]
    return min(used, key=lambda each: each.expires) if found and len(used) == len(found) else None


def find_stale(
    expectations: Iterable[KnownDeviation], deviations: Iterable[RowDeviation], rows: Iterable[str] = ()
) -> tuple[KnownDeviation, ...]:
    """Return the entries whose deviation no longer happens, as far as a run shows.

    `deviations` has all rows of the run, including those that conform, and `rows` all row IDs of the contract. An entry
    is stale only if the run has decided every row that it names, because a row that was left out, not exercised or
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
    """Return a problem for each entry that names no row of the contract."""
    known = tuple(rows)
    return tuple(
        Problem(each.where, f"no row is named {each.row!r}", suggest(each.row, known, "rows"))
        for each in expectations
        if not any(map(each.names, known))
    )


def format_deviations(deviations: Iterable[RowDeviation], *, expires: date) -> str:
    """Return the text of a file, as it is read, that excuses the deviations of a run until `expires`."""
    entries = [_build_entry(each, expires) for each in deviations]
    return "# Known deviations: say why, add `link:` to where each is tracked.\n" + dump(entries)


def _build_entry(deviation: RowDeviation, expires: date) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "row": deviation.row,
        "reason": deviation.reason.strip() or "seen in a run",
        "expires": expires.isoformat(),
        "verdict": deviation.verdict,
    }
    if deviation.verdict == "inconclusive":
        return entry
    for check in dict.fromkeys(check for check, _ in deviation.actual):
        values = [_value_to_write(actual) for name, actual in deviation.actual if name == check]
        unique = [value for index, value in enumerate(values) if not any(json_equal(value, v) for v in values[:index])]
        entry[check] = _ANY if _ANY in unique else unique[0] if len(unique) == 1 else unique
    return entry


def _value_to_write(actual: Any) -> Any:
    """Return a value for a written entry: `*`, which accepts any value, for a long text, a list or a mapping."""
    if isinstance(actual, (list, dict)) or (isinstance(actual, str) and len(actual) > _LONGEST_WRITTEN):
        return _ANY
    return str(actual) if isinstance(actual, str) else actual
