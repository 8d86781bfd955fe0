"""A credential that expires in the middle of a run is renewed, once, and the request is sent again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.http import Exchange, Request, Response
from conformance.setup.renewal import RenewingSender
from conformance.target.credentials import Credential, Secret


class Target:
    """Accepts one value of the header, and counts."""

    def __init__(self, accepted: str) -> None:
        self.accepted, self.requests = accepted, list[Request]()

    @property
    def sent(self) -> int:
        return len(self.requests)

    gone = "3 requests in a row did not reach it"

    def send(self, request: Request, **_: object) -> Exchange:
        self.requests.append(request)
        status = 200 if ("X-Key", self.accepted) in request.headers else 401
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
