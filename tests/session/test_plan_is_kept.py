"""What the plan says, what the results say and what the target saw are the same requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.contract.contract import Contract
from conformance.contract.schema import Depth
from conformance.doctor import examine
from conformance.plan.budget import Budget
from conformance.plan.model import count_conditional, count_requests
from conformance.plan.setup import plan_setup
from conformance.plan.steps import DRAWN
from conformance.reference.http import WireResponse
from conformance.report.view import collect_sentences
from conformance.results.model import BeyondPlan
from conformance.session.assemble import assemble_run
from conformance.session.contract_run import build_context, count_exploration, plan_rows
from conformance.session.target_runner import RunOptions
from conformance.target.loader import target_from_mapping
from tests.safety import watched as safety
from tests.safety.watched import CONTRACTS, contract, ran, saved, watched

ALL = ["write", "delete", "exhaust"]
RUNS: list[tuple[str, Depth, list[str], int, bool]] = [
    *((name, "smoke", [], 1, True) for name in CONTRACTS),
    *((name, "smoke", ALL, 1, False) for name in CONTRACTS),
    *((name, "smoke", ALL, 8, True) for name in CONTRACTS),
    *((name, "standard", ALL, 8, True) for name in CONTRACTS),
    ("microcms-management", "standard", [], 8, False),
    ("kuroco", "standard", ALL, 1, False),
    ("microcms-management", "thorough", ALL, 8, False),
]
"""Contract, depth, what is allowed, workers, and whether log-in, fixtures and their clean-up are left to the run."""


def without_setup(profile: Mapping[str, Any]) -> dict[str, Any]:
    """A profile without what a run can obtain, find or make itself."""
    file = contract(profile["contract"]).file
    kept = {name: value for name, value in profile["credentials"].items() if not file.credentials[name].obtain}
    found = [name for name, fixture in file.fixtures.items() if fixture.discover or fixture.make]
    fixtures = {name: value for name, value in profile["fixtures"].items() if name not in found}
    return {**profile, "credentials": kept, "fixtures": fixtures}


def explored_briefly(name: str) -> Contract:
    """The contract, with few requests for exploring an operation at thorough, but more than a small budget."""
    held = contract(name)
    exploration = {**held.file.exploration, "thorough": 61}
    return replace(held, file=held.file.model_copy(update={"exploration": exploration}))


@pytest.mark.parametrize(("name", "depth", "allow", "workers", "bare"), RUNS)
def test_plan_results_and_target_agree_to_the_request(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    name: str,
    depth: Depth,
    allow: list[str],
    workers: int,
    bare: bool,
) -> None:
    # Not 100 drawn values of each kind, and not 300 requests an operation: what they are drawn from is the same.
    monkeypatch.setitem(DRAWN, "thorough", 3)
    monkeypatch.setattr(safety, "contract", explored_briefly)
    with watched(name) as server:
        profile = {**(without_setup(server.profile) if bare else server.profile), "allow": allow}
        held = explored_briefly(name)
        target = target_from_mapping(profile, where="test", environ={})
        set_up = plan_setup(held, target)
        plans = plan_rows(held, set_up.target, held.rows, depth, 0)
        operations = [one for one, spec in held.file.operations.items() if spec.explore]
        explored = count_exploration(build_context(held, set_up.target, depth, 0), operations)
        done = ran(
            saved(tmp_path, profile), name, RunOptions(depth, 0, workers, output=tmp_path), explore=depth != "smoke"
        )
        actual = len(server.actual)
    run = assemble_run(done.run, done.rows.values(), done.explored)
    rows = sum(row.planned for row in run.rows)
    certain, outside = count_requests(plans.values()), len(set_up.before) + len(set_up.after)
    assert {row.verdict.value for row in run.rows} <= {"conforms", "not-exercised"}
    assert run.requests == actual
    assert run.planned == actual
    assert run.beyond_plan == BeyondPlan()
    assert run.outside_rows.planned == outside
    checked = name != "kuroco" and {"write", "delete"} & set(allow)
    assert (outside > 0) == (bool(checked) or (bare and (bool(allow) or name != "kuroco")))
    assert certain <= rows <= certain + count_conditional(plans.values())
    assert run.planned - rows - outside == (explored if depth != "smoke" else 0)
    assert [row.id for row in run.rows if row.planned < count_requests([plans[row.id]])] == []


@pytest.mark.parametrize(("name", "budget"), [("kuroco", 30), ("microcms-management", 8)])
def test_a_target_that_is_wrong_everywhere_costs_at_most_twice_the_budget(
    tmp_path: Path, name: str, budget: int
) -> None:
    def wrong(incoming: Any, answer: Any) -> Any:
        body = b'{"message": "Nope"}'
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        return WireResponse("HTTP/1.1 200 OK", headers, body)

    with watched(name, wrong) as server:
        options = RunOptions("standard", 0, 2, budget=Budget(budget))
        done = ran(saved(tmp_path, {**server.profile, "late_effects": "1ms"}), name, options, explore=False)
    run = assemble_run(done.run, done.rows.values(), done.explored)
    assert len(server.actual) - run.outside_rows.requests <= 2 * budget
    assert "it was not run again: the budget has no requests left for it" in str([row.warnings for row in run.rows])


@pytest.mark.parametrize("workers", [1, 8])
def test_a_budget_is_kept_to_the_request_and_says_what_it_leaves(tmp_path: Path, workers: int) -> None:
    with watched("microcms-management") as server:
        held = contract("microcms-management")
        options = RunOptions("standard", 0, workers, budget=Budget(40))
        done = ran(saved(tmp_path, server.profile), "microcms-management", options, explore=False)
        actual = len(server.actual)
    run = assemble_run(done.run, done.rows.values(), done.explored)
    left_out = [row for row in run.rows if row.verdict == "not-exercised"]
    assert actual == run.requests == run.planned
    assert 36 <= actual - run.outside_rows.requests <= 40 == run.budget
    assert {row.verdict.value for row in run.rows} == {"conforms", "not-exercised"}
    assert {row.reason for row in left_out} == {"left out: the budget went to what shows more"}
    assert all(row.untried and not row.lacks for row in left_out)
    assert len(run.rows) == len(list(held.rows))
    assert "untried" in " ".join(collect_sentences([run]))


def test_doctor_counts_what_a_run_sends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examine, "DEPTHS", ("smoke", "standard"))  # a thorough plan takes seconds
    with watched("kuroco") as server:
        profile = without_setup(server.profile) | {"allow": ALL}
        held = contract("kuroco")
        found = examine.examine_target(held, target_from_mapping(profile, where="test", environ={}))
        assert server.methods <= {"GET"}
        server.actual.clear()
        ran(saved(tmp_path, profile), "kuroco", RunOptions("smoke", 0, output=tmp_path), explore=False)
        assert {load.depth: load.requests for load in found.loads}["smoke"] == len(server.actual)
