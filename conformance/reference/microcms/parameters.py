"""The base class of all operations, which reads the query parameters of lists: limit, offset, imageOnly."""

from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

from conformance.reference.catalogue import Row
from conformance.reference.hooks import Behaviour
from conformance.reference.microcms.context import MicrocmsContext
from conformance.reference.microcms.parsing import InvalidValue, parse_boolean, parse_integer
from conformance.reference.microcms.state import Store

T = TypeVar("T")
DEFAULT_LIMIT: Final = 10
"""The number of items on a page if no limit is given."""
MAX_LIMIT: Final = 100
_ROWS: Final[Mapping[str, Mapping[str, tuple[int, int, int]]]] = {
    # below, above, not an integer; 0 where the table has no such row
    "contents-get": {"limit": (1, 2, 3), "offset": (4, 0, 5)},
    "media-get": {"limit": (1, 2, 3), "offset": (5, 0, 6)},
    "members-list": {"limit": (1, 2, 3)},
}


class Operations:
    """Base class of the operations: the state, behaviour and choices of the service, and parameters of lists.

    An invalid parameter raises RequestRejected with a row of the list's table.
    """

    def __init__(self, store: Store, behaviour: Behaviour[MicrocmsContext], choices: Mapping[str, str]) -> None:
        self._store = store
        self._behaviour = behaviour
        self._choices = choices

    def _read_page(self, context: MicrocmsContext, table: str, *names: str) -> tuple[int, int]:
        """Return limit and offset of a list; only the parameters in `names` are read."""
        order = list(reversed(names)) if self._choices["parameter_order"] == "offset-first" else list(names)
        found = {"limit": DEFAULT_LIMIT, "offset": 0}
        if self._choices["parameter_order"] == "parse-first":
            numbers = {name: self._parse(context, table, name) for name in order}
            found |= {
                name: self._check_range(context, table, name, number)
                for name, number in numbers.items()
                if number is not None
            }
        else:
            for name in order:
                number = self._parse(context, table, name)
                if number is not None:
                    found[name] = self._check_range(context, table, name, number)
        limit = found["limit"] if self._behaviour.performs("limit", context) else DEFAULT_LIMIT
        return limit, found["offset"] if self._behaviour.performs("offset", context) else 0

    def _cut_page(self, context: MicrocmsContext, items: Sequence[T], limit: int, offset: int) -> Sequence[T]:
        """Return the items of a page."""
        first = max(0, offset - self._behaviour.performs("offset from one", context, intended=False))
        return items[first : limit + first * (not self._behaviour.performs("limit first", context, intended=False))]

    def _read_image_only(self, context: MicrocmsContext) -> bool:
        """Return whether only images are requested."""
        text = context.query_value("imageOnly")
        if text is None:
            return False
        context.parameter, context.raw, context.number = "imageOnly", text, None
        try:
            only = parse_boolean(text, self._choices)
        except InvalidValue:
            self._behaviour.reject(("media-get", 4), context, value=text)
            return False
        return self._behaviour.performs("imageOnly", context, intended=only)

    def _parse(self, context: MicrocmsContext, table: str, name: str) -> int | None:
        row = (table, _ROWS[table][name][2])
        text = self._text(context, name, row)
        if text is None:
            return None
        context.parameter, context.raw, context.number = name, text, None
        try:
            return parse_integer(text, self._choices)
        except InvalidValue:
            self._behaviour.reject(row, context, value=text)
            return None

    def _text(self, context: MicrocmsContext, name: str, row: Row) -> str | None:
        values = list(context.query.get(name, ()))
        bracketed = context.query.get(f"{name}[]", ())
        if bracketed and self._choices["integer_brackets"] != "ignored":
            if self._choices["integer_brackets"] == "rejected":
                self._behaviour.reject(row, context, value=bracketed[0])
            values = values or list(bracketed)
        if len(values) > 1 and self._choices["integer_twice"] == "rejected":
            self._behaviour.reject(row, context, value=values[0])
        if not values:
            return None
        return values[-1] if self._choices["integer_twice"] == "last" else values[0]

    def _check_range(self, context: MicrocmsContext, table: str, name: str, number: int) -> int:
        below, above, _ = _ROWS[table][name]
        raw = self._text(context, name, (table, below)) or ""
        context.parameter, context.raw, context.number = name, raw, number
        if number < 0:
            self._behaviour.reject((table, below), context)
        if above and number > MAX_LIMIT:
            self._behaviour.reject((table, above), context)
        return max(number, 0)
