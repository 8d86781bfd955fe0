"""What Hypothesis draws is what the description says, and a failing value is made small within a budget."""

from __future__ import annotations

import importlib
import re
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.internal import charmap
from hypothesis.strategies._internal.strings import OneCharStringStrategy

from conformance.contract.schema import Draw
from conformance.engine import generate
from conformance.engine.generate import _plain_values, build_strategy
from conformance.errors import ConfigError
from conformance.http import Outcome, Response

Run = Callable[..., Any]
MakeResponse = Callable[..., Response]
quick = settings(max_examples=40, deadline=None, database=None)


@quick
@given(st.data(), st.integers(-50, 50), st.integers(0, 50))
def test_integers_stay_within_both_ends(data: st.DataObject, low: int, room: int) -> None:
    assert low <= data.draw(build_strategy(Draw(integers=[low, low + room]))) <= low + room


@quick
@given(build_strategy(Draw.model_validate({"matching": ["[a-c]{1,4}", "[0-9]{2}"], "except": "aaa|[0-9]0"})))
def test_what_matches_matches_as_a_whole_and_never_the_exception(value: str) -> None:
    assert re.fullmatch(r"[a-c]{1,4}|[0-9]{2}", value)
    assert not re.fullmatch(r"aaa|[0-9]0", value)


@quick
@given(build_strategy(Draw(lists=["A", "B"], sizes=[2, 5])))
def test_lists_are_of_the_members_and_sizes_that_are_said(value: list[str]) -> None:
    assert 2 <= len(value) <= 5
    assert {*value} <= {"A", "B"}


@quick
@given(build_strategy(Draw(words="ab", outside=[3, 6])))
def test_words_outside_a_range_are_shorter_or_longer_and_never_empty(value: str) -> None:
    assert 1 <= len(value) < 3 or len(value) > 6
    assert {*value} <= {"a", "b"}


@quick
@given(build_strategy(Draw(words="ab", outside=[1, 6])))
def test_where_nothing_is_shorter_words_are_longer(value: str) -> None:
    assert len(value) > 6


@quick
@given(
    build_strategy(
        Draw.model_validate({"words": "ab", "sizes": [1, 3], "wrap": {"list": ["{drawn}", 5], "text": "<{drawn}>"}})
    )
)
def test_a_drawn_value_is_put_where_it_is_asked_for(value: dict[str, Any]) -> None:
    assert {"list": [value["list"][0], 5], "text": f"<{value['list'][0]}>"} == value


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [
        ("(?=x)y", 10.0),
        ("[a-z]{5000}", 0.0),
        *((one, 0.5) for one in ("(a+)+(?<!a)", "(a*)*b(?=c)c", "(.*a){25}(?<!a)")),
    ],
)
def test_an_expression_that_cannot_be_drawn_by_is_a_problem_with_its_line(
    run: Run,
    answer: MakeResponse,
    monkeypatch: pytest.MonkeyPatch,
    *,
    expression: str,
    seconds: float,
) -> None:
    monkeypatch.setattr(generate, "LONGEST_DRAWING", seconds)
    row = ROW.replace("{integers: [-1000000, -1]}", f"{{matching: ['{expression}']}}")
    reason = f"no value is found within {seconds:g} s; write an expression that says less"
    with pytest.raises(ConfigError, match=rf"\.yaml:\d+: .*{reason}"):
        run(failing_below(answer, -2), row)


ROW = """\
  - id: low
    cause: a
    request: {query: {limit: -1}}
    vary: {query.limit: {draw: {integers: [-1000000, -1]}}}
    expect: {status: 400}
"""


def failing_below(answer: MakeResponse, edge: int) -> Callable[[Any], Outcome]:
    return lambda asked: answer(200 if int(asked.query["limit"]) <= edge else 400, {})


def test_the_smallest_failing_value_is_told(run: Run, answer: MakeResponse) -> None:
    ran = run(failing_below(answer, -2), ROW)
    assert ran.only.verdict == "violates"
    smallest = [int(item.smallest) for item in ran.only.findings if item.smallest]
    assert smallest
    assert all(value <= -2 for value in smallest)
    drawn = [int(attempt.value) for attempt in ran.only.attempts if "drawn" in attempt.label]
    assert min(map(abs, smallest)) < min(map(abs, drawn))


@pytest.mark.parametrize(("edge", "requests"), [(-2, 6), (-500, 12), (-99_999, 12)])
def test_making_a_value_small_takes_at_most_twelve_requests_and_sends_none_twice(
    run: Run, answer: MakeResponse, edge: int, requests: int
) -> None:
    ran = run(failing_below(answer, edge), ROW)
    without = run(lambda _: answer(400, {}), ROW)
    assert ran.session.sent - without.session.sent == requests
    assert ran.only.requests == ran.session.sent
    sent = [asked.request.url for asked in ran.session.asked][without.session.sent :]
    assert len(set(sent)) == len(sent)


def test_what_is_tried_to_make_a_value_small_keeps_no_large_answer(run: Run, answer: MakeResponse) -> None:
    held_now, most = weakref.WeakSet[Event](), [0]

    def accept_all(asked: Any) -> Outcome:
        large = Event()
        held_now.add(large)
        most[0] = max(most[0], len(held_now))
        return replace(failing_below(answer, -500)(asked), body=b"x" * 5_000, large=large)

    assert any(item.smallest for item in run(accept_all, ROW).only.findings)
    assert most[0] < 4


def test_the_smallest_is_never_larger_than_what_failed_first(run: Run, answer: MakeResponse) -> None:
    for edge in (-2, -1000, -99_999, -300_000):
        ran = run(failing_below(answer, edge), ROW)
        drawn = [abs(int(a.value)) for a in ran.only.attempts if "drawn" in a.label and a.outcome == "violation"]
        smallest = [abs(int(item.smallest)) for item in ran.only.findings if item.smallest]
        assert not smallest or max(smallest) <= drawn[0]


def test_a_value_that_fails_in_another_way_is_not_taken_for_the_same_fault(run: Run, answer: MakeResponse) -> None:
    def answered(asked: Any) -> Outcome:
        number = int(asked.query["limit"])
        return answer(200, {}) if number < -10 else answer(400, "<html>") if number < -1 else answer(400, {})

    ran = run(answered, ROW)
    drawn = [item for item in ran.only.findings if "drawn" in item.where]
    assert {item.check for item in drawn} == {"status"}
    assert {"status"} >= {item.check for item in ran.only.findings if item.smallest}


def test_what_only_the_example_does_wrong_is_not_shrunk(run: Run, answer: MakeResponse) -> None:
    ran = run(lambda asked: answer(200 if asked.query["limit"] == "-1" else 400, {}), ROW)
    assert [item for item in ran.only.findings if item.smallest] == []


def test_two_runs_send_the_same(run: Run, answer: MakeResponse) -> None:
    first, second = (run(failing_below(answer, -500), ROW) for _ in range(2))
    assert [a.request.key for a in first.session.asked] == [a.request.key for a in second.session.asked]


def test_the_same_seed_draws_the_same_whatever_code_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = Draw(integers=[0, 10**9])
    drawn = [generate._values(draw, 40, seed) for seed in range(5)]
    (tmp_path / "somebodys_module.py").write_text(f"ODD = {[10**6 + 7 * n for n in range(400)]}\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("somebodys_module")
    generate._remembered.cache_clear()
    assert [generate._values(draw, 40, seed) for seed in range(5)] == drawn


def test_a_hypothesis_that_keeps_constants_otherwise_draws_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(generate, "_LOADED_CODE", ("of_another_version", "CONSTANTS_CACHE", "Constants"))
    with generate._ignoring_loaded_code():
        assert generate._values(Draw(integers=[5, 5]), 3, 0) == [5]


def test_long_values_that_are_shown_alike_are_tried_one_by_one(run: Run, answer: MakeResponse) -> None:
    """A value is shortened where it is shown; two that differ after that are two values all the same."""
    rows = """\
  - id: low
    cause: a
    request: {query: {limit: x}}
    vary: {query.limit: {draw: {words: ab, sizes: [130, 130]}}}
    expect: {status: 400}
"""
    ran = run(lambda asked: answer(200 if asked.query["limit"] != "x" else 400, {}), rows)
    reported = {item.smallest for item in ran.only.findings if item.smallest}
    assert reported == {"a" * 100 + "… (130 characters)"}


@pytest.mark.parametrize(
    ("expression", "first"),
    [
        ("[A-Z]{2}-[0-9]{3}", "ZZ-099"),
        ("[a-f]+@[0-5]{2}", "f@05"),
        ("yes|no", "yes"),
        ("日本[0-5]{2}", "日本05"),
        ("[a-f]{2}[0-9]{2,4}", "ff0999"),
    ],
)
def test_the_first_value_of_a_control_is_at_the_ends_of_its_ranges(expression: str, first: str) -> None:
    assert _plain_values(Draw(matching=[expression]), 1, 0) == [first]


def test_nobody_finds_out_anew_what_utf8_can_write(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_intervals(codec: str) -> object:
        raise AssertionError(codec)

    find_intervals.__annotations__ = charmap.intervals_from_codec.__annotations__
    monkeypatch.setattr(charmap, "intervals_from_codec", find_intervals)
    with generate.knowing_utf8():
        drawn = OneCharStringStrategy.from_characters_args(codec="utf-8").intervals
    assert drawn.intervals == ((0, 0xD7FF), (0xE000, 0x10FFFF))
    assert charmap.intervals_from_codec is find_intervals
