"""Whose message is it: the row's own, another row's, or nobody's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.contract.contract import Contract
from conformance.contract.messages import (
    WordingIndex,
    WordingMatch,
    compile_wording,
    list_row_ids,
    list_wordings,
    match_wording,
    match_wording_loosely,
)
from conformance.contract.schema import Wording
from conformance.contract.templates import MissingValue

ROWS = """\
  - id: below
    cause: a
    expect: {status: 400, message: "limit: at least 0, not {query.limit}"}
  - id: above
    cause: b
    expect: {status: 400, message: "limit: at most 10."}
  - id: named
    cause: c
    expect:
      status: 400
      message:
        - {text: "{fixture.item} is required", language: en, edition: "2024"}
        - {text: "{fixture.item}は必須です{rest}", language: ja}
  - {id: silent, cause: d, expect: {status: 400}}
  - {id: hole, cause: e, expect: {status: 400, message: "{any}"}}
  - {id: twin, cause: f, expect: {status: 400, message: "limit: at most 10."}}
  - {id: integer, cause: g, expect: {status: 400, message: "no integer: limit={query.limit}"}}
  - {id: start, cause: h, expect: {status: 400, message: "no integer: offset={query.offset}"}}
"""


def look(head: str, members: tuple[str, ...]) -> Any:
    if (head, members) == ("query", ("limit",)):
        return "-1"
    raise MissingValue(head)


@pytest.fixture
def index(shop: Callable[..., Contract]) -> WordingIndex:
    return WordingIndex(shop(ROWS))


def test_a_row_has_no_wording_one_or_every_documented_one(shop: Callable[..., Contract]) -> None:
    assert [len(list_wordings(row)) for row in shop(ROWS).rows] == [1, 1, 2, 0, 1, 1, 1, 1]


def test_a_wording_is_compared_exactly_with_what_was_sent_in_it() -> None:
    wording = Wording(text="limit: at least 0, not {query.limit}")
    assert match_wording(wording, "limit: at least 0, not -1", look)
    for other in ("limit: at least 0, not -2", "Limit: at least 0, not -1", "limit: at least 0, not -1.", " limit: a"):
        assert not match_wording(wording, other, look)
    assert match_wording_loosely(wording, "limit: at least 0, not -2")


def test_what_was_sent_is_no_expression() -> None:
    wording = Wording(text="not {query.limit}")
    assert match_wording(wording, "not a.*b", lambda *_: "a.*b")
    assert not match_wording(wording, "not a--b", lambda *_: "a.*b")
    assert match_wording(Wording(text="what? (really) [x]"), "what? (really) [x]", look)


def test_any_and_rest_are_holes_wherever_they_stand() -> None:
    wording = Wording(text="{any} is required{rest}")
    for message in ("title is required", "title is required: x", "a\nb is required.", "titles is requiredly\nlong"):
        assert match_wording(wording, message, look)
    for message in ("is required", "title is require"):
        assert not match_wording(wording, message, look)


def test_a_message_of_more_than_8192_characters_is_no_wording() -> None:
    wording = Wording(text="{any} is required")
    lengths = [8192, 8193]
    assert [match_wording_loosely(wording, "x" * (n - 12) + " is required") for n in lengths] == [True, False]


def test_a_placeholder_without_a_value_is_missing() -> None:
    with pytest.raises(MissingValue):
        match_wording(Wording(text="{fixture.item} is required"), "x is required", look)


@pytest.mark.parametrize(
    ("message", "rows", "exact"),
    [
        ("limit: at least 0, not 7", ("items/below",), True),
        ("LIMIT: at  least 0, not 7.", ("items/below",), False),
        ("limit: at most 10.", ("items/above", "items/twin"), True),
        ("Limit: at most 10", ("items/above", "items/twin"), False),
        ("spoonは必須です。", ("items/named",), True),
        ("spoon is required", ("items/named",), True),
        ("limit: at most 100.", (), True),
        ("no integer: limit=a", ("items/integer",), True),
        ("no integer: page=a", ("items/integer", "items/start"), False),
        ("no integer: page", (), True),
        ("", (), True),
        ("Something else", (), True),
    ],
)
def test_a_message_is_found_by_its_wording(
    index: WordingIndex, message: str, rows: tuple[str, ...], exact: bool
) -> None:
    found = index.find(message)
    assert rows == list_row_ids(found)
    assert all(exact == item.exact for item in found)


def test_exact_ones_come_first_and_each_row_once() -> None:
    wording = Wording(text="a")
    assert list_row_ids(
        [
            WordingMatch("x", wording, exact=True),
            WordingMatch("y", wording, exact=False),
            WordingMatch("x", wording, exact=False),
        ]
    ) == ("x", "y")


@settings(max_examples=60, deadline=None, database=None)
@given(st.text(max_size=30), st.text(max_size=10), st.text(min_size=1, max_size=10))
def test_a_wording_resembles_itself_with_anything_in_its_hole(before: str, after: str, value: str) -> None:
    text = f"{before}{{query.limit}}{after}"
    if "{" not in before + after:
        assert compile_wording(text).fullmatch(f"{before}{value}{after}")
        assert match_wording(Wording(text=text), f"{before}{value}{after}", lambda *_: value)
