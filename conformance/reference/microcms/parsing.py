"""Parses integers, booleans and JSON objects. The server's variants decide what the documents leave open."""

import json
import re
from collections.abc import Mapping
from typing import Any

_INT32_END = 1 << 31
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
_MAX_DIGITS = 60


class InvalidValue(Exception):
    """Raised for a text that is not a value of the expected type."""


def parse_integer(text: str, choices: Mapping[str, str]) -> int | None:
    """Return the integer in a text, or None if the server treats it as absent; raise InvalidValue.

    Decimal digits, with or without a minus, are an integer for every server.
    """
    if text == "":
        _require("empty", choices)
        return None
    if text.strip() != text:
        _require("spaces", choices)
        text = text.strip()
    if text.startswith("+"):
        _require("plus", choices)
        text = text[1:]
    negative = text.startswith("-")
    magnitude = _parse_magnitude(text.removeprefix("-"), choices)
    if magnitude is None:
        return None
    if negative and magnitude == 0:
        return _minus_zero(choices)
    number = -magnitude if negative else magnitude
    _check_range(number, choices["integer_huge"])
    return number


def _parse_magnitude(text: str, choices: Mapping[str, str]) -> int | None:
    """Return the value of a number without its sign, or None if the server treats it as absent."""
    if len(text) > _MAX_DIGITS and text.isascii() and text.isdigit():
        return int(text[:_MAX_DIGITS])  # still far beyond 64 bits
    if re.fullmatch(r"0|[1-9][0-9]*", text):
        return int(text)
    for name, form, read in _FORMS:
        if form.fullmatch(text):
            _require(name, choices)
            return int(read(text))
    if text.lower() in {"nan", "infinity", "inf"}:
        _require("nan", choices)
        return None
    raise InvalidValue(text)


def _minus_zero(choices: Mapping[str, str]) -> int:
    if choices["integer_minus_zero"] == "rejected":
        raise InvalidValue("-0")
    return -1 if choices["integer_minus_zero"] == "below" else 0


def _check_range(number: int, choice: str) -> None:
    edge = {"range": None, "rejected": _INT32_END, "rejected-from-64-bit": 1 << 63}[choice]
    if edge is not None and abs(number) >= edge:
        raise InvalidValue(str(number))


def _require(name: str, choices: Mapping[str, str]) -> None:
    if choices[f"integer_{name}"] != "accepted":
        raise InvalidValue(name)


def parse_boolean(text: str, choices: Mapping[str, str]) -> bool:
    """Return the boolean in a text; raise InvalidValue. Spellings besides `true` and `false` depend on the variants."""
    if text == "" and choices["boolean_empty"] == "accepted":
        return False
    words = choices["boolean_words"]
    if text in {"true", "false"} or (words == "lenient" and text in _WORDS):
        return _WORDS[text]
    if words == "any-case" and text in {"TRUE", "True", "FALSE", "False"}:
        return text.lower() == "true"
    raise InvalidValue(text)


def parse_json_object(body: bytes, media_type: str, choices: Mapping[str, str]) -> dict[str, Any]:
    """Return the JSON object in a body; raise InvalidValue."""
    if choices["json_media_type"] == "rejected" and "json" not in media_type.lower():
        raise InvalidValue(media_type)
    value = _parse_json(body, tail=choices["json_tail"] == "accepted")
    if value is _EMPTY:
        value = {} if choices["json_empty"] == "object" else None
    elif value is None and choices["json_null"] == "object":
        value = {}
    if not isinstance(value, dict):
        raise InvalidValue("not an object")
    return value


_EMPTY = object()


def _parse_json(body: bytes, *, tail: bool) -> Any:
    try:
        text = body.decode()
        if not text.strip():
            return _EMPTY
        decoder = json.JSONDecoder(parse_constant=_reject_constant)
        value, end = decoder.raw_decode(text.lstrip(" \t\r\n"))
        rest = text.lstrip(" \t\r\n")[end:].strip(" \t\r\n")
    except (ValueError, RecursionError) as error:
        raise InvalidValue(str(error)) from error
    if rest and not (tail and isinstance(value, dict)):
        raise InvalidValue(rest)
    return value


def _reject_constant(word: str) -> Any:
    raise ValueError(word)
