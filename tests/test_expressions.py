from __future__ import annotations

from time import thread_time

import pytest

from conformance.expressions import can_be_bounded, matches_whole


@pytest.mark.parametrize(
    ("expression", "text", "matches"),
    [
        ("(?i)on|off", "OFF", True),
        ("on|off", "offer", False),
        ("a.b", "a\nb", True),
        ("a$", "a\n", False),
        (r"[+-]?\d+", "-\uff11\uff12", True),
        (r"[\w-]+\Z", "é-x", True),
        (r"(?!x)[a-z]+", "xa", False),
        (r"(a)\1", "aa", True),
        ("", "", True),
        ("[", "[", None),
    ],
)
def test_an_expression_matches_a_text_as_a_whole(expression: str, text: str, matches: bool | None) -> None:
    assert matches_whole(expression, text) is matches


@pytest.mark.parametrize("expression", ["(a+)+b", "(a|aa)+b", r"(a|aa)+\1b", "(.*a){20}b", "(?=(a+)+b)a*"])
def test_no_expression_takes_long(expression: str) -> None:
    start = thread_time()
    assert matches_whole(expression, "a" * 3000) is not True
    assert thread_time() - start < 2


def test_what_only_python_has_cannot_be_bounded() -> None:
    assert not can_be_bounded("(?P<a>x)(?P=a)")
    assert can_be_bounded("(a+)+b")
    assert can_be_bounded(r"\w{1,255}")
