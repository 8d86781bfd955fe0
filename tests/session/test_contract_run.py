"""Rows that write beside each other: one control for all of them, and the blame where it belongs."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pkgutil import resolve_name
from threading import Event
from typing import Any

import pytest

from conformance.contract.contract import Contract
from conformance.engine.writing_rows import WritingRows
from conformance.http import Outcome, Response
from conformance.results.model import RowResult
from conformance.session.contract_run import ContractRun, plan_rows
from tests.names_of_items import refuse_name

OWN = (
    ("  put: {path", "  put: {resource: things, isolated: true, path"),
    ("  get: {path", "  get: {resource: things, path"),
    ("  list: {}", "  list: {resource: things}"),
    ("  add: {", "  add: {resource: things, isolated: true, "),
    ("  remove: {path", "  remove: {resource: things, isolated: true, path"),
)

ROWS = """\
  - id: too-long
    cause: The name is too long.
    operations: [put, add]
    request: {path: {id: "{capture.made}"}, json: {name: toolong}}
    vary: {json.name: {edges: {longer: waytoolong, longest: waywaytoolong}}}
    expect: {status: 400, message: The name is too long}
    before: &own
      - call: add
        request: {json: {name: new}}
        expect: {status: 201}
        capture: {made: /id}
    after: &gone [{call: remove, request: {path: {id: "{capture.made}"}}, expect: {status: 204}}]
    undo: &undo {for: [add], capture: {more: /id}, steps: [{call: remove, request: {path: {id: "{capture.more}"}}}]}
    unchanged: &kept
      - {for: [put], read: {call: get, request: {path: {id: "{capture.made}"}}}, compare: [/name]}
      - {for: [add], read: {call: list}, compare: [/total]}
    control: &renamed
      - label: a name that is short enough
        steps:
          - call: put
            request: {path: {id: "{capture.made}"}, json: {name: short}}
            expect: {status: 200}
      - label: one more
        steps: [{call: add, request: {json: {name: more}}, expect: {status: 201}, capture: {one: /id},
          undo: {call: remove, request: {path: {id: "{capture.one}"}}}}]
  - id: no-name
    cause: There is no name.
    operations: [put, add]
    request: {path: {id: "{capture.made}"}, json: {name: ""}}
    vary: {json.name: {edges: {space: " "}}}
    expect: {status: 400, message: The name is missing}
    before: *own
    after: *gone
    undo: *undo
    unchanged: *kept
    control: *renamed
  - id: no-number
    cause: The name is a number.
    operations: [put]
    request: {path: {id: "{capture.made}"}, json: {name: 5}}
    expect: {status: 400, message: The name is no text}
    before: *own
    after: *gone
    unchanged: [{read: {call: get, request: {path: {id: "{capture.made}"}}}, compare: [/name]}]
    control: *renamed
"""


@dataclass
class Shop:
    """A slow server; `applies` names the refusal that is applied all the same, `accepts` the one that is none."""

    make_response: Callable[..., Response]
    applies: str = ""
    accepts: str = ""
    items: dict[str, Any] = field(default_factory=lambda: {"spoon": "Spoon"})
    log: list[str] = field(default_factory=list)
    lock: Any = field(default_factory=threading.Lock)

    def __call__(self, asked: Any) -> Outcome:
        time.sleep(0.003)
        with self.lock:
            method, name = asked.request.method, asked.path.rpartition("/")[2]
            self.log.append(method)
            if method == "GET":
                found = {"id": name, "name": self.items.get(name)}
                return self.make_response(200, {"total": len(self.items)} if name == "items" else found)
            if method == "DELETE":
                return self.make_response(204 if self.items.pop(name, None) else 404)
            return self.write(f"item-{len(self.log)}" if method == "POST" else name, asked.json["name"], method)

    def write(self, item: str, name: Any, method: str) -> Outcome:
        make_response = self.wrong(name)
        if not make_response or make_response in (self.applies, self.accepts):
            self.items[item] = name
        if make_response and make_response != self.accepts:
            return self.make_response(400, {"message": make_response})
        return self.make_response(201 if method == "POST" else 200, {"id": item, "name": name})

    def wrong(self, name: Any) -> str:
        return refuse_name(name)


@dataclass(frozen=True)
class Done:
    rows: dict[str, RowResult]
    log: list[str]

    @property
    def reported(self) -> dict[str, Any]:
        return {
            name: (
                row.verdict.value,
                sorted((item.check, item.where) for item in row.findings),
                [(item.label, item.outcome, item.answer) for item in row.attempts],
            )
            for name, row in self.rows.items()
        }


@pytest.fixture
def through(
    shop: Callable[..., Contract], context: Callable[..., Any], answer: Callable[..., Response]
) -> Callable[..., Done]:
    """Runs all rows with so many workers."""

    def done(
        workers: int, *, changes: tuple[tuple[str, str], ...] = OWN, late_effects: str = "1ms", **faults: str
    ) -> Done:
        contract = shop(ROWS, *changes)
        server = Shop(answer, **faults)
        held = context(contract, server, allow=frozenset({"write", "delete"}), late_effects=late_effects)
        plans = plan_rows(contract, held.target, contract.rows, "standard", 0)
        runner = ContractRun(held, plans, workers)
        runner.start([row.id for row in contract.rows])
        try:
            return Done({row.id: runner.result(row.id) for row in contract.rows}, server.log)
        finally:
            runner.close()

    return done


@pytest.mark.parametrize("changes", [OWN, (), OWN[1:]], ids=["own", "no resource", "one without a resource"])
def test_a_right_server_gets_the_same_requests_from_eight_as_from_one(through: Any, changes: Any) -> None:
    one, eight = through(1, changes=changes), through(8, changes=changes)
    assert one.reported == eight.reported
    assert {row.verdict.value for row in eight.rows.values()} == {"conforms"}
    assert sorted(one.log) == sorted(eight.log)


@pytest.mark.parametrize("message", ["The name is too long", "The name is missing", "The name is no text"])
def test_only_the_row_whose_refusal_had_an_effect_is_blamed(through: Any, message: str) -> None:
    one, eight = through(1, applies=message), through(8, applies=message)
    assert one.reported == eight.reported
    assert sum(row.verdict.value == "violates" for row in eight.rows.values()) == 1


@pytest.mark.parametrize("message", ["The name is too long", "The name is missing"])
def test_what_one_row_gets_accepted_is_no_effect_of_another(through: Any, message: str) -> None:
    one, eight = through(1, accepts=message), through(8, accepts=message)
    assert one.reported == eight.reported
    assert sum(row.verdict.value == "violates" for row in eight.rows.values()) == 1


def test_what_each_row_has_made_is_looked_at_side_by_side(through: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    all_of_them, looking = threading.Barrier(3, timeout=10), [False]
    look, answer = WritingRows.look, Shop.__call__

    def look_and_note(rows: WritingRows) -> None:
        looking[0] = True
        look(rows)

    def wait_for_the_others(server: Shop, asked: Any) -> Outcome:
        if looking[0] and asked.request.method == "GET" and asked.path.rpartition("/")[2] != "items":
            all_of_them.wait()
            looking[0] = False
        return answer(server, asked)

    monkeypatch.setattr(WritingRows, "look", look_and_note)
    monkeypatch.setattr(Shop, "__call__", wait_for_the_others)
    done = through(8)
    assert {row.verdict.value for row in done.rows.values()} == {"conforms"}
    assert (looking, all_of_them.broken) == ([False], False)


@pytest.mark.parametrize("workers", [1, 8])
@pytest.mark.parametrize("depth", ["smoke", "standard"])
def test_what_ends_the_job_of_several_rows_is_raised_for_each_of_them(
    shop: Callable[..., Contract],
    context: Callable[..., Any],
    answer: Callable[..., Response],
    monkeypatch: pytest.MonkeyPatch,
    *,
    depth: str,
    workers: int,
) -> None:
    def fail(_: WritingRows) -> None:
        raise RuntimeError("it was ended from outside")

    monkeypatch.setattr(WritingRows, "look", fail)
    contract = shop(ROWS, *OWN)
    held = context(contract, Shop(answer), depth=depth, allow=frozenset({"write", "delete"}))
    runner = ContractRun(held, plan_rows(contract, held.target, contract.rows, depth, 0), workers)
    runner.start([row.id for row in contract.rows])
    try:
        for row in contract.rows:
            with pytest.raises(RuntimeError, match="it was ended from outside"):
                runner.result(row.id)
    finally:
        runner.close()


def test_of_the_probes_between_two_looks_only_those_under_way_keep_their_answers(
    shop: Callable[..., Contract], context: Callable[..., Any], answer: Callable[..., Response]
) -> None:
    held_now, most = weakref.WeakSet[Event](), [0]

    def make_large(status: int, body: dict[str, Any] | None = None) -> Response:
        large = Event()
        held_now.add(large)
        most[0] = max(most[0], len(held_now))
        return replace(answer(status, {**(body or {}), "more": "x" * 5000}), large=large)

    names = ", ".join(f"e{n}: waytoolong{n}" for n in range(24))
    contract = shop(ROWS.replace("longer: waytoolong, longest: waywaytoolong", names), *OWN)
    held = context(contract, Shop(make_large), allow=frozenset({"write", "delete"}), late_effects="1ms")
    runner = ContractRun(held, plan_rows(contract, held.target, contract.rows, "standard", 0), 2)
    runner.start([row.id for row in contract.rows])
    try:
        assert {runner.result(row.id).verdict.value for row in contract.rows} == {"conforms"}
    finally:
        runner.close()
    assert most[0] < 24


# --- refused writes that are carried out late


@dataclass
class Late(Shop):
    """A server that carries out what it refuses with `applies` some time after the refusal."""

    due: list[tuple[float, str, Any]] = field(default_factory=list)

    def __call__(self, asked: Any) -> Outcome:
        with self.lock:
            while self.due and self.due[0][0] < time.monotonic():
                _, item, name = self.due.pop(0)
                if item in self.items or item.startswith("item-"):
                    self.items[item] = name
        return super().__call__(asked)

    def write(self, item: str, name: Any, method: str) -> Outcome:
        said = self.wrong(name)
        if said and said == self.applies:
            self.due.append((time.monotonic() + 0.015, item, name))
            return self.make_response(400, {"message": said})
        return super().write(item, name, method)


@pytest.mark.parametrize(
    ("workers", "message", "row"),
    [(1, "The name is missing", "no-name"), (8, "The name is no text", "no-number"), (8, "", "")],
)
def test_what_a_refused_write_does_late_is_held_against_its_row_alone(
    through: Any, monkeypatch: pytest.MonkeyPatch, workers: int, message: str, row: str
) -> None:
    monkeypatch.setattr("tests.session.test_contract_run.Shop", Late)
    done = through(workers, applies=message, late_effects="50ms")
    verdicts = {name: result.verdict.value for name, result in done.rows.items()}
    assert verdicts == dict.fromkeys(done.rows, "conforms") | ({f"items/{row}": "violates"} if row else {})
    assert {item.check for result in done.rows.values() for item in result.findings} == ({"effect"} if row else set())
    assert row or all(result.planned == result.requests for result in done.rows.values())


REMOVED = """\
  - id: forbidden
    cause: The key may do nothing.
    operations: [remove]
    request: {credential: guest}
    expect: {status: 403}
    unchanged: &kept [{read: {call: get, expect: {status: [200, 404]}}, compare: [/name]}]
  - id: no-key
    cause: There is no key.
    operations: [remove]
    request: {credential: none}
    expect: {status: 401}
    unchanged: *kept
"""
MADE = (
    ("  item: {about: The ID of an item.}", "  item: {about: An item., make: item, check: [{call: get}]}"),
    ("  add: {}\n", "  add: {json: {name: made}}\n"),
    ("operations:\n", "chains: {item: [{call: add, expect: {status: 201}, capture: {item: /id}}]}\noperations:\n"),
)


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (None, {"items/forbidden": "conforms", "items/no-key": "violates"}),
        (["locked"], {"items/forbidden": "inconclusive", "items/no-key": "inconclusive"}),
    ],
    ids=["gone, so it is made anew to tell which row it was", "marked, which none can show again"],
)
def test_what_one_of_several_rows_does_to_what_another_reads_is_not_forgotten(
    left: Any,
    expected: dict[str, str],
    shop: Callable[..., Contract],
    context: Callable[..., Any],
    answer: Callable[..., Response],
) -> None:
    class Touching(Shop):
        """It takes or marks what it refuses to remove, where the request has no key."""

        def __call__(self, asked: Any) -> Outcome:
            name, sent = asked.path.rpartition("/")[2], asked.header("X-Key")
            if asked.request.method == "GET" and name not in self.items:
                return self.make_response(404, {"message": "No such item"})
            if asked.request.method != "DELETE" or sent == "the-full-key-0123":
                return super().__call__(asked)
            if sent is None and left:
                self.items[name] = left
            elif sent is None:
                self.items.pop(name, None)
            return self.make_response(403 if sent else 401, {"message": "No"})

    contract = shop(REMOVED, *MADE)
    held = context(contract, Touching(answer), late_effects="1ms")
    runner = ContractRun(held, plan_rows(contract, held.target, contract.rows, "standard", 0))
    results = {one.id: runner.result(one.id) for one in contract.rows}
    runner.close()
    assert {name: one.verdict.value for name, one in results.items()} == expected


# --- a run that is discarded


LISTED = """\
  - id: not-found
    cause: There is no such item.
    operations: [get]
    request: {path: {id: nothing}}
    expect: {status: 404, message: No such item}
    control:
      - {label: the spoon, steps: [{call: get, expect: {status: 200, equals: {/name: Spoon}}}]}
      - {label: one item, steps: [{call: list, expect: {status: 200, equals: {/total: 1}}}]}
  - id: no-name
    cause: There is no name.
    operations: [put]
    request: {path: {id: "{capture.made}"}, json: {name: ""}}
    expect: {status: 400, message: The name is missing}
    before: [{call: add, request: {json: {name: new}}, expect: {status: 201}, capture: {made: /id}}]
    after: [{call: remove, request: {path: {id: "{capture.made}"}}, expect: {status: 204}}]
    control:
      - label: a name
        steps: [{call: put, request: {path: {id: "{capture.made}"}, json: {name: short}}}]
"""


@dataclass
class Overtaken(Shop):
    """A server on which the list is read for the first time while there is an item more."""

    added: threading.Event = field(default_factory=threading.Event)
    listed: threading.Event = field(default_factory=threading.Event)

    def __call__(self, asked: Any) -> Outcome:
        if asked.path == "/items/nothing":
            self.added.wait(5)
            return self.make_response(404, {"message": "No such item"})
        if asked.request.method == "DELETE":
            self.listed.wait(5)
        outcome = super().__call__(asked)
        if asked.request.method == "POST":
            self.added.set()
        if asked.request.method == "GET" and asked.path == "/items":
            self.listed.set()
        return outcome


def test_a_row_that_is_run_again_alone_sends_its_controls_again(
    shop: Callable[..., Contract], context: Callable[..., Any], answer: Callable[..., Response]
) -> None:
    contract = shop(LISTED, *OWN)
    held = context(contract, Overtaken(answer), allow=frozenset({"write", "delete"}))
    runner = ContractRun(held, plan_rows(contract, held.target, contract.rows, "standard", 0), 2)
    runner.start([row.id for row in contract.rows])
    try:
        found = runner.result("items/not-found")
        other = runner.result("items/no-name")
    finally:
        runner.close()
    assert found.verdict.value == "conforms"
    assert [(item.label, item.answer) for item in found.attempts if item.role == "control"] == [
        ("the spoon", "200"),
        ("one item", "200"),
    ]
    assert found.planned == 6
    assert found.beyond_plan.confirmed == 6
    assert found.requests == 12
    assert held.session.sent == found.requests + other.requests


def test_large_bodies_are_recorded_and_judged_one_at_a_time(
    shop: Callable[..., Contract],
    context: Callable[..., Any],
    answer: Callable[..., Response],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lock, now, most, counted = threading.Lock(), [0], [0], [0]

    def count(function: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*args: Any, **named: Any) -> Any:
            with lock:
                now[0], counted[0] = now[0] + 1, counted[0] + 1
                most[0] = max(most[0], now[0])
            time.sleep(0.01)
            try:
                return function(*args, **named)
            finally:
                with lock:
                    now[0] -= 1

        return counting

    for module, name in (
        ("evidence", "record_exchange"),
        ("row_sender", "check_response"),
        ("step_sequence", "check_response"),
        ("row_sender", "take_note"),
        ("step_sequence", "take_note"),
    ):
        place = f"conformance.engine.{module}.{name}"
        monkeypatch.setattr(place, count(resolve_name(place.replace(f".{name}", f":{name}"))))
    rows = "".join(
        f"""\
  - id: unknown-{number}
    cause: There is no such thing.
    operations: [get]
    request: {{path: {{id: nothing-{number}}}}}
    expect: {{status: 404, message: Not here}}
    control: [{{label: list, steps: [{{call: list, expect: {{status: 200}}}}]}}]
"""
        for number in range(6)
    )
    contract = shop(rows)

    def serve(asked: Any) -> Outcome:
        found = asked.path.endswith("/items")
        response = answer(200, {"total": 0}) if found else answer(404, {"message": "Not here"})
        return replace(response, large=object())

    held = context(contract, serve, "smoke")
    runner = ContractRun(held, plan_rows(contract, held.target, contract.rows, "smoke", 0), 4)
    names = [row.id for row in contract.rows]
    runner.start(names)
    requests = sum(runner.result(name).requests for name in names)
    runner.close()
    assert (most, now, counted[0] >= 2 * requests > 6) == ([1], [0], True)
