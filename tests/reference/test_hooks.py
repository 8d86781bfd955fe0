"""A server without faults decides as documented; a rejection carries its row and the values of its message."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.reference.hooks import Behaviour, FaultHooks, RequestContext, RequestRejected
from conformance.reference.http import JsonResponse

ROW = ("items", 1)
MakeContext = Callable[..., RequestContext]


def test_a_right_server_enforces_every_rule_and_changes_nothing(make_context: MakeContext) -> None:
    behaviour: Behaviour[RequestContext] = Behaviour()
    context, response = make_context(), JsonResponse(200, {"a": 1})
    with pytest.raises(RequestRejected) as raised:
        behaviour.reject(ROW, context, value="x")
    assert (raised.value.row, raised.value.values) == (ROW, {"value": "x"})
    assert behaviour.wrong_rejection(context) is None
    assert behaviour.alter(response, context) is response
    assert [behaviour.performs("store", context, intended=intended) for intended in (True, False)] == [True, False]


def test_a_skipped_rule_lets_the_request_go_on(make_context: MakeContext) -> None:
    behaviour = Behaviour([FaultHooks[RequestContext](), FaultHooks(skip_rule=lambda row, _: row == ROW)])
    behaviour.reject(ROW, make_context())
    with pytest.raises(RequestRejected):
        behaviour.reject(("items", 2), make_context())


def test_a_valid_request_is_rejected_by_the_first_hook_that_says_so(make_context: MakeContext) -> None:
    behaviour = Behaviour([FaultHooks(reject_valid=lambda _: None), FaultHooks(reject_valid=lambda _: ROW)])
    with pytest.raises(RequestRejected) as raised:
        behaviour.reject_if_faulty(make_context(), value="x")
    assert (raised.value.row, raised.value.values) == (ROW, {"value": "x"})


def test_changes_of_several_faults_add_up(make_context: MakeContext) -> None:
    hooks = [
        FaultHooks(alter_response=lambda response, _: response.replace(status=response.status + 1)) for _ in range(2)
    ]
    assert Behaviour(hooks).alter(JsonResponse(400), make_context()).status == 402


def test_the_first_value_of_a_query_parameter_counts(make_context: MakeContext) -> None:
    context = make_context(query={"limit": ["1", "2"]})
    assert (context.query_value("limit"), context.query_value("offset")) == ("1", None)
