"""Requests at the same time: one is carried out, the others are refused, and what was made is taken back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from conformance.checks.model import Verdict
from conformance.plan.model import count_requests
from conformance.session.contract_run import plan_rows
from tests.conftest import Asked, Ran, make_response

TAKEN = """\
  - id: name-taken
    cause: Two requests give an item the same name at the same time.
    operations: [add]
    request: {json: {name: "{unique.name}"}}
    at_once: 3
    expect: {status: 409, message: The name is taken}
    undo:
      capture: {made: /id}
      steps: [{call: remove, request: {path: {id: "{capture.made}"}}, expect: {status: 204}}]
    control:
      - label: the list
        steps: [{call: list}]
"""


class Store:
    """Keeps items by name; what it looks up is stale until it has looked up so many at the same time."""

    def __init__(self, at_once: int = 1) -> None:
        self._looked_up = threading.Barrier(at_once, timeout=30)
        self.items: dict[str, str] = {}
        self.seen: list[str] = []
        self.removed_while_waiting = False
        self._lock = threading.Lock()
        self._waiting = 0

    def __call__(self, request: Asked) -> Any:
        if request.request.method == "DELETE":
            with self._lock:
                self.removed_while_waiting |= self._waiting > 0
                self.items.pop(request.path.rpartition("/")[2], None)
            return make_response(204, kind=None)
        if request.request.method != "POST":
            return make_response(200, {"items": list(self.items)})
        name = request.json["name"]
        with self._lock:
            self._waiting += 1
            self.seen.append(name)
            taken = name in self.items.values()
            if self._looked_up.parties == 1:
                return self._answer(name, taken)
        self._looked_up.wait()
        with self._lock:
            return self._answer(name, taken)

    def _answer(self, name: str, taken: bool) -> Any:
        self._waiting -= 1
        if taken:
            return make_response(409, {"message": "The name is taken"})
        made = f"i{len(self.seen)}-{len(self.items)}"
        self.items[made] = name
        return make_response(201, {"id": made, "name": name})


def test_one_of_them_is_carried_out_and_taken_back(run: Callable[..., Ran]) -> None:
    server = Store()
    ran = run(server, TAKEN)
    assert ran.only.verdict is Verdict.CONFORMS
    assert server.items == {}
    assert not server.removed_while_waiting
    assert [server.seen.count(name) for name in dict.fromkeys(server.seen)] == [3, 3, 3]


def test_two_of_them_carried_out_violate_and_are_taken_back(run: Callable[..., Ran]) -> None:
    server = Store(at_once=3)
    ran = run(server, TAKEN, depth="smoke")
    assert ran.only.verdict is Verdict.VIOLATES
    assert ran.checks() == [("status", "must"), ("status", "must")]
    assert server.items == {}


def test_none_carried_out_tells_nothing(run: Callable[..., Ran]) -> None:
    taken, listed = make_response(409, {"message": "The name is taken"}), make_response(200, {"items": []})
    ran = run(lambda request: taken if request.request.method == "POST" else listed, TAKEN, depth="smoke")
    assert ran.only.verdict is Verdict.INCONCLUSIVE
    assert "example: none of 3 at the same time was carried out" in ran.only.reason


@pytest.mark.parametrize(("depth", "rounds"), [("smoke", 1), ("standard", 3)])
def test_what_is_sent_is_what_was_planned(run: Callable[..., Ran], depth: Any, rounds: int) -> None:
    ran = run(Store(), TAKEN, depth=depth)
    plans = plan_rows(ran.context.contract, ran.context.target, list(ran.context.contract.rows), depth, 0)
    assert ran.session.sent == count_requests(plans.values()) == rounds * 4 + 1


def test_the_example_is_sent_alone(problems: Callable[..., list[str]]) -> None:
    (problem,) = problems(TAKEN.replace("at_once: 3", "at_once: 3\n    vary: {query.limit: {edges: {one: 1}}}"))
    assert "`at_once` sends the example alone" in problem


ACCEPTED = """\
  - id: below
    cause: The limit is below 0.
    operations: [list]
    request: {query: {limit: -1}}
    expect: {status: 400}
    control:
      - label: the list
        steps: [{call: list, capture: {key: [/more/key, /key]}, secret: [key]}]
"""


@pytest.mark.parametrize("where", ["key", "more"])
def test_a_token_that_is_given_where_it_should_be_refused_is_a_secret_as_that_of_a_control(
    run: Callable[..., Ran], where: str
) -> None:
    given = "Zk8vQ2mXw9Lp4Tc"

    def give(request: Asked) -> Any:
        key = given if "limit" in request.query else "another-1a2b3c4d"
        return make_response(200, {"items": [], where: {"key": key} if where == "more" else key, "hint": given[::-1]})

    ran = run(give, ACCEPTED)
    assert [check for check, _ in ran.checks()] == ["status"] * len(ran.only.findings)
    shown = repr(ran.context.redactor.redact(ran.only))
    assert (ran.only.verdict, given in shown, given[::-1] in shown) == (Verdict.VIOLATES, False, False)
