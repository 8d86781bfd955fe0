"""Text into values: integers, booleans, JSON objects. Where the documents are silent, a server's choices decide."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

__all__ = ["Unreadable", "boolean", "integer", "json_object"]

_HUGE = 1 << 31
_WORDS = {"1": True, "t": True, "T": True, "TRUE": True, "True": True, "true": True} | {
    "0": False, "f": False, "F": False, "FALSE": False, "False": False, "false": False
}  # fmt: skip
_FORMS = (
    ("zeros", re.compile(r"0[0-9]+"), int),
    ("point_zero", re.compile(r"[0-9]+\.0*"), lambda text: int(text.partition(".")[0])),
    ("exponent", re.compile(r"[0-9](\.[0-9])?[eE]\+?[0-9]{1,2}"), lambda text: int(float(text))),
    ("hexadecimal", re.compile(r"0[xX][0-9a-fA-F]{1,30}"), lambda text: int(text, 16)),
    ("underscore", re.compile(r"[0-9]+(_[0-9]+)+"), int),
    ("digits", re.compile(r"\d+"), int),
)
_LONGEST = 60


class Unreadable(Exception):
    """A text that is not a value of the kind that was asked for."""


def integer(text: str, choices: Mapping[str, str]) -> int | None:
    """The number that a text stands for, None where an empty one counts as absent; raises Unreadable.

    Plain decimal digits with or without a minus are numbers, whatever the choices.
    """
    if text == "":
        _needs("empty", choices)
        return None
    if text.strip() != text:
        _needs("spaces", choices)
        text = text.strip()
    if text.startswith("+"):
        _needs("plus", choices)
        text = text[1:]
    negative = text.startswith("-")
    size = _size(text.removeprefix("-"), choices)
    if size is None:
        return None
    if negative and size == 0:
        return _minus_zero(choices)
    number = -size if negative else size
    _within(number, choices["integer_huge"])
    return number


def _size(text: str, choices: Mapping[str, str]) -> int | None:
    """A number without its sign."""
    if len(text) > _LONGEST and text.isascii() and text.isdigit():
        return int(text[:_LONGEST])  # far beyond 64 bits all the same
    if re.fullmatch(r"0|[1-9][0-9]*", text):
        return int(text)
    for name, form, read in _FORMS:
        if form.fullmatch(text):
            _needs(name, choices)
            return int(read(text))
    if text.lower() in {"nan", "infinity", "inf"}:
        _needs("nan", choices)
        return None
    raise Unreadable(text)


def _minus_zero(choices: Mapping[str, str]) -> int:
    if choices["integer_minus_zero"] == "rejected":
        raise Unreadable("-0")
    return -1 if choices["integer_minus_zero"] == "below" else 0  # a server may see the sign and call it below


def _within(number: int, choice: str) -> None:
    edge = {"range": None, "rejected": _HUGE, "rejected-from-64-bit": 1 << 63}[choice]
    if edge is not None and abs(number) >= edge:
        raise Unreadable(str(number))


def _needs(name: str, choices: Mapping[str, str]) -> None:
    if choices[f"integer_{name}"] != "accepted":
        raise Unreadable(name)


def boolean(text: str, choices: Mapping[str, str]) -> bool:
    """True or false; raises Unreadable. `true` and `false` always are, other spellings by choice."""
    if text == "" and choices["boolean_empty"] == "accepted":
        return False
    words = choices["boolean_words"]
    if text in {"true", "false"} or (words == "lenient" and text in _WORDS):
        return _WORDS[text]
    if words == "any-case" and text in {"TRUE", "True", "FALSE", "False"}:
        return text.lower() == "true"
    raise Unreadable(text)


def json_object(body: bytes, media_type: str, choices: Mapping[str, str]) -> dict[str, Any]:
    """The JSON object that a body is; raises Unreadable."""
    if choices["json_media_type"] == "rejected" and "json" not in media_type.lower():
        raise Unreadable(media_type)
    value = _json(body, tail=choices["json_tail"] == "accepted")
    if value is _EMPTY:
        value = {} if choices["json_empty"] == "object" else None
    elif value is None and choices["json_null"] == "object":
        value = {}
    if not isinstance(value, dict):
        raise Unreadable("not an object")
    return value


_EMPTY = object()


def _json(body: bytes, *, tail: bool) -> Any:
    try:
        text = body.decode()
        if not text.strip():
            return _EMPTY
        decoder = json.JSONDecoder(parse_constant=_refuse)
        value, end = decoder.raw_decode(text.lstrip(" \t\r\n"))
        rest = text.lstrip(" \t\r\n")[end:].strip(" \t\r\n")
    except (ValueError, RecursionError) as error:
        raise Unreadable(str(error)) from error
    if rest and not (tail and isinstance(value, dict)):
        raise Unreadable(rest)
    return value


def _refuse(word: str) -> Any:
    raise ValueError(word)
