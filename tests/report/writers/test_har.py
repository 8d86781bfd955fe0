"""The archive is one that a reader of HTTP Archive 1.2 opens: its members, its types, its times."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import jsonschema_rs

from conformance.report.writers.har import format_har
from conformance.results.model import RecordedExchange, RecordedResponse, Results
from tests.report.made_up import answer, failure, sample_results

TEXT, NUMBER, COUNT = {"type": "string"}, {"type": "number", "minimum": 0}, {"type": "integer", "minimum": -1}
PAIRS = {"type": "array", "items": {"type": "object", "required": ["name", "value"], "additionalProperties": TEXT}}


def _object(**members: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(members), "properties": members}


MESSAGE = {"httpVersion": TEXT, "cookies": PAIRS, "headers": PAIRS, "headersSize": COUNT, "bodySize": COUNT}
ENTRY = _object(
    startedDateTime=TEXT,
    time=NUMBER,
    request=_object(method=TEXT, url=TEXT, queryString=PAIRS, **MESSAGE),
    response=_object(
        status=COUNT, statusText=TEXT, redirectURL=TEXT, content=_object(size=COUNT, mimeType=TEXT), **MESSAGE
    ),
    cache={"type": "object"},
    timings=_object(send=NUMBER, wait=NUMBER, receive=NUMBER),
)
ARCHIVE = _object(
    log=_object(version={"const": "1.2"}, creator=_object(name=TEXT, version=TEXT), entries={"items": ENTRY})
)
"""What HAR 1.2 requires, written from its description."""


def entries(results: Results) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(format_har(results))["log"]["entries"]
    return found


def of(*exchanges: RecordedExchange) -> Results:
    """Results with these exchanges in one row and nothing else."""
    results = sample_results()
    run = results.runs[0]
    row = replace(run.rows[0], exchanges=exchanges)
    return replace(results, runs=(replace(run, rows=(row,), explored=()),))


def at(one: RecordedExchange, second: str) -> RecordedExchange:
    return replace(one, started=f"2026-11-22T01:00:{second}Z")


def test_every_member_that_the_format_requires_is_there() -> None:
    archive = json.loads(format_har(sample_results()))
    assert [error.message for error in jsonschema_rs.validator_for(ARCHIVE).iter_errors(archive)] == []


def test_each_entry_has_its_own_start_and_they_stand_in_that_order() -> None:
    later, sooner = at(answer(1, "b", "", 400, {}), "07.250"), at(answer(2, "a", "", 400, {}), "03.125")
    assert [entry["startedDateTime"] for entry in entries(of(later, sooner))] == [
        "2026-11-22T01:00:03.125Z",
        "2026-11-22T01:00:07.250Z",
    ]


def test_where_nothing_tells_the_start_it_is_that_of_the_run() -> None:
    results = of(answer(1, "a", "", 400, {}))
    assert [results.started] == [entry["startedDateTime"] for entry in entries(results)]


def test_a_start_is_a_time_with_its_zone_and_the_time_is_the_sum_of_the_timings() -> None:
    for entry in entries(sample_results()):
        assert datetime.fromisoformat(entry["startedDateTime"]).tzinfo is not None
        assert entry["time"] == sum(time for time in entry["timings"].values() if time >= 0)


def test_sizes_that_nobody_counted_are_minus_one() -> None:
    plain = answer(1, "a", "", 200, {"a": 1})
    assert isinstance(plain.response, RecordedResponse)
    packed = replace(plain, response=replace(plain.response, headers=(("Content-Encoding", "gzip"),)))
    sizes = [entry["response"]["bodySize"] for entry in entries(of(plain, packed, failure(3, "c", "timeout", "")))]
    assert [plain.response.size, -1, -1] == sizes


def test_a_query_is_decoded_but_for_its_plus_signs() -> None:
    url = "https://h.example/a?limit=+5&q=%E6%97%A5&flag&x=1=2"
    one = answer(1, "limit=+5", "limit=+5", 200, {})
    (entry,) = entries(of(replace(one, request=replace(one.request, url=url))))
    assert [(pair["name"], pair["value"]) for pair in entry["request"]["queryString"]] == [
        ("limit", "+5"),
        ("q", "日"),
        ("flag", ""),
        ("x", "1=2"),
    ]
