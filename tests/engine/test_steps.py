"""What steps leave on a target is taken back at their end."""

from __future__ import annotations

from typing import Any

from conformance.client.builder import PlaceholderScope
from conformance.contract.schema import Step
from conformance.engine.cleanup import run_steps
from conformance.engine.entries import record_intent
from conformance.engine.evidence import Evidence
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


def test_what_is_made_once_more_under_the_same_name_is_looked_for_though_the_first_is_known() -> None:
    run = Newsroom().run()
    upload = {
        "call": "uploadMedia",
        "request": {"multipart": [{"name": "file", "filename": "{unique.a}.txt", "size": 9}]},
    }
    (planned,) = plan_steps(run.contract, [Step.model_validate(upload)], "standard")

    def names(captures: dict[str, Any]) -> tuple[str, ...]:
        scope = PlaceholderScope(captures, salt="set-up")
        return record_intent(run, "uploadMedia", planned.request, [], row="row", scope=scope, produced=["made"]).names

    (name,) = names({})
    assert names({"made": f"https://media.test/{name}"}) == (name,)
    assert names({"other": f"https://media.test/{name}"}) == ()
