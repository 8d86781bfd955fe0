"""The decisions of a reference server, and the hooks by which faults change them.

A server asks its `Behaviour` for every decision: whether a rule is enforced for a request, whether a valid request is
rejected, which response is sent, whether an effect is carried out. Without faults, every decision is as documented.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from conformance.reference.catalogue import Fault, Row
from conformance.reference.http import IncomingRequest, JsonResponse


@dataclass(slots=True)
class RequestContext:
    """A request with what the server knows about it so far. The server of each contract extends it.

    `path` and `query` are decoded. `operation` is the server's name of the called operation, empty if there is none.
    `key` is the credential as sent. `body` is the body as far as the server has read and parsed it.
    """

    request: IncomingRequest
    method: str = ""
    path: str = ""
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    operation: str = ""
    key: str | None = None
    body: Any = None

    def query_value(self, name: str) -> str | None:
        """Return the first value of a query parameter, or None."""
        values = self.query.get(name)
        return values[0] if values else None


Context = TypeVar("Context", bound=RequestContext)


class RequestRejected(Exception):
    """Raised to answer a request with a row of the tables; `values` fill the placeholders of the row's message."""

    def __init__(self, row: Row, **values: str) -> None:
        super().__init__(row)
        self.row = row
        self.values = values


@dataclass(frozen=True)
class FaultHooks(Generic[Context]):
    """The decisions that one fault changes; a hook that is None changes nothing.

    `skip_rule(row, context)` returns True if a rule that the request breaks is not enforced.
    `reject_valid(context)` returns the row with which a valid request is rejected, or None to accept it.
    `alter_response(response, context)` returns the response to send instead of the right one.
    `perform_effect(effect, context, intended)` returns whether an effect is carried out; `intended` is what is right.
    `delay` is the time in seconds between a rejection and the effect of the rejected request.
    """

    skip_rule: Callable[[Row, Context], bool] | None = None
    reject_valid: Callable[[Context], Row | None] | None = None
    alter_response: Callable[[JsonResponse, Context], JsonResponse] | None = None
    perform_effect: Callable[[str, Context, bool], bool] | None = None
    delay: float = 0.0


@dataclass(frozen=True)
class FaultyServer(Generic[Context]):
    """A fault with its hooks; `make_hooks` returns new ones for each server, because some hooks count requests."""

    fault: Fault
    make_hooks: Callable[[], FaultHooks[Context]]


class Behaviour(Generic[Context]):
    """Every decision of one server, changed by the hooks of its faults."""

    def __init__(self, hooks: Iterable[FaultHooks[Context]] = ()) -> None:
        self._hooks = tuple(hooks)
        self._due: deque[Callable[[], object]] = deque()
        self._carrying_out = threading.Lock()

    def enforces(self, row: Row, context: Context) -> bool:
        """Return whether the rule of a row is enforced for a request that breaks it."""
        return not any(hooks.skip_rule(row, context) for hooks in self._hooks if hooks.skip_rule)

    def reject(self, row: Row, context: Context, **values: str) -> None:
        """Raise RequestRejected unless a fault skips the rule; the request is then handled as if it were valid."""
        if self.enforces(row, context):
            raise RequestRejected(row, **values)

    def wrong_rejection(self, context: Context) -> Row | None:
        """Return the row with which a fault rejects a valid request, or None."""
        rows = (hooks.reject_valid(context) for hooks in self._hooks if hooks.reject_valid)
        return next((row for row in rows if row is not None), None)

    def reject_if_faulty(self, context: Context, **values: str) -> None:
        """Raise RequestRejected for a valid request if a fault rejects it."""
        row = self.wrong_rejection(context)
        if row is not None:
            raise RequestRejected(row, **values)

    def alter(self, response: JsonResponse, context: Context) -> JsonResponse:
        """Return the response to send, which differs from the right one if a fault changes it."""
        for hooks in self._hooks:
            if hooks.alter_response:
                response = hooks.alter_response(response, context)
        return response

    def performs(self, effect: str, context: Context, *, intended: bool = True) -> bool:
        """Return whether an effect is carried out; `intended` is True after acceptance, False after rejection."""
        for hooks in self._hooks:
            if hooks.perform_effect:
                intended = hooks.perform_effect(effect, context, intended)
        return intended

    @property
    def delay(self) -> float:
        """Seconds between a rejection and the effect of the rejected request; 0 without such a fault."""
        return max((hooks.delay for hooks in self._hooks), default=0.0)

    def carry_out(self, action: Callable[[], object]) -> None:
        """Carry out the effect of a rejected request, at once or after the delay, in the order of requests."""
        if not self.delay:
            action()
            return
        self._due.append(action)
        timer = threading.Timer(self.delay, self._carry_out_first)
        timer.daemon = True
        timer.start()

    def _carry_out_first(self) -> None:
        with self._carrying_out:
            self._due.popleft()()


def late_effects(delay: float) -> dict[str, str]:
    """Return the `late_effects` entry of a profile for effects that occur `delay` seconds after a rejection."""
    return {"late_effects": f"{max(1, round(3000 * delay))}ms"}
