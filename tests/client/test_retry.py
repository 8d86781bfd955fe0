"""When a request is sent again, how long is waited for that, and what a repetition can tell."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from conformance.client.adapter import TransportResult
from conformance.client.policy import Limits, OutgoingRequest, Route
from conformance.client.retry import CircuitBreaker, RetryPolicy, WaitBudget, parse_retry_after
from conformance.http import FailureKind, NoResponse, Request, Response
from conformance.quantities import Pace
from tests.client.test_session import OK, script, status

Start = Callable[..., Any]

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("1000000000", 1e9),
        ("9" * 400, 1e12),
        ("-5", None),
        ("abc", None),
        ("inf", None),
        ("nan", None),
        ("", None),
        ("Thu, 01 Jan 2026 00:00:30 GMT", 30.0),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0.0),
        ("Fri, 01 Jan 2027 00:00:00 GMT", 365 * 86400.0),
        ("Fri, 99 Jan 2027 00:00:00 GMT", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(value: str, seconds: float | None) -> None:
    assert parse_retry_after(Response(429, (("Retry-After", value),)), NOW) == seconds


@pytest.mark.parametrize(
    ("date", "seconds"), [("Sun, 01 Jan 2023 09:59:58 GMT", 2.0), ("Sun, 01 Jan 2023 10:00:09 GMT", 0.0), ("now", 5.0)]
)
def test_a_date_is_of_the_targets_clock_which_may_differ_from_ours(date: str, seconds: float) -> None:
    headers = (("Date", date), ("Retry-After", "Sun, 01 Jan 2023 10:00:00 GMT"))
    assert parse_retry_after(Response(429, headers), datetime(2023, 1, 1, 9, 59, 55, tzinfo=UTC)) == seconds


@pytest.mark.parametrize("value", ["1000000000", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_nobody_waits_for_years_and_who_asked_for_it_is_named(
    serve: Start, talk: Start, waits: list[float], value: str
) -> None:
    server = script(serve, status(429, f"Retry-After: {value}\r\n"))
    outcome = talk(server.url).send(Request("GET", server.url)).outcome
    assert (outcome.kind, waits) == (FailureKind.UNAVAILABLE, [])
    assert outcome.detail.startswith("answered 429 and asked to wait ")
    assert outcome.detail.endswith(" s: no wait is longer than 60 s")


@pytest.mark.parametrize("value", ["-5", "abc", "inf", ""])
def test_a_wait_that_cannot_be_read_is_our_own_choice(
    serve: Start, talk: Start, waits: list[float], value: str
) -> None:
    server = script(serve, status(503, f"Retry-After: {value}\r\n"), OK)
    assert talk(server.url).send(Request("GET", server.url)).response
    assert 0.1 < waits[0] < 0.3


@pytest.mark.parametrize("value", ["0", "0.0001", "Sat, 01 Jan 2000 00:00:00 GMT"])
def test_who_asks_to_wait_no_time_is_not_asked_without_end(
    serve: Start, talk: Start, waits: list[float], value: str
) -> None:
    server = script(serve, status(429, f"Retry-After: {value}\r\n"))
    outcome = talk(server.url, limits={"longest_wait": 2.0}).send(Request("GET", server.url)).outcome
    assert (outcome.kind, len(server.requests), waits) == (FailureKind.UNAVAILABLE, 11, [0.2] * 10)


def test_a_turn_at_the_pace_that_a_429_makes_necessary_is_waiting_too(serve: Start, talk: Start, waits: Any) -> None:
    server = script(serve, status(429, "Retry-After: 0\r\n"))
    session = talk(server.url, pace=Pace(1, 10.0), limits={"longest_wait": 30.0, "patience": 35.0})
    session._pacer._now = waits.clock
    first = session.send(Request("GET", server.url)).outcome
    assert (first.kind, len(server.requests), round(sum(waits))) == (FailureKind.UNAVAILABLE, 4, 30)
    session.send(Request("GET", server.url))
    assert (len(server.requests), round(sum(waits))) == (6, 50)
    assert (
        session._breaker.reason
        == "the 35 s that a run waits in all are over: it answered 429 and asked to wait 0 s more"
    )


def test_the_documented_pace_of_a_target_that_refuses_at_it_too_is_waiting(
    serve: Start, talk: Start, waits: Any
) -> None:
    server = script(serve, *[status(429, "Retry-After: 31536000\r\n"), OK, OK] * 20)
    session = talk(server.url, documented=Pace(10, 10.0), limits={"patience": 15.0})
    session._documented._now = waits.clock
    while session._breaker.reason is None:
        session.send(Request("GET", server.url))
    assert (len(server.requests), round(sum(waits))) == (21, 20)
    assert (
        session._breaker.reason == "the 15 s that a run waits in all are over: "
        "it answers 429 so often that requests have to wait for their turn at the pace"
    )


def test_who_serves_at_the_documented_pace_is_asked_for_as_long_as_it_takes(
    serve: Start, talk: Start, waits: Any
) -> None:
    served = [float("-inf")] * 10

    def answer(connection: Any, number: int) -> None:
        while server.head(connection):
            too_soon = waits.clock() - served[-10:][0] < 9.9
            served.extend([] if too_soon else [waits.clock()])
            connection.sendall(status(429) if too_soon else OK)

    server = serve(answer)
    session = talk(server.url, documented=Pace(10, 10.0), limits={"patience": 60.0})
    session._documented._now = waits.clock
    got = [session.send(Request("GET", server.url)).outcome for _ in range(300)]
    assert ({one.status for one in got if isinstance(one, Response)}, session._breaker.reason) == ({200}, None)


def test_waiting_ends_when_the_patience_of_the_run_is_used_up(serve: Start, talk: Start, waits: list[float]) -> None:
    server = script(serve, status(429, "Retry-After: 50\r\n"))
    session = talk(server.url, limits={"patience": 120.0})
    for _ in range(9):
        session.send(Request("GET", server.url), unpaced=True)
    assert len(server.requests) <= 6
    assert (
        session._breaker.reason
        == "the 120 s that a run waits in all are over: it answered 429 and asked to wait 50 s more"
    )


def test_answers_that_do_not_come_use_up_the_patience_of_the_run(serve: Start, talk: Start, waits: list[float]) -> None:
    """Also where others come in between, so that the target is never taken for gone."""

    def handle(connection: Any, number: int) -> None:
        while head := server.head(connection):
            if b"GET /silent" in head:
                time.sleep(0.6)
                return
            connection.sendall(OK)

    server = serve(handle)
    session = talk(server.url, limits={"timeout": 0.3, "patience": 1.3})
    for _ in range(8):
        session.send(Request("GET", f"{server.url}/silent"))
        session.send(Request("GET", f"{server.url}/"))
    assert len(server.requests) <= 8
    assert (
        session._breaker.reason
        == "the 1.3 s that a run waits in all are over: no answer (timeout: the answer was not complete after 0.3 s)"
    )


def test_waits_at_the_same_time_count_once() -> None:
    now = [0.0]
    budget = WaitBudget(10.0, lambda: now[0])
    assert [budget.take(8.0) for _ in range(5)] == [True] * 5
    now[0] = 8.0
    assert [budget.take(2.0), budget.take(1.0), budget.take(2.5)] == [True, True, False]


def test_a_write_that_may_have_had_its_effect_is_marked_when_it_is_sent_again(serve: Start, talk: Start) -> None:
    server = script(serve, OK, None, OK)
    session = talk(server.url)
    session.send(Request("GET", server.url))
    exchange = session.send(Request("DELETE", server.url, permission="delete"))
    assert (exchange.response.status, exchange.tries, exchange.maybe_done, session.sent) == (200, 2, True, 3)


@pytest.mark.parametrize("code", [401, 404, 409])
@pytest.mark.parametrize("first", [None, status(502), status(504)])
def test_a_refusal_of_a_write_that_may_have_been_done_before_tells_nothing(
    serve: Start, talk: Start, first: bytes | None, code: int
) -> None:
    server = script(serve, first, status(code))
    exchange = talk(server.url).send(Request("DELETE", server.url, permission="delete"))
    assert isinstance(exchange.outcome, NoResponse)
    assert exchange.outcome.response.status == code
    assert (
        exchange.outcome.detail
        == f"the answer to the first try was lost, and the {code} to its repetition tells nothing"
    )


@pytest.mark.parametrize(
    ("method", "first", "code"), [("GET", None, 404), ("DELETE", status(429), 404), ("DELETE", None, 400)]
)
def test_any_other_answer_to_a_repetition_counts(
    serve: Start, talk: Start, method: str, first: bytes | None, code: int
) -> None:
    server = script(serve, first, status(code))
    exchange = talk(server.url).send(Request(method, server.url, permission="delete"))
    assert exchange.response.status == code


@pytest.mark.parametrize(("shares", "connections"), [(False, 2), (True, 1)])
def test_a_write_meets_a_connection_that_was_idle_only_where_it_has_to_be_refused(
    serve: Start, talk: Start, shares: bool, connections: int
) -> None:
    server = script(serve, OK)
    session = talk(server.url)
    session.send(Request("GET", server.url))
    session.send(Request("DELETE", server.url, permission="delete", shares_connection=shares))
    assert len(server.peers) == connections


@pytest.mark.parametrize(
    ("first", "keys", "connections"),
    [(OK, "aaaa", 2), (OK, "aaa", 1), (OK, "aaab", 1), (OK, "aaa-", 1), (OK, "aaa-b", 2), (status(403), "aaa-", 2)],
)
def test_who_asks_next_is_met_on_a_connection_that_another_was_served_on(
    serve: Start, talk: Start, first: bytes, keys: str, connections: int
) -> None:
    server = script(serve, first)
    session = talk(server.url)
    for key in keys:
        session.send(Request("GET", server.url, (("X-Key", key),) if key != "-" else ()))
    assert len(server.peers) == connections


@pytest.mark.parametrize(
    ("outcome", "tries"),
    [
        (NoResponse(FailureKind.TIMEOUT), 3),
        (NoResponse(FailureKind.RESET), 4),
        (NoResponse(FailureKind.REFUSED), 4),
        (Response(503), 4),
        (NoResponse(FailureKind.TOO_LARGE), 1),
        (Response(500), 1),
    ],
)
def test_a_request_is_tried_so_often_and_no_more(outcome: Response | NoResponse, tries: int) -> None:
    get = OutgoingRequest("GET", Route("http", "h", 80), b"")
    policy = RetryPolicy(Limits(), get, frozenset(), repeatable=True)
    left = not (isinstance(outcome, NoResponse) and outcome.kind is FailureKind.REFUSED)
    made = 1
    while policy.pause(TransportResult(outcome, left=left)) is not None:
        made += 1
    assert made == tries


def test_each_wait_of_our_own_is_longer_up_to_four_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.client.retry.random.uniform", lambda a, b: (a + b) / 2)
    get = OutgoingRequest("GET", Route("http", "h", 80), b"")
    policy = RetryPolicy(Limits(), get, frozenset(), repeatable=True)
    waits = [policy.pause(TransportResult(Response(429), left=True)) for _ in range(7)]
    assert waits == [0.2, 0.5, 1.0, 2.0, 4.0, 4.0, 4.0]


@pytest.mark.parametrize(
    ("kind", "answered_before", "requests"),
    [
        (FailureKind.REFUSED, False, 3),
        (FailureKind.TIMEOUT, False, 5),
        (FailureKind.TIMEOUT, True, 5),
        (FailureKind.RESET, False, 5),
        (FailureKind.RESET, True, 20),
    ],
)
def test_a_target_is_given_up_after_so_many_requests_without_an_answer(
    kind: FailureKind, answered_before: bool, requests: int
) -> None:
    breaker = CircuitBreaker()
    if answered_before:
        breaker.record(Response(200))
    lost = 0
    while breaker.reason is None and lost < 100:
        breaker.record(NoResponse(kind, "why"))
        lost += 1
    assert lost == requests
    assert str(breaker.reason).startswith(f"{requests} requests in a row ")
