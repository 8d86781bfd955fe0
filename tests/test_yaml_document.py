"""Strict YAML: what a file looks like is what is read, or it is refused with its line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conformance.yaml_document import Document, dump, dump_flow, read, read_text, replace_value

HERE = Path("case.yaml")


def document(text: str) -> Document:
    found, problems = read_text(text, HERE)
    assert problems == ()
    assert found is not None
    return found


def refused(text: str) -> list[str]:
    _, problems = read_text(text, HERE)
    assert problems
    return [str(problem) for problem in problems]


SURPRISES = [
    *("on", "off", "yes", "no", "y", "N", "True", "FALSE", "Null", "~"),
    *("012", "0x1f", "0o17", "0b1", "1_000", "+5", ".inf", "-.INF", ".nan", ".5", "1.", "1_0.5"),
    *("2025-12-10", "2025-12-10T10:00:00Z", "2025-1-2 10:00:00", "12:30", "1:20:30"),
]


@pytest.mark.parametrize("word", SURPRISES)
def test_a_word_that_yaml_readers_disagree_on_is_refused_unless_quoted(word: str) -> None:
    (problem,) = refused(f"a: 1\nb: {word}\n")
    assert problem.startswith(f"case.yaml:2: the value {word!r} is read otherwise by other programs")
    assert f'put it in quotes: "{word}"' in problem
    assert document(f'a: 1\nb: "{word}"\n').value == {"a": 1, "b": word}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("0", 0),
        ("-7", -7),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("-2.5E-1", -0.25),
        ("word", "word"),
        ("0b181e25dd4642ec", "0b181e25dd4642ec"),
        ("0o8", "0o8"),
        ("1.2.3", "1.2.3"),
        ("a:b", "a:b"),
        ("'007'", "007"),
        ('""', ""),
        ("|\n  two\n  lines\n", "two\nlines\n"),
        ("9" * 400, int("9" * 400)),
    ],
)
def test_json_types_are_read_as_they_look(text: str, value: Any) -> None:
    actual = document(f"a: {text}").value["a"]
    assert value == actual
    assert type(value) is type(actual)


@pytest.mark.parametrize("number", ["1" + "0" * 1001, "1e999", "-1e999"])
def test_a_number_too_large_to_hold_is_refused_and_never_infinite(number: str) -> None:
    (problem,) = refused(f"a: {number}")
    assert problem.startswith("case.yaml:1: ")
    assert len(problem) < 300


def test_a_duplicate_key_names_both_lines() -> None:
    assert refused("a: 1\nb: 2\na: 3\n") == [
        "case.yaml:3: the key 'a' stands twice (first in line 1); keep one of them"
    ]


def test_every_problem_of_a_file_comes_at_once() -> None:
    found = refused("a: on\nb:\nc: 012\nc: 1\n<<: {d: 1}\n? [x]\n: 1\n")
    assert sorted(problem.split(":")[1] for problem in found) == ["1", "2", "3", "4", "5", "6"]


def test_a_missing_value_is_asked_for() -> None:
    assert refused("a:\n") == ["case.yaml:1: a value is missing; write it, or leave the key out"]


@pytest.mark.parametrize(
    "text",
    [
        "!!binary aGk=",
        "!thing 5",
        "!!int '5'",
        "!!str 5",
        "!thing {b: 1}",
        "!!set {b: null}",
        "!thing [1]",
        "!!omap [a: 1]",
    ],
)
def test_a_tag_is_refused_wherever_it_stands(text: str) -> None:
    (problem,) = refused(f"a: {text}")
    assert "leave the tag out" in problem


def test_aliases_that_stand_for_more_than_there_is_room_for_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    expected = "case.yaml:1: more than 200,000 values, aliases written out; use fewer aliases"
    assert refused("\n".join(lines)) == [expected]


def test_an_alias_gives_the_value_again_and_keeps_the_line_of_its_key() -> None:
    found = document("a: &one {x: 1}\nb: *one\n")
    assert found.value == {"a": {"x": 1}, "b": {"x": 1}}
    assert found.line(("b",)) == 2


@pytest.mark.parametrize("text", ["a: &x [*x]", "a: &x {b: *x}", "&x [[*x]]"])
def test_an_alias_that_contains_itself_is_refused(text: str) -> None:
    assert refused(text) == ["case.yaml:1: an alias that contains itself; write the value out"]


def test_a_merge_key_is_refused_and_a_quoted_one_is_a_key() -> None:
    (problem,) = refused("a: &one {x: 1}\nb:\n  <<: *one\n  y: 2\n")
    assert problem.startswith("case.yaml:3: merge keys")
    assert document('"<<": 1').value == {"<<": 1}


DEEP = ["[" * 2_000, "[" * 3_000 + "]" * 3_000, "{a: " * 3_000 + "1" + "}" * 3_000, "[" * 100_000, "- " * 20_000]


@pytest.mark.parametrize("text", DEEP)
def test_deep_nesting_is_a_problem_and_no_crash(text: str) -> None:
    assert refused(text)[0].startswith("case.yaml:")


def test_two_hundred_levels_are_read() -> None:
    _, problems = read_text("[" * 200 + "]" * 200, HERE)
    assert problems == ()
    assert "nested in more than 200 levels" in refused("[" * 201 + "]" * 201)[0]


def test_a_file_of_more_than_16_mib_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_bytes(b"#" * ((16 << 20) + 1))
    found, (problem,) = read(path)
    assert (found, problem.what) == (None, "holds more than 16 MiB")


@pytest.mark.parametrize("text", ["", "\n", "# only a word\n", "---\n"])
def test_an_empty_file_says_so(text: str) -> None:
    assert len(refused(text)) == 1


@pytest.mark.parametrize("text", ["a: [1", "a: 'b", "\tb: 1", "a: 1\n--- \nb: 2\n", "a: *nobody", "a: \x01", "@a"])
def test_what_is_not_yaml_is_reported_with_a_line(text: str) -> None:
    (problem,) = refused(text)
    assert problem.startswith("case.yaml:")
    assert "not YAML" in problem


def test_a_path_with_backslashes_in_double_quotes_is_told_where_it_may_stand() -> None:
    (problem,) = refused('file: "C:\\keys\\token.txt"')
    assert problem.startswith("case.yaml:1: not YAML: found unknown escape character")
    assert problem.endswith("; in single quotes a backslash is itself")


def test_a_file_that_is_not_utf8_is_reported_by_its_byte(tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_bytes(b"a: \xff\n")
    found, (problem,) = read(path)
    assert found is None
    assert str(problem) == f"{path}:1: not UTF-8 (byte 3); save it as UTF-8"


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    found, problems = read(path)
    assert problems == ()
    assert found is not None
    assert found.value == {"a": 1}


def test_a_missing_file_and_a_folder_are_problems(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path):
        found, (problem,) = read(path)
        assert found is None
        assert str(path) == problem.where


def test_a_place_that_is_not_there_has_the_line_of_what_is_around_it() -> None:
    found = document("a:\n  - b: 1\n    c: 2\n")
    assert [
        found.line(place) for place in [("a", 0, "b"), ("a", 0, "c"), ("a", 0, "c", "d"), ("a", 0, "x"), ("nowhere",)]
    ] == [2, 3, 3, 2, 1]
    assert found.where(("a", 0, "c")) == "case.yaml:3"
    assert found.excerpt(("a", 0)) == "  - b: 1\n    c: 2"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(), inside, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "text", ["\u202ex", "\u2066a\u2069 # b", "\u05d0\u200f", "a" * 200 + " \u2067b", "\\u202e\u202d"]
)
def test_no_text_that_is_dumped_turns_what_is_read(text: str) -> None:
    value = {text: [text, {"a": text}]}
    for written in (dump(value), dump_flow(value)):
        assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", written)
        assert document(written).value == value


@settings(max_examples=80, deadline=None, database=None)
@given(JSON)
@example(dict.fromkeys(SURPRISES, SURPRISES))
@example(["<<", "=", "!x", "&a", "*a", "- a", "a: b", "#", "%", "@", "`", "'", '"', "|", ">", "?", "{", "[", ","])
@example(
    ["-0", "1e5", "1.5", "0", "\x00", "\x85", "\u2028", "\ufeff", "\n", " a ", "a\n\nb", "\t", "x" * 500, "x " * 200]
)
@example({"<<": {"a" * 200: 1}})
@example([10**400, -1.5e300, 5e-324])
def test_what_is_dumped_is_read_back_unchanged(value: Any) -> None:
    assert repr(value) == repr(document(dump(value)).value)
    assert repr(value) == repr(document(dump_flow(value)).value)
    replaced = document(replace_value("a:\n  - b: 1\n    c: 2\n", ("a", 0, "b"), value))
    assert repr({"a": [{"b": value, "c": 2}]}) == repr(replaced.value)
