"""Inputs are drawn for many targets at once, and CPython 3.11 parses in one thread at a time only."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from explored_servers import Newsroom

from conformance.contract.model import Draw
from conformance.run.drawing import _values
from conformance.run.exploring.document import known, view
from conformance.run.exploring.drawing import coverage, drawn
from conformance.run.exploring.probes import plain
from conformance.run.one_at_a_time import DRAWING


def covered() -> int:
    operation = known(view(Newsroom().ground("listContents")), None, {})
    return len([*coverage(operation, plain(operation), {})])


def explored() -> int:
    operation = known(view(Newsroom().ground("listContents")), None, {})
    return len([*drawn(operation, plain(operation), {}, 5, 1)])


def varied() -> int:
    return len(_values(Draw.model_validate_json('{"integers": [1, 9]}'), 3, 1))


@pytest.mark.parametrize("draw", [covered, explored, varied])
def test_who_draws_waits_for_the_one_who_draws(draw: Callable[[], int]) -> None:
    assert draw() > 0
    with ThreadPoolExecutor(1) as thread:
        with DRAWING:
            waiting = thread.submit(draw)
            assert set() == wait([waiting], 0.3).done
        assert waiting.result(20) > 0
