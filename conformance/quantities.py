"""Times and paces as people write them: `10s`, `500ms`, `10/10s`, `60/m`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, NamedTuple, NoReturn

from pydantic import AfterValidator, BeforeValidator, Field

_NUMBER, _UNIT = r"(?:0|[1-9][0-9]{0,5})(?:\.[0-9]{1,3})?", r"(?:ms|s|m|h)"
DURATION = rf"^{_NUMBER}{_UNIT}$"
PACE = rf"^[1-9][0-9]{{0,5}}/(?:{_NUMBER})?{_UNIT}$"
_LENGTH = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_LONGEST = 3600.0


def parse_duration(text: str) -> float:
    """A time in seconds, above 0 and at most an hour; `ValueError` in our own words otherwise."""
    return _duration(text) if re.fullmatch(DURATION, text) else _refuse("is not a time", "10s, 500ms or 1m")


class Pace(NamedTuple):
    """At most so many requests in any so many seconds."""

    requests: int
    seconds: float


def parse_pace(text: str) -> Pace:
    """So many requests in each such time; `ValueError` in our own words otherwise."""
    if not re.fullmatch(PACE, text):
        _refuse("is not a pace", "10/10s, 60/m or 5/s")
    count, _, time = text.partition("/")
    return Pace(int(count), _duration(time))


def read_pace(text: str | None) -> Pace | None:
    """The pace that a file states, if it states any; `ValueError` as for `parse_pace`."""
    return parse_pace(text) if text else None


def read_pace_if_valid(written: Any) -> Pace | None:
    """The pace that a value of a file states; None where it states none, or is not one."""
    try:
        return parse_pace(written) if isinstance(written, str) else None
    except ValueError:
        return None


def _duration(text: str) -> float:
    number, unit = re.split("(?=[a-z])", text, maxsplit=1)
    length = float(number or 1) * _LENGTH[unit]
    if not 0 < length <= _LONGEST:
        raise ValueError("is out of range (above 0, at most 1h)")
    return length


def _refuse(what: str, example: str) -> NoReturn:
    raise ValueError(f"{what}; write it as {example}")


def _with_unit(value: Any) -> Any:
    """A bare number gets a message of its own: in quotes it would be as wrong."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        _refuse("has no unit", "10s, 500ms or 1m; a pace as 10/10s")
    return value


def _check(parse: Callable[[str], object]) -> AfterValidator:
    """The text as it is, where it can be parsed."""
    return AfterValidator(lambda text: (parse(text), text)[1])


DurationText = Annotated[
    str, BeforeValidator(_with_unit), _check(parse_duration), Field(json_schema_extra={"pattern": DURATION})
]
PaceText = Annotated[str, BeforeValidator(_with_unit), _check(parse_pace), Field(json_schema_extra={"pattern": PACE})]
