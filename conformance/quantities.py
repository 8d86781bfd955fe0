"""Parses durations and paces such as `10s`, `500ms`, `10/10s` and `60/m`."""

import re
from collections.abc import Callable
from typing import Annotated, Any, NamedTuple, NoReturn

from pydantic import AfterValidator, BeforeValidator, Field

_NUMBER, _UNIT = r"(?:0|[1-9][0-9]{0,5})(?:\.[0-9]{1,3})?", r"(?:ms|s|m|h)"
DURATION = rf"^{_NUMBER}{_UNIT}$"
PACE = rf"^[1-9][0-9]{{0,5}}/(?:{_NUMBER})?{_UNIT}$"
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_MOST_SECONDS = 3600.0


def parse_duration(text: str) -> float:
    """Return a duration in seconds; raise ValueError unless it is above 0 and at most an hour."""
    return _to_seconds(text) if re.fullmatch(DURATION, text) else _refuse("is not a time", "10s, 500ms or 1m")


class Pace(NamedTuple):
    """A limit of `requests` within any `seconds`."""

    requests: int
    seconds: float


def parse_pace(text: str) -> Pace:
    """Parse a pace; raise ValueError, with a message for a person, if it is invalid."""
    if not re.fullmatch(PACE, text):
        _refuse("is not a pace", "10/10s, 60/m or 5/s")
    count, _, time = text.partition("/")
    return Pace(int(count), _to_seconds(time))


def read_pace(text: str | None) -> Pace | None:
    """Parse an optional pace; raise ValueError like `parse_pace`."""
    return parse_pace(text) if text else None


def read_pace_if_valid(written: Any) -> Pace | None:
    try:
        return parse_pace(written) if isinstance(written, str) else None
    except ValueError:
        return None


def _to_seconds(text: str) -> float:
    number, unit = re.split("(?=[a-z])", text, maxsplit=1)
    length = float(number or 1) * _SECONDS[unit]
    if not 0 < length <= _MOST_SECONDS:
        raise ValueError("is out of range (above 0, at most 1h)")
    return length


def _refuse(what: str, example: str) -> NoReturn:
    raise ValueError(f"{what}; write it as {example}")


def _need_unit(value: Any) -> Any:
    """Refuse a bare number with a message of its own, because quotes alone would not help."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        _refuse("has no unit", "10s, 500ms or 1m; a pace as 10/10s")
    return value


def _check(parse: Callable[[str], object]) -> AfterValidator:
    """Return a validator that accepts a text which `parse` accepts, and keeps it as text."""
    return AfterValidator(lambda text: (parse(text), text)[1])


DurationText = Annotated[
    str, BeforeValidator(_need_unit), _check(parse_duration), Field(json_schema_extra={"pattern": DURATION})
]
PaceText = Annotated[str, BeforeValidator(_need_unit), _check(parse_pace), Field(json_schema_extra={"pattern": PACE})]
