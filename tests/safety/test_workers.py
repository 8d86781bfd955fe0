"""Several workers find what one finds, with several requests under way at the same time."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from conformance import reference
from conformance.engine.journal import LEDGER_FILE, read_open_entries
from conformance.results.model import RowResult
from conformance.session.target_runner import RunOptions, TargetRunner
from tests.safety.watched import contract as contract_named
from tests.safety.watched import ran, resolve_saved, saved, things, watched


class Busy:
    """A target whose answers take their time, more of it until so many are under way at once; counts how many are."""

    def __init__(self, enough: int) -> None:
        self._lock, self._now, self.most = threading.Lock(), 0, 0
        self._enough, self._reached = enough, threading.Event()

    def slow(self, incoming: Any, answer: Any) -> Any:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
            if self.most >= self._enough:
                self._reached.set()
        self._reached.wait(0.4)
        time.sleep(0.04)
        answered = answer(incoming)
        if "limit=101" in incoming.query:
            answered.status_line = "HTTP/1.1 422 Unprocessable Content"
        with self._lock:
            self._now -= 1
        return answered


def reported(row: RowResult) -> tuple[str, list[tuple[str, str, str]]]:
    return row.verdict.value, sorted((found.check, str(found.actual), found.where) for found in row.findings)


def test_eight_workers_find_the_same_and_never_send_more_at_once(tmp_path: Path) -> None:
    found, most = [], []
    for workers, enough in ((1, 1), (8, 4)):
        with watched("microcms-management", (busy := Busy(enough)).slow) as server:
            done = ran(
                saved(tmp_path, server.profile), "microcms-management", RunOptions("smoke", 0, workers), explore=False
            )
        found.append({name: reported(row) for name, row in done.rows.items()})
        most.append(busy.most)
    assert found[0] == found[1]
    assert "violates" in {verdict for verdict, _ in found[0].values()}
    assert most[0] == 1
    assert 4 <= most[1] <= 8


def findings(row: RowResult) -> tuple[str, list[tuple[str, str]], list[tuple[str, str]]]:
    """Without what was shown: how many things there are depends on what others have left."""
    attempts = sorted({(attempt.label, attempt.outcome) for attempt in row.attempts})
    return row.verdict.value, sorted((found.check, found.where) for found in row.findings), attempts


def wrong(contract: str) -> list[str]:
    """A server that changes what it refuses to change, and one that accepts what it must refuse.

    None that changes it later: which of its findings are seen hangs on the clock, with any number of workers.
    """
    every = [fault for fault in reference.faults(contract) if not fault.name.endswith("_later")]
    effects = [
        fault.name for fault in every if fault.name.startswith(("applies", "changes", "deletes", "keeps", "stores"))
    ]
    accepts = [fault.name for fault in every if fault.name.startswith(("accepts", "admits", "takes"))]
    chance = random.Random(f"{contract}/2")
    return [chance.choice(effects), chance.choice(accepts)]


@pytest.mark.parametrize(
    ("contract", "fault"), [(name, fault) for name in reference.contracts() for fault in wrong(name)]
)
def test_eight_workers_blame_the_same_rows_of_a_wrong_server(tmp_path: Path, contract: str, fault: str) -> None:
    found = []
    for workers in (1, 8):
        with watched(contract, faults=[fault]) as server:
            done = ran(saved(tmp_path, server.profile), contract, RunOptions("standard", 0, workers), explore=False)
        found.append({name: findings(row) for name, row in done.rows.items()})
    assert found[0] == found[1]
    assert "violates" in {verdict for verdict, _, _ in found[1].values()}


@pytest.mark.parametrize("contract", reference.contracts())
def test_a_right_server_gets_as_much_from_eight_workers_and_keeps_nothing(tmp_path: Path, contract: str) -> None:
    reported = []
    for workers in (1, 8):
        with watched(contract) as server:
            before = things(server.profile)
            options = RunOptions("standard", 0, workers, output=tmp_path)
            done = ran(saved(tmp_path, server.profile), contract, options)
            assert before == things(server.profile)
        assert set(done.verdicts.values()) == {"conforms"}
        assert read_open_entries(tmp_path / LEDGER_FILE) == ()
        assert (tmp_path / LEDGER_FILE).stat().st_size > 0
        explored = [(one.operation, one.verdict, one.requests) for one in done.explored]
        reported.append((done.sent, {name: findings(row) for name, row in done.rows.items()}, explored))
    assert reported[0] == reported[1]


@pytest.mark.parametrize(("contract", "seeds"), [("kuroco", range(3)), ("microcms-management", (3,))])
def test_no_seed_blames_a_right_server_for_anything_with_four_workers(
    tmp_path: Path, contract: str, seeds: Iterable[int]
) -> None:
    with watched(contract) as server:
        before, profile = things(server.profile), saved(tmp_path, server.profile)
        for seed in seeds:
            done = ran(profile, contract, RunOptions("smoke", seed, 4))
            assert set(done.verdicts.values()) == {"conforms"}, seed
            assert things(server.profile) == before


def test_rows_that_were_done_ahead_are_known_when_a_session_is_closed(tmp_path: Path) -> None:
    with watched("kuroco") as server:
        held = contract_named("kuroco")
        runner = TargetRunner(held, resolve_saved(saved(tmp_path, server.profile), held), RunOptions("smoke", 0, 4))
        rows = [row.id for row in held.rows]
        runner.begin()
        runner.row(rows[-1])
        runner.close()
        finished = {event.row.id for event in runner.finished() if event.row is not None}
        assert rows[-1] in finished
        assert len(finished) > 1
