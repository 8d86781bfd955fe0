"""Open choices: every documented answer is accepted and recorded, and no other one is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.checks.context import Expectation, ResponseRules, build_expectation, promise_of_row
from conformance.checks.model import Finding
from conformance.checks.response import classify_choice
from conformance.contract.contract import Contract
from conformance.http import Response

ROWS = """\
  - {id: own, cause: a, expect: {status: 400, message: Own words}}
  - {id: other, cause: b, expect: {status: 400, message: Other words}}
  - {id: third, cause: c, expect: {status: 404, message: Third words}}
"""
Choose = Callable[..., tuple[str, tuple[Finding, ...]]]
Held = Callable[[int, Any, list[Any]], tuple[str, tuple[Finding, ...]]]


@pytest.fixture
def choose(shop: Callable[..., Contract]) -> Choose:
    rules = ResponseRules(shop(ROWS), lambda text: ("full",) if "hush" in text else (), frozenset(["full"]))

    def promise(name: str) -> Expectation:
        row = rules.row(name)
        return build_expectation(promise_of_row(row), lambda *_: None)

    def chosen(answer: Response, *accept: str | int) -> tuple[str, tuple[Finding, ...]]:
        others = {name: promise(name) for name in accept if isinstance(name, str) and "/" in name}
        return classify_choice(answer, accept, promise("items/own"), others, rules, where="limit=+5")

    return chosen


@pytest.fixture
def held(choose: Choose, answer: Callable[..., Response]) -> Held:
    return lambda status, body, accept: choose(answer(status, body), *accept)


OWN, OTHER, THIRD, NEW = ({"message": f"{word} words"} for word in ("Own", "Other", "Third", "New"))


@pytest.mark.parametrize(
    ("status", "body", "accept", "choice"),
    [
        (200, {}, ["accepted", "this"], "accepted"),
        (204, None, ["accepted"], "accepted"),
        (400, OWN, ["accepted", "this"], "items/own"),
        (400, NEW, ["this"], "items/own"),
        (400, OTHER, ["this", "items/other"], "items/other"),
        (400, OWN, ["this", "items/other"], "items/own"),
        (404, THIRD, ["this", "items/third"], "items/third"),
        (400, OTHER, ["this", 400], "400 Other words"),
        (404, NEW, ["this", 404], "404 New words"),
        (422, NEW, ["any-4xx"], "422 New words"),
        (404, NEW, ["not-5xx"], "404 New words"),
        (204, None, ["not-5xx"], "204"),
        (301, None, ["not-5xx"], "301"),
        (200, {}, ["this", 200], "200"),
    ],
)
def test_a_documented_answer_is_accepted_and_recorded(
    held: Held, status: int, body: Any, accept: list[Any], choice: str
) -> None:
    assert held(status, body, accept) == (choice, ())


@pytest.mark.parametrize(
    ("status", "body", "accept"),
    [
        (200, {}, ["this"]),
        (400, OTHER, ["this"]),
        (404, OWN, ["accepted", "this"]),
        (500, OWN, ["accepted", "this", "any-4xx", "not-5xx"]),
        (503, NEW, ["not-5xx"]),
        (302, None, ["any-4xx", "accepted"]),
        (200, {}, ["any-4xx"]),
    ],
)
def test_any_other_answer_is_a_violation(
    choose: Choose, answer: Callable[..., Response], status: int, body: Any, accept: list[Any]
) -> None:
    _, (found,) = choose(answer(status, body), *accept)
    assert (found.check, found.level, found.actual) == ("choice", "must", status)
    assert "items/own" in found.expected or "this" not in accept


@pytest.mark.parametrize("accept", [["any-4xx"], ["not-5xx"], [400]])
def test_an_error_that_is_accepted_for_its_status_still_has_its_form(
    choose: Choose, answer: Callable[..., Response], accept: list[Any]
) -> None:
    _, found = choose(answer(400, "<html>", kind="text/html"), *accept)
    assert [(item.check, item.level) for item in found] == [("envelope", "must")]


def test_a_key_in_an_answer_is_a_violation_even_where_the_answer_is_accepted(
    choose: Choose, answer: Callable[..., Response]
) -> None:
    for status in (200, 400):
        _, found = choose(answer(status, {"message": "hush"}), "accepted", "this")
        assert "must" in {item.level for item in found}
