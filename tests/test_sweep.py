"""After a kill: what bears this suite's names is deleted, states are set back, and nothing is said that is not seen."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from conformance.cli.sweep import command
from conformance.engine.journal import LEDGER_FILE, Ledger, LedgerEntry, read_open_entries
from conformance.errors import ConfigError
from conformance.session.target_runner import RunOptions
from tests.safety.watched import CASES, Watched, ran, saved, things, watched

DRAFT = {"call": "patchStatus", "request": {"json": {"status": ["DRAFT"]}}}
"""As the contract's own steps set the draft back."""


def swept(folder: Path, profile: Mapping[str, Any], *more: str) -> tuple[int, list[str]]:
    """The exit code and the lines of `conformance sweep`."""
    arguments = ["--target", str(saved(folder, profile)), "--output", str(folder), *more]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(CASES.parent)
        result = CliRunner().invoke(command, arguments, standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result.return_value, result.output.splitlines()


def note(folder: Path, server: Watched, operation: str, **more: Any) -> str:
    """Write an entry into the ledger, as a run would that is killed then."""
    profile = server.profile
    entry = LedgerEntry(**{"contract": profile["contract"], **more}, base_url=profile["base_url"], operation=operation)
    with closing(Ledger(folder / LEDGER_FILE)) as ledger:
        return ledger.record_intent(entry)


def insert(server: Watched, **members: Any) -> str:
    """Insert a content, and give its ID."""
    fields = server.profile["fixtures"]["fields"]
    body = {one["name"]: one["valid"] for one in fields.values() if isinstance(one, dict)}
    return str(server.send("POST", server.profile["fixtures"]["insert_path"], {**body, **members})["id"])


def set_status(server: Watched, status: str) -> None:
    fixtures = server.profile["fixtures"]
    path = f"/api/v1/contents/{fixtures['endpoint']}/{fixtures['draft_content_id']}/status"
    server.send("PATCH", path, {"status": [status]})


def test_a_content_that_a_killed_run_inserted_is_found_by_its_name_and_deleted(tmp_path: Path) -> None:
    with watched("kuroco") as server:
        before = things(server.profile)
        insert(server, subject="conformance-abc123-0123456789ab")
        note(tmp_path, server, "insertTopic", names=("conformance-abc123-0123456789ab",))
        assert swept(tmp_path, server.profile) == (
            0,
            ["gone  insertTopic conformance-abc123-0123456789ab", "1 of 1 deleted or set back"],
        )
        assert things(server.profile) == before
    assert read_open_entries(tmp_path / LEDGER_FILE) == ()


def test_a_content_whose_name_was_changed_meanwhile_is_found_by_its_id(tmp_path: Path) -> None:
    with watched("kuroco") as server:
        before = things(server.profile)
        number = insert(server, subject="conformance-abc123-ffffffffffff")
        theirs = insert(server, subject="somebody else's")
        for created, name in ((number, "0123456789ab"), (theirs, "0123456789cd")):
            names = (f"conformance-abc123-{name}",)
            note(tmp_path, server, "insertTopic", names=names, captures={"topic": created}, made=True)
        code, lines = swept(tmp_path, server.profile)
        assert (code, lines[-1]) == (1, "1 of 2 deleted or set back")
        assert "getTopic still shows it, without a name of this suite" in lines[0]
        assert [one for one in things(server.profile) if one not in before] == [f"{theirs} somebody else's"]


@dataclass
class StaleReads:
    """Reads show for so many seconds what they showed before; `cached` ones say so, and are passed by `_nocache`."""

    seconds: float
    cached: bool
    kept: dict[str, tuple[float, Any]] = field(default_factory=dict)

    def __call__(self, incoming: Any, answer: Callable[[Any], Any]) -> Any:
        if incoming.method != "GET" or (self.cached and "_nocache" in incoming.query):
            return answer(incoming)
        when, response = self.kept.get(incoming.path, (0.0, None))
        if time.monotonic() - when > self.seconds:
            response = answer(incoming)
            if response.status_line.startswith("200"):
                self.kept[incoming.path] = time.monotonic(), response
            return response
        return replace(response, headers=[*response.headers, *([("Age", "1")] if self.cached else [])])


@pytest.mark.parametrize(("settle", "cached"), [("1ms", True), ("300ms", False)])
def test_what_is_shown_still_though_it_is_gone_is_read_again(tmp_path: Path, settle: str, cached: bool) -> None:
    with watched("kuroco", StaleReads(60 if cached else 0.1, cached)) as server:
        things(server.profile)  # so that a list without them is kept
        names = ["conformance-abc123-0123456789ab", "conformance-abc123-0123456789cd"]
        for name in names:
            number = insert(server, subject=name)
            note(tmp_path, server, "insertTopic", names=(name,), captures={"topic": number}, made=True)
        code, lines = swept(tmp_path, {**server.profile, "settle": settle})
        assert (code, lines[-1]) == (0, "2 of 2 deleted or set back"), lines
        assert [
            one for one in server.running.application.site.store.topics.values() if "conformance-" in repr(one)
        ] == []
        assert sum(method != "GET" and "/delete/" in path for method, path in server.actual) == 2


def test_sweep_logs_in_where_the_profile_has_a_login_only(tmp_path: Path) -> None:
    with watched("kuroco") as server:
        before = things(server.profile)
        insert(server, subject="conformance-abc123-0123456789ab")
        note(tmp_path, server, "insertTopic", names=("conformance-abc123-0123456789ab",))
        profile = {**server.profile, "credentials": {"login": server.profile["credentials"]["login"]}}
        code, lines = swept(tmp_path, profile)
        assert (code, lines[-1]) == (0, "1 of 1 deleted or set back")
        assert things(server.profile) == before


def test_a_mistyped_delete_path_is_said_by_the_run_and_by_sweep(tmp_path: Path) -> None:
    with watched("kuroco") as server:
        before = things(server.profile)
        fixtures = {**server.profile["fixtures"], "delete_path": "topics1/delte/{topics_id}"}
        profile = {**server.profile, "fixtures": fixtures}
        done = ran(saved(tmp_path, profile), "kuroco", RunOptions("smoke", 0, output=tmp_path), explore=False)
        left = len(things(server.profile)) - len(before)
        warnings = [*done.run.warnings, *(text for row in done.rows.values() for text in row.warnings)]
        assert left > 0
        assert [text for text in warnings if "may still be there: deleteTopic was answered 404" in text]
        code, lines = swept(tmp_path, profile)
        assert (code, lines[-1]) == (1, f"0 of {left} deleted or set back")
        assert len(read_open_entries(tmp_path / LEDGER_FILE)) == left
        code, lines = swept(tmp_path, server.profile)
        assert (code, lines[-1]) == (0, f"{left} of {left} deleted or set back")
        assert things(server.profile) == before


def test_what_does_not_bear_our_name_is_not_deleted_whatever_the_ledger_says(tmp_path: Path) -> None:
    with watched("kuroco") as server:
        theirs = insert(server, subject="somebody else's")
        before = things(server.profile)
        undo = ({"call": "deleteTopic", "request": {"path": {"topics_id": "{capture.made}"}}},)
        note(tmp_path, server, "insertTopic", names=("somebody",), steps=undo, captures={"made": theirs})
        note(tmp_path, server, "insertTopic", steps=undo, captures={"made": theirs, "topic": theirs}, made=True)
        note(tmp_path, server, "restore", steps=undo, captures={"made": theirs})
        code, lines = swept(tmp_path, server.profile)
        assert (code, lines[-1]) == (1, "0 of 3 deleted or set back")
        assert things(server.profile) == before
    assert len(read_open_entries(tmp_path / LEDGER_FILE)) == 3


def test_steps_that_are_not_the_contracts_own_are_not_sent(tmp_path: Path) -> None:
    with watched("microcms-management") as server:
        publish = {"call": "patchStatus", "request": {"json": {"status": ["PUBLISH"]}}}
        note(tmp_path, server, "restore", steps=(publish,))
        note(tmp_path, server, "uploadMedia", names=("conformance-abc123-0123456789ab.png",), steps=({"x": 1},))
        assert swept(tmp_path, server.profile)[0] == 1
        assert server.methods <= {"GET"}


@pytest.mark.parametrize("status", ["PUBLISH", "DRAFT"], ids=["it was changed", "it was not"])
def test_a_state_that_a_killed_run_may_have_changed_is_set_back(tmp_path: Path, status: str) -> None:
    with watched("microcms-management") as server:
        before = things(server.profile)
        if status == "PUBLISH":
            set_status(server, status)
        note(tmp_path, server, "patchStatus", steps=(DRAFT,))
        assert swept(tmp_path, server.profile) == (0, ["gone  patchStatus", "1 of 1 deleted or set back"])
        assert things(server.profile) == before
    assert read_open_entries(tmp_path / LEDGER_FILE) == ()


def test_what_the_profile_does_not_permit_is_not_done(tmp_path: Path) -> None:
    with watched("kuroco") as server:
        insert(server, subject="conformance-abc123-0123456789ab")
        note(tmp_path, server, "insertTopic", names=("conformance-abc123-0123456789ab",))
        profile = {**server.profile, "allow": []}
        assert swept(tmp_path, profile) == (
            1,
            [
                "left  insertTopic conformance-abc123-0123456789ab: needs allow: delete",
                "0 of 1 deleted or set back",
            ],
        )
        assert swept(tmp_path, profile, "--allow", "delete")[0] == 0


def test_what_was_under_way_and_had_no_name_is_said_and_kept(tmp_path: Path) -> None:
    with watched("kuroco") as server:
        note(tmp_path, server, "insertTopic")
        code, lines = swept(tmp_path, server.profile)
        assert code == 1
        assert lines == [
            (
                "left  insertTopic: it bears no name of this suite by which it could be found: "
                "look on the target, and delete the ledger once all is in order"
            ),
            "0 of 1 deleted or set back",
        ]
    assert len(read_open_entries(tmp_path / LEDGER_FILE)) == 1


def test_the_entries_of_other_targets_are_left_alone(tmp_path: Path) -> None:
    with watched("microcms-management") as server:
        other = LedgerEntry("microcms-management", "http://h", "uploadMedia", names=("conformance-x",))
        with closing(Ledger(tmp_path / LEDGER_FILE)) as ledger:
            ledger.record_intent(other)
        note(tmp_path, server, "insertTopic", contract="kuroco")
        assert swept(tmp_path, server.profile) == (
            0,
            [
                f"{tmp_path / LEDGER_FILE} has 2 entries of other targets or contracts",
                "nothing was left on this target",
            ],
        )
        assert server.actual == []
    assert len(read_open_entries(tmp_path / LEDGER_FILE)) == 2


@pytest.mark.parametrize("answer", [{}, {"media": None}])
def test_a_list_that_is_none_is_no_proof(tmp_path: Path, answer: Any) -> None:
    def answer_without_list(incoming: Any, inner: Any) -> Any:
        response, body = inner(incoming), json.dumps(answer).encode()
        if incoming.method != "GET":
            return response
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        return replace(response, status_line="HTTP/1.1 200 OK", headers=headers, payload=body)

    with watched("microcms-management", answer_without_list) as server:
        note(tmp_path, server, "uploadMedia", names=("conformance-abc123-0123456789ab.png",))
        code, _ = swept(tmp_path, server.profile)
    assert code == 1
    assert len(read_open_entries(tmp_path / LEDGER_FILE)) == 1


def test_what_a_run_has_made_that_goes_on_is_not_taken_from_it(tmp_path: Path) -> None:
    with watched("microcms-management") as server, closing(Ledger(tmp_path / LEDGER_FILE)) as ledger:
        ledger.record_intent(LedgerEntry(server.profile["contract"], server.profile["base_url"], "uploadMedia"))
        with pytest.raises(ConfigError, match=r"ledger\.jsonl: a run that has not ended writes to it"):
            swept(tmp_path, server.profile)
        assert server.methods == set()


def test_what_is_no_ledger_is_an_error_that_is_said(tmp_path: Path) -> None:
    with watched("kuroco") as server:
        (tmp_path / LEDGER_FILE).write_bytes(bytes(range(256)))
        with pytest.raises(ConfigError) as raised:
            swept(tmp_path, server.profile)
    assert raised.value.exit_code == 4
    assert "this is no line of a ledger" in str(raised.value)
    assert json.dumps(str(tmp_path))[1:-1] in str(raised.value)
