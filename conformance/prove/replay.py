"""Replays recorded exchanges with some of the responses changed. Nothing is sent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.engine.context import RequestSender
from conformance.http import Exchange, FailureKind, NoResponse, Request, Response, split_url

Changed = Response | Callable[[int], Response]


@dataclass(slots=True)
class RecordingSender:
    """Passes requests on to a sender and records the exchanges."""

    sender: RequestSender
    exchanges: list[Exchange] = field(default_factory=list)

    def send(self, request: Request, **how: Any) -> Exchange:
        exchange = self.sender.send(request, **how)
        self.exchanges.append(exchange)
        return exchange

    @property
    def sent(self) -> int:
        return self.sender.sent


@dataclass(slots=True)
class ReplayingSender:
    """Answers requests from recorded exchanges; `changed` has other responses by the index of the exchange.

    A response that depends on earlier writes is a function of their number.

    A request that was not recorded, such as one that confirms a finding, gets the last response of the same method and
    path, or else a `NoResponse`.
    """

    exchanges: Sequence[Exchange]
    changed: Mapping[int, Changed]
    sent: int = 0
    writes: int = 0
    _used: set[int] = field(default_factory=set)

    def send(self, request: Request, **_: Any) -> Exchange:
        self.sent += 1
        place = self._find(request)
        if place is None:
            return Exchange(request, NoResponse(FailureKind.NOT_SENT, "it was not recorded"))
        self._used.add(place)
        recorded = self.exchanges[place]
        changed = self.changed.get(place, recorded.outcome)
        outcome = changed(self.writes) if callable(changed) else changed
        self.writes += request.permission != "read"
        return replace(recorded, request=request, outcome=outcome)

    def _find(self, request: Request) -> int | None:
        same = [place for place, one in enumerate(self.exchanges) if one.request.key == request.key]
        alike = same or [place for place, one in enumerate(self.exchanges) if _path(one.request) == _path(request)]
        return next((place for place in alike if place not in self._used), alike[-1] if alike else None)


def _path(request: Request) -> tuple[str, str]:
    return request.method, split_url(request.url).path
