"""One pace for several processes: two limiters on one file stand for two processes, as each opens it anew."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from conformance.client.rate_limit import Pace, SharedRateLimiter


def test_two_processes_keep_one_pace_together(tmp_path: Path) -> None:
    path = tmp_path / "reports" / "pace"
    one, other = SharedRateLimiter(Pace(4, 0.3), path), SharedRateLimiter(Pace(4, 0.3), path)
    began = time.time()
    moments = []
    for limiter in [one, other] * 5:
        limiter.wait()
        moments.append(time.time() - began)
    assert moments[3] < 0.25
    assert moments[4] >= 0.3
    assert moments[8] >= 0.6


@pytest.mark.parametrize("text", ["", "no list", "[1, null]", "{}", '{"a": 1}', "[99999999999999]"])
def test_a_file_that_holds_no_moments_keeps_nobody_waiting(tmp_path: Path, text: str) -> None:
    (tmp_path / "pace").write_text(text, encoding="utf-8")
    assert SharedRateLimiter(Pace(1, 100), tmp_path / "pace").wait() < 1
