"""Checks of single response headers: present or absent, equal, matching, large enough. Pure functions."""

from collections.abc import Iterator, Mapping

from conformance.checks.model import Finding, Level
from conformance.contract.schema import HeaderExpectation
from conformance.expressions import matches_whole
from conformance.http import Response, header
from conformance.messages import Message


def check_headers(response: Response, expected: Mapping[str, HeaderExpectation], where: str) -> Iterator[Finding]:
    """Yield a finding for each header that differs from its expectation, whose placeholders are already filled."""
    for name, expectation in expected.items():
        actual = header(response.headers, name)
        if not _is_as_expected(actual, expectation):
            level = Level(expectation.level)
            shown, detail = Message("absent") if actual is None else actual, Message("header {name}", name=name)
            yield Finding("header", level, _describe(expectation), shown, where, detail=detail)


def _is_as_expected(actual: str | None, expectation: HeaderExpectation) -> bool:
    if actual is None or expectation.present is False:
        return actual is None and expectation.present is False
    if expectation.equals is not None and actual != str(expectation.equals):
        return False
    if expectation.matches is not None and matches_whole(str(expectation.matches), actual) is False:
        return False
    try:
        return expectation.at_least is None or float(actual) >= expectation.at_least
    except ValueError:
        return False


def _describe(expectation: HeaderExpectation) -> str:
    if expectation.present is False:
        return Message("absent")
    if expectation.equals is not None:
        return str(expectation.equals)
    if expectation.matches is not None:
        return Message("a value that matches {pattern}", pattern=str(expectation.matches))
    if expectation.at_least is not None:
        return Message("a number of at least {least}", least=expectation.at_least)
    return Message("present")
