"""Somebody else writes to the same target, or a second run is under way on it: nobody is blamed for that."""

from __future__ import annotations

import threading
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from conformance.contract.schema import Depth
from conformance.session.target_runner import RunOptions, TargetRunner
from tests.safety.watched import CONTRACTS, Ran, Watched, contract, ran, resolve_saved, saved, things, watched
from tests.test_sweep import insert, set_status


def blamed(done: Ran) -> list[str]:
    """What a run says is a violation; the allowance of one credential is used up by two runs, so it is left out."""
    rows = {name: row for name, row in done.rows.items() if name != "common/too-many-requests"}
    results = [*rows.items(), *((one.operation, one) for one in done.explored)]
    return [f"{name}: {one.findings}" for name, one in results if one.verdict.value == "violates"]


@contextmanager
def writing_beside(server: Watched, pause: float) -> Iterator[None]:
    """Insert and delete contents, or publish the draft and set it back, every so many seconds."""
    stopped = threading.Event()
    delete_path = server.profile["fixtures"].get("delete_path", "")

    def write() -> None:
        while not stopped.is_set():
            with suppress(urllib.error.HTTPError):
                if server.profile["contract"] == "kuroco":
                    number = insert(server, subject="somebody else's")
                    stopped.wait(pause)
                    server.send("POST", delete_path.replace("{topics_id}", number), {})
                else:
                    set_status(server, "PUBLISH")
                    stopped.wait(pause)
                    set_status(server, "DRAFT")
            stopped.wait(pause)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(10)


@pytest.mark.parametrize(
    ("name", "pause", "most"), [("kuroco", 0.05, 1200), ("kuroco", 0.4, 400), ("microcms-management", 0.05, 1200)]
)
def test_somebody_elses_writes_are_held_against_nobody(name: str, pause: float, most: int, tmp_path: Path) -> None:
    with watched(name) as server, writing_beside(server, pause):
        done = ran(saved(tmp_path, server.profile), name, RunOptions("standard", 0, 4, output=tmp_path))
    assert blamed(done) == []
    assert sum(row.beyond_plan.confirmed for row in done.rows.values()) <= most


@pytest.mark.parametrize("at", [("GET", "/api/v1/media"), ("PUT", "/status")])
def test_one_edit_of_somebody_else_leaves_one_row_in_doubt_at_most(at: tuple[str, str], tmp_path: Path) -> None:
    edited = threading.Event()

    def edit(incoming: Any, answer: Any) -> Any:
        if incoming.method == at[0] and incoming.path.endswith(at[1]) and not edited.is_set():
            edited.set()
            for status in ("PUBLISH", "DRAFT"):
                set_status(server, status)
        return answer(incoming)

    with watched("microcms-management", edit) as server:
        done = ran(saved(tmp_path, server.profile), "microcms-management", RunOptions("standard", 0), explore=False)
    verdicts = list(done.verdicts.values())
    assert edited.is_set()
    assert (verdicts.count("violates"), verdicts.count("inconclusive") <= 1) == (0, True)
    assert sum(row.beyond_plan.confirmed for row in done.rows.values()) <= 200


@pytest.mark.parametrize(("depth", "method"), [("standard", "PUT"), ("standard", "PATCH"), ("smoke", "PUT")])
def test_a_medium_that_somebody_else_deletes_once_is_held_against_nobody(
    depth: Depth, method: str, tmp_path: Path
) -> None:
    deleted: list[Any] = []
    name = "microcms-management"

    def delete_once(incoming: Any, answer: Callable[[Any], Any]) -> Any:
        if incoming.method == method and incoming.path == "/api/v2/media" and not deleted:
            url = quote(server.profile["fixtures"]["media_url"], safe="")
            deleted.append(url)
            server.send("DELETE", f"/api/v2/media?url={url}", None)
        return answer(incoming)

    with watched(name, delete_once) as server:
        target = resolve_saved(saved(tmp_path, server.profile | {"late_effects": "10ms"}), contract(name))
        runner = TargetRunner(contract(name), target, RunOptions(depth, 0, output=tmp_path))
        (row,) = runner.begin(["media-delete/method-not-allowed"])
        result = runner.row(row)
        runner.close()
    assert (len(deleted), result.verdict.value) == (1, "inconclusive")


def test_a_medium_that_a_refusal_takes_away_is_made_anew_for_one_row_after_another(tmp_path: Path) -> None:
    name = "microcms-management"
    with watched(name, faults=["deletes_medium_by_put"]) as server:
        done = ran(saved(tmp_path, server.profile), name, RunOptions("standard", 0), explore=False)
    assert [row for row, verdict in done.verdicts.items() if verdict == "violates"] == [
        "media-delete/method-not-allowed"
    ]


_ROWS_THAT_SET_THE_CREATOR_BACK = ("invalid-user-id", "method-not-allowed", "body-not-json-object")


@pytest.mark.parametrize("nth", [2, 4])
def test_what_another_run_has_changed_for_a_moment_is_not_set_back(nth: int, tmp_path: Path) -> None:
    name, reads = "microcms-management", [0]

    def change_for_a_moment(incoming: Any, answer: Callable[[Any], Any]) -> Any:
        reads[0] += incoming.method == "GET" and incoming.path == draft
        if not (reads[0] == nth and incoming.method == "GET" and incoming.path == draft):
            return answer(incoming)
        server.send("PATCH", f"{draft}/createdBy", {"createdBy": fixtures["member_id"]})
        response = answer(incoming)
        server.send("PATCH", f"{draft}/createdBy", {"createdBy": creator})
        return response

    with watched(name, change_for_a_moment) as server:
        fixtures, draft = server.profile["fixtures"], ""
        before = things(server.profile)
        creator = next(one.split()[-1] for one in before if one.startswith(fixtures["draft_content_id"]))
        draft = f"/api/v1/contents/{fixtures['endpoint']}/{fixtures['draft_content_id']}"
        target = resolve_saved(saved(tmp_path, server.profile | {"late_effects": "10ms"}), contract(name))
        runner = TargetRunner(contract(name), target, RunOptions("standard", 0, output=tmp_path))
        rows = runner.begin([f"contents-patch/{row}" for row in _ROWS_THAT_SET_THE_CREATOR_BACK])
        results = [runner.row(row) for row in rows]
        runner.close()
        after = things(server.profile)
    assert reads[0] > nth
    assert [result.verdict.value for result in results if result.verdict.value == "violates"] == []
    assert after == before


@pytest.mark.parametrize(("depth", "nth", "most"), [("standard", 20, 30), ("standard", 60, 30), ("smoke", 12, 40)])
def test_one_insert_of_somebody_else_costs_few_requests_and_no_row(
    depth: Depth, nth: int, most: int, tmp_path: Path
) -> None:
    inserted: list[Any] = []

    def insert_once(incoming: Any, answer: Callable[[Any], Any]) -> Any:
        if incoming.method == "POST" and incoming.path.endswith("/insert"):
            inserted.append(incoming)
            if len(inserted) == nth:
                insert(server, subject="somebody else's")
        return answer(incoming)

    with watched("kuroco", insert_once) as server:
        done = ran(saved(tmp_path, server.profile), "kuroco", RunOptions(depth, 0), explore=False)
    assert len(inserted) > nth
    assert set(done.verdicts.values()) == {"conforms"}
    assert 0 < sum(row.beyond_plan.confirmed for row in done.rows.values()) <= most


@pytest.mark.parametrize("name", CONTRACTS)
def test_two_runs_with_the_same_seed_on_one_target_do_not_meet(name: str, tmp_path: Path) -> None:
    assert run_twice_at_once(name, tmp_path) == [[], []]


def run_twice_at_once(name: str, folder: Path) -> list[list[str]]:
    """What each of two runs at the same time blames the target for; nothing is left of either."""
    done: list[Ran] = []

    def run(own: Path) -> None:
        own.mkdir(parents=True)
        done.append(ran(saved(own, server.profile), name, RunOptions("standard", 0, output=own)))

    with watched(name) as server:
        before = things(server.profile)
        threads = [threading.Thread(target=run, args=(folder / str(number),)) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(200)
        assert len(done) == 2
        assert things(server.profile) == before
    return [blamed(one) for one in done]
