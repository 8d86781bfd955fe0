"""Conditions hold where they should, and each builder method changes the one decision that it names."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from conformance.reference.fault_builder import (
    FaultBuilder,
    after_first,
    always,
    every_nth,
    not_first,
    on_connections_of,
    on_every_second_connection,
    since,
    when,
)
from conformance.reference.hooks import Behaviour, FaultyServer, RequestContext
from conformance.reference.http import JsonResponse
from conformance.reference.response_changes import with_status

BUILDER = FaultBuilder[RequestContext]()
ROW, OTHER = ("items", 1), ("items", 2)
MakeContext = Callable[..., RequestContext]


@pytest.mark.parametrize(
    ("expected", "holds"),
    [
        ({"operation": "listItems"}, True),
        ({"operation": "list"}, False),
        ({"operation": "list.*|other"}, True),
        ({"key": "secret"}, False),
        ({"key": None}, True),
        ({"body": (1, 5)}, True),
        ({"body": (6, 9)}, False),
        ({"query": {"limit": "[0-9]+"}}, True),
        ({"query": {"limit": "[a-z]+"}}, False),
        ({"query": {"offset": ".*"}}, False),
        ({"operation": "listItems", "body": (6, 9)}, False),
    ],
)
def test_when_compares_every_attribute(make_context: MakeContext, expected: dict[str, Any], *, holds: bool) -> None:
    context = make_context(operation="listItems", body=5, query={"limit": ["12", "x"]})
    assert when(**expected)(context) is holds


def test_a_row_is_no_range(make_context: MakeContext) -> None:
    assert [when(body=ROW)(make_context(body=body)) for body in (ROW, OTHER, None)] == [True, False, False]


def test_crossed_and_dealt_faults_are_named_after_their_rows() -> None:
    rows = {ROW: "first", OTHER: "second"}
    crossed = [*BUILDER.cross(rows, [("says_{}_as_html", "status", 500, None)])]
    dealt = [*BUILDER.deal(rows, "puts_{1}_in_{0}", "envelope", [("error", 500)])]
    assert [(one.fault.name, one.fault.rows) for one in (*crossed, *dealt)] == [
        ("says_first_as_html", (ROW,)), ("says_second_as_html", (OTHER,)),
        ("puts_first_in_error", (ROW,)), ("puts_second_in_error", (OTHER,)),
    ]  # fmt: skip


def test_a_range_does_not_hold_for_a_missing_number(make_context: MakeContext) -> None:
    assert when(body=(0, 9))(make_context()) is False


def test_when_needs_every_condition_beside_the_attributes(make_context: MakeContext) -> None:
    context = make_context(operation="a")
    assert when(always, operation="a")(context) is True
    assert when(always, operation="b")(context) is False
    assert when(when(operation="b"), operation="a")(context) is False


def test_counting_conditions_count_only_the_requests_they_are_about(make_context: MakeContext) -> None:
    mine, other = make_context(operation="mine"), make_context(operation="other")
    requests = [mine, other, mine, other, mine, mine]
    first, third = after_first(when(operation="mine")), every_nth(3)(when(operation="mine"))
    assert [first(request) for request in requests] == [False, False, True, False, True, True]
    assert [third(request) for request in requests] == [False, False, False, False, True, False]


def test_not_first_spares_the_first_request_and_its_repetitions(make_context: MakeContext) -> None:
    differs = not_first(always)
    requests = [make_context("/a"), make_context("/b"), make_context("/a"), make_context("/a", body=b"x")]
    assert [differs(request) for request in requests] == [False, True, False, True]


def behaviour(server: FaultyServer[RequestContext]) -> Behaviour[RequestContext]:
    return Behaviour([server.make_hooks()])


def test_accepts_skips_the_rule_of_its_row_where_its_condition_holds(make_context: MakeContext) -> None:
    lenient = behaviour(BUILDER.accepts("lenient", ROW, when(operation="a")))
    assert lenient.enforces(ROW, make_context(operation="a")) is False
    assert lenient.enforces(ROW, make_context(operation="b")) is True
    assert lenient.enforces(OTHER, make_context(operation="a")) is True


def test_rejects_uses_the_first_of_its_rows(make_context: MakeContext) -> None:
    server = BUILDER.rejects("strict", (OTHER, ROW), when(operation="a"))
    assert server.fault.rejects_valid is True
    assert behaviour(server).wrong_rejection(make_context(operation="a")) == OTHER
    assert behaviour(server).wrong_rejection(make_context(operation="b")) is None


@pytest.mark.parametrize(
    ("to", "changed"),
    [("row", [True, False, False]), ("success", [False, False, True]), ("refused", [True, True, False])],
)
def test_answers_changes_the_responses_it_is_about(make_context: MakeContext, to: Any, changed: list[bool]) -> None:
    server = BUILDER.answers("wrong", ROW, "status", with_status(299), to=to)
    responses = [JsonResponse(400, row=ROW), JsonResponse(400, row=OTHER), JsonResponse(200)]
    altered = [behaviour(server).alter(response, make_context()) for response in responses]
    assert [response.status == 299 for response in altered] == changed


def test_answers_to_any_request_changes_every_response(make_context: MakeContext) -> None:
    server = behaviour(BUILDER.answers("wrong", (), "crash", with_status(500), to="any"))
    statuses = [server.alter(response, make_context()).status for response in (JsonResponse(400), JsonResponse(200))]
    assert statuses == [500, 500]


@pytest.mark.parametrize("done", [True, False])
def test_performs_decides_its_effect_alone(make_context: MakeContext, *, done: bool) -> None:
    server = behaviour(BUILDER.performs("effect", ROW, "store", done=done))
    assert server.performs("store", make_context(), intended=not done) is done
    assert server.performs("delete", make_context(), intended=not done) is not done


def test_what_is_done_later_is_not_done_at_once_but_in_the_order_of_requests() -> None:
    done, order = threading.Event(), list[int]()
    _, late = BUILDER.now_and_later(BUILDER.performs("keeps_it", ROW, "store"))
    server = behaviour(late)
    for number in range(20):
        server.carry_out(partial(order.append, number))
    server.carry_out(done.set)
    assert (late.fault.name, late.fault.kind) == ("keeps_it_later", "late")
    assert 0 < server.delay < 0.1
    assert not done.is_set()
    assert done.wait(5)
    assert order == [*range(20)]


def test_each_server_counts_for_itself(make_context: MakeContext) -> None:
    server = BUILDER.accepts("second", ROW, limit=after_first)
    for one in (behaviour(server), behaviour(server)):
        assert [one.enforces(ROW, make_context()) for _ in range(3)] == [True, False, False]


def test_a_fault_tells_its_rows_and_kind() -> None:
    fault = BUILDER.accepts("accepts_any_id", (ROW, OTHER)).fault
    assert (fault.rows, fault.kind) == ((ROW, OTHER), "lenient")
    assert fault.wording_only is False
    assert BUILDER.answers("rewords_it", ROW, "wording", with_status(400)).fault.wording_only is True


def test_a_mark_tells_how_many_requests_were_refused(make_context: MakeContext) -> None:
    def mark(body: dict[str, Any], count: int) -> dict[str, Any]:
        return {**body, "refused": count}

    server = BUILDER.marks("leaves_a_mark", ROW, mark, when(operation="getItem"), when(operation="putItem"))
    behaviour = Behaviour([server.make_hooks()])
    read, refusal = JsonResponse(200, {"id": 1}), JsonResponse(400, {}, row=ROW)
    reading, writing = make_context(operation="getItem"), make_context(operation="putItem")
    assert behaviour.alter(read, reading).value == {"id": 1}
    assert behaviour.alter(refusal, writing).value == {}
    behaviour.alter(refusal, writing)
    behaviour.alter(refusal, make_context(operation="postItem"))
    assert behaviour.alter(read, reading).value == {"id": 1, "refused": 2}
    assert behaviour.alter(read, make_context(operation="list")).value == {"id": 1}


def test_since_holds_once_something_else_was_asked(make_context: MakeContext) -> None:
    occurs = since(when(operation="putItem"))(when(operation="getItem"))
    asked = ("getItem", "putItem", "list", "getItem", "getItem")
    assert [occurs(make_context(operation=name)) for name in asked] == [False, False, False, True, True]


def test_a_connection_is_known_by_what_it_brought(make_context: MakeContext) -> None:
    occurs = on_connections_of(when(operation="putItem"))(when(operation="getItem"))

    def asks(port: int, operation: str) -> bool:
        context = make_context(operation=operation)
        return occurs(replace(context, request=replace(context.request, port=port)))

    asked = [(1, "getItem"), (1, "putItem"), (2, "getItem"), (1, "getItem"), (1, "list")]
    assert [asks(*one) for one in asked] == [False, False, False, True, False]


def test_connections_are_counted_that_bring_what_the_condition_is_about(make_context: MakeContext) -> None:
    occurs = on_every_second_connection(when(operation="getItem"))

    def asks(port: int, operation: str = "getItem") -> bool:
        context = make_context(operation=operation)
        return occurs(replace(context, request=replace(context.request, port=port)))

    assert [asks(1), asks(1), asks(2, "list"), asks(3), asks(3), asks(4), asks(1)] == [
        False, False, False, True, True, False, False,
    ]  # fmt: skip
