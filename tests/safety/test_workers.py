"""Several workers find what one finds, in less time, on a target whose answers take their time."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from watched import ran, saved, watched

from conformance.results.model import RowResult
from conformance.run.campaign import How


def told(row: RowResult) -> tuple[str, list[tuple[str, str, str]]]:
    return row.verdict.value, sorted((found.aspect, str(found.got), found.where) for found in row.findings)


def test_eight_workers_find_the_same_in_less_than_half_the_time(tmp_path: Path) -> None:
    def slow(incoming: Any, answer: Any) -> Any:
        time.sleep(0.04)
        answered = answer(incoming)
        if "limit=101" in incoming.query:
            answered.status_line = "HTTP/1.1 422 Unprocessable Content"
        return answered

    found, times = [], []
    for workers in (1, 8):
        with watched("microcms-management", slow) as server:
            begun = time.monotonic()
            done = ran(saved(tmp_path, server.profile), "microcms-management", How("smoke", 0, workers), explore=False)
            times.append(time.monotonic() - begun)
        found.append({name: told(row) for name, row in done.rows.items()})
    assert found[0] == found[1]
    assert "violates" in {verdict for verdict, _ in found[0].values()}
    assert times[1] < times[0] / 2
