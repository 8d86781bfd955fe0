"""What a row may leave on a target is taken back, and only what is seen to be gone counts as gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from conformance.checks.model import Verdict
from conformance.client.builder import PlaceholderScope
from conformance.contract.request_template import RequestTemplate
from conformance.contract.schema import Step
from conformance.engine.entries import record_intent, record_outcome
from conformance.engine.journal import LEDGER_FILE, Ledger, LedgerEntry, read_open_entries
from conformance.engine.row import run_row
from conformance.http import Exchange, FailureKind, NoResponse, Outcome, Request, Response
from conformance.results.model import RowResult
from conformance.session.contract_run import plan_rows
from conformance.setup import prepare
from conformance.setup.prepare import clean_up_target

MakeResponse = Callable[..., Response]

ADD = """\
  - id: bad-name
    cause: The name is too long.
    operations: [add]
    request: {json: {name: "{unique.name}"}}
    expect: {status: 400}
"""

CREATED = """\
created_resources:
  add:
    made: {id: /id}
    read: {call: list, request: {query: {name: "{capture.name}"}}}
    in: /items
    name: /name
    capture: {id: /id}
    undo: [{call: remove, request: {path: {id: "{capture.id}"}}}]
"""


@dataclass
class Store:
    """A server that stores every item that it is given, although it is to refuse them."""

    make_response: MakeResponse
    items: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Outcome] = field(default_factory=dict)
    """What is answered instead, by method and path."""
    stores: bool = True
    finds: bool = True
    """Whether a search by a name finds anything."""
    deleted: list[str] = field(default_factory=list)

    def __call__(self, asked: Any) -> Outcome:
        method, path = asked.request.method, asked.path
        if not self.finds and "name=" in asked.request.url:
            return self.make_response(200, {"items": []})
        if method == "POST" and self.stores:
            self.items["1"] = {"id": "1", **asked.json}
        self.deleted += [path] if method == "DELETE" else []
        instead = self.answers.get(f"{method} {path}")
        if instead is not None:
            return instead
        if method == "POST":
            return self.make_response(201, {"id": "1"})
        if method == "DELETE":
            return self.make_response(200, self.items.pop(path.rpartition("/")[2], None))
        return self.make_response(200, {"items": list(self.items.values())})


@dataclass
class Done:
    """A row that has run: its result, and what is left."""

    row: RowResult
    server: Store
    folder: Path

    @property
    def open_entries(self) -> list[str]:
        return [entry.operation for entry in read_open_entries(self.folder / LEDGER_FILE)]


@pytest.fixture
def done(shop: Any, context: Any, answer: MakeResponse, tmp_path: Path) -> Callable[..., Done]:
    """Runs the row against a store that answers some requests otherwise."""

    def run(
        rows: str = ADD,
        *,
        created: str = CREATED,
        stores: bool = True,
        finds: bool = True,
        remove_path: str = "{fixture.item}",
        **answers: Outcome,
    ) -> Done:
        remove = 'remove: {path: {id: "{fixture.item}"}}'
        changes = ("operations:\n", f"{created}operations:\n"), (remove, remove.replace("{fixture.item}", remove_path))
        contract = shop(rows, *changes)
        named = {key.replace("_", " /", 1): value for key, value in answers.items()}
        server = Store(answer, answers=named, stores=stores, finds=finds)
        stands = replace(context(contract, server), ledger=Ledger(tmp_path / LEDGER_FILE))
        (plan,) = plan_rows(contract, stands.target, contract.rows, "smoke", 0).values()
        return Done(run_row(stands, plan).result, server, tmp_path)

    return run


@pytest.mark.parametrize(("given", "deleted"), [("1", ["/items/1"]), ("spoon", ["/items/1"])])
def test_what_a_fixture_names_is_not_deleted_whatever_the_target_calls_new(
    done: Callable[..., Done], answer: MakeResponse, given: str, deleted: list[str]
) -> None:
    ran = done(POST_items=answer(201, {"id": given}))
    assert ran.server.deleted == deleted
    assert (ran.server.items, ran.open_entries) == ({}, [])


def test_what_was_accepted_is_deleted_by_its_id_though_the_row_says_nothing_of_it(done: Any) -> None:
    after = done()
    assert after.server.items == {}
    assert after.row.warnings == ()
    assert after.open_entries == []


@pytest.mark.parametrize("before", ["", "    before: [{call: add, request: {json: {name: '{unique.name}'}}}]\n"])
def test_what_an_interrupted_request_makes_is_deleted_though_it_arrives_late(
    shop: Any, context: Any, answer: MakeResponse, tmp_path: Path, *, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    class Slow(Store):
        late: Any = None

        def __call__(self, asked: Any) -> Outcome:
            if asked.request.method == "POST":
                self.late = asked
                raise KeyboardInterrupt
            return super().__call__(asked)

    contract = shop(ADD + before, ("operations:\n", f"{CREATED}operations:\n"))
    server = Slow(answer)
    held = replace(context(contract, server), ledger=Ledger(tmp_path / LEDGER_FILE))
    (plan,) = plan_rows(contract, held.target, contract.rows, "smoke", 0).values()
    with pytest.raises(KeyboardInterrupt):
        run_row(held, plan)
    arriving = {1.0: server.late}
    monkeypatch.setattr(prepare, "sleep", lambda seconds: Store.__call__(server, arriving[seconds]))
    assert clean_up_target(held) == ()
    assert (server.items, read_open_entries(tmp_path / LEDGER_FILE)) == ({}, ())


def test_a_500_in_answer_to_a_deletion_is_held_against_the_target(
    done: Any, shop: Any, context: Any, answer: MakeResponse
) -> None:
    failed = {"DELETE /items/1": answer(500, {"message": "Oops"})}
    after = done(ADD, **{"DELETE_items/1": failed["DELETE /items/1"]})
    assert [one.actual for one in after.row.findings if one.where == "undo of example"] == [500]
    contract = shop(ADD, ("operations:\n", f"{CREATED}operations:\n"))
    held = context(contract, Store(answer, answers=failed))
    step = {"call": "remove", "request": {"path": {"id": "{capture.id}"}}}
    entry = LedgerEntry(contract.name, held.target.base_url, "add", steps=(step,), captures={"id": "1"}, names=("x",))
    held.shared.left[("1",)] = replace(entry, made=True)
    assert clean_up_target(held) == ("a deletion after the rows was answered 500",)


def test_the_id_may_stand_where_the_operation_always_has_it(done: Any, answer: MakeResponse) -> None:
    plain = CREATED.replace(', request: {path: {id: "{capture.id}"}}', "")
    after = done(created=plain, remove_path="{capture.id}", GET_items=answer(200, {"items": []}))
    assert after.server.items == {}
    assert after.row.warnings == ()


def test_a_delete_answered_404_is_no_proof_while_the_thing_is_listed(done: Any, answer: MakeResponse) -> None:
    after = done(**{"DELETE_items/1": answer(404, {"message": "No such path"})})
    assert after.row.warnings == ("what example left behind may still be there: remove was answered 404",)
    assert after.open_entries == ["add"]


def test_a_delete_answered_404_is_done_where_nothing_bears_the_name(done: Any, answer: MakeResponse) -> None:
    after = done(stores=False, **{"DELETE_items/1": answer(404, {})})
    assert after.row.warnings == ()
    assert after.open_entries == []


def test_without_a_way_to_look_a_delete_answered_404_is_a_warning(done: Any, answer: MakeResponse) -> None:
    undo = "    undo: {capture: {id: /id}, steps: [{call: remove, request: {path: {id: '{capture.id}'}}}]}\n"
    after = done(ADD + undo, created="", **{"DELETE_items/1": answer(404, {})})
    assert after.row.warnings == ("what example left behind may still be there: remove was answered 404",)
    assert after.open_entries == ["add"]


@pytest.mark.parametrize("body", [{}, {"items": None}, {"items": {}}, "not JSON"])
def test_a_response_that_is_no_list_proves_nothing(done: Any, answer: MakeResponse, body: Any) -> None:
    after = done(**{"DELETE_items/1": answer(404, {}), "GET_items": answer(200, body)})
    assert after.open_entries == ["add"]
    assert "remove was answered 404" in after.row.warnings[0]


def test_a_list_of_which_there_are_more_pages_proves_nothing(done: Any, answer: MakeResponse) -> None:
    created = CREATED.replace('name: "{capture.name}"', 'name: "{capture.name}", limit: 2')
    full = answer(200, {"items": [{"id": "8", "name": "x"}, {"id": "9", "name": "y"}]})
    after = done(created=created, **{"DELETE_items/1": answer(404, {}), "GET_items": full})
    assert after.open_entries == ["add"]


@pytest.mark.parametrize("lost", [True, False])
def test_what_a_first_try_made_whose_answer_was_lost_is_looked_for_after_the_run(
    shop: Any, context: Any, answer: MakeResponse, tmp_path: Path, lost: bool
) -> None:
    contract = shop(ADD, ("operations:\n", f"{CREATED}operations:\n"))
    name = "conformance-abc123-0123456789ab"
    server = Store(answer, items={"1": {"id": "1", "name": name}})
    held = replace(context(contract, server), ledger=Ledger(tmp_path / LEDGER_FILE))
    entry = LedgerEntry(contract.name, held.target.base_url, "add", names=(name,))
    request = Request("POST", f"{held.target.base_url}/items")
    record_outcome(held, entry, Exchange(request, answer(201, {"id": "2"}), maybe_done=lost), {})
    assert clean_up_target(held) == ()
    assert (list(server.items), read_open_entries(tmp_path / LEDGER_FILE)) == ([] if lost else ["1"], ())


@pytest.mark.parametrize(("verdict", "keeps"), [("violates", True), ("violates", False), ("conforms", True)])
def test_what_a_deletion_with_a_success_did_not_delete_is_found_after_a_run_in_doubt(
    shop: Any, context: Any, answer: MakeResponse, tmp_path: Path, *, verdict: str, keeps: bool
) -> None:
    contract = shop(ADD, ("operations:\n", f"{CREATED}operations:\n"))
    server = Store(answer, answers={"DELETE /items/1": answer(200, {})} if keeps else {})
    held = replace(context(contract, server), ledger=Ledger(tmp_path / LEDGER_FILE))
    server.items["1"] = {"id": "1", "name": f"{held.builder.run_name}-0123456789ab"}
    held.shared.keep(RowResult("t/bad-name", "t", 1, Verdict(verdict)))
    reason = "it is still listed, though its deletion was answered with a success"
    left = verdict == "violates" and keeps
    assert clean_up_target(held) == ((f"what add left behind may still be there: {reason}",) if left else ())
    assert [entry.names for entry in read_open_entries(tmp_path / LEDGER_FILE)] == [(held.builder.run_name,)] * left


def test_what_a_search_does_not_find_is_looked_for_among_the_newest(done: Any, answer: MakeResponse) -> None:
    also = CREATED.replace("    in: /items\n", "    also: list\n    in: /items\n")
    after = done(created=also, finds=False, POST_items=answer(201, {}))
    assert (after.server.items, after.open_entries) == ({}, [])
    after = done(created=CREATED, finds=False, POST_items=answer(201, {}))
    assert after.server.items != {}


def test_what_was_accepted_without_any_way_to_take_it_back_is_a_warning(done: Any) -> None:
    after = done(ADD.replace("[add]", "[put]"), created="")
    assert after.row.warnings == (
        "what example left behind may still be there: nothing shows whether put made something",
    )
    assert after.open_entries == ["put"]


@pytest.mark.parametrize(("status", "left"), [(500, []), (503, ["put"])])
def test_what_was_refused_as_promised_leaves_nothing_to_look_for(
    done: Any, answer: MakeResponse, status: int, left: list[str]
) -> None:
    fails = {"PUT_items/spoon": answer(status, {"message": "Failed"})}
    row = ADD.replace("[add]", "[put]").replace("400", "500, message: Failed").replace("{unique.name}", "Spoon")
    assert done(row, created="", **fails).open_entries == left


def test_what_was_made_by_a_request_whose_answer_was_lost_is_found_by_its_name(done: Any) -> None:
    after = done(POST_items=NoResponse(FailureKind.RESET, "the connection was reset"))
    assert after.server.items == {}
    assert after.open_entries == []


def test_an_accepted_probe_without_an_id_is_not_taken_for_what_a_set_up_has_made(
    done: Any, answer: MakeResponse
) -> None:
    set_up = "    before: [{call: get, request: {path: {id: '7'}}, capture: {id: /id}}]\n"
    theirs = answer(200, {"id": "7", "name": "Opening hours"})
    after = done(ADD + set_up, stores=False, POST_items=answer(201, {}), **{"GET_items/7": theirs})
    assert [one.request.method for one in after.row.exchanges] == ["GET", "POST", "GET"]
    assert after.open_entries == []


def test_what_was_refused_is_not_looked_for(done: Any, answer: MakeResponse) -> None:
    after = done(POST_items=answer(400, {"message": "too long"}), stores=False)
    assert after.row.requests == 1
    assert after.open_entries == []


def test_what_never_reached_the_target_is_not_looked_for_either(done: Any) -> None:
    guarded = ADD + "    unchanged: [{read: {call: list}, compare: [/items]}]\n"
    refused = NoResponse(FailureKind.REFUSED, "Connection refused")
    for row in (guarded, guarded.replace("{unique.name}", "no name of ours")):
        after = done(row, POST_items=refused, GET_items=refused, stores=False)
        assert (after.row.verdict, after.row.warnings, after.open_entries) == (Verdict.INCONCLUSIVE, (), [])


def test_names_of_others_that_begin_like_ours_are_left_alone(done: Any, answer: MakeResponse) -> None:
    listed = answer(200, {"items": [{"id": "7", "name": "conformance-of-somebody-else"}]})
    after = done(POST_items=NoResponse(FailureKind.RESET, "reset"), GET_items=listed, stores=False)
    assert after.row.warnings == ()
    assert after.open_entries == []


def test_where_one_can_be_read_by_its_id_a_404_of_that_shows_that_it_is_gone(done: Any, answer: MakeResponse) -> None:
    nameless = ADD.replace("{unique.name}", "no name of ours")
    created = CREATED.replace("    undo:", "    get: {call: get, request: {path: {id: '{capture.id}'}}}\n    undo:")
    gone = {"DELETE_items/1": answer(404, {}), "GET_items/1": answer(404, {})}
    assert done(nameless, created=created, **gone).open_entries == []
    there = {"DELETE_items/1": answer(404, {}), "GET_items/1": answer(200, {"id": "1", "name": "no name of ours"})}
    after = done(nameless, created=created, **there)
    assert after.open_entries == ["add"]
    assert after.row.warnings == ("what example left behind may still be there: remove was answered 404",)


def test_a_name_that_an_earlier_request_has_made_is_no_trace_of_this_one(
    shop: Callable[..., Any], context: Callable[..., Any], answer: MakeResponse
) -> None:
    held = context(shop(), lambda _: answer(400))
    earlier = held.builder.fill("{unique.name}", PlaceholderScope())
    scope = PlaceholderScope({"name": earlier}, salt="another attempt")
    request = RequestTemplate(json={"name": "{capture.name}", "note": "{unique.note}"})
    entry = record_intent(held, "add", request, [], row="items/bad-name", scope=scope)
    assert entry.names == (held.builder.fill("{unique.note}", scope),)


def test_what_is_taken_back_without_a_change_is_nothing_for_a_sweep(
    shop: Callable[..., Any], context: Callable[..., Any], answer: MakeResponse, tmp_path: Path
) -> None:
    recorded = []
    for contract in (shop(), shop(ADD, ("add: {}", "add: {permission: read}"))):  # such as a log-out by POST
        held = replace(context(contract, lambda _: answer(400)), ledger=Ledger(tmp_path / LEDGER_FILE))
        entry = record_intent(held, "get", RequestTemplate(), [Step(call="add")], row="x", scope=PlaceholderScope())
        recorded.append(bool(entry.id))
    assert recorded == [True, False]
