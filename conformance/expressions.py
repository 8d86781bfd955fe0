"""Regular expressions that people write, held against a text in bounded time, whatever the expression and the text."""

from __future__ import annotations

import re
from functools import lru_cache

import jsonschema_rs

MOST_STEPS = 100_000
"""Steps back that an expression may take: `(a+)+b` would take 2^n of them elsewhere. About a hundredth of a second."""
MOST_BYTES = 20_000_000
r"""Size of a compiled expression: `\w{1,255}` fits, `\w{1,1000}` does not."""

_CLASS = re.compile(r"\[\^?\]?(?:[^\]\\]|\\.)*\]|\\(.)", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_UNICODE = {"d": r"\p{Nd}", "D": r"\P{Nd}", "w": r"[\p{L}\p{N}_]", "W": r"[^\p{L}\p{N}_]", "Z": r"\z"}
_IN_CLASS = {"d": r"\p{Nd}", "D": r"\P{Nd}", "w": r"\p{L}\p{N}_"}
"""What the engine of JSON Schema reads as ASCII only, or not at all, and Python otherwise."""


def matches_whole(expression: str, text: str) -> bool | None:
    """Whether an expression matches a text as a whole, line breaks included; None where it takes too long."""
    validator = _compile(expression)
    if validator is None:
        return None
    wrong = next(iter(validator.iter_errors(text)), None)
    if wrong is None:
        return True
    return None if wrong.message.startswith("Error executing regex") else False


def can_be_bounded(expression: str) -> bool:
    """Whether the expression can be held against a text at all: it may not refer to groups by Python's `(?P=name)`."""
    return _compile(expression) is not None


@lru_cache(maxsize=64)
def _compile(expression: str) -> jsonschema_rs.Validator | None:
    translated = _CLASS.sub(_translate, expression)
    schema = {"pattern": rf"\A(?s:{translated})\z"}
    options = jsonschema_rs.FancyRegexOptions(backtrack_limit=MOST_STEPS, size_limit=MOST_BYTES)
    try:
        return jsonschema_rs.validator_for(schema, pattern_options=options)
    except (jsonschema_rs.ValidationError, ValueError):
        return None


def _translate(match: re.Match[str]) -> str:
    """A class of characters, or an escape outside of one, for the engine of JSON Schema."""
    if match[1] is not None:
        return _UNICODE.get(match[1], match[0])
    return _ESCAPE.sub(lambda escape: _IN_CLASS.get(escape[1], escape[0]), match[0])
