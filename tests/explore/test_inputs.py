"""Inputs are drawn for many targets at once, and CPython 3.11 parses in one thread at a time only."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace

import pytest

from conformance.contract.schema import Draw
from conformance.engine.generate import DRAWING, _values
from conformance.explore.inputs import choose_probes, coverage_probes
from conformance.explore.openapi import with_known_body
from conformance.explore.probes import plain_probe
from conformance.explore.validity import Validity
from tests.explore.explored_servers import Newsroom


def covered() -> int:
    operation = with_known_body(Newsroom().explorer("listContents").explored, None)
    return len([*coverage_probes(operation, plain_probe(operation))])


def varied() -> int:
    return len(_values(Draw.model_validate_json('{"integers": [1, 9]}'), 3, 1))


@pytest.mark.parametrize(
    "edges", [{"maximum": 2**63 - 1}, {"minimum": 0.5}, {"minimum": 5, "maximum": 1}, {"exclusiveMinimum": 3}, {}]
)
def test_inputs_are_chosen_whatever_range_a_number_has(edges: dict[str, float]) -> None:
    operation = Newsroom().explorer("listContents").explored
    numbers = tuple(replace(one, schema={"type": "integer", **edges}) for one in operation.among("query"))
    asked = replace(operation, parameters=(*operation.among("path"), *numbers))
    assert len(choose_probes(asked, plain_probe(asked), frozenset(Validity), 30, 0)) == 30


@pytest.mark.parametrize("draw", [covered, varied])
def test_who_draws_waits_for_the_one_who_draws(draw: Callable[[], int]) -> None:
    assert draw() > 0
    with ThreadPoolExecutor(1) as thread:
        with DRAWING:
            waiting = thread.submit(draw)
            assert wait([waiting], 0.3).done == set()
        assert waiting.result(20) > 0
