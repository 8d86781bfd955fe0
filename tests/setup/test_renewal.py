"""A credential that expires in the middle of a run is renewed, once, and the request is sent again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.http import Exchange, Request, Response
from conformance.setup.renewal import RenewingSender
from conformance.target.credentials import Command, Credential, Secret


class Target:
    """Accepts one value of the header, each value so often, and counts."""

    def __init__(self, accepted: str, uses: int = 100) -> None:
        self.accepted, self.requests, self.uses = accepted, list[Request](), uses

    @property
    def sent(self) -> int:
        return len(self.requests)

    gone = "3 requests in a row did not reach it"

    def send(self, request: Request, **_: object) -> Exchange:
        self.requests.append(request)
        used = [each for each in self.requests if each.headers == request.headers]
        status = 200 if ("X-Key", self.accepted) in request.headers and len(used) <= self.uses else 401
        return Exchange(request, Response(status))


Make = Callable[..., tuple[RenewingSender, Target, list[str]]]
FULL = Credential("full", "X-Key", {"": Secret("full", "old")})


@pytest.fixture
def make() -> Make:
    def made(accepted: str, *new: str | None) -> tuple[RenewingSender, Target, list[str]]:
        target, renewed, values = Target(accepted), list[str](), list(new)
        clock = iter(range(0, 1000, 40))

        def renew(credential: Credential) -> str | None:
            renewed.append(credential.name)
            return values.pop(0)

        return RenewingSender(target, {"old": FULL}, renew, clock=lambda: float(next(clock))), target, renewed

    return made


def request(key: str = "old") -> Request:
    return Request("GET", "http://a.test", (("X-Key", key),))


def status(exchange: Exchange) -> int:
    assert exchange.response is not None
    return exchange.response.status


def test_a_refused_request_is_sent_once_more_and_later_ones_have_the_new_value(make: Make) -> None:
    sender, target, renewed = make("new", "new")
    first = sender.send(request())
    assert (status(first), first.tries, renewed) == (200, 2, ["full"])
    second = sender.send(request())
    assert (status(second), second.tries, renewed) == (200, 1, ["full"])
    assert [dict(each.headers)["X-Key"] for each in target.requests] == ["old", "new", "new"]
    assert (sender.sent, sender.gone) == (3, target.gone)


def test_it_is_renewed_at_most_once_a_minute(make: Make) -> None:
    sender, target, renewed = make("newest", "new", "newest")
    assert status(sender.send(request())) == 401
    assert (status(sender.send(request())), len(renewed), target.sent) == (401, 1, 3)
    assert (status(sender.send(request())), len(renewed), target.sent) == (200, 2, 5)


@pytest.mark.parametrize("value", [None, "old"])
def test_a_value_that_cannot_be_had_or_is_the_same_changes_nothing(make: Make, value: str | None) -> None:
    sender, target, _ = make("new", value)
    assert (status(sender.send(request())), target.sent) == (401, 1)


def test_what_is_accepted_or_has_another_key_is_left_alone(make: Make) -> None:
    sender, target, renewed = make("old", "new")
    assert status(sender.send(request())) == 200
    assert status(sender.send(request("wrong"))) == 401
    assert (renewed, target.sent) == ([], 2)


@pytest.mark.parametrize(
    ("command", "patient", "expected"),
    [(False, False, [200, 200, 200]), (True, True, [200, 200, 200]), (True, False, [200, None, None])],
)
def test_a_new_value_that_was_accepted_and_expires_again_is_no_answer_of_the_target(
    command: bool, patient: bool, expected: list[int | None]
) -> None:
    target, waited = Target("1", uses=1), list[float]()
    printing = Command(("print-it",), Path()) if command else None

    def renew(_: Credential) -> str:
        target.accepted = str(int(target.accepted) + 1)
        return target.accepted

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        return patient

    sender = RenewingSender(target, {"old": replace(FULL, command=printing)}, renew, wait, clock=lambda: 40.0)
    answers = [sender.send(request()) for _ in range(3)]
    assert [one.response.status if one.response else None for one in answers] == expected
    assert waited == [60.0] * 2 * command


@pytest.mark.parametrize(("accepted", "expected"), [("old", [200, 200]), ("other", [401, 401])])
def test_a_value_that_is_written_is_renewed_only_where_it_has_worked(accepted: str, expected: list[int]) -> None:
    target = Target(accepted, uses=1)

    def renew(_: Credential) -> str:
        target.accepted = "new"
        return "new"

    sender = RenewingSender(target, {"old": FULL}, renew, written=frozenset(["full"]))
    assert [status(sender.send(request())) for _ in range(2)] == expected
