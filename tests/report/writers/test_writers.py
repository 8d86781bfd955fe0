"""The forms that programs read: each says what the results say."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from conformance.checks.model import Verdict
from conformance.report.translation import Translator
from conformance.report.writers import WRITERS, table
from conformance.results.model import NamedCause, Results
from conformance.results.serialization import parse_results
from tests.report.made_up import many_rows, sample_results


def drawn(form: str, results: Results | None = None, language: str | None = None) -> str:
    return WRITERS[form].write(results or sample_results(), language)


def junit_case(name: str, results: Results | None = None) -> ET.Element:
    return next(case for case in ET.fromstring(drawn("junit", results)).iter("testcase") if case.get("name") == name)


def facts(case: ET.Element) -> dict[str, str]:
    """What a case says in its output, a `name: value` a line."""
    return dict(line.split(": ", 1) for line in case.findtext("system-out", "").splitlines())


JENKINS = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "time", "skipped", "timestamp", "hostname", "id", "package"},
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "properties": (set(), {"property"}),
    "property": ({"name", "value"}, set()),
    "testcase": ({"name", "time", "classname", "group"}, {"skipped", "error", "failure", "system-out", "system-err"}),
    "skipped": ({"type", "message"}, set()),
    "error": ({"type", "message"}, set()),
    "failure": ({"type", "message"}, set()),
    "system-out": (set(), set()),
}
"""Attributes and children of each element, as the schema of Jenkins' xUnit plugin (junit-10.xsd) allows them."""


def test_junit_has_only_what_the_schema_of_jenkins_allows() -> None:
    for element in ET.fromstring(drawn("junit")).iter():
        attributes, children = JENKINS[element.tag]
        assert set(element.attrib) <= attributes, element.tag
        assert {child.tag for child in element} <= children, element.tag


def test_junit_for_gitlab_says_beside_each_case_where_its_row_is() -> None:
    jenkins, gitlab = (list(ET.fromstring(drawn(form)).iter("testcase")) for form in ("junit", "junit-gitlab"))
    places = [f"{case.get('file')}:{case.get('line')}" for case in gitlab]
    assert places[0] == "cases/microcms-management/contents-get.yaml:6"
    assert [facts(case)["file"] for case in jenkins] == places


def test_every_form_has_a_file_name_of_its_own() -> None:
    assert len(WRITERS) == len({writer.file for writer in WRITERS.values()})


def test_every_form_of_what_was_read_again_is_the_same() -> None:
    again = parse_results(drawn("json"), "results.json")

    assert {form: drawn(form) for form in WRITERS} == {form: drawn(form, again) for form in WRITERS}


@pytest.mark.parametrize("form", WRITERS)
def test_every_form_can_be_drawn_of_a_run_that_found_nothing(form: str) -> None:
    assert drawn(form, replace(sample_results(), runs=(), partial=True, why_partial="interrupted"))


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("contents-get/limit-below-minimum", "failure"),
        ("contents-get/offset-not-an-integer", "error"),
        ("members-get/member-not-found", "skipped"),
        ("contents-get/limit-not-an-integer", None),
        ("contents-get/offset-below-minimum", None),
        ("media-delete/medium-not-found", "skipped"),
        ("explored/listContents", "failure"),
    ],
)
def test_junit_outcome(name: str, outcome: str | None) -> None:
    found = {child.tag for child in junit_case(name)} - {"system-out"}

    assert found == ({outcome} if outcome else set())


def test_junit_says_what_a_row_that_was_not_exercised_lacks() -> None:
    skipped = junit_case("members-get/member-not-found").find("skipped")

    assert skipped is not None
    assert "fixtures.member_id, allow: write" in skipped.get("message", "")


def test_junit_says_that_a_row_drifts_and_that_a_deviation_is_known() -> None:
    assert "expected" in facts(junit_case("contents-get/limit-not-an-integer"))["drift"]
    known = junit_case("media-delete/medium-not-found")
    skipped = known.find("skipped")
    assert skipped is not None
    assert skipped.get("message", "").startswith("known deviation: Reported to the vendor")
    assert "https://tracker.example/42" in skipped.get("message", "")
    assert facts(known)["verdict"] == "violates"


def test_junit_counts_are_those_of_its_cases() -> None:
    root = ET.fromstring(drawn("junit"))

    assert tuple(root.get(name) for name in ("tests", "failures", "errors")) == ("10", "4", "1")
    assert sum(int(suite.get("skipped", "")) for suite in root.iter("testsuite")) == 2
    for name in ("tests", "failures", "errors"):
        assert int(root.get(name, "")) == sum(int(suite.get(name, "")) for suite in root.iter("testsuite"))


def test_markdown_says_verdict_counts_and_how_to_repeat_each_violation() -> None:
    text = drawn("markdown")

    assert text.startswith("# ✗ Conformance report: violates\n\n3 of 9 rows are not answered as the vendor promises.")
    assert "| 3 | 1 | 1 | 1 | 1 | 15 |" in text
    assert "```sh\ncurl -sS -i -X GET" in text
    assert text.count("\n### ✗ ") == 5


def test_markdown_shows_a_time_as_it_is() -> None:
    assert "Time: 6.7 s" in drawn("markdown", replace(sample_results(), seconds=6.7))


def test_markdown_of_a_large_run_stays_below_what_github_takes() -> None:
    results = many_rows(2000, exchanges=1)
    bad = tuple(row for row in results.runs[0].rows if row.verdict is Verdict.VIOLATES)
    text = drawn("markdown", replace(results, runs=(replace(results.runs[0], rows=bad),)))

    assert len(text.encode()) < 1024 * 1024
    assert "180 more violations" in text


def test_markdown_and_terminal_name_what_exploration_found() -> None:
    assert "### ✗ `explored/listContents` GET /api/v1/contents/{endpoint}\n" in drawn("markdown")
    text = drawn("table")
    assert "✗ explored/listContents  GET /api/v1/contents/{endpoint}\n" in text
    assert 'found: server-error at GET listContents: expected "no 5xx", got 500' in text


def test_markdown_in_japanese() -> None:
    assert "適合性レポート: 違反" in drawn("markdown", language="ja")


def sarif(number: int = 0) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(drawn("sarif"))
    assert log["version"] == "2.1.0"
    run: dict[str, Any] = log["runs"][number]
    return run


def test_sarif_points_at_the_line_of_the_row_in_the_case_file() -> None:
    result = sarif()["results"][0]
    where = result["locations"][0]["physicalLocation"]

    assert result["ruleId"] == "microcms-management/contents-get/limit-below-minimum"
    assert where["artifactLocation"]["uri"] == "cases/microcms-management/contents-get.yaml"
    assert where["region"] == {"startLine": 6}


def test_sarif_runs_of_two_targets_are_told_apart_and_those_of_two_editions_are_not() -> None:
    assert sarif()["automationDetails"]["id"] == (
        "conformance/microcms-management/https://example.microcms-management.io/"
    )
    assert sarif()["properties"]["edition"] == "2025-12-10"


def test_sarif_has_what_deviates_and_each_result_has_its_rule() -> None:
    run = sarif()
    rules = run["tool"]["driver"]["rules"]

    kinds = [(result["kind"], result["level"]) for result in run["results"]]
    assert kinds == [("fail", "error")] * 2 + [("fail", "warning"), ("open", "none")] + [("fail", "error")] * 2
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    assert len(rules) == len({rule["id"] for rule in rules})


def test_sarif_suppresses_a_known_deviation_with_its_reason() -> None:
    suppressed = [result for result in sarif()["results"] if "suppressions" in result]

    assert [result["ruleId"] for result in suppressed] == ["microcms-management/media-delete/medium-not-found"]
    assert suppressed[0]["suppressions"][0]["justification"].startswith("Reported to the vendor")


def test_har_has_every_exchange_with_its_row() -> None:
    results = sample_results()
    entries = json.loads(drawn("har"))["log"]["entries"]
    rows = [row for run in results.runs for row in run.rows]
    explored = [one for run in results.runs for one in run.explored]

    assert sum(len(one.exchanges) for one in (*rows, *explored)) == len(entries)
    first = entries[0]
    assert first["comment"] == "microcms-management contents-get/limit-below-minimum #1 limit=min-1 example"
    assert first["request"]["queryString"] == [{"name": "limit", "value": "-1"}]
    assert rows[0].exchanges[0].response is not None
    assert rows[0].exchanges[0].response.body == first["response"]["content"]["text"]


def test_har_shows_silence_as_status_zero_with_the_reason() -> None:
    silent = [entry for entry in json.loads(drawn("har"))["log"]["entries"] if not entry["response"]["status"]]

    assert [entry["response"]["comment"] for entry in silent] == ["no answer (timeout: no byte within 10 s)"]


def test_badge_is_in_the_form_that_shields_reads() -> None:
    badge = json.loads(drawn("badge"))

    assert badge == {
        "schemaVersion": 1, "label": "microcms-management, kuroco", "color": "red",
        "message": "violates 3/9, 1 in exploration, 1 known, 1 not exercised",
        "isError": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message", "colour"),
    [
        ({}, "conforms 1/1", "brightgreen"),
        ({"partial": True}, "conforms 1/1, broken off", "lightgrey"),
        ({"rows": ("contents-get/offset-below-minimum", "members-get/member-not-found")},
         "conforms 1/2, 1 not exercised", "green"),
        ({"rows": ("contents-get/offset-below-minimum", "media-delete/medium-not-found")},
         "conforms 1/2, 1 known", "green"),
        ({"of": 32}, "conforms 1/1, 31 not selected", "green"),
        ({"of": 32, "partial": True}, "conforms 1/1, broken off", "lightgrey"),
        ({"explored": True, "verdict": Verdict.VIOLATES}, "violates, 1 in exploration", "red"),
    ],
)  # fmt: skip
def test_badge_is_bright_green_only_where_every_row_conforms(change: dict[str, Any], message: str, colour: str) -> None:
    results = sample_results()
    run = results.runs[0]
    rows = change.get("rows", ("contents-get/offset-below-minimum",))
    run = replace(
        run,
        contract=replace(run.contract, rows=change.get("of", 0)),
        verdict=change.get("verdict", Verdict.CONFORMS),
        rows=tuple(row for row in run.rows if row.id in rows),
        explored=run.explored if change.get("explored") else (),
    )
    badge = json.loads(drawn("badge", replace(results, runs=(run,), partial=change.get("partial", False))))
    assert (badge["message"], badge["color"]) == (message, colour)


def test_earl_has_an_assertion_per_row_and_operation_with_the_outcome_of_its_verdict() -> None:
    graph = json.loads(drawn("earl"))["@graph"]
    outcomes = [one["earl:result"]["outcome"] for one in graph if one["@type"] == "earl:Assertion"]

    assert {name: outcomes.count(f"earl:{name}") for name in ("passed", "failed", "cantTell", "untested")} == {
        "passed": 3,
        "failed": 5,
        "cantTell": 1,
        "untested": 1,
    }


def test_a_summary_shows_300_characters_of_an_address() -> None:
    run = replace(sample_results().runs[0], target={"base_url": "https://" + "y" * 400})
    address = next(
        line for line in drawn("markdown", replace(sample_results(), runs=(run,))).split("`") if "yy" in line
    )
    assert len(address) == 300


def test_terminal_says_first_which_line_of_the_profile_a_violation_rests_on() -> None:
    row = replace(sample_results().runs[0].rows[0], warnings=("target.yaml:4: fixtures.max: no answer shows it",))
    lines = [line.plain for line in table.describe_violation(row, Translator("en"))]
    assert lines[1] == "  ! target.yaml:4: fixtures.max: no answer shows it"
    assert lines[2].startswith("  found: ")


def test_terminal_says_each_violation_in_four_lines_and_does_not_break_its_command() -> None:
    results = sample_results()
    row = results.runs[0].rows[0]
    lines = [line.plain for line in table.describe_violation(row, Translator("en"))]

    assert len(lines) == 4
    assert lines[0].startswith("✗ contents-get/limit-below-minimum  The limit is below 0. → 400 ")
    assert lines[1].startswith("  found: status at limit=min-1000: expected 400, got 200")
    assert lines[2].startswith("  answer: 200 {")
    assert lines[3] == f"  repeat: {row.exchanges[2].curl}"
    console = Console(width=60, color_system=None)
    with console.capture() as capture:
        table.print_table(console, results)
    assert lines[3] in capture.get()


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_column_of_the_terminal_is_cut_off(width: int) -> None:
    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        table.print_table(console, replace(sample_results(), runs=sample_results().runs[:1]))
    (head,) = [line for line in capture.get().splitlines() if line.startswith("Table ")]
    assert (
        head.split()[1:]
        == (
            "✗ violates ? inconclusive ≈ drifts ✓ conforms ○ not exercised Requests"
            if width > 100
            else "✗ ? ≈ ✓ ○ Requests"
        ).split()
    )


def test_terminal_and_summary_warn_of_what_may_be_left() -> None:
    results = sample_results()
    (row, *rows), left = results.runs[0].rows, "what insertTopic left behind may still be there: <no answer>"
    run = replace(results.runs[0], rows=(replace(row, reason="one cause"), *rows), warnings=("one cause", left))
    lines = drawn("table", replace(results, runs=(run,))).splitlines()
    assert "- what insertTopic left behind may still be there: " in drawn("markdown", replace(results, runs=(run,)))
    assert f"! {left}" in lines
    assert "! one cause" not in lines


def test_a_cause_of_the_whole_run_is_in_the_table_unless_it_was_printed_before() -> None:
    results, text = sample_results(), "every call with credentials.full was answered 403"
    (row, *rows) = results.runs[0].rows
    changes: dict[str, Any] = {"warnings": (text,), "causes": (NamedCause("credentials.full", text),)}
    run = replace(results.runs[0], rows=(replace(row, reason=text), *rows), **changes)
    assert f"! {text}" in table.format_table(replace(results, runs=(run,))).splitlines()
    assert f"! {text}" not in table.format_table(replace(results, runs=(run,)), with_causes=False)


def test_terminal_counts_each_table_of_each_contract() -> None:
    lines = [line.split() for line in drawn("table").splitlines()]

    assert ["contents-get", "2", "1", "1", "1", "·", "14"] in lines
    assert ["explored", "1", "·", "·", "·", "·", "40"] in lines
    assert ["4", "1", "1", "1", "1", "55"] in lines
