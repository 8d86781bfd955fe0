"""Rows that run together at smoke: what is sent once for all of them, and who is blamed where something changed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest

from conformance.contract.schema import Depth
from conformance.engine import culprit, writing_rows
from conformance.http import Outcome, Response
from conformance.results.model import RowResult
from conformance.session.contract_run import ContractRun, plan_rows
from tests.names_of_items import refuse_name

MakeResponse = Callable[..., Response]

ROWS = """\
  - id: too-long
    cause: The name is too long.
    operations: [put]
    request: {json: {name: toolong}}
    vary: {json.name: {edges: {longer: waytoolong, longest: waywaytoolong}}}
    expect: {status: 400, message: The name is too long}
    before: &own [{call: add, expect: {status: 201}, capture: {made: /id}}]
    unchanged: &kept [{read: {call: get}, compare: [/name]}]
    control: &renamed
      - label: a name that is short enough
        steps: [{call: put, request: {json: {name: short}}, expect: {status: 200}}]
  - id: no-name
    cause: There is no name.
    operations: [put]
    request: {json: {name: ""}}
    vary: {json.name: {edges: {space: " ", "null": null}}}
    expect: {status: 400, message: The name is missing}
    before: *own
    unchanged: *kept
    control: *renamed
  - id: no-number
    cause: The name is a number.
    operations: [put]
    request: {json: {name: 5}}
    expect: {status: 400, message: The name is no text}
    unchanged: *kept
    control: *renamed
"""


class Shop:
    """A server that does what the documents say; `applies` names the refusal that is applied all the same."""

    def __init__(self, make_response: MakeResponse, applies: str = "", *, changes: bool = False) -> None:
        self.make_response, self.applies, self.changes = make_response, applies, changes
        self.name: Any = "Spoon"
        self.log: list[str] = []

    def __call__(self, asked: Any) -> Outcome:
        self.log.append(f"{asked.request.method} {asked.path}")
        if asked.request.method == "POST":
            return self.make_response(201, {"id": "made"})
        if asked.request.method == "PUT":
            return self.put(asked.json["name"])
        if self.changes:
            self.name = f"{self.name}-"
        return self.make_response(200, {"id": "spoon", "name": self.name})

    def put(self, name: Any) -> Outcome:
        wrong = self.wrong(name)
        if not wrong or wrong == self.applies:
            self.name = name
        return self.make_response(400, {"message": wrong}) if wrong else self.make_response(200, {"name": name})

    def wrong(self, name: Any) -> str:
        return refuse_name(name)


@dataclass(frozen=True)
class Done:
    rows: dict[str, RowResult]
    log: list[str]

    def verdicts(self) -> dict[str, str]:
        return {name.partition("/")[2]: str(row.verdict) for name, row in self.rows.items()}


@pytest.fixture
def run(shop: Callable[..., Any], context: Callable[..., Any]) -> Callable[..., Done]:
    def ran(
        server: Shop,
        first: str = "items/no-name",
        workers: int = 1,
        most_again: int | None = None,
        *,
        rows: str = ROWS,
        depth: Depth = "smoke",
    ) -> Done:
        contract = shop(rows)
        held = context(contract, server, depth)
        runner = ContractRun(held, plan_rows(contract, held.target, contract.rows, depth, 0), workers, most_again)
        names = [row.id for row in contract.rows]
        runner.start(names)
        results = {name: runner.result(name) for name in [first, *names]}
        runner.close()
        return Done({name: results[name] for name in names}, server.log)

    return ran


@pytest.mark.parametrize("ended", ["time", "Ctrl-C"])
@pytest.mark.parametrize("last", [4, 7, 10])
def test_what_rows_have_found_is_kept_when_they_are_broken_off(
    shop: Callable[..., Any], context: Callable[..., Any], answer: MakeResponse, ended: str, last: int
) -> None:
    class Broken(Shop):
        def __call__(self, asked: Any) -> Outcome:
            if len(self.log) == last:
                runner.context.shared.stopping.set()
                if ended == "Ctrl-C":
                    raise KeyboardInterrupt
            return super().__call__(asked)

        def wrong(self, name: Any) -> str:
            return "" if name == "toolong" else super().wrong(name)

    contract = shop(ROWS)
    held = context(contract, Broken(answer), "smoke")
    runner = ContractRun(held, plan_rows(contract, held.target, contract.rows, "smoke", 0))
    with suppress(KeyboardInterrupt):
        runner.result("items/no-name")
    found = {name: row for name, row in runner.context.shared.kept.items() if isinstance(row, RowResult)}
    assert [name for name, row in found.items() if row.verdict == "violates"] == ["items/too-long"]
    assert {row.verdict for name, row in found.items() if name != "items/too-long"} <= {"conforms"}
    assert "the row was broken off: this is what it had found by then" in found["items/too-long"].warnings


def test_set_up_control_and_looks_are_sent_once_for_all(run: Callable[..., Done], answer: MakeResponse) -> None:
    done = run(Shop(answer))
    assert done.verdicts() == {"too-long": "conforms", "no-name": "conforms", "no-number": "conforms"}
    assert done.log.count("POST /items") == 1
    assert done.log.count("GET /items/spoon") == 2
    assert len(done.log) == sum(row.requests for row in done.rows.values())
    assert len(done.log) <= 3 * 3


def test_a_suspect_for_which_the_budget_has_no_requests_left_is_not_green(
    run: Callable[..., Done], answer: MakeResponse
) -> None:
    done = run(Shop(answer, applies="The name is missing"), most_again=0)
    assert {*done.verdicts().values()} == {"inconclusive"}
    left = "it was not run again: the budget has no requests left for it"
    assert {row.reason for row in done.rows.values()} == {left}
    assert len(done.log) <= 3 * 3


def test_the_row_whose_refused_write_had_an_effect_is_blamed_and_no_other(
    run: Callable[..., Done], answer: MakeResponse
) -> None:
    done = run(Shop(answer, applies="The name is missing"))
    assert done.verdicts() == {"too-long": "conforms", "no-name": "violates", "no-number": "conforms"}
    found = done.rows["items/no-name"].findings
    assert {item.check for item in found} == {"effect"}
    assert all(item.exchange in {made.n for made in done.rows["items/no-name"].exchanges} for item in found)


COUNTED = ROWS.replace("compare: [/name]}", "compare: [/shelf], confirm: true}")


@pytest.mark.parametrize(("shelf", "expected"), [(["fork"], "inconclusive"), (["fork", "knife", "cup"], "conforms")])
def test_what_came_once_of_refused_writes_is_a_doubt_unless_it_only_added_something(
    run: Callable[..., Done], answer: MakeResponse, monkeypatch: pytest.MonkeyPatch, shelf: list[str], expected: str
) -> None:
    class Once(Shop):
        shelf: Sequence[str] = ("fork", "knife")

        def __call__(self, asked: Any) -> Outcome:
            if asked.request.method == "GET":
                self.log.append(f"GET {asked.path}")
                return self.make_response(200, {"id": "spoon", "shelf": self.shelf})
            return super().__call__(asked)

        def wrong(self, name: Any) -> str:
            if name == "waytoolong":
                self.shelf = shelf
            return super().wrong(name)

    monkeypatch.setattr(culprit, "_OTHERS", (0.0,))
    monkeypatch.setattr(culprit, "SHORTEST_QUIET", 0.0)
    done = run(Once(answer), rows=COUNTED, depth="standard")
    assert done.verdicts() == {"too-long": expected, "no-name": "conforms", "no-number": "conforms"}
    if expected == "inconclusive":
        reason = "refused writes were seen to change /shelf, and not again when they were repeated"
        assert done.rows["items/too-long"].reason == reason


COUNT = "{read: {call: get, request: {query: {count: %s}}}, compare: [/count], confirm: true}"
COUNTED_BY_OTHERS = (
    ROWS.replace("cause: The name is a number.", "cause: The name is a number.\n    before: *own")
    .replace("unchanged: *kept", f"unchanged: [{COUNT % 1}]")
    .replace("{read: {call: get}, compare: [/name]}", "WATCHED")
)


@pytest.mark.parametrize("depth", ["smoke", "standard"])
@pytest.mark.parametrize("watched", ["{read: {call: get}, compare: [/shelf]}", COUNT % 2])
def test_what_a_refused_write_has_taken_away_leaves_no_row_in_doubt_that_counts_what_is_left(
    run: Callable[..., Done], answer: MakeResponse, monkeypatch: pytest.MonkeyPatch, watched: str, depth: Depth
) -> None:
    class Taking(Shop):
        shelf: Sequence[str] = ("toolong", *map(str, range(20)))

        def __call__(self, asked: Any) -> Outcome:
            if asked.request.method == "GET":
                self.log.append(f"GET {asked.path}")
                return self.make_response(200, {"id": "spoon", "shelf": self.shelf, "count": len(self.shelf)})
            return super().__call__(asked)

        def wrong(self, name: Any) -> str:
            if name == "toolong":
                self.shelf = self.shelf[1:]
            return super().wrong(name)

    monkeypatch.setattr(culprit, "_OTHERS", (0.0,))
    monkeypatch.setattr(culprit, "SHORTEST_QUIET", 0.0)
    done = run(Taking(answer), rows=COUNTED_BY_OTHERS.replace("WATCHED", watched), depth=depth)
    assert done.verdicts() == {"too-long": "violates", "no-name": "conforms", "no-number": "conforms"}


OF_ITS_OWN = """\
  - id: too-long
    cause: The name is too long.
    operations: [put]
    request: &own {path: {id: "{capture.made}"}, json: {name: toolong}}
    expect: {status: 400, message: The name is too long}
    before: &made [{call: add, request: {json: {name: "{unique.name}"}}, expect: {status: 201}, capture: {made: /id}}]
    after: &removed [{call: remove, request: {path: {id: "{capture.made}"}}}]
    unchanged: &kept
      - {read: {call: list}, compare: [/items/*/id, /items/*/name]}
      - {read: {call: get, request: {path: {id: "{capture.made}"}}}, compare: [/size]}
  - id: no-name
    cause: There is no name.
    operations: [put]
    request: {path: {id: "{capture.made}"}, json: {name: ""}}
    expect: {status: 400, message: The name is missing}
    before: *made
    after: *removed
    unchanged: *kept
"""


@pytest.mark.parametrize("also_moves", [False, True])
def test_what_was_made_anew_to_set_back_one_row_leaves_no_other_in_doubt(
    run: Callable[..., Done], answer: MakeResponse, monkeypatch: pytest.MonkeyPatch, *, also_moves: bool
) -> None:
    class Shelf(Shop):
        def __init__(self) -> None:
            super().__init__(answer)
            self.items: dict[str, dict[str, Any]] = {"9": {"name": "Fork"}, "8": {"name": "Knife"}}

        def __call__(self, asked: Any) -> Outcome:
            method, _, id_ = asked.request.method, *asked.path.rpartition("/")[1:]
            if method == "POST":
                id_ = str(10 + len(self.log))
                self.items[id_] = {"name": asked.json["name"], "size": 5}
            self.log.append(method)
            if method == "DELETE":
                del self.items[id_]
            if method == "PUT":
                if asked.json["name"] == "":
                    self.items[id_]["size"] = 0
                    if also_moves and list(self.items)[:2] == ["9", "8"]:
                        self.items = {"8": self.items["8"], **self.items}
                return self.make_response(400, {"message": refuse_name(asked.json["name"])})
            newest = [{"id": one, **item} for one, item in reversed(self.items.items())]
            found = {"items": newest} if id_ == "items" else {"id": id_, **self.items.get(id_, {})}
            return self.make_response(201 if method == "POST" else 200, found)

    monkeypatch.setattr(culprit, "_OTHERS", (0.0,))
    monkeypatch.setattr(culprit, "SHORTEST_QUIET", 0.0)
    done = run(Shelf(), rows=OF_ITS_OWN, depth="standard")
    assert done.verdicts() == {"too-long": "inconclusive" if also_moves else "conforms", "no-name": "violates"}


@pytest.mark.parametrize("accepted", ["toolong", "", 5])
def test_a_faulty_write_that_is_accepted_leaves_no_other_row_in_doubt(
    run: Callable[..., Done], answer: MakeResponse, accepted: Any
) -> None:
    class Lenient(Shop):
        def wrong(self, name: Any) -> str:
            return "" if name == accepted else super().wrong(name)

    done = run(Lenient(answer))
    guilty = {"toolong": "too-long", "": "no-name", 5: "no-number"}[accepted]
    assert done.verdicts() == dict.fromkeys(("too-long", "no-name", "no-number"), "conforms") | {guilty: "violates"}


def test_a_refused_write_that_is_done_is_found_beside_one_that_is_accepted(
    run: Callable[..., Done], answer: MakeResponse
) -> None:
    class Lenient(Shop):
        def wrong(self, name: Any) -> str:
            return "" if name == "toolong" else super().wrong(name)

    done = run(Lenient(answer, applies="The name is no text"))
    assert done.verdicts() == {"too-long": "violates", "no-name": "conforms", "no-number": "violates"}


def test_a_control_that_sets_the_name_again_hides_nothing(run: Callable[..., Done], answer: MakeResponse) -> None:
    server = Shop(answer, applies="The name is no text")
    assert run(server).verdicts()["no-number"] == "violates"


def test_rows_of_several_workers_are_judged_alike(run: Callable[..., Done], answer: MakeResponse) -> None:
    class Counting(Shop):
        """What is sent at the same time, and again, never leaves what was there before."""

        def put(self, name: Any) -> Outcome:
            answer = super().put(name)
            self.name = f"{self.name} ({len(self.log)})" if self.wrong(name) == self.applies else self.name
            return answer

    done = run(Counting(answer, applies="The name is too long"), workers=3)
    assert done.verdicts() == {"too-long": "violates", "no-name": "conforms", "no-number": "conforms"}


def test_a_control_that_fails_is_held_against_every_row_that_has_it(
    run: Callable[..., Done], answer: MakeResponse
) -> None:
    class Closed(Shop):
        def put(self, name: Any) -> Outcome:
            return super().put(name) if self.wrong(name) else self.make_response(403, {"message": "Not today"})

    done = run(Closed(answer))
    assert done.verdicts() == {"too-long": "inconclusive", "no-name": "inconclusive", "no-number": "inconclusive"}


def test_suspects_for_which_there_is_no_time_left_are_not_green(
    run: Callable[..., Done], answer: MakeResponse, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = itertools.chain([0.0, 0.0, 0.0, 120.0], itertools.repeat(120.0))
    monkeypatch.setattr(writing_rows, "monotonic", lambda: next(clock))
    done = run(Shop(answer, applies="The name is missing"))
    assert {*done.verdicts().values()} == {"inconclusive"}
    assert {row.reason for row in done.rows.values()} == {"it was not run again: the rows before it took too long"}
