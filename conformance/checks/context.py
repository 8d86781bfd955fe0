"""What an answer is held against: the rules of a contract for all of them, and what a row or a step promises."""

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
"""Entries of one error body that are looked at."""
MOST_TEXTS = 1000
"""Texts of one body in which a documented wording is looked for."""


@dataclass(frozen=True, slots=True)
class ErrorEntry:
    """One entry of an error body."""

    message: Any
    code: Any
    field: Any
    has_message: bool


class ResponseRules:
    """The rules of one contract, compiled once."""

    def __init__(
        self, contract: Contract, leaks: Callable[[str], tuple[str, ...]], keys: frozenset[str] = frozenset()
    ) -> None:
        """`leaks` names the secrets in a text; `keys` are those that must not be in a success either."""
        self.contract, self.keys = contract, keys
        self.envelope = contract.file.envelope
        self.shape = compile_schema(self.envelope.schema_)
        self.wordings = WordingIndex(contract)
        self.leaks = leaks
        self.documented = "\n".join(one.text for row in contract.rows for one in list_wordings(row)).casefold()
        """Every wording of the contract: what stands in one is no secret of the target."""
        self._rows: Mapping[str, Row] = {row.id: row for row in contract.rows}
        self._wordless: defaultdict[Any, list[str]] = defaultdict(list)
        """By code, the rows whose wording is empty."""
        for row in contract.rows:
            if any(wording.text == "" for wording in list_wordings(row)):
                for code in row.case.expect.codes:
                    self._wordless[code].append(row.id)

    def find_misplaced_message(self, body: Any) -> tuple[str, str] | None:
        """A documented wording that stands elsewhere than in a message of the error, with its place; None without one.

        An error with a message in its place has none: what else it holds is its own affair.
        """
        entries = read_errors(self, body)
        if any(isinstance(entry.message, str) for entry in entries):
            return None
        for pointer, text in islice(find_texts(body), MOST_TEXTS):
            for _, inner in islice(find_texts(_parsed(text)), MOST_TEXTS):
                if any(match.exact for match in self.wordings.find(inner)):
                    return pointer, text
        return None

    def is_own_answer(self, response: Response) -> bool:
        """Whether an answer is in the contract's own form and words, so that no gateway on the way can have made it.

        Its words are a documented wording, or the code and the wording of one row where that wording is empty. Those of
        a row that promises this very status do not count: so does a target that is asked too often.
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
        """What a row promises; raises KeyError."""
        return promise_of_row(self._rows[row_id], self.contract.file.message_level)

    def row(self, row_id: str) -> Row:
        """The row of an ID; raises KeyError."""
        return self._rows[row_id]


def _parsed(text: str) -> Any:
    """The JSON object or array that a text holds, as a proxy may wrap an answer; the text itself where it is none."""
    if not text.lstrip().startswith(("{", "[")):
        return text
    try:
        return load_json(text)
    except ValueError:
        return text


NOT_JSON = object()
"""What `parse_json` returns for a body that is no JSON."""


def parse_json(response: Response) -> Any:
    """The body as JSON, or `NOT_JSON`; the checks of one response share what was parsed, and may not change it."""
    slot = _LAST if response.large is None else _LAST_LARGE
    parsed: tuple[weakref.ref[Response], Any] | None = getattr(slot, "parsed", None)
    if parsed is None or parsed[0]() is not response:
        slot.parsed = parsed = None  # never two at once: one may take a hundred megabytes
        try:
            value = response.json()
        except ValueError:
            value = NOT_JSON
        slot.parsed = parsed = weakref.ref(response), value
    return parsed[1]


_LAST = threading.local()
_LAST_LARGE = SimpleNamespace()


def read_errors(rules: ResponseRules, body: Any) -> tuple[ErrorEntry, ...]:
    """The faults that an error body names, a text being a fault with nothing but a message; empty in another form."""
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
    """A compiled JSON Schema (2020-12 unless it says otherwise); the same for equal schemas."""
    return _compile(json.dumps(schema))


@lru_cache(maxsize=1024)
def _compile(text: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(json.loads(text))


@dataclass(frozen=True, slots=True)
class Promise:
    """What a row, or a step of none, promises of an answer: its placeholders are not filled yet."""

    expect: Expect
    row: str = ""
    """Its ID; empty for a step of a chain."""
    wordings: tuple[Wording, ...] = ()
    """Every documented wording, with its placeholders."""
    message_level: str = "should"
    """That of the contract, where `expect` names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation(Promise):
    """What one answer must be: a promise with its placeholders filled, but for those of the wordings."""

    lookup: Lookup
    """Fills the placeholders of the wordings with what was sent."""
    language: str | None = None
    request: Request | None = None
    """What was sent: an answer may repeat it."""


def promise_of_row(row: Row, message_level: str = "should") -> Promise:
    """What a row promises; `message_level` is that of its contract."""
    return Promise(row.case.expect, row.id, list_wordings(row), message_level)


def build_expectation(
    promise: Promise, lookup: Lookup, *, language: str | None = None, request: Request | None = None
) -> Expectation:
    """Fill what can be filled now; raises MissingValue."""
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
