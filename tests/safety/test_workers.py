"""Several workers find what one finds, with several requests under way at the same time."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

from watched import ran, saved, watched

from conformance.results.model import RowResult
from conformance.run.campaign import How


class Busy:
    """A target whose answers take their time, and which counts how many it is giving at the same time."""

    def __init__(self) -> None:
        self._lock, self._now, self.most = threading.Lock(), 0, 0

    def slow(self, incoming: Any, answer: Any) -> Any:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(0.04)
        answered = answer(incoming)
        if "limit=101" in incoming.query:
            answered.status_line = "HTTP/1.1 422 Unprocessable Content"
        with self._lock:
            self._now -= 1
        return answered


def told(row: RowResult) -> tuple[str, list[tuple[str, str, str]]]:
    return row.verdict.value, sorted((found.aspect, str(found.got), found.where) for found in row.findings)


def test_eight_workers_find_the_same_and_never_send_more_at_once(tmp_path: Path) -> None:
    found, most = [], []
    for workers in (1, 8):
        with watched("microcms-management", (busy := Busy()).slow) as server:
            done = ran(saved(tmp_path, server.profile), "microcms-management", How("smoke", 0, workers), explore=False)
        found.append({name: told(row) for name, row in done.rows.items()})
        most.append(busy.most)
    assert found[0] == found[1]
    assert "violates" in {verdict for verdict, _ in found[0].values()}
    assert 1 == most[0]
    assert 4 <= most[1] <= 8
