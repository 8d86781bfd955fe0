"""Times and paces as people write them: `10s`, `500ms`, `10/10s`, `60/m`."""

from __future__ import annotations

import re
from typing import NoReturn

__all__ = ["DURATION", "PACE", "pace", "seconds"]

_NUMBER, _UNIT = r"(?:0|[1-9][0-9]{0,5})(?:\.[0-9]{1,3})?", r"(?:ms|s|m|h)"
DURATION = rf"^{_NUMBER}{_UNIT}$"
PACE = rf"^[1-9][0-9]{{0,5}}/(?:{_NUMBER})?{_UNIT}$"

_PARTS = re.compile(rf"(?P<number>{_NUMBER})?(?P<unit>{_UNIT})\Z")
_LENGTH = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_LONGEST = 3600.0


def seconds(text: str) -> float:
    """A time in seconds, above 0 and at most an hour; `ValueError` in our own words otherwise."""
    return _duration(text) if re.match(DURATION, text) else _refuse("is not a time", "10s, 500ms or 1m")


def pace(text: str) -> tuple[int, float]:
    """`(requests, seconds)`: so many requests in each such time; `ValueError` in our own words otherwise."""
    count, slash, time = text.partition("/")
    if not slash or not re.fullmatch(r"[1-9][0-9]{0,5}", count, re.ASCII) or not _PARTS.match(time):
        _refuse("is not a pace", "10/10s, 60/m or 5/s")
    return int(count), _duration(time)


def _duration(text: str) -> float:
    parts = _PARTS.match(text)
    if parts is None:
        _refuse("is not a time", "10s, 500ms or 1m")
    length = float(parts["number"] or 1) * _LENGTH[parts["unit"]]
    if not 0 < length <= _LONGEST:
        raise ValueError("is out of range (above 0, at most 1h)")
    return length


def _refuse(what: str, example: str) -> NoReturn:
    raise ValueError(f"{what}; write it as {example}")
