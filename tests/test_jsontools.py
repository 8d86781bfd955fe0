"""Values of JSON types: where pointers lead, what is equal, and what nests too deeply."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.http import Response
from conformance.jsontools import (
    canonical_text,
    find_texts,
    find_values,
    first_value,
    has_more_values,
    json_equal,
    limit_depth,
    resolve_pointer,
)

SAMPLE = {"a": [{"b": 1}, {"c": 2}], "x/y": {"~": None}}
SMALL = st.recursive(st.none() | st.booleans() | st.integers(0, 1) | st.sampled_from(["", "a"]), st.lists, max_leaves=3)


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("", (True, SAMPLE)),
        ("/a/0/b", (True, 1)),
        ("/a/*/b", (True, [1, None])),
        ("/x~1y/~0", (True, None)),
        ("/a/2", (False, None)),
        ("/a/b", (False, None)),
        ("/a/-1", (False, None)),
        ("/a/²", (False, None)),
        ("/a/" + "9" * 5000, (False, None)),
        ("/x~1y/*", (False, None)),
        ("/none", (False, None)),
    ],
)
def test_a_pointer_finds_what_is_there(pointer: str, found: tuple[bool, Any]) -> None:
    assert resolve_pointer(SAMPLE, pointer) == found


def test_a_pointer_keeps_its_escapes_behind_a_star() -> None:
    assert resolve_pointer([{"x/y": 1}, {"x/y": 2}], "/*/x~1y") == (True, [1, 2])


def test_find_values_gives_every_match_and_nothing_for_an_item_that_lacks_it() -> None:
    assert list(find_values(SAMPLE, "/a/*/b")) == [1]
    assert list(find_values([[1], [2, 3], "x"], "/*/*")) == [1, 2, 3]
    assert first_value(SAMPLE, "/a/*/c") == 2
    assert first_value(SAMPLE, "/none/*") is None


@settings(deadline=None, database=None)
@given(SMALL, SMALL)
def test_values_are_equal_where_json_says_so(one: object, other: object) -> None:
    assert json_equal(one, other) == (json.dumps(one) == json.dumps(other))
    assert json_equal({"a": one}, {"a": other}) == (json.dumps(one) == json.dumps(other))


def test_one_and_one_point_nought_are_one_number_and_true_is_none() -> None:
    assert json_equal({"a": [1]}, {"a": [1.0]})
    assert not json_equal({"a": 1}, {"a": True})
    assert not json_equal({"a": 1}, {"a": 1, "b": None})


def test_equal_objects_have_one_canonical_text() -> None:
    assert canonical_text({"b": 1, "a": ["é"]}) == '{"a": ["é"], "b": 1}'


def nested(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(("levels", "is_cut"), [(200, False), (202, True)])
def test_two_hundred_levels_of_an_answer_are_kept(levels: int, is_cut: bool) -> None:
    value = Response(400, body=b"[" * levels + b"]" * levels).json()
    assert ("nested too deeply" in canonical_text(value)) == is_cut


def test_what_nests_deeper_than_the_limit_is_replaced() -> None:
    assert limit_depth(nested(3), 3) == [[["x"]]]
    assert limit_depth(nested(5), 3) == [[[["(nested too deeply to be shown)"]]]]
    assert limit_depth({"a": {"b": {"c": {}}}, "d": 1}, 1) == {"a": {"b": "(nested too deeply to be shown)"}, "d": 1}


@pytest.mark.parametrize("levels", [400, 900])
def test_an_answer_that_nests_deeply_is_read_without_running_out_of_stack(levels: int) -> None:
    body = json.dumps({"message": nested(levels)}).encode() if levels < 900 else b"[" * levels + b"]" * levels
    value = Response(400, body=body).json()
    assert json_equal(value, value)
    assert "nested too deeply" in canonical_text(value)


def test_texts_come_in_the_order_in_which_they_stand() -> None:
    value = {"a": ["x", {"b/c": "y"}, [], {}], "d": "z", "e": 1}
    assert list(find_texts(value)) == [("/a/0", "x"), ("/a/1/b~1c", "y"), ("/d", "z")]


def test_values_are_counted_at_all_levels_together() -> None:
    assert has_more_values([[1, 2], {"a": 3}], 4)
    assert not has_more_values([[1, 2], {"a": 3}], 5)


def test_texts_are_found_among_the_first_50_000_values() -> None:
    assert len(list(find_texts(["x"] * 60_000))) == 49_999  # the list itself is the first
