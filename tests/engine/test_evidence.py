"""Evidence of a row: what is counted."""

from __future__ import annotations

from conformance.checks.model import Finding, Level
from conformance.engine.evidence import Evidence
from conformance.http import Exchange, Request, Response
from conformance.results.redaction import Redactor


def evidence(count: int) -> Evidence:
    made = Evidence(Redactor({}))
    for number in range(count):
        made.keep(Exchange(Request("GET", f"http://h/{number}"), Response(400), tries=2), f"drawn-{number}", "drawn")
    return made


def test_every_try_counts() -> None:
    made = evidence(3)
    assert (made.requests, made.beyond_plan.repeated, len(made.exchanges)) == (6, 3, 3)


def test_the_same_request_answered_differently_says_how_often() -> None:
    made = Evidence(Redactor({}))
    numbers = [made.keep(Exchange(Request("GET", "http://h"), Response(400)), "x", "example") for _ in range(3)]
    made.find([Finding("status", Level.MUST, 400, 200, "x")], numbers[1])
    assert [item.times for item in made.counted()] == ["1 of 3"]
    made.find([Finding("status", Level.MUST, 400, 200, "x")], numbers[0])
    made.find([Finding("status", Level.MUST, 400, 200, "x")], numbers[2])
    assert [item.times for item in made.counted()] == ["", "", ""]


def test_a_control_that_was_refused_again_is_no_finding_of_one_time_in_two() -> None:
    made = Evidence(Redactor({}))
    for status in (400, 400, 200):
        made.keep(Exchange(Request("GET", "http://h"), Response(status)), "x", "control")
    made.find([Finding("control", Level.MUST, 200, "400", "x")], 1)
    assert [item.times for item in made.counted()] == ["2 of 3"]
