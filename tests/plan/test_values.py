"""What a profile settles before anything is sent."""

from __future__ import annotations

from time import thread_time
from typing import Any

import pytest

from conformance.contract.schema import Draw
from conformance.plan.values import is_excluded, resolve_draw
from conformance.target import loader as targets
from conformance.target.loader import Target

PATTERN = "{fixture.fields.regex.pattern}"
VALID = "{fixture.fields.regex.valid}"


def target(pattern: Any = "^[A-Z]{2}-[0-9]{3}$") -> Target:
    fields = {"regex": {"valid": "AB-123", "pattern": pattern}, "length": {"min": 1, "max": 4}}
    profile = {"contract": "kuroco", "base_url": "http://127.0.0.1:9", "fixtures": {"fields": fields}}
    return targets.target_from_mapping(profile, where="here", environ={})


def test_a_value_that_matches_as_a_whole_is_ruled_out() -> None:
    assert is_excluded(target(), PATTERN, VALID)


@pytest.mark.parametrize("value", [f"!{VALID}", f"{VALID}!", f"{VALID}\n", "{fixture.fields.regex.valid|swap-case}"])
def test_a_match_with_something_beside_it_is_not_ruled_out(value: str) -> None:
    assert not is_excluded(target(), PATTERN, value)


@pytest.mark.parametrize("value", [f"{VALID}!", f"{VALID} {{random.hex1200}}"])
def test_where_the_pattern_takes_the_change_the_value_is_ruled_out(value: str) -> None:
    assert is_excluded(target("[A-Z-]+.*"), PATTERN, value)
    assert not is_excluded(target(), PATTERN, value)


@pytest.mark.parametrize("pattern", ["(a", "(?P<a>x)(?P=a)", "(?>a)"])
def test_a_pattern_that_cannot_be_read_rules_everything_out(pattern: str) -> None:
    assert is_excluded(target(pattern), PATTERN, "whatever")


def test_a_missing_pattern_rules_everything_out() -> None:
    assert is_excluded(target(), "{fixture.fields.url.pattern}", "whatever")


def test_a_pattern_that_would_run_for_ever_takes_no_time() -> None:
    started = thread_time()
    assert not is_excluded(target("(a+)+$"), PATTERN, "a" * 5000 + "!")
    assert thread_time() - started < 1


def test_nothing_shorter_than_the_least_is_sent_where_the_least_is_one() -> None:
    assert is_excluded(target(), "", "{text.kana.fields.length.min|one-less}")
    assert not is_excluded(target(), "", "{text.kana.fields.length.max|one-more}")


def test_a_description_takes_its_numbers_and_expressions_from_the_profile() -> None:
    draw = Draw.model_validate(
        {"words": "ab", "outside": ["{fixture.fields.length.min}", "{fixture.fields.length.max}"], "except": PATTERN}
    )
    found = resolve_draw(target(), draw)
    assert found is not None
    assert (found.outside, found.except_) == ([1, 4], "^[A-Z]{2}-[0-9]{3}$")


@pytest.mark.parametrize("pattern", ["(a", "[z-a]", "a{99999999999}"])
def test_what_cannot_be_drawn_is_left_out(pattern: str) -> None:
    assert resolve_draw(target(pattern), Draw(matching=[PATTERN], words="a")) is None
