"""A rejected write that has an effect is found and named; what somebody else may have done is held against nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from conformance.engine import culprit
from conformance.engine.state_guard import shows_another_run
from conformance.http import Outcome, Response

MakeResponse = Callable[..., Response]
Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def nobody_else_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """These servers are alone with us, so there is nobody to be noticed in a quiet time."""
    monkeypatch.setattr(culprit, "SHORTEST_QUIET", 0.01)


REMOVE = """\
  - id: no-reason
    cause: A deletion needs a reason.
    operations: [remove]
    expect: {status: 400}
    unchanged: [{each: true, read: {call: get}, compare: [/name]}]
"""

PUT = """\
  - id: bad-name
    cause: The name is too long.
    operations: [put]
    request: {json: {name: toolong}}
    vary: {json.name: {edges: {longer: waytoolong, longest: waywaytoolong}}}
    expect: {status: 400, message: The name is too long}
    unchanged: [{read: {call: get}, compare: [/name]}]
    after: [{call: put, request: {json: {name: Spoon}}}]
"""

CONTROL = """\
  - id: bad-name
    cause: The name is too long.
    operations: [put]
    request: {json: {name: toolong}}
    expect: {status: 400, message: The name is too long}
    control:
      - label: a name that is set
        steps:
          - {call: put, request: {json: {name: Ladle}}}
          - {call: get, expect: {status: 200, equals: {/name: Ladle}}}
"""


@dataclass
class Kitchen:
    """A server with one item; `effects` says how often a rejected write of each name has an effect."""

    make_response: MakeResponse
    effects: dict[str, int] = field(default_factory=dict)
    deletes: bool = False
    name: str | None = "Spoon"
    log: list[str] = field(default_factory=list)

    def __call__(self, asked: Any) -> Outcome:
        method = asked.request.method
        self.log.append(method)
        if method == "DELETE":
            self.name = None if self.deletes else self.name
            return self.make_response(400, {"message": "Why?"})
        if self.name is None:
            return self.make_response(404, {"message": "No such item"})
        if method == "PUT":
            return self.put(asked.json["name"])
        return self.make_response(200, {"id": "spoon", "name": self.name})

    def put(self, name: str) -> Outcome:
        if len(name) <= 5:
            self.name = name
            return self.make_response(200, {})
        if self.effects.get(name, 0):
            self.effects[name] -= 1
            self.name = "changed"
        return self.make_response(400, {"message": "The name is too long"})


def test_a_rejected_deletion_after_which_the_thing_is_gone_is_an_effect(run: Run, answer: MakeResponse) -> None:
    ran = run(Kitchen(answer, deletes=True), REMOVE)
    assert (ran.only.verdict, ran.checks()) == ("violates", [("effect", "must")])
    (found,) = ran.only.findings
    assert (found.expected, found.actual, found.where) == ({"/name": "Spoon"}, {"status": 404}, "example")


LISTED = REMOVE.replace(
    "{each: true, read: {call: get}, compare: [/name]}", "{read: {call: list}, compare: [/ids], confirm: true}"
)


@pytest.mark.parametrize(
    ("left", "verdict", "found"),
    [
        (["fork"], "violates", [("effect", "must")]),
        (["spoon"], "inconclusive", []),  # somebody else has deleted the other one
        ([], "inconclusive", []),
        (["cup", "fork"], "inconclusive", []),  # what somebody else has added pushed it off the page
        (["spoon", "fork"], "conforms", []),
    ],
)
@pytest.mark.parametrize("whole", [False, True])
def test_of_what_is_gone_from_a_list_only_what_the_request_names_is_held_against_it(
    run: Run, answer: MakeResponse, left: list[str], verdict: str, found: list[tuple[str, str]], *, whole: bool
) -> None:
    ids = ["spoon", "fork"]

    def kitchen(asked: Any) -> Outcome:
        nonlocal ids
        if asked.request.method == "DELETE":
            ids = left
            return answer(400, {"message": "Why?"})
        return answer(200, {"ids": [{"id": one, "color": "grey"} if whole else one for one in ids]})

    ran = run(kitchen, LISTED)
    assert (ran.only.verdict, ran.checks()) == (verdict, found)


AFTER_A_READ = PUT.replace("    request", "    before: [{call: get}]\n    request", 1)


def test_what_the_set_up_has_just_shown_is_not_read_again(run: Run, answer: MakeResponse) -> None:
    kitchen = Kitchen(answer, effects={"toolong": 99})
    ran = run(kitchen, AFTER_A_READ)
    assert (ran.only.verdict, kitchen.log[:3]) == ("violates", ["GET", "PUT", "PUT"])
    assert ran.only.findings[0].expected == {"/name": "Spoon"}
    conforming = Kitchen(answer)
    ran = run(conforming, AFTER_A_READ)
    assert (ran.only.verdict, conforming.log.count("GET")) == ("conforms", 2)
    assert ran.only.planned == ran.only.requests == len(conforming.log)


SET_BACK = """\
  - id: bad-name
    cause: The name is too long.
    operations: [put]
    request: {json: {name: toolong}}
    expect: {status: 400}
    unchanged: [{read: {call: list}, compare: [/ids]}]
    after: [{call: put, request: {json: {name: Spoon}}}]
"""


def test_what_somebody_else_deletes_once_is_not_held_against_a_rejected_change(run: Run, answer: MakeResponse) -> None:
    ids = ["spoon", "fork"]

    def kitchen(asked: Any) -> Outcome:
        if asked.request.method == "PUT":
            ids[1:] = []  # by somebody else, at this very moment
            return answer(200 if asked.json["name"] == "Spoon" else 400, {})
        return answer(200, {"ids": list(ids)})

    ran = run(kitchen, SET_BACK)
    assert (ran.only.verdict, ran.checks()) == ("inconclusive", [])


def test_a_rejected_deletion_that_deletes_nothing_conforms(run: Run, answer: MakeResponse) -> None:
    assert run(Kitchen(answer), REMOVE).only.verdict == "conforms"


def test_what_was_not_there_before_cannot_be_guarded(run: Run, answer: MakeResponse) -> None:
    ran = run(Kitchen(answer, name=None), REMOVE)
    assert (ran.only.verdict, ran.checks()) == ("inconclusive", [])


def test_an_effect_that_is_set_back_and_comes_again_is_held_against_its_write(run: Run, answer: MakeResponse) -> None:
    ran = run(Kitchen(answer, {"waywaytoolong": 99}), PUT)
    assert (ran.only.verdict, ran.checks()) == ("violates", [("effect", "must")])
    (found,) = ran.only.findings
    assert found.where == "name=longest"
    sent = next(one.request for one in ran.only.exchanges if one.n == found.exchange)
    assert (sent.method, "waywaytoolong" in (sent.body or "")) == ("PUT", True)
    assert ran.only.beyond_plan.confirmed > 0


@pytest.mark.parametrize("times", [1, 2, 3])
def test_an_effect_that_does_not_come_three_times_again_is_held_against_nobody(
    run: Run, answer: MakeResponse, times: int
) -> None:
    ran = run(Kitchen(answer, {"waywaytoolong": times}), PUT)
    assert (ran.only.verdict, ran.checks()) == ("inconclusive", [])
    assert "perhaps somebody else's write" in ran.only.reason


def test_what_changes_while_nothing_is_sent_is_held_against_nobody(run: Run, answer: MakeResponse) -> None:
    kitchen = Kitchen(answer)

    def busy(asked: Any) -> Outcome:
        kitchen.name = f"by somebody else {len(kitchen.log)}"
        return kitchen(asked)

    ran = run(busy, PUT)
    assert (ran.only.verdict, ran.checks()) == ("inconclusive", [])


def test_a_write_that_somebody_else_overwrites_every_time_is_held_against_nobody(
    run: Run, answer: MakeResponse
) -> None:
    kitchen = Kitchen(answer)

    def busy(asked: Any) -> Outcome:
        if asked.request.method == "GET":
            kitchen.name = f"by somebody else {len(kitchen.log)}"
        return kitchen(asked)

    ran = run(busy, CONTROL)
    assert (ran.only.verdict, ran.checks()) == ("inconclusive", [])
    assert "perhaps somebody else's write" in ran.only.reason


# --- stale reads


@dataclass
class Cache:
    """Answers a GET as it was first answered, `times` times; a query is a key of its own unless `ignores_query`."""

    kitchen: Kitchen
    times: int = 99
    headers: dict[str, str] = field(default_factory=lambda: {"X-Cache": "HIT"})
    ignores_query: bool = False
    kept: dict[str, str | None] = field(default_factory=dict)

    def __call__(self, asked: Any) -> Outcome:
        if asked.request.method != "GET":
            return self.kitchen(asked)
        key = "" if self.ignores_query else asked.request.url
        if key not in self.kept or self.times <= 0:
            self.kept[key] = self.kitchen.name
            return self.kitchen(asked)
        self.times -= 1
        return self.kitchen.make_response(200, {"id": "spoon", "name": self.kept[key]}, **self.headers)


def read_before(cache: Cache) -> Cache:
    cache.kept = dict.fromkeys(["", "http://127.0.0.1:9/items/spoon"], cache.kitchen.name)
    return cache


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Cache": "HIT"},
        {"X-Cache": "Hit from cloudfront"},
        {"Age": "3"},
        {"Age": "9" * 5000},
        {"CF_Cache_Status": "HIT"},
        {"Cache_Status": "Edge; hit; ttl=5"},
        {"X_Cache": "TCP_MEM_HIT from a23 (AkamaiGHost)"},
        {"X_Cache_Status": "UPDATING"},
        {"X_Varnish": "32770 5"},
        {"Warning": '110 - "Response is Stale"'},
        {},
    ],
    ids=lambda headers: next(iter(headers), "does not say so"),
)
def test_a_read_that_comes_from_a_cache_is_made_again_past_it(
    run: Run, answer: MakeResponse, headers: dict[str, str]
) -> None:
    ran = run(read_before(Cache(Kitchen(answer), headers=headers)), CONTROL)
    assert (ran.only.verdict, ran.checks()) == ("conforms", [])
    beyond = ran.only.beyond_plan
    assert (beyond.repeated, beyond.confirmed) == ((1, 0) if headers else (0, 1))


def test_a_read_that_only_ever_comes_from_a_cache_is_inconclusive(run: Run, answer: MakeResponse) -> None:
    ran = run(read_before(Cache(Kitchen(answer), ignores_query=True)), CONTROL)
    assert (ran.only.verdict, ran.checks()) == ("inconclusive", [])
    assert "get was answered from a cache every time" in ran.only.reason


def test_a_write_without_effect_is_seen_past_a_cache(run: Run, answer: MakeResponse) -> None:
    kitchen = Kitchen(answer)
    kitchen.put = lambda name: answer(200, {}) if len(name) <= 5 else answer(400, {"message": "The name is too long"})  # type: ignore[method-assign]
    ran = run(read_before(Cache(kitchen)), CONTROL)
    assert (ran.only.verdict, ran.checks()) == ("violates", [("effect", "must")])


def test_an_effect_hides_in_no_cache(run: Run, answer: MakeResponse) -> None:
    ran = run(read_before(Cache(Kitchen(answer, {"toolong": 99}))), PUT)
    assert (ran.only.verdict, ran.checks()) == ("violates", [("effect", "must")])


@pytest.mark.parametrize(("settle", "verdict"), [("2s", "conforms"), (None, "inconclusive")])
def test_a_read_that_lags_behind_is_made_again_until_the_target_has_settled(
    run: Run, answer: MakeResponse, settle: str | None, verdict: str
) -> None:
    lagging = read_before(Cache(Kitchen(answer), times=2, headers={}, ignores_query=True))
    assert run(lagging, CONTROL, settle=settle).only.verdict == verdict


@pytest.mark.parametrize(("settle", "verdict"), [("1s", "conforms"), (None, "inconclusive")])
def test_a_row_that_comes_last_reads_once_what_was_written_before_it_has_settled(
    run: Run, answer: MakeResponse, monkeypatch: pytest.MonkeyPatch, settle: str | None, verdict: str
) -> None:
    kitchen, waits = Kitchen(answer, name="Ladle"), list[float]()
    monkeypatch.setattr(threading.Event, "wait", lambda _, seconds=0.0: waits.append(seconds))

    def lagging(asked: Any) -> Outcome:
        if kitchen.name == "Ladle" and sum(waits) + 0.2 * kitchen.log.count("PUT") > 0.5:
            kitchen.name = "Spoon"  # as a row before this one has written it
        return kitchen(asked)

    assert run(lagging, PUT.replace("    expect", "    last: true\n    expect"), settle=settle).only.verdict == verdict


OTHER = "conformance-zzz999-0123456789ab"


@pytest.mark.parametrize(
    ("names", "total", "expected"),
    [
        (["a", "b", OTHER], 3, True),
        ([OTHER, "a"], 3, True),
        (["a", "b", "conformance-abc123-0123456789ab"], 3, False),
        (["b", OTHER], 1, False),
    ],
    ids=["added", "pushes off the page", "its own", "moves up after a deletion"],
)
def test_what_another_run_has_added_is_told_from_what_was_there(names: list[str], total: int, expected: bool) -> None:
    before, after = {"/names": ["a", "b"], "/total": 2}, {"/names": names, "/total": total}
    assert shows_another_run(before, after, "conformance-abc123") is expected


def test_what_another_run_has_taken_away_again_is_its_own_doing() -> None:
    before, after = {"/names": ["a", OTHER], "/total": 2}, {"/names": ["a"], "/total": 1}
    assert shows_another_run(before, after, "conformance-abc123")
    assert not shows_another_run(before, after, "conformance-zzz999")
