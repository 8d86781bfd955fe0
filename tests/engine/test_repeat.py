"""An allowance is used up: as many are served as it says, the next is refused, and so is all that comes after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.checks.model import Verdict
from conformance.engine import repeat
from conformance.engine.row_sender import RowSender
from conformance.quantities import Pace
from tests.conftest import Asked, Ran, make_response

LIMITED = """\
  - id: too-many
    cause: More requests were sent than allowed.
    operations:
      - {call: list, label: read}
      - {call: put, label: write, permission: write, request: {json: {name: fork}}}
    request: {credential: guest}
    permission: exhaust
    repeat: {at_most: 9}
    expect: {status: 429, message: Too Many Requests}
    unchanged: [{for: [write], read: {call: get}, compare: [/name]}]
"""
PACE = ("credential: full\n", "credential: full\npace: 3/20ms\n")


class Limited:
    """Allows the guest three requests, then refuses; after three refusals, the last of a burst, it allows anew."""

    def __init__(self, allowed: int = 3, *, also: Callable[[Limited, Asked, int], Any] = lambda *_: None) -> None:
        self.allowed, self.also = allowed, also
        self.count = 0
        self.name = "spoon"
        self.refused = 0

    def __call__(self, request: Asked) -> Any:
        if request.header("X-Key") != "the-guest-key-4567":
            return make_response(200, {"id": "spoon", "name": self.name})
        self.count += 1
        if self.count > self.allowed:
            self.refused += 1
            answer = self.also(self, request, self.refused)
            if self.refused == 3:  # the last of a burst
                self.count = self.refused = 0
            return answer or make_response(429, {"message": "Too Many Requests"})
        return make_response(200, {"items": []})


def html_later(_: Limited, __: Asked, refused: int) -> Any:
    return make_response(429, "<h1>Slow down</h1>", kind="text/html") if refused > 1 else None


def anew(server: Limited, _: Asked, refused: int) -> Any:
    if refused == 2:
        return make_response(200, {"items": []})
    return None


def carries_out(server: Limited, request: Asked, _: int) -> Any:
    if request.request.method == "PUT":
        server.name += "!"
    return None


@pytest.fixture
def limited(run: Callable[..., Ran]) -> Callable[[Limited], Ran]:
    return lambda server: run(server, LIMITED, PACE, depth="standard")


def test_a_server_that_keeps_its_allowance_conforms(limited: Callable[[Limited], Ran]) -> None:
    ran = limited(Limited())
    assert (ran.only.verdict, ran.only.requests) == (Verdict.CONFORMS, 8)
    assert ran.only.planned == 8


def test_a_request_that_is_counted_twice_as_its_answer_was_lost_is_not_held_against_the_allowance(
    limited: Callable[[Limited], Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, send = Limited(), RowSender.send

    def lose_one(*positional: Any, **named: Any) -> Any:
        result = send(*positional, **named)
        if server.count != 2 or server.refused:
            return result
        server.count += 1
        return replace(result, exchange=replace(result.exchange, tries=2))

    monkeypatch.setattr(RowSender, "send", lose_one)
    ran = limited(server)
    assert (ran.only.verdict, ran.only.findings) == (Verdict.CONFORMS, ())


@pytest.mark.parametrize(("pause", "waited"), [(2.0, 2.0), (9.0, 4.0)])
def test_the_pause_of_a_burst_ends_before_half_of_the_time_of_the_allowance(
    monkeypatch: pytest.MonkeyPatch, pause: float, waited: float
) -> None:
    def use_up(burst: repeat._Burst, *_: Any) -> object:
        burst.refused = True
        return object()

    waits: list[float] = []
    monkeypatch.setattr(repeat, "perf_counter", lambda: 0.0)
    monkeypatch.setattr(repeat._Burst, "_use_up", use_up)
    monkeypatch.setattr(repeat._Burst, "_send", lambda *_, **__: None)
    context: Any = SimpleNamespace(shared=SimpleNamespace(stopping=SimpleNamespace(wait=waits.append)))
    plan: Any = SimpleNamespace(repeat=SimpleNamespace(pause=pause), allowance=Pace(3, 10.0))
    probes: Any = ["until it is refused", "after a pause"]
    sender: Any = SimpleNamespace(context=context, plan=plan)
    evidence: Any = None
    repeat._Burst(sender, evidence).send(probes)
    assert waits == [waited]


@pytest.mark.parametrize("allowed", [2, 6])
def test_another_allowance_is_a_violation(limited: Callable[[Limited], Ran], allowed: int) -> None:
    ran = limited(Limited(allowed))
    assert ran.only.verdict is Verdict.VIOLATES
    assert [(item.check, str(item.expected), str(item.actual)) for item in ran.only.findings] == [
        ("allowance", "3 requests served in 0.02 s", f"{allowed} served before the first refusal")
    ]
    assert ran.only.beyond_plan.confirmed == {2: 2, 6: 1}[allowed] * (allowed + 3)
    assert ran.only.warnings == ()


def test_an_allowance_that_the_profile_alone_says_is_named_where_the_target_keeps_to_another(
    run: Callable[..., Ran],
) -> None:
    guest = {"header": "X-Key", "value": "the-guest-key-4567", "allowance": "4/20ms"}
    full = {"header": "X-Key", "value": "the-full-key-0123"}
    ran = run(Limited(2), LIMITED, PACE, credentials={"full": full, "guest": guest})
    said = (
        "credentials.guest.allowance: no answer shows whether this is right: the fault is the target's, or this line's"
    )
    assert (ran.only.verdict, list(map(str, ran.only.warnings))) == (Verdict.VIOLATES, [f"test: {said}"])


def test_a_wrong_allowance_of_the_profile_is_not_the_targets(
    limited: Callable[[Limited], Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conformance.plan.planner.read_pace", lambda _: Pace(5, 0.02))
    ran = limited(Limited())
    assert (ran.only.verdict, ran.only.findings) == (Verdict.INCONCLUSIVE, ())
    assert ran.only.reason == (
        "test: credentials.guest.allowance: 5 requests in 0.02 s, but the target keeps to 3/20ms, as is documented"
    )


def test_somebody_else_who_uses_the_key_is_not_held_against_it(limited: Callable[[Limited], Ran]) -> None:
    class Shared(Limited):
        others = iter((1, 2, 1))
        """Requests of somebody else before each burst."""

        def __call__(self, request: Asked) -> Any:
            if request.header("X-Key") == "the-guest-key-4567" and self.count == self.refused == 0:
                self.count = next(self.others, 0)
            return super().__call__(request)

    ran = limited(Shared())
    assert ran.only.verdict is Verdict.INCONCLUSIVE
    assert ran.only.reason == "2, 1, 2 requests were served in turn: somebody else uses that credential"


@pytest.mark.parametrize(("also", "check"), [(html_later, "envelope"), (anew, "status"), (carries_out, "effect")])
def test_each_refusal_counts_and_has_no_effect(limited: Callable[[Limited], Ran], also: Any, check: str) -> None:
    ran = limited(Limited(also=also))
    assert ran.only.verdict is Verdict.VIOLATES
    assert check in {item.check for item in ran.only.findings}


def test_what_was_given_anew_is_used_up_before_a_refused_write_is_sent_again(
    limited: Callable[[Limited], Ran],
) -> None:
    class Hasty(Limited):
        """Allows anew as soon as the draft was read."""

        def __call__(self, request: Asked) -> Any:
            if request.header("X-Key") != "the-guest-key-4567":
                self.count = self.refused = 0
            elif request.request.method == "PUT" and self.count < self.allowed:
                return make_response(200, {})
            return super().__call__(request)

    ran = limited(Hasty(also=carries_out))
    assert "effect" in {item.check for item in ran.only.findings}


def test_what_earlier_rows_have_used_is_not_held_against_it(limited: Callable[[Limited], Ran]) -> None:
    server = Limited()
    server.count = 1
    assert limited(server).only.verdict is Verdict.CONFORMS


def test_without_the_permission_to_write_only_reads_are_sent(run: Callable[..., Ran]) -> None:
    ran = run(Limited(), LIMITED, PACE, allow=["exhaust"])
    assert {asked.request.method for asked in ran.session.asked} == {"GET"}


def test_a_cache_that_does_not_say_so_is_passed_before_a_target_is_said_to_have_no_limit(
    limited: Callable[[Limited], Ran],
) -> None:
    server, kept = Limited(), dict[str, Any]()

    def behind_a_cache(request: Asked) -> Any:
        if request.request.method == "GET" and request.header("X-Key") == "the-guest-key-4567":
            if request.request.url not in kept:
                kept[request.request.url] = server(request)
            return kept[request.request.url]
        return server(request)

    ran = limited(behind_a_cache)  # type: ignore[arg-type]
    assert (ran.only.verdict, ran.only.reason) == (Verdict.CONFORMS, None)
