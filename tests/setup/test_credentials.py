"""A site that hands out tokens to its members: the profile has a log-in, and the run gets the token by itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.doctor import examine
from conformance.plan.planner import plan_row
from conformance.reference.http import WireResponse
from conformance.report.writers import WRITERS
from conformance.results.events import Event
from conformance.session.assemble import rebuild_results
from conformance.session.target_runner import RunOptions
from conformance.target.loader import read_profile, target_from_mapping
from tests.safety.watched import Watched, contract, ran, saved, watched

ROW = "topics-read/not-found"


def without_token(server: Watched, **changes: Any) -> dict[str, Any]:
    login = server.profile["credentials"]["login"]
    return {**server.profile, "credentials": {"login": login}, **changes}


class Listening:
    """Every token that the server hands out, and which of them were used to read."""

    def __init__(self) -> None:
        self.given: list[str] = []
        self.used: set[str] = set()

    def __call__(self, incoming: Any, answer: Callable[[Any], Any]) -> Any:
        token = incoming.headers.get("x-rcms-api-access-token", "")
        if incoming.method == "GET" and token:
            self.used.add(token)
        response = answer(incoming)
        if incoming.path.endswith("/token") and " 200" in response.status_line:
            self.given.append(str(json.loads(response.payload)["access_token"]["value"]))
        return response


def test_a_run_logs_in_once_and_every_row_conforms_and_the_token_is_written_nowhere(tmp_path: Path) -> None:
    heard = Listening()
    with watched("kuroco", heard) as server:
        found = ran(saved(tmp_path, without_token(server)), "kuroco", RunOptions("smoke", 0), explore=False)
    assert set(found.verdicts.values()) == {"conforms"}
    first = heard.given[0]
    assert first in heard.used
    assert "token was obtained by 2 requests, as the profile leaves it out" in found.run.warnings
    rows = [Event("row", "kuroco", row=row) for row in found.rows.values()]
    whole = rebuild_results([Event("run", "kuroco", found.run), *rows, Event("end")])
    for name, writer in WRITERS.items():
        assert first not in writer.write(whole, "en"), name


def test_where_logging_in_fails_nothing_is_held_against_a_row(tmp_path: Path) -> None:
    with watched("kuroco") as server:
        profile = without_token(server)
        profile["credentials"]["login"]["password"]["value"] = "not-the-password"
        found = ran(saved(tmp_path, profile), "kuroco", RunOptions("smoke", 0), explore=False)
    assert set(found.verdicts.values()) == {"inconclusive"}
    assert "credential.token" in str(found.rows[ROW].reason)
    assert "token could not be obtained: login was answered 401" in found.run.warnings


def test_a_token_that_no_header_can_hold_is_not_used(tmp_path: Path) -> None:
    def lying(incoming: Any, answer: Callable[[Any], Any]) -> Any:
        response = answer(incoming)
        if not incoming.path.endswith("/token") or " 200" not in response.status_line:
            return response
        payload = json.dumps(json.loads(response.payload) | {"access_token": {"value": "t" * 1_000_000}}).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(payload)))]
        return WireResponse(response.status_line, headers, payload)

    with watched("kuroco", lying) as server:
        found = ran(saved(tmp_path, without_token(server)), "kuroco", RunOptions("smoke", 0), explore=False)
    assert "token could not be obtained: the answer holds none of at most 16,384 characters" in found.run.warnings
    assert "ttttt" not in repr(found.run)


def test_a_read_only_profile_may_not_log_in_and_is_told_what_would_be_needed(tmp_path: Path) -> None:
    with watched("kuroco") as server:
        found = ran(saved(tmp_path, without_token(server, allow=[])), "kuroco", RunOptions("smoke", 0), explore=False)
        assert server.methods <= {"GET"}
    assert (found.verdicts[ROW], found.rows[ROW].lacks) == ("not-exercised", ("allow: write",))


@pytest.mark.parametrize(
    ("lacking", "lacks"), [("token_path", ("credentials.token",)), ("login_path", ("credentials.token",)), ("", ())]
)
def test_a_plan_counts_on_a_token_that_can_be_obtained(lacking: str, lacks: tuple[str, ...]) -> None:
    held = contract("kuroco")
    with watched("kuroco") as server:
        profile = without_token(server)
        profile["fixtures"].pop(lacking, None)
        row = held.row(ROW)
        assert row is not None
        plan = plan_row(held, target_from_mapping(profile, where="test", environ={}), row, "smoke")
    assert lacks == plan.lacks


def test_doctor_does_not_log_in_and_says_that_a_run_will(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examine, "DEPTHS", ("standard",))  # a thorough plan takes seconds
    with watched("kuroco") as server:
        found = examine.examine_target(
            contract("kuroco"), read_profile(saved(tmp_path, without_token(server)), environ={})
        )
        assert server.methods == {"GET"}
    response = {fact.about: (fact.state, fact.detail) for fact in found.facts if fact.section == "credentials"}
    assert response["token"] == ("unknown", "not given; a run obtains it by log-in, which is more than a read")
    assert found.possible
    assert (found.rows, found.exercised) == (15, 15)
