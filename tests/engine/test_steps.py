"""What steps leave on a target is taken back at their end."""

from __future__ import annotations

from typing import Any

from conformance.contract.schema import Step
from conformance.engine.evidence import Evidence
from conformance.engine.steps import run_steps
from conformance.plan.steps import plan_steps
from tests.explore.explored_servers import Newsroom


def set_status(status: str, **more: Any) -> dict[str, Any]:
    return {
        "call": "patchStatus",
        "request": {"path": {"content_id": "draft-2"}, "json": {"status": [status]}},
        **more,
    }


def test_a_change_is_undone_although_another_was_made_at_the_same_place() -> None:
    server = Newsroom()
    run = server.run()
    steps = [set_status("PUBLISH", undo=set_status("DRAFT")), set_status("PUBLISH")]
    planned = plan_steps(run.contract, map(Step.model_validate, steps), "standard")
    sequence = run_steps(run, Evidence(run.redactor), planned, {}, label="a change", role="step", salt="a change")
    assert sequence.passed
    assert server.contents["draft-2"]["status"] == ["DRAFT"]
