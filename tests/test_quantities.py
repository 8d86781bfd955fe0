"""Times and paces as people write them: which texts are some, and how long or how many each is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance import quantities


@pytest.mark.parametrize(
    ("text", "pace"),
    [("10/10s", (10, 10.0)), ("60/m", (60, 60.0)), ("5/s", (5, 1.0)), ("1/500ms", (1, 0.5)), ("100/h", (100, 3600.0))],
)
def test_paces(text: str, pace: tuple[int, float]) -> None:
    assert pace == quantities.parse_pace(text)


@pytest.mark.parametrize(
    "text", ["10", "10/", "/s", "0/s", "1.5/s", "-1/s", "10/10", "10/10d", "10/0s", "\u0661/s", "10/10s ", "1/s\n"]
)
def test_paces_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"pace|range"):
        quantities.parse_pace(text)


@given(st.integers(1, 3_600_000))
def test_milliseconds_are_read_exactly_up_to_an_hour(milliseconds: int) -> None:
    text = f"{milliseconds}ms" if milliseconds < 1_000_000 else f"{milliseconds // 1000}s"
    expected = milliseconds / 1000 if milliseconds < 1_000_000 else milliseconds // 1000
    assert pytest.approx(expected) == quantities.parse_duration(text)


@pytest.mark.parametrize("text", ["10", "s", "", "-1s", "1e2s", "10 s", "0s", "0ms", "3601s", "2h", "10S", "1s\n"])
def test_times_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"time|range"):
        quantities.parse_duration(text)
