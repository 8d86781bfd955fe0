"""Pydantic's errors as problems: one for each value, with its line, and nothing of what was written."""

from __future__ import annotations

from time import thread_time
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from conformance.validation import problems_from_validation, suggest


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Wheel(Strict):
    size: int


class Car(Strict):
    wheels: list[Wheel | str] = []
    owner: dict[str, Wheel] = {}
    secret: dict[str, str | Wheel] = {}


def problems_of(value: Any, **options: Any) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        Car.model_validate(value)
    found = problems_from_validation(
        caught.value, value, lambda place: f"line {len(place)}", schema=Car.model_json_schema(), **options
    )
    return [str(problem) for problem in found]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"weels": []}, "line 1: unknown key 'weels'; did you mean 'wheels'?"),
        ({"owner": {"me": {"size": 1, "siz": 2}}}, "line 3: unknown key 'siz' in owner.me; did you mean 'size'?"),
        ({"wheels": [{"size": 1, "owner": 1}]}, "line 3: unknown key 'owner' in wheels.0; the keys are size"),
        ({"wheels": [{"size": "big"}]}, "line 3: wheels.0.size must be a whole number"),
        ({"wheels": [{}]}, "line 3: wheels.0.size is missing; add `size:`"),
        ({"wheels": [5]}, "line 2: wheels must be a mapping (key: value) or text"),
        ({"wheels": 5}, "line 1: wheels must be a list ([…])"),
        (5, "line 0: the file must be a mapping (key: value)"),
    ],
)
def test_each_value_has_one_problem_that_names_its_place(value: Any, expected: str) -> None:
    assert problems_of(value) == [expected]


def test_all_problems_come_at_once() -> None:
    assert len(problems_of({"weels": [], "owner": {"a": {"size": "x"}, "b": 5}})) == 3


def test_of_thousands_of_problems_two_hundred_are_shown_in_time() -> None:
    start = thread_time()
    found = problems_of({"wheels": [5] * 8_000, "owner": {"me": 1}})
    assert thread_time() - start < 2
    assert found[0] == "line 2: wheels must be a mapping (key: value) or text"
    assert found[200:] == ["line 2: 7801 more problems of this file are not shown"]


def test_a_key_with_a_new_name_says_so_where_the_new_name_is_known() -> None:
    renamed = {"width": "size"}
    assert problems_of({"owner": {"me": {"width": 3, "size": 3}}}, renamed=renamed) == [
        "line 3: 'width' is called 'size'"
    ]
    assert problems_of({"width": 3}, renamed=renamed)[0].startswith("line 1: unknown key 'width'")


def test_an_unknown_key_in_a_private_section_is_named_only_if_it_is_near_a_known_one() -> None:
    value = {"secret": {"a": {"size": 1, "hunter2": 1}, "b": {"size": 1, "sise": 1}}}
    assert problems_of(value, private=frozenset(["secret"])) == [
        "line 3: unknown key in secret.a; the keys are size",
        "line 3: unknown key 'sise' in secret.b; did you mean 'size'?",
    ]


def test_the_nearest_name_is_suggested_or_all_of_them() -> None:
    assert suggest("LIMT", ["limit", "offset"], "parameters") == "did you mean 'limit'?"
    assert suggest("zzz", ["limit", "offset"], "parameters") == "the parameters are limit, offset"
    assert suggest("zzz", [], "parameters") == "no parameters are known here"
