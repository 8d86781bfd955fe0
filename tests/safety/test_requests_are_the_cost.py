"""How many requests a whole run sends to a target that has nothing wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.session.target_runner import RunOptions
from tests.safety.watched import CONTRACTS, ran, saved, watched

STANDARD = {"microcms-management": 500, "kuroco": 400}
SMOKE = {"microcms-management": 104, "kuroco": 47}
"""Three requests a row; one row takes eleven, as it uses up an allowance of ten."""


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_standard_run_keeps_its_bound(name: str, tmp_path: Path) -> None:
    with watched(name) as server:
        done = ran(saved(tmp_path, server.profile), name, RunOptions("standard", 0))
    assert done.sent == len(server.actual)
    assert done.sent <= STANDARD[name]


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_row_takes_three_requests_at_smoke_on_average(name: str, tmp_path: Path) -> None:
    with watched(name) as server:
        done = ran(saved(tmp_path, server.profile), name, RunOptions("smoke", 0))
    assert done.sent == len(server.actual)
    assert done.sent <= SMOKE[name]
