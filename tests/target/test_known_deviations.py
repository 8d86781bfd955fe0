"""Known deviations: what they excuse, and when they no longer do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from conformance import yaml_document as source
from conformance.target.known_deviations import (
    DeviationMatch,
    KnownDeviation,
    check_deviation_rows,
    find_stale,
    format_deviations,
    match_deviation,
)
from conformance.target.loader import Target

TODAY = date(2026, 11, 22)


def known(row: str = "contents-get/*", expires: date = TODAY, verdict: str | None = None) -> KnownDeviation:
    return KnownDeviation(row, "reported", None, expires, verdict, "known.yaml:1")  # type: ignore[arg-type]


@pytest.mark.parametrize("verdict", ["violates", "drifts", "inconclusive"])
def test_a_live_expectation_excuses_every_deviation_of_its_rows(verdict: str) -> None:
    assert DeviationMatch("known", known()) == match_deviation(
        [known()], "contents-get/limit-below-minimum", verdict, TODAY
    )


@pytest.mark.parametrize("verdict", ["conforms", "not-exercised"])
def test_what_does_not_deviate_needs_no_excuse(verdict: str) -> None:
    assert DeviationMatch() == match_deviation([known()], "contents-get/x", verdict, TODAY)


def test_an_expectation_of_one_verdict_excuses_no_other() -> None:
    only = known(verdict="drifts")
    assert "known" == match_deviation([only], "contents-get/x", "drifts", TODAY).kind
    assert None is match_deviation([only], "contents-get/x", "violates", TODAY).kind


def test_other_rows_are_not_excused() -> None:
    for row in ("contents-patch/x", "contents-get", "media-get/contents-get/x"):
        assert None is match_deviation([known()], row, "violates", TODAY).kind


def test_it_holds_through_its_last_day_and_no_longer() -> None:
    assert "known" == match_deviation([known(expires=TODAY)], "contents-get/x", "violates", TODAY).kind
    old = known(expires=date(2026, 11, 21))
    assert DeviationMatch("expired", old) == match_deviation([old], "contents-get/x", "violates", TODAY)


def test_one_live_expectation_is_enough() -> None:
    old, live = known(expires=date(2020, 1, 1)), known("*", date(2027, 1, 1))
    assert DeviationMatch("known", live) == match_deviation([old, live], "contents-get/x", "violates", TODAY)


def test_a_deviation_that_no_longer_happens_is_stale() -> None:
    gone = known("contents-get/a")
    assert (gone,) == find_stale([gone], {"contents-get/a": "conforms"})
    assert () == find_stale([gone], {"contents-get/a": "violates"})
    assert (gone,) == find_stale(
        [known("contents-get/b"), gone], {"contents-get/a": "conforms", "contents-get/b": "drifts"}
    )


def test_a_verdict_that_got_better_makes_the_expectation_of_the_worse_stale() -> None:
    worse = known("contents-get/a", verdict="violates")
    assert (worse,) == find_stale([worse], {"contents-get/a": "drifts"})


@pytest.mark.parametrize("verdict", ["not-exercised", "inconclusive"])
def test_a_row_of_which_nothing_can_be_told_is_not_stale(verdict: str) -> None:
    one = known("contents-get/a", verdict="violates")
    assert () == find_stale([one], {"contents-get/a": verdict})
    assert () == find_stale([one], {})


def test_a_glob_is_stale_only_when_every_row_of_it_was_told() -> None:
    several, rows = known("contents-get/*"), ["contents-get/a", "contents-get/b"]
    assert () == find_stale([several], {"contents-get/a": "conforms"}, rows)
    assert () == find_stale([several], {"contents-get/a": "conforms", "contents-get/b": "violates"}, rows)
    assert (several,) == find_stale([several], dict.fromkeys(rows, "conforms"), rows)


def test_an_expectation_that_names_no_row_is_a_problem() -> None:
    (problem,) = check_deviation_rows([known("contents-get/limt"), known()], ["contents-get/limit"])
    assert "known.yaml:1: no row is named 'contents-get/limt'; did you mean 'contents-get/limit'?" == str(problem)


def test_what_is_written_is_read_back_and_excuses_the_run_it_came_from(
    profile: Callable[..., Target], tmp_path: Path
) -> None:
    found = [
        ("contents-get/a", "violates", "status: wanted 400, got 200"),
        ("contents-get/b", "drifts", 'message: "no"\nand: more 日本 \x1b[31m'),
        ("common/c", "inconclusive", ""),
    ]
    (tmp_path / "known.yaml").write_text(format_deviations(found, expires=TODAY), encoding="utf-8")
    expectations = profile("expectations: known.yaml\n").expectations
    assert [(row, verdict) for row, verdict, _ in found] == [(each.row, each.verdict) for each in expectations]
    assert found[1][2] == expectations[1].reason
    assert {"known"} == {match_deviation(expectations, row, verdict, TODAY).kind for row, verdict, _ in found}
    assert (TODAY,) * 3 == tuple(each.expires for each in expectations)


def test_a_run_without_deviations_writes_an_empty_list() -> None:
    document, problems = source.read_text(format_deviations([], expires=TODAY), Path("known.yaml"))
    assert document is not None
    assert ([], ()) == (document.value, problems)
