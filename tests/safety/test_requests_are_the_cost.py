"""How many requests a whole run sends to a target that has nothing wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.session import RunOptions
from tests.safety.watched import CONTRACTS, ran, saved, watched

MOST = {"microcms-management": 500, "kuroco": 400}
A_ROW_AT_SMOKE = 3
MORE = {"microcms-management": {"common/too-many-requests": 11}, "kuroco": {"login/profile": 5}}
"""An allowance of ten requests and the one that is too many; four calls of a log-in before there is a profile."""


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_standard_run_keeps_its_bound(name: str, tmp_path: Path) -> None:
    with watched(name) as server:
        done = ran(saved(tmp_path, server.profile), name, RunOptions("standard", 0))
    assert len(server.actual) == done.sent
    assert MOST[name] >= done.sent


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_row_takes_three_requests_at_smoke_but_for_those_that_cannot(name: str, tmp_path: Path) -> None:
    with watched(name) as server:
        done = ran(saved(tmp_path, server.profile), name, RunOptions("smoke", 0))
    more = {row.id: row.requests for row in done.rows.values() if row.requests > A_ROW_AT_SMOKE}
    assert MORE[name] == more
