"""What a step captures from an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.contract.schema import MatchingCapture
from conformance.engine.step_sequence import read_capture
from conformance.http import Response

MEDIA = {"media": [{"url": "a.png"}, {"size": 1}, {"url": 5}, {"url": "b.pdf.png"}, {"url": "c.pdf"}, {"url": "d.pdf"}]}


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        ("/media/0/url", (True, "a.png")),
        ("/media/9/url", (False, None)),
        (MatchingCapture(at="/media/*/url", matches=".*[.]pdf"), (True, "c.pdf")),
        (MatchingCapture(at="/media/*/url", matches=".*[.]zip"), (False, None)),
        (MatchingCapture(at="/files/*/url", matches=".*"), (False, None)),
    ],
)
def test_a_capture_is_what_stands_there_or_the_first_that_matches(
    answer: Callable[..., Response], pointer: Any, expected: tuple[bool, Any]
) -> None:
    assert read_capture(answer(200, MEDIA), pointer) == expected
