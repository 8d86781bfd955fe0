"""One row from plan to verdict, against a server in memory: what is blamed, what is doubted, what is put back."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from conformance.engine import culprit
from conformance.engine.step_sequence import StepResult, StepSequence
from conformance.http import Exchange, FailureKind, NoResponse, Outcome, Request, Response
from tests.conftest import InMemory

Run = Callable[..., Any]
MakeResponse = Callable[..., Response]

PUT = """\
  - id: bad-name
    cause: The name is too long.
    operations: [put]
    request: {json: {name: toolong}}
    vary: {json.name: {edges: {longer: waytoolong, longest: waywaytoolong}}}
    expect: {status: 400, message: The name is too long}
    unchanged:
      - {read: {call: get}, compare: [/name]}
"""

BELOW_WITH = """\
  - id: limit-below
    cause: The limit is below 0.
    request: {{query: {{limit: -1}}}}
    expect: {{status: 400, message: "limit: at least 0, not -1"}}
    control: {control}
"""


MISTAKEN = """\
  - id: limit-above
    cause: The limit is above what the profile says.
    request: {query: {limit: 8}}
    expect: {status: 400, message: "limit: at most 10"}
    mistaken:
      - key: fixtures.item
        steps:
          - {call: list, request: {query: {limit: 10}}}
          - {call: list, request: {query: {limit: 100}}, expect: {status: 400}}
      - key: fixtures.item
      - key: fixtures.not_given
"""


class Shop:
    """A server of the small contract that does what the documents say, but for what a test changes."""

    def __init__(self, make_response: MakeResponse) -> None:
        self.make_response = make_response
        self.items: dict[str, Any] = {"spoon": {"id": "spoon", "name": "Spoon"}}
        self.log: list[tuple[str, str]] = []
        self.most = 10

    def __call__(self, asked: Any) -> Outcome:
        method, path = asked.request.method, asked.path
        self.log.append((method, path))
        name = path.rpartition("/")[2]
        if path == "/items" and method == "POST":
            self.items["made"] = {"id": "made"}
            return self.make_response(201, self.items["made"])
        if path == "/items":
            return self.list(asked.query.get("limit", "5"))
        if name not in self.items:
            return self.make_response(404, {"message": "No such item"})
        if method == "DELETE":
            return self.make_response(200, self.items.pop(name))
        return self.put(name, asked.json) if method == "PUT" else self.make_response(200, self.items[name])

    def list(self, limit: str) -> Outcome:
        number = int(limit)
        if number < 0:
            return self.make_response(400, {"message": f"limit: at least 0, not {limit}"})
        if number > self.most:
            return self.make_response(400, {"message": "limit: at most 10"})
        return self.make_response(200, {"items": [{"id": "spoon"}][:number]})

    def put(self, name: str, body: Any) -> Outcome:
        if len(body["name"]) > 5:
            return self.make_response(400, {"message": "The name is too long"})
        self.items[name]["name"] = body["name"]
        return self.make_response(200, self.items[name])


@pytest.fixture
def server(answer: MakeResponse) -> Shop:
    return Shop(answer)


def test_a_server_that_does_as_promised_conforms(run: Run, server: Shop) -> None:
    ran = run(server)
    assert (ran.only.verdict, ran.only.reason, ran.checks()) == ("conforms", None, [])
    assert [(choice.input, choice.answer) for choice in ran.only.choices] == [("limit=-0", "accepted")]
    assert ran.session.sent == ran.only.requests == len(ran.only.exchanges)
    assert [*range(1, ran.only.requests + 1)] == [exchange.n for exchange in ran.only.exchanges]


def test_nothing_is_sent_beyond_what_was_planned(run: Run, server: Shop, shop: Any, target: Any) -> None:
    from conformance.session.contract_run import plan_rows

    contract = shop()
    plan = plan_rows(contract, target(), contract.rows, "standard", 0)["items/limit-below"]
    planned = len(list(plan.schedule()))
    assert run(server).session.sent <= planned


@pytest.mark.parametrize("most", [9, 10, 1000])
def test_a_value_of_the_profile_that_the_target_is_seen_to_keep_otherwise_is_not_held_against_it(
    run: Run, server: Shop, most: int
) -> None:
    server.most = most
    ran = run(server, MISTAKEN)
    if most == 10:
        reason = "test: fixtures.item: the target keeps to another value"
        assert (ran.only.verdict, ran.only.reason, ran.checks()) == ("inconclusive", reason, [])
    else:
        assert ran.only.verdict == "violates"
        said = "test: fixtures.item: no answer shows whether this is right: the fault is the target's, or this line's"
        assert list(map(str, ran.only.warnings)) == [said]
    assert ran.only.requests - ran.only.beyond_plan.confirmed == ran.only.planned


def test_a_row_that_lacks_something_sends_nothing_and_names_it(run: Run, server: Shop) -> None:
    ran = run(server, PUT, allow=[])
    assert (
        ran.only.verdict,
        ran.only.reason,
        ran.only.lacks,
    ) == ("not-exercised", "lacks allow: write", ("allow: write",))
    assert ran.session.sent == ran.only.requests == 0


# --- findings ------------------------------------------------------------------------------------------------------


UNDONE = """\
  - id: limit-below
    cause: The limit is below 0.
    before: [{call: get, capture: {kept: "{path.id}"}, undo: {call: list}}]
    request: {query: {limit: -1}}
    expect: {status: 400, message: "limit: at least 0, not {capture.kept}"}
"""


def test_a_wrong_answer_after_a_set_up_that_was_undone_says_so(run: Run, server: Shop) -> None:
    ran = run(server, UNDONE)
    (warning,) = ran.only.warnings
    assert warning == "get in `before` was undone before the probes were sent; what they need is undone in `after`"
    assert "spoon" in str(ran.only.findings)  # what the request of the set-up held
    meant = UNDONE.replace("undo: {call: list}}", "undo: {call: list}}, {call: list}")
    assert run(server, meant).only.warnings == ()


def test_a_server_that_accepts_everything_violates(run: Run, server: Shop, answer: MakeResponse) -> None:
    server.list = lambda limit: answer(200, {"items": []})  # type: ignore[method-assign]
    ran = run(server)
    assert ran.only.verdict == "violates"
    assert set(ran.checks()) == {("status", "must")}
    wrong = {attempt.label for attempt in ran.only.attempts if attempt.outcome == "violation"}
    assert {"example", "limit=two", "limit=ten"} <= wrong


@pytest.mark.parametrize(("ignores_query", "verdict"), [(False, "conforms"), (True, "inconclusive")])
def test_what_a_cache_answers_in_the_targets_place_is_asked_for_again(
    run: Run, server: Shop, answer: MakeResponse, ignores_query: bool, verdict: str
) -> None:
    def cached(asked: Any) -> Outcome:
        passed = "_nocache" in asked.request.url and not ignores_query
        return server(asked) if passed else answer(200, {"items": [{"id": "spoon"}]}, Age="3")

    ran = run(cached)
    assert (ran.only.verdict, ran.checks()) == (verdict, [])


FAILS = """\
  - id: fails
    cause: Something goes wrong.
    request: {hook: boom}
    expect: {status: 500, message: Something went wrong}
"""
GONE = """\
  - id: gone
    cause: There is no such item.
    operations: [get]
    before: [{call: get, capture: {kept: "{path.id}"}}]
    request: {path: {id: "{capture.kept}"}, query: {gone: "1"}, credential: full}
    expect: {status: 404, message: No such item}
"""


@pytest.mark.parametrize(
    ("row", "is_always_served", "verdict"),
    [
        (FAILS, False, "conforms"),
        (FAILS, True, "violates"),
        (GONE, False, "conforms"),
        (GONE, True, "violates"),
        (GONE.replace("credential: full", "credential: none"), False, "violates"),
    ],
)
def test_what_was_served_before_may_come_from_a_cache_that_does_not_say_so(
    run: Run, answer: MakeResponse, row: str, is_always_served: bool, verdict: str
) -> None:
    """One that serves whoever asks is the target's, and so is a target that goes on serving."""
    status, message = (500, "Something went wrong") if row is FAILS else (404, "No such item")
    refusal = answer(status, {"message": message})

    def cached(asked: Any) -> Outcome:
        is_faulty = "gone=1" in asked.request.url or ("X-Boom", "1") in asked.request.headers
        is_past = "_nocache" in asked.request.url and not is_always_served
        return refusal if is_faulty and is_past else answer(200, {"id": "spoon", "items": [{"id": "spoon"}]})

    assert run(cached, row).only.verdict == verdict


READ_BACK = (
    PUT
    + """\
    control:
      - label: c
        steps:
          - {call: put, request: {json: {name: fork}}}
          - {call: get, expect: {status: 200, equals: {/name: fork}}}
          - {call: get, expect: {status: 200, equals: {/name: fork}}}
"""
)


def test_a_read_that_forgets_what_it_has_shown_comes_from_no_cache(
    run: Run, server: Shop, answer: MakeResponse
) -> None:
    shown: list[str] = []

    def by_turns(asked: Any) -> Outcome:
        response = server(asked)
        if asked.request.method == "GET" and server.items["spoon"]["name"] == "fork":
            shown.append("old" if len(shown) % 2 and "_nocache" not in asked.request.url else "new")
            return answer(200, {"id": "spoon", "name": "Spoon"}) if shown[-1] == "old" else response
        return response

    ran = run(by_turns, READ_BACK)
    assert (ran.only.verdict, ran.checks()) == ("inconclusive", [])  # somebody else may write here, too


def test_what_an_earlier_read_did_not_look_for_may_still_come_from_a_cache(
    run: Run, server: Shop, answer: MakeResponse
) -> None:
    def cached(asked: Any) -> Outcome:
        response = server(asked)
        is_past = "_nocache" in asked.request.url or asked.request.method != "GET" or asked.path == "/items"
        return response if is_past else answer(200, {"id": "spoon", "name": "Spoon"})

    rows = READ_BACK.replace("{call: get, expect: {status: 200, equals: {/name: fork}}}", "{call: get}", 1)
    assert (run(cached, rows).only.verdict, rows != READ_BACK) == ("conforms", True)


def test_new_wording_drifts(run: Run, server: Shop, answer: MakeResponse) -> None:
    asked = server.list
    server.list = lambda limit: answer(400, {"message": "negative"}) if int(limit) < 0 else asked(limit)  # type: ignore[method-assign]
    ran = run(server)
    assert ran.only.verdict == "drifts"
    assert set(ran.checks()) == {("message", "should")}


def test_a_finding_points_at_the_exchange_that_shows_it(run: Run, server: Shop, answer: MakeResponse) -> None:
    asked = server.list
    server.list = lambda limit: answer(200, {"items": []}) if limit == "-10" else asked(limit)  # type: ignore[method-assign]
    (found,) = run(server).only.findings
    assert (found.where, found.expected, found.actual) == ("limit=ten", 400, 200)


def test_what_is_wrong_now_and_then_is_wrong_and_says_how_often(run: Run, answer: MakeResponse) -> None:
    rows = "  - {id: one, cause: a, request: {query: {limit: -1}}, expect: {status: 400}}\n"
    calls = iter([400, 200, 400, 400])
    ran = run(lambda _: answer(next(calls), {}), rows)
    (found,) = ran.only.findings
    assert (ran.only.verdict, found.times) == ("violates", "1 of 4")


# --- controls ------------------------------------------------------------------------------------------------------


def test_a_server_that_rejects_everything_in_the_words_of_the_row_violates(run: Run, answer: MakeResponse) -> None:
    ran = run(lambda asked: answer(400, {"message": f"limit: at least 0, not {asked.query['limit']}"}))
    assert ran.only.verdict == "violates"
    assert ran.checks() == [("control", "must")]


def test_a_control_that_is_refused_otherwise_leaves_the_row_inconclusive(
    run: Run, server: Shop, answer: MakeResponse
) -> None:
    asked = server.list
    server.list = lambda limit: answer(403, {"message": "Go away"}) if limit == "0" else asked(limit)  # type: ignore[method-assign]
    ran = run(server)
    assert ran.only.verdict == "inconclusive"
    assert "control limit=0 was refused: 403 Go away" in ran.only.reason


@pytest.mark.parametrize(("status", "verdict"), [(403, "violates"), (409, "inconclusive")])
def test_a_control_that_is_refused_only_at_times_violates(
    run: Run, server: Shop, answer: MakeResponse, status: int, verdict: str
) -> None:
    asked, refusals = server.list, [answer(status, {"message": "Go away"})]
    server.list = lambda limit: refusals.pop() if limit == "0" and refusals else asked(limit)  # type: ignore[method-assign]
    assert run(server).only.verdict == verdict


def test_a_refusal_of_what_an_earlier_try_may_have_done_is_no_refusal_at_times(
    run: Run, server: Shop, answer: MakeResponse, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = InMemory.send

    def send(self: InMemory, request: Any, **named: Any) -> Any:
        return replace(sent(self, request, **named), maybe_done="limit=0" in request.url)

    monkeypatch.setattr(InMemory, "send", send)
    asked, refusals = server.list, [answer(403, {"message": "Go away"})]
    server.list = lambda limit: refusals.pop() if limit == "0" and refusals else asked(limit)  # type: ignore[method-assign]
    assert run(server).only.verdict == "inconclusive"


def test_a_server_that_refuses_all_in_the_same_other_words_is_not_blamed(run: Run, answer: MakeResponse) -> None:
    ran = run(lambda _: answer(403, {"message": "Go away"}))
    assert (ran.only.verdict, ran.checks()) == ("inconclusive", [])
    assert "refused in the same words" in ran.only.reason


def test_a_refusal_that_a_control_asks_for_explains_no_other(run: Run, answer: MakeResponse) -> None:
    control = "{label: c, steps: [{call: list, request: {query: {limit: 99}}, expect: {status: 400}}]}"
    row = f"{{id: low, cause: a, request: {{query: {{limit: -1}}}}, expect: {{status: 400}}, control: [{control}]}}"
    assert run(lambda _: answer(409, {"message": "Go away"}), f"  - {row}\n").only.verdict == "violates"


def test_a_violation_beside_an_explained_refusal_stands(run: Run, answer: MakeResponse) -> None:
    def answered(asked: Any) -> Outcome:
        return answer(200, {}) if asked.query["limit"] == "-10" else answer(403, {"message": "Go away"})

    ran = run(answered)
    assert ran.only.verdict == "violates"
    assert [item.where for item in ran.only.findings] == ["limit=ten"]


@pytest.mark.parametrize("status", [500, 304])
def test_a_control_that_fails_in_the_server_violates(run: Run, server: Shop, answer: MakeResponse, status: int) -> None:
    asked = server.list
    server.list = lambda limit: answer(status, {"message": "Oops"}) if limit == "0" else asked(limit)  # type: ignore[method-assign]
    assert run(server).only.verdict == "violates"


def test_a_control_without_its_effect_violates(run: Run, server: Shop, answer: MakeResponse) -> None:
    asked = server.list
    server.list = lambda limit: answer(200, {"items": [{}]}) if limit == "0" else asked(limit)  # type: ignore[method-assign]
    ran = run(server)
    assert (ran.only.verdict, ran.checks()) == ("violates", [("effect", "must")])


def test_a_control_that_was_passed_is_not_sent_again_for_another_row(run: Run, server: Shop) -> None:
    rows = "".join(
        f"  - {{id: {name}, cause: a, request: {{query: {{limit: {value}}}}}, expect: {{status: 400}}, "
        "control: [{label: c, steps: [{call: get}]}]}\n"
        for name, value in (("low", -1), ("high", 11))
    )
    ran = run(server, rows)
    assert server.log.count(("GET", "/items/spoon")) == 1
    assert {row.verdict for row in ran.rows.values()} == {"conforms"}
    assert any("(shared)" in attempt.answer for attempt in ran.rows["items/high"].attempts)


# --- silence -------------------------------------------------------------------------------------------------------


def test_silence_is_never_blamed_on_the_target(run: Run) -> None:
    ran = run(lambda _: NoResponse(FailureKind.TIMEOUT, "10 s"))
    assert (ran.only.verdict, ran.checks()) == ("inconclusive", [])
    assert "no answer (timeout: 10 s)" in ran.only.reason


def test_one_silence_among_answers_leaves_the_row_inconclusive(run: Run, server: Shop) -> None:
    def answered(asked: Any) -> Outcome:
        return NoResponse(FailureKind.RESET) if asked.query.get("limit") == "-2" else server(asked)

    assert run(answered).only.verdict == "inconclusive"


def test_a_set_up_that_fails_leaves_the_row_untried(run: Run, server: Shop) -> None:
    rows = "  - {id: one, cause: a, before: [{call: get}], expect: {status: 400}}\n"
    ran = run(server, rows, fixtures={"item": "fork"})
    assert (
        ran.only.verdict,
        ran.only.reason,
        ran.session.sent,
    ) == ("inconclusive", "set-up failed: get was answered 404", 1)


def test_what_an_optional_set_up_could_not_give_is_taken_off_the_plan(run: Run, server: Shop) -> None:
    rows = """\
  - id: one
    cause: a
    before: [{call: get, optional: true, expect: {status: 404}, capture: {seen: /id}}, {call: get}]
    request: {query: {limit: -1}}
    expect: {status: 400}
    open: [{vary: {query.limit: {edges: {seen: "{capture.seen}"}}}, accept: [400]}]
"""
    ran = run(server, rows)
    assert (ran.only.verdict, len(ran.only.skipped)) == ("conforms", 1)
    assert ran.only.planned == ran.only.requests == ran.session.sent


@pytest.mark.parametrize(("call", "verdict"), [("add", "inconclusive"), ("get", "conforms")])
def test_an_optional_write_that_gets_no_answer_ends_the_set_up(run: Run, server: Shop, call: str, verdict: str) -> None:
    lost = "POST" if call == "add" else "GET"

    def answered(asked: Any) -> Outcome:
        if asked.request.method == lost and asked.request.url.endswith(("/items", "/spoon")):
            return NoResponse(FailureKind.RESET, "reset")
        return server(asked)

    rows = f"  - {{id: one, cause: a, before: [{{call: {call}, optional: true}}], request: {{query: {{limit: -1}}}},"
    assert run(answered, rows + " expect: {status: 400}}\n").only.verdict == verdict


@pytest.mark.parametrize("earlier", ["", "{call: get, capture: {gone: /id}}, "])
def test_a_value_that_the_last_answer_did_not_give_is_a_doubt(run: Run, server: Shop, earlier: str) -> None:
    rows = f"""\
  - id: one
    cause: a
    before: [{earlier}{{call: get, capture: {{gone: /nowhere}}}}]
    request: {{query: {{limit: "{{capture.gone}}"}}}}
    expect: {{status: 400}}
"""
    ran = run(server, rows)
    assert ran.only.verdict == "inconclusive"
    assert "capture.gone" in ran.only.reason


def test_an_input_that_happens_to_be_valid_is_neither_blamed_nor_counted(run: Run, server: Shop) -> None:
    rows = """\
  - id: none
    cause: a
    operations: [get]
    request: {path: {id: "{fixture.missing}"}}
    vary: {path.id: {near_misses: {n: "{fixture.item}x"}, unless: {/id: "{path.id}"}}}
    expect: {status: 404}
"""
    server.items["spoonx"] = {"id": "spoonx"}
    ran = run(server, rows)
    assert ran.only.verdict == "conforms"
    (attempt,) = (attempt for attempt in ran.only.attempts if attempt.label == "id=n")
    assert "happens to be valid" in attempt.answer
    server.items["spoonx"] = {"id": "spoon"}
    assert run(server, rows).only.verdict == "violates"


def test_a_list_that_never_shows_what_a_control_has_made_violates(
    run: Run, server: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(culprit, "SHORTEST_QUIET", 0.01)
    listed = "{properties: {items: {contains: {properties: {id: {const: '{capture.made}'}}}}}}"
    added = "{call: add, expect: {status: 201}, capture: {made: /id}, undo: {call: remove}}"
    control = f"[{{label: listed, steps: [{added}, {{call: list, expect: {{status: 200, body: {listed}}}}}]}}]"
    ran = run(server, BELOW_WITH.format(control=control))
    assert (ran.only.verdict, ran.checks()) == ("violates", [("effect", "must")])


# --- guards --------------------------------------------------------------------------------------------------------


def test_a_rejected_write_that_changes_nothing_conforms_with_two_reads(run: Run, server: Shop) -> None:
    ran = run(server, PUT)
    assert ran.only.verdict == "conforms"
    assert server.log.count(("GET", "/items/spoon")) == 2


def changing(server: Shop) -> Callable[[str, Any], Outcome]:
    put = server.put

    def changed(name: str, body: Any) -> Outcome:
        reply = put(name, body)
        if body["name"] == "waywaytoolong":
            server.items[name]["name"] = "changed"
        return reply

    return changed


def test_a_rejected_write_with_an_effect_violates(run: Run, server: Shop) -> None:
    server.put = changing(server)  # type: ignore[method-assign]
    ran = run(server, PUT)
    assert (ran.only.verdict, ran.checks()) == ("violates", [("effect", "must")])
    (found,) = ran.only.findings
    assert (found.expected, found.actual) == ({"/name": "Spoon"}, {"/name": "changed"})


def test_a_look_after_each_write_names_the_one(run: Run, server: Shop) -> None:
    server.put = changing(server)  # type: ignore[method-assign]
    (found,) = run(server, PUT.replace("compare:", "each: true, compare:")).only.findings
    assert found.where == "name=longest"


def test_a_change_that_is_not_seen_twice_may_be_somebody_else_s(run: Run, server: Shop) -> None:
    put, times = server.put, iter([True])

    def once(name: str, body: Any) -> Outcome:
        reply = put(name, body)
        if body["name"] == "waywaytoolong" and next(times, False):
            server.items[name]["name"] = "by somebody else"
        return reply

    server.put = once  # type: ignore[method-assign]
    ran = run(server, PUT.replace("compare:", "each: true, confirm: true, compare:"))
    assert (ran.only.verdict, ran.checks()) == ("inconclusive", [])
    assert "somebody else" in ran.only.reason


def changing_times(server: Shop, most: int) -> Callable[[str, Any], Outcome]:
    put, count = server.put, iter(range(most))

    def changed(name: str, body: Any) -> Outcome:
        reply = put(name, body)
        if body["name"] == "waywaytoolong" and (number := next(count, None)) is not None:
            server.items[name]["name"] = f"changed {number}"
        return reply

    return changed


@pytest.mark.parametrize("each", ["each: true, ", ""])
def test_a_change_that_is_made_again_and_again_violates_and_names_the_write(run: Run, server: Shop, each: str) -> None:
    server.put = changing_times(server, 99)  # type: ignore[method-assign]
    ran = run(server, PUT.replace("compare:", f"{each}confirm: true, compare:"))
    assert (ran.only.verdict, ran.checks()) == ("violates", [("effect", "must")])
    (found,) = ran.only.findings
    assert found.where == "name=longest"
    sent = next(one.request for one in ran.only.exchanges if one.n == found.exchange)
    assert (sent.method, "waywaytoolong" in (sent.body or "")) == ("PUT", True)


@pytest.mark.parametrize("times", [2, 3])
def test_a_change_that_is_not_made_every_time_may_be_somebody_else_s(run: Run, server: Shop, times: int) -> None:
    server.put = changing_times(server, times)  # type: ignore[method-assign]
    ran = run(server, PUT.replace("compare:", "confirm: true, compare:"))
    assert (ran.only.verdict, ran.checks()) == ("inconclusive", [])


def test_where_something_changes_while_nothing_is_sent_nobody_is_blamed(run: Run, server: Shop) -> None:
    count = iter(range(999))

    def busy(asked: Any) -> Outcome:
        server.items["spoon"]["name"] = f"by somebody else {next(count)}"
        return server(asked)

    ran = run(busy, PUT.replace("compare:", "confirm: true, compare:"))
    assert (ran.only.verdict, ran.checks()) == ("inconclusive", [])
    assert "somebody else writes" in ran.only.reason


@pytest.mark.parametrize(("before", "after"), [(1, True), (0, False), (None, ""), ([], {})])
def test_a_change_of_type_is_a_change(run: Run, server: Shop, before: Any, after: Any) -> None:
    server.items["spoon"]["name"] = before
    put = server.put

    def changed(name: str, body: Any) -> Outcome:
        reply = put(name, body)
        server.items[name]["name"] = after
        return reply

    server.put = changed  # type: ignore[method-assign]
    assert run(server, PUT).only.verdict == "violates"


def test_a_guard_that_cannot_read_is_a_doubt(run: Run, server: Shop, answer: MakeResponse) -> None:
    def answered(asked: Any) -> Outcome:
        return answer(500, {"message": "Oops"}) if asked.request.method == "GET" else server(asked)

    ran = run(answered, PUT)
    assert ran.only.verdict == "inconclusive"
    assert "could not be read" in ran.only.reason


def test_an_account_that_is_locked_gets_no_further_wrong_password(run: Run, server: Shop, answer: MakeResponse) -> None:
    sent: list[str] = []

    def answered(asked: Any) -> Outcome:
        if asked.request.method == "PUT":
            sent.append(asked.json["name"])
        elif "waytoolong" in sent:
            return answer(401, {"message": "Locked"})
        return server(asked)

    row = PUT.replace("edges:", "once: true, edges:").replace("compare:", "each: true, compare:")
    row = row.replace("longest:", "last: waywaywaytoolong, longest:")
    assert run(answered, row).only.verdict == "inconclusive"
    assert sent == ["toolong", "waytoolong"]


MADE = """\
  - id: bad-name
    cause: The name is too long.
    operations: [{call: put, request: {path: {id: "{capture.id}"}}}]
    request: {json: {name: toolong}}
    expect: {status: 400, message: The name is too long}
    before: [{call: add, request: {json: {name: a}}, expect: {status: 201}, capture: {id: /id}}]
    unchanged: [{read: {call: get, request: {path: {id: "{capture.id}"}}}, compare: [/name]}]
"""


def test_what_the_set_up_made_with_success_is_there(run: Run, server: Shop, answer: MakeResponse) -> None:
    def answered(asked: Any) -> Outcome:
        return answer(201, {"id": "lost"}) if asked.request.method == "POST" else server(asked)

    ran = run(answered, MADE)
    assert (ran.only.verdict, ("effect", "must") in ran.checks()) == ("violates", True)
    assert run(server, MADE).only.verdict == "conforms"


# --- taking back ---------------------------------------------------------------------------------------------------

ADD = """\
  - id: bad-add
    cause: a
    operations: [add]
    request: {json: {name: ""}}
    expect: {status: 400}
    undo: {capture: {wrong: /id}, steps: [{call: remove, request: {path: {id: "{capture.wrong}"}}}]}
    control:
      - label: one is added
        steps:
          - call: add
            request: {json: {name: a}}
            expect: {status: 201}
            capture: {id: /id}
            undo: {call: remove, request: {path: {id: "{capture.id}"}}}
"""


def refusing(server: Shop, answer: MakeResponse) -> Callable[[Any], Outcome]:
    return lambda asked: answer(400, {}) if asked.request.method == "POST" and not asked.json["name"] else server(asked)


def test_what_a_control_made_is_taken_away(run: Run, server: Shop, answer: MakeResponse) -> None:
    ran = run(refusing(server, answer), ADD)
    assert (ran.only.verdict, ran.only.warnings, set(server.items)) == ("conforms", (), {"spoon"})


def test_what_a_later_step_took_away_is_not_taken_away_twice(run: Run, server: Shop, answer: MakeResponse) -> None:
    rows = ADD + '          - {call: remove, request: {path: {id: "{capture.id}"}}}\n'
    assert run(refusing(server, answer), rows).only.verdict == "conforms"
    assert server.log.count(("DELETE", "/items/made")) == 1


def test_what_cannot_be_taken_away_is_a_warning_and_no_verdict(run: Run, server: Shop, answer: MakeResponse) -> None:
    refused = refusing(server, answer)

    def answered(asked: Any) -> Outcome:
        return answer(409, {}) if asked.request.method == "DELETE" else refused(asked)

    ran = run(answered, ADD)
    assert ran.only.verdict == "conforms"
    assert ran.only.warnings == ("what add left behind may still be there: remove was answered 409",)


def test_a_probe_that_was_accepted_is_taken_back(run: Run, server: Shop) -> None:
    rows = ADD
    ran = run(server, rows)
    assert (ran.only.verdict, set(server.items)) == ("violates", {"spoon"})


def test_what_a_row_changed_is_put_back_even_where_it_violates(run: Run, server: Shop) -> None:
    rows = PUT.replace("toolong}}", "ok}}", 1) + "    after: [{call: put, request: {json: {name: Spoon}}}]\n"
    ran = run(server, rows)
    assert (ran.only.verdict, server.items["spoon"]["name"]) == ("violates", "Spoon")


@pytest.mark.parametrize(("status", "verdict"), [(500, "violates"), (404, "conforms")])
def test_a_500_behind_refused_requests_violates(
    run: Run, server: Shop, answer: MakeResponse, status: int, verdict: str
) -> None:
    refused = [False]

    def answered(asked: Any) -> Outcome:
        outcome = (
            server(asked) if asked.request.method != "GET" or not refused[0] else answer(status, {"message": "no"})
        )
        refused[0] = refused[0] or asked.request.method == "PUT"
        return outcome

    rows = PUT.partition("    unchanged:")[0] + '    after: [{call: get, request: {path: {id: "spoon"}}}]\n'
    assert run(answered, rows).only.verdict == verdict


# --- repetition ----------------------------------------------------------------------------------------------------

LIMITED = "  - {id: limited, cause: a, permission: exhaust, expect: {status: 429}, repeat: {at_most: 6}}\n"


def statuses(answer: MakeResponse, *codes: int) -> Callable[[Any], Outcome]:
    rest: Iterator[int] = iter(codes)
    return lambda _: answer(next(rest), {})


def test_the_example_is_repeated_until_the_promised_status_comes(run: Run, answer: MakeResponse) -> None:
    ran = run(statuses(answer, 200, 200, 429, 429), LIMITED)
    assert (ran.only.verdict, ran.only.requests, len(ran.only.attempts)) == ("conforms", 4, 2)


def test_a_limit_that_never_comes_violates_within_the_bound(run: Run, answer: MakeResponse) -> None:
    ran = run(statuses(answer, *[200] * 6), LIMITED)
    assert (ran.only.verdict, ran.only.requests) == ("violates", 6)


def test_a_limit_that_is_there_from_the_start_tells_nothing(run: Run, answer: MakeResponse) -> None:
    ran = run(statuses(answer, 429), LIMITED)
    assert (ran.only.verdict, ran.only.requests) == ("inconclusive", 1)


def test_an_allowance_that_the_rows_before_have_used_up_is_waited_for(run: Run, answer: MakeResponse) -> None:
    ran = run(statuses(answer, 200, 200, 429, 429), LIMITED)
    assert ran.session.patient[0]
    assert not any(ran.session.patient[1:3])


def test_another_refusal_on_the_way_violates(run: Run, answer: MakeResponse) -> None:
    ran = run(statuses(answer, 200, 500, 500), LIMITED)
    assert (ran.only.verdict, ran.only.requests) == ("violates", 3)


def test_a_write_that_is_refused_as_everything_is_and_has_an_effect_violates(
    run: Run, server: Shop, answer: MakeResponse
) -> None:
    def answered(asked: Any) -> Outcome:
        if asked.request.method == "PUT":
            server.items["spoon"]["name"] = asked.json["name"]
            return answer(403, {"message": "Go away"})
        return server(asked)

    rows = PUT + "    control: [{label: c, steps: [{call: put, request: {json: {name: ok}}}]}]\n"
    ran = run(answered, rows)
    assert (ran.only.verdict, ran.checks()) == ("violates", [("effect", "must")])


def test_a_key_in_a_refusal_that_explains_nothing_violates(run: Run, answer: MakeResponse) -> None:
    ran = run(lambda asked: answer(403, {"message": f"not for {asked.header('X-Key')}"}))
    assert (ran.only.verdict, set(ran.checks())) == ("violates", {("leak", "must")})


def test_a_stop_in_the_middle_leaves_nothing_behind(run: Run, server: Shop, answer: MakeResponse) -> None:
    refused = refusing(server, answer)

    def answered(asked: Any) -> Outcome:
        reply = refused(asked)
        return NoResponse(FailureKind.TIMEOUT) if asked.request.method == "GET" else reply

    rows = ADD + "          - {call: get}\n"
    ran = run(answered, rows)
    assert (ran.only.verdict, set(server.items)) == ("inconclusive", {"spoon"})


def test_a_control_that_was_passed_with_other_captures_is_sent_again(run: Run, server: Shop) -> None:
    server.items["fork"] = {"id": "fork", "name": "Fork"}
    rows = "".join(
        f"""\
  - id: {name}
    cause: a
    before: [{{call: get, request: {{path: {{id: {item}}}}}, capture: {{seen: /id}}}}]
    request: {{query: {{limit: {value}}}}}
    expect: {{status: 400}}
    control: [{{label: c, steps: [{{call: put, request: {{path: {{id: "{{capture.seen}}"}}, json: {{name: a}}}}}}]}}]
"""
        for name, item, value in (("low", "spoon", -1), ("high", "fork", 11))
    )
    ran = run(server, rows)
    assert {row.verdict for row in ran.rows.values()} == {"conforms"}
    assert [each for each in server.log if each[0] == "PUT"] == [("PUT", "/items/spoon"), ("PUT", "/items/fork")]


@pytest.mark.parametrize(
    "failure",
    [
        NoResponse(FailureKind.RESET),
        NoResponse(FailureKind.TIMEOUT),
        NoResponse(FailureKind.UNAVAILABLE, response=Response(502, (), b"", 0)),
    ],
)
@pytest.mark.parametrize(("lost", "verdict"), [(1, "conforms"), (2, "conforms"), (3, "inconclusive")])
def test_a_control_whose_call_got_lost_on_the_way_is_begun_again_twice(
    run: Run, server: Shop, failure: NoResponse, lost: int, verdict: str
) -> None:
    calls = iter(range(99))

    def answered(asked: Any) -> Outcome:
        return failure if asked.request.method == "PUT" and next(calls) < lost else server(asked)

    put = {"steps": [{"call": "put", "repeatable": False, "request": {"json": {"name": "ok"}}}]}
    ran = run(answered, BELOW_WITH.format(control=json.dumps([{"label": "c", **put}])))
    assert verdict == ran.only.verdict


@pytest.mark.parametrize(
    ("refusals", "tries", "verdict"), [(1, 2, "inconclusive"), (2, 2, "violates"), (1, 1, "violates")]
)
def test_what_a_control_uses_may_expire_while_it_waits(
    run: Run,
    server: Shop,
    answer: MakeResponse,
    monkeypatch: pytest.MonkeyPatch,
    *,
    refusals: int,
    tries: int,
    verdict: str,
) -> None:
    sent, left = InMemory.send, [{"message": "limit: at least 0, not -1"}] * refusals

    def send(self: InMemory, request: Any, **named: Any) -> Any:
        exchange = sent(self, request, **named)
        return replace(exchange, tries=tries) if request.method == "PUT" else exchange

    def answered(asked: Any) -> Outcome:
        return answer(400, left.pop()) if asked.request.method == "PUT" and left else server(asked)

    monkeypatch.setattr(InMemory, "send", send)
    steps = [{"call": "list"}, {"call": "put", "request": {"json": {"name": "ok"}}}]
    ran = run(answered, BELOW_WITH.format(control=json.dumps([{"label": "c", "steps": steps}])))
    assert verdict == ran.only.verdict


@pytest.mark.parametrize(
    ("status", "tries", "interrupted"),
    [(502, 1, True), (504, 1, True), (502, 4, False), (429, 1, False), (503, 1, False)],
)
def test_only_what_a_gateway_refused_once_is_begun_again(*, status: int, tries: int, interrupted: bool) -> None:
    failure = NoResponse(FailureKind.UNAVAILABLE, response=Response(status, (), b"", 0))
    exchange = Exchange(cast("Request", None), failure, tries=tries)
    call = StepResult(cast("Any", None), exchange, 1, cast("Any", None), ())
    assert interrupted == StepSequence(broken=call).interrupted


UNTOLD = NoResponse(FailureKind.RESET, "the answer to the first try was lost", Response(404, (), b"{}", 2))
REMOVED = """\
  - id: gone
    cause: There is no such item.
    operations: [remove]
    before: [{call: add, request: {json: {name: Fork}}, capture: {made: /id}}]
    after: [{call: remove, request: {path: {id: "{capture.made}"}}}]
    request: {path: {id: "{fixture.missing}"}}
    expect: {status: 404, message: No such item}
    control:
      - label: one that was made, taken away
        steps:
          - {call: add, request: {json: {name: Knife}}, capture: {other: /id}}
          - {call: remove, request: {path: {id: "{capture.other}"}}}
"""


@dataclass
class Drawer:
    """A server with items; the answer to the n-th DELETE of something gets lost, and its repetition is answered 404."""

    make_response: Callable[..., Response]
    lost: Container[int] = ()
    items: dict[str, str] = field(default_factory=dict)
    log: list[tuple[str, str]] = field(default_factory=list)
    deletions: int = 0

    def __call__(self, asked: Any) -> Outcome:
        self.log.append((asked.request.method, asked.path))
        if asked.request.method == "POST":
            name = f"i{len(self.log)}"
            self.items[name] = asked.json["name"]
            return self.make_response(200, {"id": name})
        self.deletions += 1
        found = self.items.pop(asked.path.rpartition("/")[2], None)
        if self.deletions in self.lost:
            return UNTOLD
        return self.make_response(200, {}) if found else self.make_response(404, {"message": "No such item"})


@pytest.mark.parametrize(("lost", "made"), [([], 2), ([1], 3), ([1, 3], 4), ([2], 3), ([1, 2], 3)])
def test_a_404_after_a_lost_answer_begins_its_chain_again(
    run: Run, answer: Callable[..., Response], lost: list[int], made: int
) -> None:
    drawer = Drawer(answer, lost)
    ran = run(drawer, REMOVED)
    assert (ran.only.verdict, ran.checks(), drawer.items) == ("conforms", [], {})
    assert ran.only.requests == len(drawer.log)
    assert ran.only.beyond_plan.repeated == ran.only.requests - ran.only.planned
    assert [method for method, _ in drawer.log].count("POST") == made


def test_a_chain_that_cannot_be_begun_again_leaves_the_row_in_doubt(run: Run, answer: Callable[..., Response]) -> None:
    drawer = Drawer(answer, [1])

    def full(asked: Any) -> Outcome:
        is_second = asked.request.method == "POST" and ("POST", asked.path) in drawer.log
        return answer(409, {"message": "The drawer is full"}) if is_second else drawer(asked)

    ran = run(full, REMOVED)
    assert (ran.only.verdict, ran.checks()) == ("inconclusive", [])
    assert "set-up failed: add was answered 409" in str(ran.only.reason)


def test_a_404_that_always_comes_after_a_lost_answer_is_inconclusive(run: Run, answer: Callable[..., Response]) -> None:
    ran = run(Drawer(answer, range(1, 4)), REMOVED.replace("after:", "#"))
    assert (ran.only.verdict, ran.checks()) == ("inconclusive", [])
