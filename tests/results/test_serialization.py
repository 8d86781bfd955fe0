"""`results.json`: what is written can be read, and what cannot be read is named."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from conformance.checks.model import Finding, Level
from conformance.errors import ConfigError
from conformance.results.schema import results_schema
from conformance.results.serialization import format_results, parse_results

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "report"))

from tests.report.made_up import sample_results  # noqa: E402


def damaged(change: Callable[[dict[str, Any]], object]) -> str:
    value = json.loads(format_results(sample_results()))
    change(value)
    return json.dumps(value)


def problem(text: str) -> str:
    with pytest.raises(ConfigError) as refused:
        parse_results(text, "old/results.json")
    return str(refused.value)


def test_what_was_written_is_read_again() -> None:
    assert sample_results() == parse_results(format_results(sample_results()), "results.json")


def test_names_are_those_that_other_programs_rely_on() -> None:
    value = json.loads(format_results(sample_results()))

    assert (value["format"], value["depth"], value["partial"]) == (2, "standard", False)
    run = value["runs"][0]
    assert {"name": "microcms-management", "edition": "2025-12-10"}.items() <= run["contract"].items()
    assert (run["verdict"], run["counts"]["violates"], run["requests"]) == ("violates", 3, 15)
    row = run["rows"][0]
    assert {"check": "status", "level": "must", "expected": 400, "actual": 200, "exchange": 3}.items() <= row[
        "findings"
    ][0].items()
    assert {"input": "limit=-0", "answer": "accepted"}.items() <= row["choices"][0].items()
    assert {"n", "label", "request", "response", "seconds", "curl"} <= row["exchanges"][0].keys()


def test_what_is_written_obeys_the_published_schema_and_what_is_damaged_does_not() -> None:
    schema = json.loads((ROOT / "docs" / "results.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema_rs.validator_for(schema)

    assert list(validator.iter_errors(json.loads(format_results(sample_results())))) == []
    assert not validator.is_valid(json.loads(damaged(lambda value: value.pop("seed"))))
    assert not validator.is_valid(json.loads(damaged(lambda value: value["runs"][0].update(verdict="fine"))))


def test_published_schema_is_that_of_the_model_and_describes_its_members() -> None:
    published = json.loads((ROOT / "docs" / "results.schema.json").read_text(encoding="utf-8"))

    assert published == results_schema()
    assert published["$defs"]["Finding"]["properties"]["times"]["description"].startswith("`2 of 5`")


def test_members_that_a_later_version_added_are_ignored() -> None:
    text = damaged(lambda value: value["runs"][0]["rows"][0].update(invented={"later": True}))

    assert sample_results() == parse_results(text, "results.json")


def test_of_many_problems_twenty_are_named() -> None:
    lines = problem(damaged(lambda value: value["runs"][0]["rows"][0].update(warnings=[1] * 25))).splitlines()
    assert len(lines) == 21
    assert "5 more problems" in lines[-1]


def test_broken_json_is_named_with_file_and_line() -> None:
    assert problem('{"format": 1,\n "seed": }').startswith("old/results.json:2: not JSON:")
    assert problem('{"format": 2, "seed": "\\ud800"}') == "old/results.json: the file holds half a character"


@pytest.mark.parametrize("text", ["[]", "1", "{}", '"x"', "null"])
def test_json_that_holds_no_results_is_refused(text: str) -> None:
    assert "old/results.json: these are no results" in problem(text)


def test_other_format_is_refused_with_both_formats() -> None:
    message = problem(damaged(lambda value: value.update(format=3)))

    assert "written in format 3, and this version reads format 2" in message
    assert "use the version of the suite that wrote it" in message


def test_every_wrong_member_is_named_with_its_place() -> None:
    def spoil(value: dict[str, Any]) -> None:
        value["runs"][0]["rows"][1]["verdict"] = "fine"
        value["runs"][0]["rows"][2]["requests"] = "2"
        del value["runs"][1]["contract"]

    lines = problem(damaged(spoil)).splitlines()

    assert len(lines) == 3
    assert lines[0].startswith("old/results.json: runs.0.rows.1.verdict must be 'not-exercised'")
    assert lines[1].startswith("old/results.json: runs.0.rows.2.requests must be ")
    assert lines[2].startswith("old/results.json: runs.1.contract is missing")


def test_text_that_is_nested_too_deeply_is_refused() -> None:
    assert "old/results.json" in problem("[" * 100_000)


@pytest.mark.parametrize("text", ["\x00\x1b[31m\x9b", "a\u202eb\u2028c", "\U000e0041", "日本語", "\U0001f600"])
def test_text_comes_back_as_it_was_and_nothing_unseen_is_in_the_file(text: str) -> None:
    results = replace(sample_results(), why_partial=text)

    assert text == parse_results(format_results(results), "results.json").why_partial
    assert not {"\x1b", "\x9b", "\u202e", "\u2028", "\U000e0041"} & set(format_results(results))


def test_what_json_cannot_hold_is_written_as_something_it_can() -> None:
    run = sample_results().runs[0]
    finding = Finding("body", Level.MUST, {"n": float("nan")}, "\ud800", "x")
    results = replace(sample_results(), runs=(replace(run, rows=(replace(run.rows[0], findings=(finding,)),)),))
    read = parse_results(format_results(results), "results.json").runs[0].rows[0].findings[0]

    assert (read.expected, read.actual) == ({"n": "nan"}, "\ufffd")


@pytest.mark.parametrize(
    ("member", "value"), [("allow", ["write", {}]), ("allow", "write"), ("fixtures", "x"), ("hooks", [1]), ("name", 5)]
)
def test_a_profile_of_another_form_is_refused(member: str, value: Any) -> None:
    plain = json.loads(format_results(sample_results()))
    plain["runs"][0]["target"][member] = value
    with pytest.raises(ConfigError, match=rf"runs\.0\.target\.{member}.* must be "):
        parse_results(json.dumps(plain), "results.json")
