"""Builds faulty servers from tables: each entry names a fault, its rows and the one thing that it changes.

A condition says for which requests the fault occurs; a change turns the right response into the wrong one. A `limit`
makes a condition that counts: a new one for each server, for faults that occur only at some of these requests.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, Generic, Literal

from conformance.reference.catalogue import Fault, Row
from conformance.reference.hooks import Context, FaultHooks, FaultyServer, RequestContext, RequestCounter
from conformance.reference.http import JsonResponse

Rows = Row | tuple[Row, ...]
Condition = Callable[[Context], bool]
Change = Callable[[JsonResponse, Context], JsonResponse]
Limit = Callable[[Condition[Context]], Condition[Context]]
_LATE: Final = 0.06
"""Seconds after which a rejected write is carried out all the same; a real server may take a few."""
_WORDING_KINDS: Final = frozenset({"wording", "request-id"})
"""Kinds of faults that are drift: the rest of the response is right."""


def always(context: Any) -> bool:  # noqa: ARG001 - a condition like the others
    """True for every request."""
    return True


def all_of(*conditions: Condition[Context]) -> Condition[Context]:
    """True where every condition holds."""
    return lambda context: all(condition(context) for condition in conditions)


def when(**expected: Any) -> Condition[Any]:
    """True where each of these attributes of the request context is as expected.

    A string is a pattern that the whole text has to match; a pair is the least and the greatest permitted number; a
    dict holds patterns for query parameters or headers, which have to be present. Any other value has to be equal.
    """
    return lambda context: all(_is_as_expected(getattr(context, name), value) for name, value in expected.items())


def _is_as_expected(actual: Any, expected: Any) -> bool:
    if isinstance(expected, str):
        return actual is not None and re.fullmatch(expected, str(actual), re.DOTALL) is not None
    if isinstance(expected, tuple):
        return actual is not None and bool(expected[0] <= actual <= expected[1])
    if isinstance(expected, dict) and expected:
        return all(name in actual and _is_as_expected(_first(actual[name]), one) for name, one in expected.items())
    return bool(actual == expected)


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) else value


def after_first(condition: Condition[Context]) -> Condition[Context]:
    """True from the second request on for which `condition` holds."""
    counter = RequestCounter()
    return lambda context: condition(context) and counter.increment() > 1


def every_nth(number: int) -> Limit[Any]:
    """True for every nth request for which the condition holds."""

    def limit(condition: Condition[Any]) -> Condition[Any]:
        counter = RequestCounter()
        return lambda context: condition(context) and counter.increment() % number == 0

    return limit


def not_first(condition: Condition[Context]) -> Condition[Context]:
    """True for requests that differ from the first one for which `condition` holds."""
    first: list[tuple[Any, ...]] = []

    def differs(context: Context) -> bool:
        if not condition(context):
            return False
        this = _identity(context)
        if not first:
            first.append(this)
        return this != first[0]

    return differs


def repeated(condition: Condition[Context]) -> Condition[Context]:
    """True for requests that `condition` holds for and that are equal to an earlier one."""
    seen: list[tuple[Any, ...]] = []

    def is_repeated(context: Context) -> bool:
        if not condition(context):
            return False
        this = _identity(context)
        seen.append(this)
        return this in seen[:-1]

    return is_repeated


def since(trigger: Condition[Any]) -> Limit[Any]:
    """True for requests for which the condition holds, once `trigger` has held for an earlier one."""

    def limit(condition: Condition[Any]) -> Condition[Any]:
        counter = RequestCounter()

        def occurs(context: Any) -> bool:
            if condition(context):
                return counter.count > 0
            if trigger(context):
                counter.increment()
            return False

        return occurs

    return limit


def on_connections_of(trigger: Condition[Any]) -> Limit[Any]:
    """True for requests on a connection that has brought one for which `trigger` holds before."""

    def limit(condition: Condition[Any]) -> Condition[Any]:
        ports: set[int] = set()

        def occurs(context: Any) -> bool:
            known = context.request.port in ports
            if trigger(context):
                ports.add(context.request.port)
            return condition(context) and known

        return occurs

    return limit


def on_every_second_connection(condition: Condition[Context]) -> Condition[Context]:
    """True on every second connection, of those that bring requests for which the condition holds."""
    ports: list[int] = []

    def occurs(context: Context) -> bool:
        if not condition(context):
            return False
        if context.request.port not in ports:
            ports.append(context.request.port)
        return ports.index(context.request.port) % 2 == 1

    return occurs


def _identity(context: RequestContext) -> tuple[Any, ...]:
    request = context.request
    return (request.method, request.path, request.query, sorted(request.headers.items()), context.body)


class FaultBuilder(Generic[Context]):
    """Builds the faulty servers of one contract; where no sentence is given, the name is the sentence."""

    def __init__(self, contract: str) -> None:
        self.contract = contract

    def accepts(
        self, name: str, rows: Rows, where: Condition[Context] = always, *, kind: str = "lenient",
        limit: Limit[Context] | None = None,
    ) -> FaultyServer[Context]:  # fmt: skip
        """A server that does not enforce the rule of a row for some of the requests that break it."""
        broken = _tuple(rows)

        def make_hooks() -> FaultHooks[Context]:
            occurs = limit(where) if limit else where
            return FaultHooks(skip_rule=lambda row, context: row in broken and occurs(context))

        return self._build(name, rows, kind, make_hooks)

    def rejects(self, name: str, rows: Rows, where: Condition[Context]) -> FaultyServer[Context]:
        """A server that rejects valid requests with the first of the rows."""
        row = _tuple(rows)[0]
        hooks: FaultHooks[Context] = FaultHooks(reject_valid=lambda context: row if where(context) else None)
        return self._build(name, rows, "control", lambda: hooks)

    def answers(
        self, name: str, rows: Rows, kind: str, change: Change[Context], where: Condition[Context] = always, *,
        to: Literal["row", "success", "any"] = "row", limit: Limit[Context] | None = None,
    ) -> FaultyServer[Context]:  # fmt: skip
        """A server that sends a wrong response: to requests that break one of the rows, to valid ones, or to any."""
        changed = _tuple(rows)

        def make_hooks() -> FaultHooks[Context]:
            occurs = limit(where) if limit else where

            def alter(response: JsonResponse, context: Context) -> JsonResponse:
                success = response.row is None and response.status < 300
                due = {"row": response.row in changed, "success": success, "any": True}[to]
                return change(response, context) if due and occurs(context) else response

            return FaultHooks(alter_response=alter)

        return self._build(name, rows, kind, make_hooks)

    def performs(
        self, name: str, rows: Rows, effect: str, where: Condition[Context] = always, kind: str = "effect", *,
        done: bool, limit: Limit[Context] | None = None,
    ) -> FaultyServer[Context]:  # fmt: skip
        """A server that carries out an effect of a request that it rejects (`done`), or not that of one it accepts."""

        def make_hooks() -> FaultHooks[Context]:
            occurs = limit(where) if limit else where

            def perform(name: str, context: Context, intended: bool) -> bool:
                return done if name == effect and occurs(context) else intended

            return FaultHooks(perform_effect=perform)

        return self._build(name, rows, kind, make_hooks)

    def marks(
        self, name: str, rows: Rows, mark: Callable[[Any, int], Any], shown: Condition[Context],
        where: Condition[Context] = always,
    ) -> FaultyServer[Context]:  # fmt: skip
        """A server whose refusals leave a mark on what a later read shows.

        `mark` makes it of the body and of how many requests were refused with one of the rows.
        """
        marked = _tuple(rows)

        def make_hooks() -> FaultHooks[Context]:
            counter = RequestCounter()

            def alter(response: JsonResponse, context: Context) -> JsonResponse:
                if response.row in marked and where(context):
                    counter.increment()
                elif counter.count and response.row is None and response.status < 300 and shown(context):
                    return response.replace(value=mark(response.value, counter.count))
                return response

            return FaultHooks(alter_response=alter)

        return self._build(name, rows, "effect", make_hooks)

    def later(self, server: FaultyServer[Context]) -> FaultyServer[Context]:
        """A server that does the same, but only some time after the rejection."""
        fault = server.fault
        name, sentence = f"{fault.name}_later", fault.sentence.removesuffix(".") + ", some time later."
        late = replace(fault, name=name, kind="late", sentence=sentence)
        return FaultyServer(late, lambda: replace(server.make_hooks(), delay=_LATE))

    def _build(
        self, name: str, rows: Rows, kind: str, make_hooks: Callable[[], FaultHooks[Context]]
    ) -> FaultyServer[Context]:
        sentence = name.replace("_", " ").capitalize() + "."
        fault = Fault(name, self.contract, _tuple(rows), kind, sentence, wording_only=kind in _WORDING_KINDS)
        return FaultyServer(fault, make_hooks)


def _tuple(rows: Rows) -> tuple[Row, ...]:
    return (rows,) if rows and isinstance(rows[0], str) else rows
