"""Matches regular expressions of case files and profiles in bounded time, whatever the expression and the text."""

import re
from functools import lru_cache

import jsonschema_rs

MOST_STEPS = 100_000
"""The most backtracking steps of a match, about 10 ms; without a limit, `(a+)+b` would take 2^n steps."""
MOST_BYTES = 20_000_000
r"""The largest size of a compiled expression in bytes: `\w{1,255}` fits, `\w{1,1000}` does not."""

_CLASS = re.compile(r"\[\^?\]?(?:[^\]\\]|\\.)*\]|\\(.)", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_UNICODE = {"d": r"\p{Nd}", "D": r"\P{Nd}", "w": r"[\p{L}\p{N}_]", "W": r"[^\p{L}\p{N}_]", "Z": r"\z"}
_IN_CLASS = {"d": r"\p{Nd}", "D": r"\P{Nd}", "w": r"\p{L}\p{N}_"}
"""Translations, outside and inside a class, of escapes that the JSON Schema engine limits to ASCII or does not know."""


def matches_whole(expression: str, text: str) -> bool | None:
    """Return whether an expression matches a whole text, line breaks included; None if it is invalid or too slow."""
    validator = _compile(expression)
    if validator is None:
        return None
    error = next(iter(validator.iter_errors(text)), None)
    if error is None:
        return True
    return None if error.message.startswith("Error executing regex") else False


def can_be_bounded(expression: str) -> bool:
    """Return whether an expression can be matched; `(?P=name)` and others that only Python has cannot."""
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
    """Translate a character class, or an escape outside one, for the JSON Schema engine."""
    if match[1] is not None:
        return _UNICODE.get(match[1], match[0])
    return _ESCAPE.sub(lambda escape: _IN_CLASS.get(escape[1], escape[0]), match[0])
