"""What the plan says, what the results say and what the target saw are the same requests."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.contract.schema import Depth
from conformance.plan.model import count_conditional, count_requests
from conformance.results.model import BeyondPlan
from conformance.session.assemble import assemble_run
from conformance.session.contract_run import build_context, count_exploration, plan_rows
from conformance.session.run_session import RunOptions
from conformance.target.loader import target_from_mapping
from tests.safety.watched import CONTRACTS, contract, ran, saved, watched

RUNS: list[tuple[Depth, list[str], int]] = [
    ("smoke", [], 1),
    ("smoke", ["write", "delete", "exhaust"], 1),
    ("smoke", ["write", "delete", "exhaust"], 8),
    ("standard", [], 8),
    ("standard", ["write", "delete", "exhaust"], 1),
    ("standard", ["write", "delete", "exhaust"], 8),
]
CASES = [(name, *run) for name in CONTRACTS for run in RUNS]


@pytest.mark.parametrize(
    ("name", "depth", "allow", "workers"), [*CASES, ("kuroco", "thorough", ["write", "delete", "exhaust"], 8)]
)
def test_plan_results_and_target_agree_to_the_request(
    tmp_path: Path, name: str, depth: Depth, allow: list[str], workers: int
) -> None:
    with watched(name) as server:
        profile = {**server.profile, "allow": allow}
        held = contract(name)
        target = target_from_mapping(profile, where="test", environ={})
        plans = plan_rows(held, target, held.rows, depth, 0)
        operations = [one for one, spec in held.file.operations.items() if spec.explore]
        explored = count_exploration(build_context(held, target, depth, 0), operations)
        done = ran(saved(tmp_path, profile), name, RunOptions(depth, 0, workers), explore=depth != "smoke")
        actual = len(server.actual)
    run = assemble_run(done.run, done.rows.values(), done.explored)
    rows = sum(row.planned for row in run.rows)
    certain = count_requests(plans.values())
    assert {row.verdict.value for row in run.rows} <= {"conforms", "not-exercised"}
    assert run.requests == actual
    assert run.planned == actual
    assert run.beyond_plan == BeyondPlan()
    assert certain <= rows <= certain + count_conditional(plans.values())
    assert run.planned - rows == (explored if depth != "smoke" else 0)
    assert [row.id for row in run.rows if row.planned < count_requests([plans[row.id]])] == []
