"""Results of a whole or a killed run from their lines, and deviations that are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.checks.model import Finding, Level, Verdict
from conformance.errors import ConfigError, OutputError
from conformance.results.events import Event, EventWriter, read_events
from conformance.results.model import ContractName, Exploration, RowResult, TableName, TargetRun, Undocumented
from conformance.session.assemble import assemble_run, mark_known_deviation, rebuild_results, rebuild_runs
from conformance.target.loader import Target

RUN = TargetRun(
    ContractName("shop", "1", "Shop", "", (TableName("items", "Items"), TableName("orders", "Orders"))),
    {"base_url": "http://h"},
    Verdict.NOT_EXERCISED,
    {},
    0,
    (),
)


def row(name: str, number: int, verdict: Verdict, **more: Any) -> RowResult:
    return RowResult(id=name, table=name.partition("/")[0], row=number, verdict=verdict, requests=2, **more)


LINES = [
    Event("run", "shop", run=RUN, seed=7, depth="smoke", started="2026-11-22T01:00:00Z"),
    Event("row", "shop", row=row("orders/a", 1, Verdict.CONFORMS)),
    Event("row", "shop", row=row("items/b", 2, Verdict.DRIFTS, reason="a\u2028b\x85c\u2029d\x0b\x1c\r\n")),
    Event("row", "shop", row=row("items/a", 1, Verdict.NOT_EXERCISED)),
]
END = Event("end", seconds=3.5)


def written(path: Path, *lines: Event) -> Path:
    stream = EventWriter(path / "results.jsonl")
    for line in lines:
        stream.write(line)
    stream.close()
    return path / "results.jsonl"


def test_lines_are_read_as_they_were_written_whatever_a_target_said(tmp_path: Path) -> None:
    assert [*LINES, END] == list(read_events(written(tmp_path, *LINES, END)))


def test_a_killed_run_is_told_as_far_as_it_came(tmp_path: Path) -> None:
    path = written(tmp_path, *LINES)
    whole = path.read_bytes()
    last = len(whole.rstrip(b"\n").rpartition(b"\n")[0]) + 1
    for cut in (last + 1, last + 40, len(whole) - 2):
        path.write_bytes(whole[:cut])
        reported = rebuild_results(read_events(path))
        assert (reported.partial, reported.why_partial) == (True, "the run was killed before it ended")
        assert [found.id for found in reported.runs[0].rows] == ["items/b", "orders/a"]
        assert reported.runs[0].verdict is Verdict.DRIFTS


def test_after_a_line_that_the_disk_did_not_take_none_is_written(tmp_path: Path) -> None:
    stream = EventWriter(tmp_path / "results.jsonl")
    stream.write(LINES[0])
    stream._file, file = SimpleNamespace(write=fail, close=fail), stream._file
    for line in LINES[1:]:
        with pytest.raises(OutputError, match=r"results\.jsonl: No space left on device"):
            stream.write(line)
        stream._file = file
    stream.close()
    assert list(read_events(tmp_path / "results.jsonl")) == LINES[:1]


def fail(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_whole_run_is_told_with_its_seed_depth_and_time(tmp_path: Path) -> None:
    reported = rebuild_results(read_events(written(tmp_path, *LINES, END)))
    assert (
        reported.seed,
        reported.depth,
        reported.started,
        reported.seconds,
        reported.partial,
    ) == (7, "smoke", "2026-11-22T01:00:00Z", 3.5, False)
    (run,) = reported.runs
    assert [found.id for found in run.rows] == ["items/a", "items/b", "orders/a"]
    assert (run.counts, run.requests) == ({"not-exercised": 1, "conforms": 1, "drifts": 1}, 6)


def test_a_later_line_of_a_row_takes_the_place_of_an_earlier_one() -> None:
    again = Event("row", "shop", row=row("orders/a", 1, Verdict.VIOLATES))
    (run,) = rebuild_runs([*LINES, again])
    assert [found.verdict for found in run.rows if found.id == "orders/a"] == [Verdict.VIOLATES]


def test_a_later_line_of_an_operation_does_not_double_what_it_found() -> None:
    undocumented = (Undocumented("list", 404, "No"),)
    found = Exploration("list", "GET", "/items", Verdict.CONFORMS, requests=5, undocumented=undocumented)
    event = Event("explored", "shop", explored=found)
    (run,) = rebuild_runs([LINES[0], event, event])
    assert (len(run.explored), len(run.undocumented), run.requests) == (1, 1, 5)


def test_a_line_of_a_run_that_was_never_begun_is_left_out() -> None:
    assert rebuild_runs(LINES[1:]) == ()


def test_a_file_of_something_else_is_refused_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, *LINES)
    lines = path.read_text(encoding="utf-8").split("\n")
    path.write_text("\n".join([lines[0], "{}", *lines[1:]]), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"results\.jsonl:2: not a line of results\.jsonl"):
        list(read_events(path))
    with pytest.raises(ConfigError, match="cannot be read"):
        list(read_events(tmp_path / "none.jsonl"))


TODAY = date(2026, 11, 22)


@pytest.fixture
def expecting(target: Callable[..., Target]) -> Callable[..., RowResult]:
    """A row that violates, on a target that says so."""

    def held(expires: str, verdict: Verdict = Verdict.VIOLATES, actual: int = 200) -> RowResult:
        event = [{"row": "items/a", "status": 200, "reason": "#12", "expires": expires}]
        wrong = Finding("status", Level.MUST, 400, actual, "example")
        deviating = row("items/a", 1, verdict, findings=(wrong,))
        return mark_known_deviation(deviating, target(expectations=event).expectations, TODAY)

    return held


def test_a_known_deviation_is_said_to_be_known_and_does_not_count(expecting: Callable[..., RowResult]) -> None:
    found = expecting("2026-12-31")
    assert found.known is not None
    assert (found.known.reason, found.known.expires) == ("#12", "2026-12-31")
    other = row("items/b", 2, Verdict.CONFORMS)
    assert assemble_run(RUN, [found, other]).verdict is Verdict.CONFORMS
    assert assemble_run(RUN, [found, other]).counts == {"violates": 1, "conforms": 1}


def test_an_expectation_that_expired_counts_again_and_is_told(expecting: Callable[..., RowResult]) -> None:
    found = expecting("2026-11-01")
    assert found.known is None
    assert "expired on 2026-11-01" in found.warnings[0]
    assert assemble_run(RUN, [found]).verdict is Verdict.VIOLATES


def test_another_deviation_than_the_known_one_counts(expecting: Callable[..., RowResult]) -> None:
    assert expecting("2026-12-31", Verdict.INCONCLUSIVE).known is None
    found = expecting("2026-12-31", actual=201)
    assert found.known is None
    assert assemble_run(RUN, [found]).verdict is Verdict.VIOLATES


def test_a_run_is_as_bad_as_its_worst_row_or_operation() -> None:
    fine = row("items/a", 1, Verdict.CONFORMS)
    assert assemble_run(RUN, []).verdict is Verdict.NOT_EXERCISED
    assert assemble_run(RUN, [replace(fine, verdict=Verdict.NOT_EXERCISED)]).verdict is Verdict.NOT_EXERCISED
    assert (
        assemble_run(RUN, [fine], [Exploration("list", "GET", "/items", Verdict.VIOLATES)]).verdict is Verdict.VIOLATES
    )
