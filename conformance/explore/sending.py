"""The way to the target: counted, bounded, and stopped where no answer comes."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.explore.context import Send
from conformance.http import Exchange, FailureKind, NoResponse, Request

__all__ = ["BudgetExhausted", "BudgetedSender", "TargetStopped"]

_IN_A_ROW = 3


class BudgetExhausted(Exception):
    """The budget is used up; what was found stands."""


class TargetStopped(Exception):
    """Exploration cannot go on; the text says why."""


@dataclass(slots=True)
class BudgetedSender:
    """`send`, with a budget: `found` opens the part of it that is kept for following up."""

    send: Send
    budget: int
    aim: int
    reserve: int = 0
    """Requests kept back for clean-up."""
    found: bool = False
    requests: int = 0
    _silent: int = field(default=0, init=False)

    @property
    def left(self) -> int:
        """How many requests may still be sent, without those kept back for clean-up."""
        return (self.budget if self.found else self.aim) - self.reserve - self.requests

    def __call__(self, request: Request, *, cleaning: bool = False) -> Exchange:
        """Send; Spent where the budget is, Stopped where the target has fallen silent."""
        if not cleaning and self.left <= 0:
            raise BudgetExhausted
        if self.requests >= self.budget:
            raise BudgetExhausted
        self.requests += 1
        exchange = self.send(request)
        if isinstance(exchange.outcome, NoResponse):
            self._fell_silent(exchange.outcome, cleaning=cleaning)
        else:
            self._silent = 0
        return exchange

    def _fell_silent(self, failure: NoResponse, *, cleaning: bool) -> None:
        self._silent += 1
        if failure.kind is FailureKind.NOT_SENT:
            self.requests -= 1
        if not cleaning and (failure.kind is FailureKind.NOT_SENT or self._silent >= _IN_A_ROW):
            raise TargetStopped(failure.summary)
