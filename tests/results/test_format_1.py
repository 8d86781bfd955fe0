"""Results that the first version wrote are read: by the readers, and by every command that takes a file of results."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.cli import group
from conformance.errors import ConfigError
from conformance.history.store import append_results, read_history
from conformance.results.events import parse_event, read_events
from conformance.results.format_1 import upgrade_results
from conformance.results.serialization import format_results, parse_results, read_results

FOLDER = Path(__file__).parent / "format_1"


def test_members_have_the_names_of_today() -> None:
    results = read_results(FOLDER)
    faulty, dead = results.runs
    finding = faulty.rows[0].findings[0]
    assert (finding.check, finding.expected, finding.actual) == ("status", 401, 200)
    assert (faulty.explored[0].findings[0].check, faulty.explored[0].findings[0].actual) == ("invalid-data", 200)
    failure = dead.rows[0].exchanges[0].failure
    assert failure is not None
    assert (failure.kind, failure.detail) == ("refused", "Connection refused")
    assert [run.verdict.value for run in results.runs] == ["violates", "inconclusive"]


def test_what_was_read_is_written_in_format_2() -> None:
    written = format_results(read_results(FOLDER))
    assert json.loads(written)["format"] == 2
    assert parse_results(written, "results.json") == read_results(FOLDER)


def test_a_value_that_only_looks_like_a_member_keeps_its_names() -> None:
    finding = {"aspect": "body", "wanted": {"got": 1, "silence": 2}, "got": {"aspect": 3}}
    upgraded = upgrade_results({"format": 1, "runs": [{"rows": [{"findings": [finding]}]}]})
    assert upgraded["runs"][0]["rows"][0]["findings"] == [
        {"check": "body", "expected": {"got": 1, "silence": 2}, "actual": {"aspect": 3}}
    ]


def test_lines_of_the_first_version_are_read() -> None:
    events = list(read_events(FOLDER / "results.jsonl"))
    assert [event.kind for event in events] == ["run", "row", "row", "explored", "end"]
    assert events[1].row.findings[0].actual == 200
    assert events[2].row.exchanges[0].failure.kind == "refused"
    assert events[3].explored.findings[0].check == "invalid-data"


@pytest.mark.parametrize("name", ["results.json", "results.jsonl"])
def test_report_draws_them(name: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(group, ["report", str(FOLDER / name), "--form", "markdown", "--output", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "login/token" in next(tmp_path.glob("*.md")).read_text(encoding="utf-8")


def test_compare_holds_them_against_results_of_today(tmp_path: Path) -> None:
    today = tmp_path / "results.json"
    today.write_text(format_results(read_results(FOLDER)), encoding="utf-8")
    done = CliRunner().invoke(group, ["compare", str(FOLDER / "results.json"), str(today)])
    assert done.exit_code == 0, done.output


def test_a_history_takes_them(tmp_path: Path) -> None:
    append_results(tmp_path / "history.sqlite", read_results(FOLDER))
    assert len(read_history(tmp_path / "history.sqlite")) == 2


TEXTS = {name: (FOLDER / name).read_text(encoding="utf-8") for name in ("results.json", "results.jsonl")}


@given(
    st.sampled_from(sorted(TEXTS)),
    st.integers(0, 20_000),
    st.integers(0, 40),
    st.sampled_from(["", "[", "{", '"', "null", "1", "9" * 5_000, "-", "\x00", "\ud800", "[" * 2_000, "1e999", "true"]),
)
@settings(max_examples=400, deadline=None, database=None)
def test_damaged_results_are_refused_or_read(name: str, at: int, length: int, put: str) -> None:
    text = TEXTS[name][:at] + put + TEXTS[name][at + length :]
    if name == "results.json":
        with suppress(ConfigError):
            parse_results(text, name)
        return
    for line in text.splitlines():
        with suppress(ValueError, RecursionError):
            parse_event(line)
