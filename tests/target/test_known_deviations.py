"""Known deviations: what they excuse, and when they no longer do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from conformance.target.known_deviations import (
    KnownDeviation,
    RowDeviation,
    check_deviation_rows,
    find_stale,
    format_deviations,
    match_deviation,
)
from conformance.target.loader import Target
from conformance.yaml_document import read_text

TODAY = date(2026, 11, 22)
WRONG_STATUS = (("status", 201),)


def known(
    row: str = "contents-get/*", expires: date = TODAY, verdict: Any = None, answers: dict[str, Any] | None = None
) -> KnownDeviation:
    given = {"row": row, "reason": "reported", "expires": expires.isoformat(), "verdict": verdict}
    return KnownDeviation.model_validate({**given, **(answers or {"status": 201})}).at("known.yaml:1")


def kind(expectations: list[KnownDeviation], found: RowDeviation) -> str | None:
    entry = match_deviation(expectations, found, TODAY)
    return None if entry is None else "known" if entry.is_live(TODAY) else "expired"


def deviation(
    row: str = "contents-get/x", verdict: str = "violates", actual: tuple[tuple[str, Any], ...] = WRONG_STATUS
) -> RowDeviation:
    return RowDeviation(row, verdict, actual)


@pytest.mark.parametrize("verdict", ["violates", "drifts"])
def test_a_live_entry_excuses_what_it_names(verdict: str) -> None:
    assert match_deviation([known()], deviation(verdict=verdict), TODAY) == known()


@pytest.mark.parametrize(
    ("answers", "actual", "expected"),
    [
        ({"status": 201}, [("status", 201)], "known"),
        ({"status": 201}, [("status", 201), ("status", 201)], "known"),
        ({"status": 201}, [("status", 202)], None),
        ({"status": 201}, [("status", 201), ("message", "no")], None),
        ({"code": 107}, [("status", 201)], None),
        ({"code": 107}, [("code", 107)], "known"),
        ({"code": 107}, [("code", "107")], None),
        ({"code": 107}, [("code", 107), ("status", 201)], None),
        ({"code": None}, [("code", None)], "known"),
        ({"status": 1}, [("status", True)], None),
        ({"status": [201, 202]}, [("status", 202), ("status", 201)], "known"),
        ({"message": "*"}, [("message", "anything")], "known"),
        ({"message": "no"}, [("message", "No")], None),
        ({"status": 201, "message": "*"}, [("status", 201), ("message", "made")], "known"),
    ],
)
def test_only_the_named_value_of_the_named_check_is_excused(
    answers: dict[str, Any], actual: list[tuple[str, Any]], expected: str | None
) -> None:
    assert kind([known(answers=answers)], deviation(actual=tuple(actual))) == expected


def test_several_entries_may_excuse_a_row_together() -> None:
    both = [known(answers={"status": 201}), known("*", answers={"message": "made"})]
    actual = (("status", 201), ("message", "made"))
    assert kind(both, deviation(actual=actual)) == "known"
    assert kind(both[:1], deviation(actual=actual)) is None


def test_an_inconclusive_row_is_excused_by_its_verdict() -> None:
    entry = KnownDeviation(row="contents-get/x", reason="reported", expires="2026-11-22", verdict="inconclusive")
    assert kind([entry], deviation(verdict="inconclusive", actual=())) == "known"
    assert kind([entry], deviation()) is None
    assert kind([known()], deviation(verdict="inconclusive", actual=())) is None


def test_an_entry_of_one_verdict_excuses_no_other() -> None:
    only = known(verdict="drifts")
    assert kind([only], deviation(verdict="drifts")) == "known"
    assert kind([only], deviation(verdict="violates")) is None


def test_other_rows_are_not_excused() -> None:
    for row in ("contents-patch/x", "contents-get", "media-get/contents-get/x"):
        assert kind([known()], deviation(row)) is None


def test_it_holds_through_its_last_day_and_no_longer() -> None:
    assert kind([known(expires=TODAY)], deviation()) == "known"
    old = known(expires=date(2026, 11, 21))
    assert match_deviation([old], deviation(), TODAY) == old
    assert kind([old], deviation()) == "expired"


def test_one_live_entry_is_enough() -> None:
    old, live = known(expires=date(2020, 1, 1)), known("*", date(2027, 1, 1))
    assert match_deviation([old, live], deviation(), TODAY) == live


def test_a_deviation_that_no_longer_happens_is_stale() -> None:
    one = known("contents-get/a")
    fine, wrong = deviation("contents-get/a", "conforms", ()), deviation("contents-get/a")
    assert find_stale([one], [fine]) == (one,)
    assert find_stale([one], [wrong]) == ()
    assert find_stale([known("contents-get/b"), one], [fine, deviation("contents-get/b")]) == (one,)


def test_another_wrong_answer_makes_the_entry_of_the_former_one_stale() -> None:
    one = known("contents-get/a")
    assert find_stale([one], [deviation("contents-get/a", actual=(("status", 500),))]) == (one,)


@pytest.mark.parametrize("verdict", ["not-exercised", "inconclusive"])
def test_a_row_that_was_not_decided_is_not_stale(verdict: str) -> None:
    one = known("contents-get/a")
    assert find_stale([one], [deviation("contents-get/a", verdict, ())]) == ()
    assert find_stale([one], []) == ()


def test_a_glob_is_stale_only_when_every_row_of_it_was_decided() -> None:
    several, rows = known("contents-get/*"), ["contents-get/a", "contents-get/b"]
    fine = [deviation(row, "conforms", ()) for row in rows]
    assert find_stale([several], fine[:1], rows) == ()
    assert find_stale([several], [fine[0], deviation("contents-get/b")], rows) == ()
    assert find_stale([several], fine, rows) == (several,)


def test_an_entry_that_names_no_row_is_a_problem() -> None:
    (problem,) = check_deviation_rows([known("contents-get/limt"), known()], ["contents-get/limit"])
    assert str(problem) == "known.yaml:1: no row is named 'contents-get/limt'; did you mean 'contents-get/limit'?"


def test_an_entry_that_names_no_check_is_a_problem_of_the_profile(problems: Callable[..., list[str]]) -> None:
    (problem,) = problems('expectations: [{row: contents-get/a, reason: a, expires: "2027-01-31"}]')
    assert problem.endswith("names no check; say what is answered instead, such as `status: 201` or `code: 107`")


def test_what_is_written_is_read_back_and_excuses_the_run_it_came_from(
    profile: Callable[..., Target], tmp_path: Path
) -> None:
    found = [
        RowDeviation("contents-get/a", "violates", (("status", 200), ("code", None), ("status", 500)), "wrong"),
        RowDeviation("contents-get/b", "drifts", (("message", '"no"\nand: more 日本 \x1b[31m'),), 'a "no": b'),
        RowDeviation("contents-get/c", "violates", (("envelope", {"a": 1}), ("content-type", "x" * 300)), "c"),
        RowDeviation("common/d", "inconclusive", ()),
    ]
    (tmp_path / "known.yaml").write_text(format_deviations(found, expires=TODAY), encoding="utf-8")
    expectations = profile("expectations: known.yaml\n").expectations
    assert [each.verdict for each in expectations] == ["violates", "drifts", "violates", "inconclusive"]
    assert expectations[0].answers == {"status": [200, 500], "code": None}
    assert expectations[2].answers == {"envelope": "*", "content-type": "*"}
    assert expectations[1].reason == 'a "no": b'
    assert {kind(expectations, each) for each in found} == {"known"}
    assert {each.expires for each in expectations} == {"2026-11-22"}


def test_a_run_without_deviations_writes_an_empty_list() -> None:
    document, problems = read_text(format_deviations([], expires=TODAY), Path("known.yaml"))
    assert document is not None
    assert (document.value, problems) == ([], ())
