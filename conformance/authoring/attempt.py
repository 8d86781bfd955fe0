"""Shows the exchanges of a row that was tried on a target, and the `expect` that its response would meet."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

from conformance.checks.context import ResponseRules, read_errors
from conformance.http import split_url
from conformance.jsontools import load_json
from conformance.results.model import RecordedExchange, RowResult

_SHORTEST_VALUE = 2
"""The fewest characters of a parameter's value that are replaced in a message; one may be there by chance."""


def suggest_expect(rules: ResponseRules, exchange: RecordedExchange) -> dict[str, Any]:
    """Return the `expect` that a response would meet; query values in its message become placeholders."""
    if exchange.response is None:
        return {}
    expect: dict[str, Any] = {"status": exchange.response.status}
    try:
        faults = read_errors(rules, load_json(exchange.response.body))
    except ValueError:
        faults = ()
    for fault in faults[:1]:
        for name, value in (("code", fault.code), ("field", fault.field), ("message", fault.message)):
            if isinstance(value, str | int) and not isinstance(value, bool):
                expect[name] = value if name == "code" else str(value)
    if "message" in expect:
        for parameter, value in parse_qsl(split_url(exchange.request.url).query):
            if len(value) >= _SHORTEST_VALUE:
                expect["message"] = expect["message"].replace(value, f"{{query.{parameter}}}")
    return expect


def format_attempt(row: RowResult) -> Iterator[str]:
    """Yield the lines of every exchange of a row, complete and in the order of sending."""
    for one in row.exchanges:
        yield f"--- {one.label or one.role}"
        yield f"{one.request.method} {one.request.url}"
        yield from (f"{name}: {value}" for name, value in one.request.headers)
        if one.request.body:
            yield from ("", one.request.body)
        yield ""
        if one.response is None:
            yield f"no answer: {one.failure.kind}: {one.failure.detail}" if one.failure else "no answer"
        else:
            yield f"HTTP {one.response.status} {one.response.reason}".rstrip()
            yield from (f"{name}: {value}" for name, value in one.response.headers)
            if one.response.body:
                yield from ("", _indent_json(one.response.body))
        yield ""


def _indent_json(body: str) -> str:
    try:
        return json.dumps(load_json(body), ensure_ascii=False, indent=2)
    except ValueError:
        return body
