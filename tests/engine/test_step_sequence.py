"""What a step captures from an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.contract.schema import MatchingCapture
from conformance.engine.step_sequence import read_capture
from conformance.http import Response
from conformance.results.encodings import LONGEST_SECRET

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


NAMED_BY_A_READ = """\
  - id: bad-name
    cause: The name is another one's.
    operations: [put]
    request: {json: {name: "{capture.name}"}}
    expect: {status: 400}
    before: [{call: get, capture: {name: /name}}]
"""


@pytest.mark.parametrize(("letters", "verdict"), [(LONGEST_SECRET, "conforms"), (LONGEST_SECRET + 1, "inconclusive")])
def test_a_text_that_is_longer_than_any_id_is_no_capture(
    run: Callable[..., Any], answer: Callable[..., Response], letters: int, verdict: str
) -> None:
    def server(asked: Any) -> Response:
        is_read = asked.request.method == "GET"
        return answer(200, {"name": "x" * letters}) if is_read else answer(400, {"message": "It is another one's"})

    assert run(server, NAMED_BY_A_READ).only.verdict == verdict
