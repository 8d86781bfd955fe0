"""A read-only run changes nothing: nothing but GET leaves this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.client.session import Session
from conformance.contract.schema import Depth
from conformance.engine.journal import LEDGER_FILE
from conformance.http import FailureKind, NoResponse, Request
from conformance.session.target_runner import RunOptions
from tests.client.conftest import make_target
from tests.safety.watched import CONTRACTS, Ran, ran, saved, things, watched


def read_only(name: str, depth: Depth, folder: Path) -> tuple[Ran, set[str]]:
    with watched(name) as server:
        server.profile["allow"] = []
        before = things(server.profile)
        server.actual.clear()
        done = ran(saved(folder, server.profile), name, RunOptions(depth, 0, 4, output=folder))
        methods = server.methods
        assert before == things(server.profile)
    return done, methods


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_read_only_run_sends_nothing_but_get(name: str, tmp_path: Path) -> None:
    done, methods = read_only(name, "standard", tmp_path)
    assert methods == {"GET"}
    assert set(done.verdicts.values()) == {"conforms", "not-exercised"}
    assert not (tmp_path / LEDGER_FILE).exists()


def test_what_a_read_only_run_leaves_out_names_the_permission(tmp_path: Path) -> None:
    done, _ = read_only("kuroco", "smoke", tmp_path)
    assert "allow: write" in (done.rows["login/login"].lacks or ())
    lacking = [row for row in done.rows.values() if row.verdict.value == "not-exercised"]
    assert all(row.lacks for row in lacking)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "FROB"])
def test_where_only_reading_is_permitted_no_other_method_leaves_whatever_its_tier_says(method: str) -> None:
    with watched("kuroco") as server:
        session = Session(make_target(server.profile["base_url"]))
        exchange = session.send(Request(method, f"{server.profile['base_url']}/x", permission="read"))
        session.close()
        assert isinstance(exchange.outcome, NoResponse)
        assert exchange.outcome.kind == FailureKind.NOT_SENT
        assert not server.actual
