"""What a run made is gone when it ends: by itself, at Ctrl-C, and after a kill by `conformance sweep`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from conformance.engine.journal import LEDGER_FILE, read_open_entries
from conformance.errors import OutputError
from conformance.reference.http import RequestBody, WireResponse
from conformance.session.target_runner import RunOptions, TargetRunner
from tests.safety import commands
from tests.safety.watched import CASES, Watched, contract, ran, resolve_saved, saved, things, watched

ROWS = {"kuroco": "title-missing or no-group", "microcms-management": "invalid-request or invalid-url"}
MAKES = {"kuroco": "/insert", "microcms-management": "/api/v1/media"}


class Striker:
    """Sends a signal to a run when its server has made the nth thing, before or after the answer is written."""

    def __init__(self, name: str, nth: int, number: int, *, reported: bool) -> None:
        self.path, self.left, self.number, self.reported = MAKES[name], nth, number, reported
        self.process: subprocess.Popen[bytes] | None = None
        self.struck = False

    def __call__(self, incoming: Any, answer: Callable[[Any], Any]) -> Any:
        due = self.left == 0
        answered = answer(incoming)
        done = answered.status_line.split()[1] in ("200", "201")
        made = done and incoming.method == "POST" and incoming.path.endswith(self.path)
        self.left -= made
        if self.process is not None and not self.struck and (due if self.reported else made and self.left == 0):
            self.struck = True
            self.process.send_signal(self.number)
            if self.number == signal.SIGKILL:
                self.process.wait(20)
        return answered


def started(server: Watched, folder: Path, *more: str) -> subprocess.Popen[bytes]:
    name = server.profile["contract"]
    profile = saved(folder, server.profile)
    arguments = [
        "-m",
        "pytest",
        str(CASES / name),
        "--conformance-target",
        str(profile),
        "--conformance-output",
        str(folder / "out"),
        "-q",
    ]
    arguments += ["-p", "no:cacheprovider", "-k", ROWS[name], "--conformance-no-explore", *more]
    env = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST_")}
    out = (folder / "out.txt").open("wb")
    return subprocess.Popen([sys.executable, *arguments], cwd=folder, env=env, stdout=out, stderr=out)


def swept(folder: Path) -> tuple[int, str]:
    """Exit code and what it says; no process of its own, for it is not killed."""
    done = commands.call(["sweep", "--target", str(folder / "target.yaml"), "--output", str(folder / "out")])
    return done.exit_code, done.output


@pytest.mark.parametrize(("name", "reported"), [("kuroco", True), ("microcms-management", False)])
def test_after_a_kill_sweep_leaves_nothing_of_the_run_and_nothing_else_is_touched(
    name: str, reported: bool, tmp_path: Path
) -> None:
    striker = Striker(name, 1, signal.SIGKILL, reported=reported)
    with watched(name, striker) as server:
        before = things(server.profile)
        striker.process = started(server, tmp_path)
        striker.process.wait(200)
        assert striker.process.returncode == -signal.SIGKILL
        assert before != things(server.profile), "the run was to be killed while something of it was there"
        code, said = swept(tmp_path)
        assert before == things(server.profile), said
        assert code == 0, said
        assert swept(tmp_path) == (0, "nothing was left\n")


def test_a_ledger_holds_no_secret(tmp_path: Path) -> None:
    with watched("microcms-management") as server:
        ran(
            saved(tmp_path, server.profile),
            "microcms-management",
            RunOptions("smoke", 0, output=tmp_path),
            explore=False,
        )
        keys = [one["value"] for one in server.profile["credentials"].values()]
    text = (tmp_path / LEDGER_FILE).read_text("utf-8")
    assert text
    assert not [key for key in keys if key in text]


def test_ctrl_c_cleans_up_by_itself(tmp_path: Path) -> None:
    striker = Striker("microcms-management", 1, signal.SIGINT, reported=False)
    with watched("microcms-management", striker) as server:
        before = things(server.profile)
        striker.process = started(server, tmp_path)
        striker.process.wait(200)
        assert striker.process.returncode == 2
        assert before == things(server.profile), (tmp_path / "out.txt").read_text()
    assert read_open_entries(tmp_path / "out" / LEDGER_FILE) == ()
    results = json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))
    assert results["partial"]


def test_what_was_accepted_although_it_should_have_been_refused_is_taken_back(tmp_path: Path) -> None:
    def gullible(incoming: Any, answer: Callable[[Any], Any]) -> Any:
        """Lets everybody in: what is to be forbidden is done."""
        incoming.headers["x-microcms-api-key"] = key
        return answer(incoming)

    with watched("microcms-management", gullible) as server:
        key = server.profile["credentials"]["full"]["value"]
        before = things(server.profile)
        server.profile["fixtures"].pop("media_url")  # else it is deleted, as it may be
        done = ran(
            saved(tmp_path, server.profile), "microcms-management", RunOptions("standard", 0, 4, output=tmp_path)
        )
        assert done.verdicts["common/forbidden"] == "violates"
        assert before == things(server.profile)
    assert read_open_entries(tmp_path / LEDGER_FILE) == ()


def test_a_folder_that_cannot_be_written_to_keeps_anything_from_being_made(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with watched("microcms-management") as server:
        before = things(server.profile)
        how = RunOptions("smoke", 0, output=tmp_path / "taken")
        with pytest.raises(OutputError, match="taken"):
            ran(saved(tmp_path, server.profile), "microcms-management", how, explore=False)
        assert before == things(server.profile)
        assert "POST" not in server.methods


@pytest.mark.parametrize(
    ("place", "member", "given"),
    [
        (("kuroco", "topics-write/title-missing", "updateTopic"), "id", None),
        (("kuroco", "topics-write/no-group", "deleteTopic"), "id", ".."),
        (("kuroco", "topics-write/no-group", "deleteTopic"), "id", "a/../1"),
        (("microcms-management", "media-delete/invalid-url", "deleteMedia"), "url", None),
        (("microcms-management", "media-delete/invalid-url", "deleteMedia"), "url", ["5"]),
    ],
)
def test_what_the_target_names_as_made_by_us_and_is_not_is_neither_changed_nor_deleted(
    place: tuple[str, str, str], member: str, given: Any, tmp_path: Path
) -> None:
    """Every answer to something made names what leads elsewhere, or a thing that the profile does not know."""
    (name, row, operation), named = place, list[Any]()

    def lying(incoming: Any, answer: Callable[[Any], Any]) -> Any:
        answered = answer(incoming)
        if named and answered.status_line.split()[1] in ("200", "201") and incoming.path.endswith(MAKES[name]):
            payload = json.dumps(json.loads(answered.payload) | {member: named[0]}).encode()
            headers = [("Content-Type", "application/json"), ("Content-Length", str(len(payload)))]
            return WireResponse(answered.status_line, headers, payload)
        return answered

    held = contract(name)
    with watched(name, lying) as server:
        server.profile["late_effects"] = "1ms"
        before = things(server.profile)
        known = {str(value) for value in server.profile["fixtures"].values()}
        there = [one.split(" ")[0] for one in before if name == "kuroco" or one.startswith("https:")]
        named += [given or (int(one) if one.isdigit() else one) for one in there if one not in known][-1:]
        target = resolve_saved(saved(tmp_path, server.profile), held)
        runner = TargetRunner(held, target, RunOptions("smoke", 0, output=tmp_path))
        try:
            runner.begin([row], [operation])
            runner.row(row)
            runner.explore(operation)
        finally:
            runner.close()
        assert before == things(server.profile)
        assert not [path for method, path in server.actual if method != "GET" and ".." in path]
    assert given or any("something else" in warning for warning in runner.describe().warnings)


def test_exploration_looks_before_it_deletes_what_only_the_target_calls_ours(tmp_path: Path) -> None:
    """The victim stands on a page of the list that nobody has read, and its URL lacks the name of what was made."""
    victim = list[str]()

    def lying(incoming: Any, answer: Callable[[Any], Any]) -> Any:
        answered = answer(incoming)
        if (
            victim
            and incoming.method == "GET"
            and incoming.path == "/api/v2/media"
            and "fileName" not in incoming.query
        ):
            payload = json.dumps({"media": [], "totalCount": 0, "token": None}).encode()
        elif victim and incoming.method == "POST" and answered.status_line.split()[1] == "201":
            payload = json.dumps({"url": victim[0]}).encode()
        else:
            return answered
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(payload)))]
        return WireResponse(answered.status_line, headers, payload)

    with watched("microcms-management", lying) as server:
        before = things(server.profile)
        known = {str(value) for value in server.profile["fixtures"].values()}
        victim += [one.split(" ")[0] for one in before if one.startswith("https:") and one.split(" ")[0] not in known]
        held = contract("microcms-management")
        target = resolve_saved(saved(tmp_path, server.profile), held)
        runner = TargetRunner(held, target, RunOptions("standard", 0, output=tmp_path))
        try:
            runner.begin([], ["deleteMedia"])
            runner.explore("deleteMedia")
        finally:
            runner.close()
        victim.clear()
        assert before == things(server.profile)


def test_what_was_made_is_deleted_where_the_target_does_not_show_it_at_once(tmp_path: Path) -> None:
    asked: set[str] = set()

    def late(incoming: Any, answer: Callable[[Any], Any]) -> Any:
        if incoming.method == "GET" and "/topics1/" in incoming.path and incoming.path not in asked:
            asked.add(incoming.path)
            payload = b'{"errors": [{"code": "not_found", "message": ""}], "x-rcms-request-id": "a"}'
            headers = [("Content-Type", "application/json"), ("Content-Length", str(len(payload)))]
            return WireResponse("HTTP/1.1 404 Not Found", headers, payload)
        return answer(incoming)

    with watched("kuroco", late) as server:
        before, profile = things(server.profile), {**server.profile, "settle": "1s"}
        target = resolve_saved(saved(tmp_path, profile), contract("kuroco"))
        runner = TargetRunner(contract("kuroco"), target, RunOptions("standard", 0, output=tmp_path))
        runner.begin(["topics-read/not-found"])
        row = runner.row("topics-read/not-found")
        runner.close()
        assert things(server.profile) == before
    assert [one.verdict for one in [row] if one is not None] == ["conforms"]


@pytest.mark.parametrize(
    ("row", "times", "verdict"),
    [
        ("media-delete/method-not-allowed", {1}, "inconclusive"),
        ("media-delete/method-not-allowed", {1, 2}, "violates"),  # then it is the target that stores it twice
        ("media-delete/medium-not-found", {1}, "inconclusive"),
    ],
)
def test_what_a_proxy_delivers_twice_is_held_against_nobody_and_gone_too(
    row: str, times: set[int], verdict: str, tmp_path: Path
) -> None:
    made: list[str] = []

    def twice(incoming: Any, answer: Callable[[Any], Any]) -> Any:
        if incoming.method != "POST" or not incoming.path.endswith(MAKES["microcms-management"]):
            return answer(incoming)
        data = incoming.body.read()
        first, second = (replace(incoming, body=RequestBody(BytesIO(data), len(data))) for _ in range(2))
        answered = answer(first)
        made.append(answered.status_line)
        if len(made) in times:
            answer(second)
        return answered

    with watched("microcms-management", twice) as server:
        profile = server.profile | {"late_effects": "10ms"}
        before, held = things(profile), contract("microcms-management")
        target = resolve_saved(saved(tmp_path, profile), held)
        runner = TargetRunner(held, target, RunOptions("standard", 0, output=tmp_path))
        assert [runner.row(each).verdict for each in runner.begin([row])] == [verdict]
        runner.close()
        assert things(profile) == before
    assert read_open_entries(tmp_path / LEDGER_FILE) == ()
