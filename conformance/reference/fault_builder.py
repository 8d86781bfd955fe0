"""Builds faulty servers from tables in which each entry has a fault's name, its rows and the one thing that it changes.

A condition selects the requests for which the fault occurs; a change turns the right response into the wrong one. A
`limit` makes a condition with a state (a new one for each server), for faults that occur only for some of the requests.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count, cycle
from typing import Any, Final, Generic, Literal

from conformance.reference.catalogue import Fault, Row
from conformance.reference.hooks import Context, FaultHooks, FaultyServer, RequestContext
from conformance.reference.http import JsonResponse
from conformance.reference.response_changes import with_status

Rows = Row | tuple[Row, ...]
Condition = Callable[[Context], bool]
Change = Callable[[JsonResponse, Context], JsonResponse]
Limit = Callable[[Condition[Context]], Condition[Context]]
MANY: Final = float("inf")
RANGES: Final = {"2_31": (2**31, 2**53 - 1), "2_53": (2**53, 2**63 - 1), "2_63": (2**63, MANY)}
"""Ranges of numbers that do not fit in 32 bits, in a double, and in 64 bits."""
_LATE: Final = 0.06
"""Seconds between a rejection and the late effect of the rejected write. A real server may take some seconds."""
_WORDING_KINDS: Final = frozenset({"wording", "request-id"})
"""Kinds of faults that are only drift, because the rest of the response is right."""


def always(context: Any) -> bool:  # noqa: ARG001 - a condition like the others
    """Return True for every request."""
    return True


def when(*conditions: Condition[Any], **expected: Any) -> Condition[Any]:
    """Return a condition that requires all conditions, and expected attributes of the request context.

    A string is a pattern for the whole text, a pair of numbers is a range with both ends included, and a dict has
    patterns for query parameters or headers, which must be present. Any other value must be equal.
    """
    return lambda context: (
        all(condition(context) for condition in conditions)
        and all(_is_as_expected(getattr(context, name), value) for name, value in expected.items())
    )


def _is_as_expected(actual: Any, expected: Any) -> bool:
    if isinstance(expected, str):
        return actual is not None and re.fullmatch(expected, str(actual), re.DOTALL) is not None
    if isinstance(expected, tuple) and not isinstance(expected[0], str):
        return actual is not None and bool(expected[0] <= actual <= expected[1])
    if isinstance(expected, dict) and expected:
        return all(name in actual and _is_as_expected(_first(actual[name]), one) for name, one in expected.items())
    return bool(actual == expected)


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) else value


def counted(holds: Callable[[int], bool]) -> Limit[Any]:
    """Return a limit to requests whose number, from 1 among those that meet the condition, `holds` accepts."""

    def limit(condition: Condition[Any]) -> Condition[Any]:
        numbers = count(1)
        return lambda context: condition(context) and holds(next(numbers))

    return limit


def compared(key: Callable[[Any], Any], holds: Callable[[Any, Sequence[Any]], bool]) -> Limit[Any]:
    """Return a limit by comparison: `holds` gets a request's `key` and the keys of the earlier ones."""

    def limit(condition: Condition[Any]) -> Condition[Any]:
        keys: list[Any] = []

        def occurs(context: Any) -> bool:
            if not condition(context):
                return False
            current = key(context)
            keys.append(current)
            return holds(current, keys[:-1])

        return occurs

    return limit


def since(trigger: Condition[Any], key: Callable[[Any], Any] = lambda _: None) -> Limit[Any]:
    """Return a limit to requests after one that met `trigger` and has an equal `key`."""

    def limit(condition: Condition[Any]) -> Condition[Any]:
        keys: set[Any] = set()

        def occurs(context: Any) -> bool:
            current = key(context)
            known = current in keys
            if trigger(context):
                keys.add(current)
            return known and condition(context)

        return occurs

    return limit


def again(key: Callable[[Any], Any]) -> Limit[Any]:
    """Return a limit to requests with the `key` of an earlier one that met the condition."""
    return compared(key, lambda current, earlier: current in earlier)


def _identity(context: RequestContext) -> tuple[Any, ...]:
    request = context.request
    return (request.method, request.path, request.query, sorted(request.headers.items()), context.body)


def _port(context: RequestContext) -> int:
    return context.request.port


after_first: Final = counted(lambda number: number > 1)
"""Limits a fault to all requests except the first that meets the condition."""
not_first: Final = compared(_identity, lambda current, earlier: current != [*earlier, current][0])
"""Limits a fault to requests that differ from the first one that meets the condition."""
repeated: Final = again(_identity)
"""Limits a fault to requests that are equal to an earlier one that meets the condition."""
on_every_second_connection: Final = compared(
    _port, lambda current, earlier: list(dict.fromkeys([*earlier, current])).index(current) % 2 == 1
)
"""Limits a fault to every second connection, of those with requests that meet the condition."""


def every_nth(number: int) -> Limit[Any]:
    """Return a limit to every nth request that meets the condition."""
    return counted(lambda one: one % number == 0)


def on_connections_of(trigger: Condition[Any]) -> Limit[Any]:
    """Return a limit to requests on a connection that had an earlier one that met `trigger`."""
    return since(trigger, _port)


def _unlimited(condition: Condition[Any]) -> Condition[Any]:
    return condition


class FaultBuilder(Generic[Context]):
    """Builds faulty servers.

    A fault occurs for requests that meet every condition in `where` and whose context has the attributes that are given
    by name (see `when`).
    """

    def accepts(
        self, name: str, rows: Rows, *where: Condition[Context], kind: str = "lenient",
        limit: Limit[Context] = _unlimited, **expected: Any,
    ) -> FaultyServer[Context]:  # fmt: skip
        """Build a server that does not enforce the rule of a row for some of the requests that break it."""
        broken = _tuple(rows)

        def make_hooks() -> FaultHooks[Context]:
            occurs = limit(when(*where, **expected))
            return FaultHooks(skip_rule=lambda row, context: row in broken and occurs(context))

        return self._build(name, rows, kind, make_hooks)

    def rejects(self, name: str, rows: Rows, *where: Condition[Context], **expected: Any) -> FaultyServer[Context]:
        """Build a server that rejects valid requests with the first of the rows."""
        row, occurs = _tuple(rows)[0], when(*where, **expected)
        hooks: FaultHooks[Context] = FaultHooks(reject_valid=lambda context: row if occurs(context) else None)
        return self._build(name, rows, "control", lambda: hooks)

    def answers(
        self, name: str, rows: Rows, kind: str, change: Change[Context] | int, *where: Condition[Context],
        to: Literal["row", "success", "refused", "any"] = "row", limit: Limit[Context] = _unlimited, **expected: Any,
    ) -> FaultyServer[Context]:  # fmt: skip
        """Build a server that sends a wrong response to some requests; `to` says to which kind.

        `change` makes it from the right one; a number is another status.
        """
        changed, wrong = _tuple(rows), with_status(change) if isinstance(change, int) else change

        def make_hooks() -> FaultHooks[Context]:
            occurs = limit(when(*where, **expected))

            def alter(response: JsonResponse, context: Context) -> JsonResponse:
                success = response.row is None and response.status < 300
                refused = response.status >= 400
                due = {"row": response.row in changed, "success": success, "refused": refused, "any": True}[to]
                return wrong(response, context) if due and occurs(context) else response

            return FaultHooks(alter_response=alter)

        return self._build(name, rows, kind, make_hooks)

    def performs(
        self, name: str, rows: Rows, effect: str, *where: Condition[Context], kind: str = "effect", done: bool = True,
        limit: Limit[Context] = _unlimited, **expected: Any,
    ) -> FaultyServer[Context]:  # fmt: skip
        """Build a server that carries out an effect of a request that it rejects."""

        def make_hooks() -> FaultHooks[Context]:
            occurs = limit(when(*where, **expected))

            def perform(name: str, context: Context, intended: bool) -> bool:
                return done if name == effect and occurs(context) else intended

            return FaultHooks(perform_effect=perform)

        return self._build(name, rows, kind, make_hooks)

    def omits(
        self, name: str, rows: Rows, effect: str, *where: Condition[Context], **options: Any
    ) -> FaultyServer[Context]:
        """Build a server that omits an effect of a request that it accepts; options as for `performs`."""
        return self.performs(name, rows, effect, *where, done=False, **options)

    def marks(
        self, name: str, rows: Rows, mark: Callable[[Any, int], Any], shown: Condition[Context],
        *where: Condition[Context], **expected: Any,
    ) -> FaultyServer[Context]:  # fmt: skip
        """Build a server whose refusals change what a later read shows.

        `mark` makes the changed body from the right one and the number of requests refused with one of the rows.
        """
        marked, occurs = _tuple(rows), when(*where, **expected)

        def make_hooks() -> FaultHooks[Context]:
            refused: list[JsonResponse] = []

            def alter(response: JsonResponse, context: Context) -> JsonResponse:
                if response.row in marked and occurs(context):
                    refused.append(response)
                elif refused and response.row is None and response.status < 300 and shown(context):
                    return response.replace(value=mark(response.value, len(refused)))
                return response

            return FaultHooks(alter_response=alter)

        return self._build(name, rows, "effect", make_hooks)

    def now_and_later(self, server: FaultyServer[Context]) -> tuple[FaultyServer[Context], FaultyServer[Context]]:
        """Return this server, and one that does the same some time after the rejection."""
        fault = server.fault
        late = replace(fault, name=f"{fault.name}_later", kind="late")
        return server, FaultyServer(late, lambda: replace(server.make_hooks(), delay=_LATE))

    def cross(
        self, rows: Mapping[Row, str], faults: Collection[tuple[str, str, Change[Context] | int, Limit[Context] | None]]
    ) -> Iterator[FaultyServer[Context]]:
        """Yield each fault (name, kind, change, limit) for each row, with the row's name for `{}` in the fault's."""
        for row, row_name in rows.items():
            for name, kind, change, limit in faults:
                yield self.answers(name.format(row_name), row, kind, change, limit=limit or _unlimited)

    def deal(
        self, rows: Mapping[Row, str], name: str, kind: str, changes: Sequence[tuple[str, Change[Context] | int]]
    ) -> Iterator[FaultyServer[Context]]:
        """Yield one change for each row, in turn; `name` is formatted with the names of the change and of the row."""
        for (row, row_name), (change_name, change) in zip(rows.items(), cycle(changes)):
            yield self.answers(name.format(change_name, row_name), row, kind, change)

    def _build(
        self, name: str, rows: Rows, kind: str, make_hooks: Callable[[], FaultHooks[Context]]
    ) -> FaultyServer[Context]:
        fault = Fault(name, _tuple(rows), kind, wording_only=kind in _WORDING_KINDS)
        return FaultyServer(fault, make_hooks)


def _tuple(rows: Rows) -> tuple[Row, ...]:
    return (rows,) if rows and isinstance(rows[0], str) else rows
