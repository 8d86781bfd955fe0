"""A contract's power is shown by any right target, whose answers are recorded once and made wrong in one way a time."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance import reference
from conformance.checks.model import Verdict
from conformance.contract.contract import Contract
from conformance.contract.loader import read_contract
from conformance.engine.row import run_row
from conformance.http import Exchange, Request, Response
from conformance.prove.mutations import Recorded, derive_mutations
from conformance.prove.recorded_power import measure_recorded
from conformance.prove.target_power import RowPower, format_power, measure_power, measure_target
from conformance.results.events import Event
from conformance.results.model import RecordedExchange, RecordedNoResponse, RecordedRequest, Results, RowResult
from conformance.session.assemble import describe_run, rebuild_results
from conformance.session.contract_run import plan_rows
from conformance.session.target_runner import RunOptions
from conformance.target.loader import target_from_mapping

ROW = """\
  - id: limit-below
    cause: The limit is below 0.
    request: {query: {limit: -1}}
    expect: {status: 400, message: Nope}
"""
EDGES = "    vary: {query.limit: {edges: {far: -1000}}}\n"
CONTROL = "    control: [{label: limit=0, steps: [{call: this, request: {query: {limit: 0}}}]}]\n"


def shop_server(request: Any) -> Any:
    """Refuses a limit below 0, and serves every other."""
    from tests.conftest import make_response

    refused = int(request.query.get("limit", "0")) < 0
    return make_response(400, {"message": "Nope"}) if refused else make_response(200, {"items": [{"id": "spoon"}]})


@pytest.fixture
def measure(shop: Callable[..., Any], context: Callable[..., Any]) -> Callable[..., tuple[RowPower, int]]:
    """The power of one row, and how many requests the server has seen."""

    def measured(rows: str, server: Callable[..., Any] = shop_server) -> tuple[RowPower, int]:
        contract = shop(rows)
        held = context(contract, server)
        plans = plan_rows(contract, held.target, contract.rows, "standard", 0)
        (power,) = measure_power(held, list(plans.values()))
        return power, held.session.sent

    return measured


def missed(power: RowPower) -> list[str]:
    return [one.name for one in power.faults if not one.caught]


def test_a_whole_case_catches_what_is_put_into_its_answers(measure: Callable[..., tuple[RowPower, int]]) -> None:
    power, sent = measure(ROW + EDGES + CONTROL)
    assert power.verdict is Verdict.CONFORMS
    caught = {one.name for one in power.faults if one.caught}
    assert {
        "accepts_it",
        "answers_500",
        "answers_another_status",
        "answers_html",
        "leaks_a_stack_trace",
        "only_an_edge_wrong",
        "only_the_example_right",
        "refuses_valid_requests",
        "right_the_first_time_only",
        "words_it_anew",
    } <= caught
    assert sent == power.result.requests


def test_what_a_case_does_not_look_for_is_named(measure: Callable[..., tuple[RowPower, int]]) -> None:
    power, _ = measure(ROW)
    assert {"only_an_edge_wrong", "only_the_example_right", "refuses_valid_requests"} <= set(missed(power))
    lines = list(format_power([power], {}))
    assert any("not looked for: refuses_valid_requests" in line and "`control`" in line for line in lines)
    assert lines[-1].endswith(f"1 of 1 rows measured, {power.result.requests} requests sent")


DELETION = """\
  - id: in-use
    cause: The item is in use.
    operations: [remove]
    expect: {status: 409, message: In use}
    unchanged: [{read: {call: list}, compare: [/items/*/id]}]
"""


def test_a_rejected_deletion_that_is_carried_out_takes_off_the_list_what_it_names(
    measure: Callable[..., tuple[RowPower, int]],
) -> None:
    from tests.conftest import make_response

    items = {"items": [{"id": "fork"}, {"id": "spoon"}]}
    refused, listed = make_response(409, {"message": "In use"}), make_response(200, items)
    power, _ = measure(DELETION, lambda asked: refused if asked.request.method == "DELETE" else listed)
    assert "carries_out_a_rejected_write" in {one.name for one in power.faults if one.caught}


def test_a_row_of_several_operations_also_shows_what_it_adds(measure: Callable[..., tuple[RowPower, int]]) -> None:
    """Its deletions, of what no list shows, were all that was carried out: no guard could show that."""
    from tests.conftest import make_response

    rows = (
        DELETION.replace("[remove]", "[remove, put]")
        + '    request: {json: {name: ours}, path: {id: "{random.word}"}}\n'
    )
    refused, listed = make_response(409, {"message": "In use"}), make_response(200, {"items": [{"id": "spoon"}]})
    power, _ = measure(rows, lambda asked: listed if asked.request.method == "GET" else refused)
    assert "carries_out_a_rejected_write" in {one.name for one in power.faults if one.caught}


def test_the_deletion_of_what_is_not_there_cannot_be_carried_out(
    measure: Callable[..., tuple[RowPower, int]],
) -> None:
    from tests.conftest import make_response

    rows = DELETION.replace("409", "404") + '    request: {path: {id: "{random.word}"}}\n'
    refused, listed = make_response(404, {"message": "In use"}), make_response(200, {"items": [{"id": "spoon"}]})
    power, _ = measure(rows, lambda asked: refused if asked.request.method == "DELETE" else listed)
    assert power.verdict is Verdict.CONFORMS
    assert "carries_out_a_rejected_write" not in {one.name for one in power.faults}


@pytest.mark.parametrize("pointer", ["/items/*/name", "/items/*/owner/name", "/items/*"])
def test_a_write_that_is_carried_out_shows_in_a_list_that_was_empty(
    pointer: str, measure: Callable[..., tuple[RowPower, int]]
) -> None:
    """A guard of an empty list counted as none."""
    from tests.conftest import make_response

    rows = DELETION.replace("[remove]", "[put]").replace("/items/*/id", pointer) + "    request: {json: {name: ours}}\n"
    refused, listed = make_response(409, {"message": "In use"}), make_response(200, {"items": []})
    power, _ = measure(rows, lambda asked: listed if asked.request.method == "GET" else refused)
    assert "carries_out_a_rejected_write" in {one.name for one in power.faults if one.caught}


TWO = """\
  - id: too-long
    cause: The name is too long.
    operations: [put]
    request: {json: {name: toolong}}
    expect: {status: 400, message: Nope}
    unchanged: &kept [{read: {call: list}, compare: [/items/*/id], confirm: true}]
  - id: no-name
    cause: There is no name.
    operations: [put]
    request: {json: {name: ""}}
    expect: {status: 400, message: Nope}
    unchanged: *kept
"""


def test_rows_that_read_for_each_other_are_each_measured_with_reads_of_their_own(
    shop: Callable[..., Any], context: Callable[..., Any]
) -> None:
    from tests.conftest import make_response

    refused, listed = make_response(400, {"message": "Nope"}), make_response(200, {"items": [{"id": "spoon"}]})
    contract = shop(TWO)
    held = context(contract, lambda asked: refused if asked.request.method == "PUT" else listed)
    plans = plan_rows(contract, held.target, contract.rows, "standard", 0)
    assert [len(plan.read_by_next) for plan in plans.values()] == [1, 0]
    caught = [{one.name for one in power.faults if one.caught} for power in measure_power(held, list(plans.values()))]
    assert ["carries_out_a_rejected_write" in names for names in caught] == [True, True]


def test_a_write_that_is_carried_out_shows_what_it_wrote(shop: Callable[..., Contract]) -> None:
    contract = shop(DELETION.replace("[remove]", "[put]"))
    listed = Response(200, body=b'{"items": [{"id": "fork", "name": "old", "size": 1}]}')
    refused = Exchange(
        Request("PUT", "http://h/items", body=b'{"item": {"name": "ours"}}', permission="write"), Response(409)
    )
    guards = [Recorded(Exchange(Request("GET", "http://h/items"), listed), "guard", "") for _ in range(2)]
    recorded = [guards[0], Recorded(refused, "example", ""), guards[1]]
    (effect,) = [
        one
        for one in derive_mutations(contract, next(contract.rows), recorded)
        if one.name == "carries_out_a_rejected_write"
    ]
    after = effect.changed[2]
    assert not isinstance(after, Response)
    added = {"id": "fork added 1", "name": "ours", "size": 1}
    assert after(1).json() == {"items": [{"id": "fork", "name": "old", "size": 1}, added]}


def test_a_row_that_does_not_conform_is_not_measured(measure: Callable[..., tuple[RowPower, int]]) -> None:
    from tests.conftest import make_response

    power, _ = measure(ROW, lambda _request: make_response(200, {}))
    assert (power.verdict, power.faults) == (Verdict.VIOLATES, ())
    assert "so its power cannot be measured" in next(format_power([power], {}))


def measure_reference(name: str, rows: Collection[str], options: RunOptions) -> list[RowPower]:
    """The power of some rows of a shipped contract, by its reference server."""
    contract = read_contract(Path(__file__).parents[2] / "cases" / name)
    tables = [replace(table, rows=tuple(row for row in table.rows if row.id in rows)) for table in contract.tables]
    with reference.start(name) as server:
        target = target_from_mapping(server.profile, where="target.yaml", environ={})
        return list(measure_target(replace(contract, tables=tuple(tables)), target, options))


def test_rows_that_share_a_set_up_at_smoke_are_measured_each_by_itself(tmp_path: Path) -> None:
    rows = ("topics-write/title-missing", "topics-write/email")
    powers = measure_reference("kuroco", rows, RunOptions("smoke", 0, output=tmp_path))
    assert {power.result.id: power.verdict for power in powers} == dict.fromkeys(rows, Verdict.CONFORMS)


def test_a_row_that_uses_an_allowance_up_sees_other_refusals_than_it_promises(tmp_path: Path) -> None:
    options = RunOptions("standard", 0, output=tmp_path)
    (power,) = measure_reference("microcms-management", ["common/too-many-requests"], options)
    assert missed(power) == ["only_an_edge_wrong", "refuses_valid_requests", "carries_out_a_rejected_write"]


def test_why_no_row_of_a_dead_target_can_be_measured_is_one_line() -> None:
    request, failure = (
        RecordedRequest("GET", "http://127.0.0.1:9/a"),
        RecordedNoResponse("refused", "Connection refused"),
    )
    unanswered = RecordedExchange(1, "example", request, failure=failure, role="example")
    powers = [
        RowPower(RowResult(f"things/{name}", "things", 1, Verdict.INCONCLUSIVE, reason="…", exchanges=(unanswered,)))
        for name in "ab"
    ]
    assert list(format_power(powers, {})) == [
        "! the target answered no request: Connection refused",
        "0 of 0 faults caught, 0 of 2 rows measured, 0 requests sent",
    ]


@pytest.fixture
def recorded(shop: Callable[..., Any], context: Callable[..., Any]) -> tuple[Contract, Results]:
    """A contract of one row, and what a run of it has recorded."""
    contract = shop(ROW + EDGES + CONTROL)
    held = context(contract, shop_server)
    (plan,) = plan_rows(contract, held.target, contract.rows, "standard", 0).values()
    run = describe_run(contract, held.target.described)
    begun = Event("run", contract.name, run, depth="standard", started="2026-11-01T01:00:00Z")
    return contract, rebuild_results([begun, Event("row", contract.name, row=run_row(held, plan).result), Event("end")])


def test_recorded_answers_are_measured_without_a_request(recorded: tuple[Contract, Results]) -> None:
    contract, results = recorded
    (power,) = measure_recorded(contract, results, results.runs[0])
    assert (power.verdict, power.result.requests, missed(power)) == (Verdict.CONFORMS, 0, [])
    assert len(power.faults) >= 10


def test_a_row_whose_answers_were_not_recorded_whole_is_named_and_not_measured(
    recorded: tuple[Contract, Results],
) -> None:
    contract, results = recorded
    (row,) = results.runs[0].rows
    part = replace(results.runs[0], rows=(replace(row, exchanges=()),))
    (power,) = measure_recorded(contract, results, part)
    assert (power.verdict, power.faults) == (Verdict.INCONCLUSIVE, ())


def test_why_a_row_cannot_be_measured_tells_no_secret(
    measure: Callable[..., tuple[RowPower, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_in_vain(context: Any, plan: Any) -> Any:
        run = run_row(context, plan)
        reason = "no HTTP/1 status line: 'HTTP/1.1 the-full-key-0123'"
        return replace(run, result=replace(run.result, verdict=Verdict.INCONCLUSIVE, reason=reason))

    monkeypatch.setattr("conformance.prove.target_power.run_row", run_in_vain)
    power, _ = measure(ROW)
    assert "secret:full" in str(power.result.reason)
    assert "the-full-key-0123" not in "\n".join(format_power([power], {}))
