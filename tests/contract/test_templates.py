"""Placeholders: found, refused where they are none, filled with their types, changed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.contract.templates import (
    MODIFIERS,
    MissingValue,
    fill,
    fill_text,
    find_placeholders,
    letters_of_script,
    unknown_placeholders,
)

VALUES = {
    "fixture.item": "spoon",
    "fixture.count": 5,
    "fixture.on": True,
    "fixture.none": None,
    "fixture.deep.name": "x.y",
    "query.limit": "-1",
}


def look(head: str, members: tuple[str, ...]) -> Any:
    name = ".".join([head, *members])
    if name not in VALUES:
        raise MissingValue(name)
    return VALUES[name]


@pytest.mark.parametrize(
    ("value", "filled"),
    [
        ("{fixture.count}", 5),
        ("{fixture.on}", True),
        ("{fixture.none}", None),
        ("n={fixture.count}, {fixture.on}, {fixture.none}", "n=5, true, null"),
        ("{fixture.deep.name}", "x.y"),
        ("no braces", "no braces"),
        ("{", "{"),
        ('{"a": 1}', '{"a": 1}'),
        ("{id}", "{id}"),
        ("{any} {rest}", "{any} {rest}"),
        (["{fixture.item}", 1, None], ["spoon", 1, None]),
        ({"{fixture.item}": {"a": "{query.limit}"}}, {"spoon": {"a": "-1"}}),
        ("{fixture.count|number}", 5),
        ("{fixture.item|number}", "spoon"),
    ],
)
def test_a_lone_placeholder_keeps_the_type_and_others_are_written_as_json_writes_them(value: Any, filled: Any) -> None:
    actual = fill(value, look)
    assert filled == actual
    assert type(filled) is type(actual)


def test_a_placeholder_without_a_value_is_named() -> None:
    with pytest.raises(MissingValue, match=r"^fixture\.nothing$"):
        fill({"a": ["{fixture.nothing}"]}, look)


def test_an_optional_key_is_left_out_with_its_member_where_either_lacks() -> None:
    written = {"{fixture.nothing|optional}": 1, "{fixture.item|optional}": 2, "a|optional}": "{fixture.nothing}"}
    assert fill(written, look) == {"spoon": 2}


def test_what_optional_keys_need_is_not_asked_for() -> None:
    written = {"{fixture.a|optional}": "{fixture.b}", "{fixture.c}": ["{query.d|number}"]}
    assert list(find_placeholders(written)) == [("fixture", ("c",), None), ("query", ("d",), "number")]


@pytest.mark.parametrize(
    ("text", "odd"),
    [
        ("{fixtures.item}", ["{fixtures.item}"]),
        ("{fixture.item|upside}", ["{fixture.item|upside}"]),
        ("{id} {a b} {any} {fixture.item|drop-last}", []),
        ("{x.y} {z.w}", ["{x.y}", "{z.w}"]),
    ],
)
def test_what_looks_like_a_placeholder_and_is_none_is_found(text: str, odd: list[str]) -> None:
    assert odd == list(unknown_placeholders(text))


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        ("swap-case", "aB1", "Ab1"),
        ("url-path", "https://host.example/a/b.png", "/a/b.png"),
        ("one-more", "abc", "abcc"),
        ("one-less", "abc", "ab"),
        ("drop-first", "abc", "bc"),
        ("drop-first", "a", "a_"),
        ("drop-last", "abc", "ab"),
        ("drop-last", "", "_"),
        ("change-first", "abc", "qbc"),
        ("change-first", "qbc", "zbc"),
        ("change-middle", "abc", "a_c"),
        ("change-middle", "a_c", "a-c"),
        ("change-end", "abX=", "abA="),
        ("change-end", "abA", "abw"),
        ("change-end", "0f-a7", "0f-a0"),
        ("change-end", "0f-a0", "0f-a1"),
        ("change-end", "1001", "100w"),
        ("eleven-times", "1", "11111111111"),
        ("letters", "03-1", "lkjh"),
        ("and-256", "ab", "ab" + 256 * "b"),
        ("wide", "AB-12", "AB-\uff11\uff12"),
        ("wide", "aB-", "\uff41\uff22-"),
        ("blanks-between", "AB-1_2", "AB 1 2"),
        ("nothing-between", "カナ-7", "カナ7"),
        ("swap-last-case", "AB-12", "Ab-12"),
        ("number", "012", 12),
        ("number", "\u0665", "\u0665"),
        ("base64", "qa:é", "cWE6w6k="),
        ("wrapped", "5", "4294967301"),
        ("wrapped", "x", "x4294967296"),
        ("wrapped", "9" * 5000, "9" * 5000 + "4294967296"),
        ("number", "9" * 5000, "9" * 5000),
        ("file-name", "https://h/a/b.png", "b.png"),
        ("file-name", "https://h/a/%E7%94%BB%E5%83%8F%20%281%29.png", "画像 (1).png"),
        ("rename", "https://h/a/b.png", "https://h/a/qb.png"),
        ("text", "5", "5"),
        ("length-5", "ab", "abbbb"),
        ("length-1", "ab", "a"),
        ("length-99999", "a", "a" * 99999),
    ],
)
def test_a_change_does_what_it_is_called(change: str, before: str, after: str | int) -> None:
    assert after == fill(f"{{fixture.it|{change}}}", lambda *_: before)


@pytest.mark.parametrize("name", ["length-0", "length-", "length-100000", "length-05", "length--1"])
def test_a_length_is_a_whole_number_up_to_99999(name: str) -> None:
    assert list(unknown_placeholders(f"{{fixture.it|{name}}}")) == [f"{{fixture.it|{name}}}"]


@pytest.mark.parametrize("change", sorted(MODIFIERS))
def test_every_change_can_be_written_in_a_file(change: str) -> None:
    assert list(find_placeholders(f"{{fixture.item|{change}}}")) == [("fixture", ("item",), change)]


NEAR_MISSES = ["change-first", "change-middle", "change-end", "drop-first", "drop-last", "one-more", "rename"]


@pytest.mark.parametrize("change", NEAR_MISSES)
@settings(max_examples=25, deadline=None, database=None)
@given(text=st.from_regex(r"[A-Za-z0-9_-]{1,24}={0,2}", fullmatch=True))
def test_a_near_miss_is_never_the_word_itself(change: str, text: str) -> None:
    assert text != MODIFIERS[change](text)


@pytest.mark.parametrize("change", sorted(MODIFIERS))
@settings(max_examples=15, deadline=None, database=None)
@given(text=st.text(max_size=20))
def test_no_change_fails_whatever_a_profile_holds(change: str, text: str) -> None:
    MODIFIERS[change](text)


@pytest.mark.parametrize("script", ["latin", "kana", "kanji"])
@pytest.mark.parametrize("count", [0, 1, 25, 26, 100, "7"])
def test_letters_are_as_many_as_asked_for(script: str, count: int | str) -> None:
    assert int(count) == len(letters_of_script(script, count))


@pytest.mark.parametrize(
    ("script", "count"), [("runes", 5), ("latin", -1), ("latin", "x"), ("latin", None), ("latin", "²")]
)
def test_letters_of_no_script_or_number_are_missing(script: str, count: Any) -> None:
    with pytest.raises(MissingValue):
        letters_of_script(script, count)


@settings(max_examples=60, deadline=None, database=None)
@given(st.text(alphabet="{}|.abfixture query", max_size=40))
def test_a_text_without_a_whole_placeholder_is_left_as_it_is(text: str) -> None:
    if not list(find_placeholders(text)):
        assert text == fill_text(text, look)
