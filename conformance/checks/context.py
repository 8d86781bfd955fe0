"""What a response is checked against: the rules of a contract for all responses, and the expectation of a request."""

from __future__ import annotations

import json
import threading
import weakref
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from types import SimpleNamespace
from typing import Any

import jsonschema_rs

from conformance.contract.contract import Contract, Row
from conformance.contract.messages import WordingIndex, list_wordings
from conformance.contract.schema import Expect, Wording
from conformance.contract.templates import Lookup, fill
from conformance.http import Request, Response
from conformance.jsontools import find_texts, load_json, resolve_pointer

MOST_ENTRIES = 1000
"""The most entries of one error body that are checked."""
MOST_TEXTS = 1000
"""The most texts of one body that are searched for a documented wording."""


@dataclass(frozen=True, slots=True)
class ErrorEntry:
    """One fault in an error body."""

    message: Any
    code: Any
    field: Any
    has_message: bool


class ResponseRules:
    """The rules of one contract for every response, compiled once."""

    def __init__(
        self, contract: Contract, leaks: Callable[[str], tuple[str, ...]], keys: frozenset[str] = frozenset()
    ) -> None:
        """Compile the rules; `leaks` names the secrets in a text, and `keys` those that a success must not contain."""
        self.contract, self.keys = contract, keys
        self.envelope = contract.file.envelope
        self.shape = compile_schema(self.envelope.schema_)
        self.wordings = WordingIndex(contract)
        self.leaks = leaks
        self.documented = "\n".join(one.text for row in contract.rows for one in list_wordings(row)).casefold()
        """Every wording of the contract in lower case. What a wording contains is not a leak."""
        self._rows: Mapping[str, Row] = {row.id: row for row in contract.rows}
        self._wordless: defaultdict[Any, list[str]] = defaultdict(list)
        """Row IDs with an empty wording, by code."""
        for row in contract.rows:
            if any(wording.text == "" for wording in list_wordings(row)):
                for code in row.case.expect.codes:
                    self._wordless[code].append(row.id)

    def find_misplaced_message(self, body: Any) -> tuple[str, str] | None:
        """Return pointer and text of a documented wording outside the messages of a body that has none inside."""
        entries = read_errors(self, body)
        if any(isinstance(entry.message, str) for entry in entries):
            return None
        for pointer, text in islice(find_texts(body), MOST_TEXTS):
            for _, inner in islice(find_texts(_parse_inner_json(text)), MOST_TEXTS):
                if any(match.exact for match in self.wordings.find(inner)):
                    return pointer, text
        return None

    def is_own_answer(self, response: Response) -> bool:
        """Return whether a response is documented in form and wording, so that it cannot come from a gateway.

        A row with an empty wording is recognised by its code. Rows that promise this very status do not count, because
        a target that receives too many requests answers like that, too.
        """
        body = parse_json(response)
        if body is NOT_JSON or not self.shape.is_valid(body):
            return False
        entries = read_errors(self, body)
        texts = [entry.message for entry in entries if isinstance(entry.message, str)]
        rows = {match.row for text in texts for match in self.wordings.find(text) if match.exact}
        rows |= {row for entry in entries if entry.message == "" for row in self._wordless.get(entry.code, ())}
        return bool(rows) and not any(response.status in self.row(name).case.expect.statuses for name in rows)

    def promise(self, row_id: str) -> Promise:
        return promise_of_row(self._rows[row_id], self.contract.file.message_level)

    def row(self, row_id: str) -> Row:
        return self._rows[row_id]


def _parse_inner_json(text: str) -> Any:
    """Return the JSON object or array in a text, since a proxy may wrap a response in one; else the text itself."""
    if not text.lstrip().startswith(("{", "[")):
        return text
    try:
        return load_json(text)
    except ValueError:
        return text


NOT_JSON = object()
"""Returned by `parse_json` for a body that is not JSON."""


def parse_json(response: Response) -> Any:
    """Return the body as JSON, or `NOT_JSON`. The checks of a response share the value and must not change it."""
    slot = _LAST if response.large is None else _LAST_LARGE
    parsed: tuple[weakref.ref[Response], Any] | None = getattr(slot, "parsed", None)
    if parsed is None or parsed[0]() is not response:
        slot.parsed = parsed = None  # frees the former one first, because a body may take a hundred megabytes
        try:
            value = response.json()
        except ValueError:
            value = NOT_JSON
        slot.parsed = parsed = weakref.ref(response), value
    return parsed[1]


_LAST = threading.local()
_LAST_LARGE = SimpleNamespace()


def read_errors(rules: ResponseRules, body: Any) -> tuple[ErrorEntry, ...]:
    """Return the faults in an error body, or none if it has another form. A text is a fault with only a message."""
    envelope = rules.envelope
    found, inside = resolve_pointer(body, envelope.faults)
    is_one = found and (isinstance(inside, dict) or envelope.faults == "")
    items = inside[:MOST_ENTRIES] if found and isinstance(inside, list) else [inside] if is_one else []
    return tuple(
        ErrorEntry(
            item.get(envelope.message), item.get(envelope.code), item.get(envelope.field), envelope.message in item
        )
        if isinstance(item, dict)
        else ErrorEntry(item, None, None, has_message=True)
        for item in items
        if isinstance(item, dict) or (isinstance(item, str) and envelope.faults)
    )


def compile_schema(schema: Mapping[str, Any]) -> jsonschema_rs.Validator:
    """Compile a JSON Schema (2020-12 unless it names another dialect). Equal schemas are compiled once."""
    return _compile(json.dumps(schema))


@lru_cache(maxsize=1024)
def _compile(text: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(json.loads(text))


@dataclass(frozen=True, slots=True)
class Promise:
    """What a row or a step of a chain expects of a response, before its placeholders are filled."""

    expect: Expect
    row: str = ""
    """The row ID; empty for a step of a chain."""
    wordings: tuple[Wording, ...] = ()
    """Every documented wording, with its placeholders."""
    message_level: str = "should"
    """The contract's level of messages, used if `expect` has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation(Promise):
    """What is expected of one response: a promise with all placeholders filled, except those of the wordings."""

    lookup: Lookup
    """Returns the values, as sent, for the placeholders of the wordings."""
    language: str | None = None
    request: Request | None = None
    """The request that was sent, whose content the response may repeat."""


def promise_of_row(row: Row, message_level: str = "should") -> Promise:
    return Promise(row.case.expect, row.id, list_wordings(row), message_level)


def build_expectation(
    promise: Promise, lookup: Lookup, *, language: str | None = None, request: Request | None = None
) -> Expectation:
    """Fill the placeholders of a promise, except those of its wordings; raise MissingValue for one without a value."""
    expect = promise.expect
    filled = {name: fill(getattr(expect, name), lookup) for name in ("field", "body", "equals")}
    headers = {
        name: each.model_copy(update=fill(each.model_dump(exclude_unset=True), lookup))
        for name, each in expect.headers.items()
    }
    return Expectation(
        expect=expect.model_copy(update={**filled, "headers": headers}),
        row=promise.row,
        wordings=promise.wordings,
        message_level=expect.message_level or promise.message_level,
        lookup=lookup,
        language=language,
        request=request,
    )
