"""Checks of single headers of a response: there or not, equal, matching, large enough. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.checks.model import Finding, Level
from conformance.expressions import matches_whole
from conformance.http import Response, header
from conformance.messages import Message


def check_headers(response: Response, expected: Mapping[str, Mapping[str, Any]], where: str) -> Iterator[Finding]:
    """A finding for each expected header that is not as it should be.

    `expected` maps the name of a header to its filled expectation: `present`, `equals`, `matches` (a regular expression
    that the whole value matches), `at_least` (a number) and `level`.
    """
    for name, expectation in expected.items():
        actual = header(response.headers, name)
        if not _is_as_expected(actual, expectation):
            level = Level(expectation.get("level", "must"))
            shown, detail = Message("absent") if actual is None else actual, Message("header {name}", name=name)
            yield Finding("header", level, _describe(expectation), shown, where, detail=detail)


def _is_as_expected(actual: str | None, expectation: Mapping[str, Any]) -> bool:
    if actual is None or expectation.get("present") is False:
        return actual is None and expectation.get("present") is False
    if "equals" in expectation and actual != str(expectation["equals"]):
        return False
    if "matches" in expectation and matches_whole(str(expectation["matches"]), actual) is False:
        return False
    return "at_least" not in expectation or _is_at_least(actual, expectation["at_least"])


def _is_at_least(actual: str, least: Any) -> bool:
    try:
        return float(actual) >= float(least)
    except (TypeError, ValueError):
        return False


def _describe(expectation: Mapping[str, Any]) -> str:
    if expectation.get("present") is False:
        return Message("absent")
    if "equals" in expectation:
        return str(expectation["equals"])
    if "matches" in expectation:
        return Message("a value that matches {pattern}", pattern=str(expectation["matches"]))
    if "at_least" in expectation:
        return Message("a number of at least {least}", least=expectation["at_least"])
    return Message("present")
