"""Formats every recorded exchange as an HTTP Archive 1.2, which browsers' tools and proxies open.

The entries of a run are in the order of sending. Results of an older suite lack the start of each exchange; then it is
the start of the run, and entries are ordered by row.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from conformance.http import Headers, header, split_url
from conformance.report.evidence import list_rows
from conformance.report.format import format_answer
from conformance.report.sanitize import show_invisible, to_one_line
from conformance.results.model import RecordedExchange, RecordedRequest, RecordedResponse, Results, TargetRun
from conformance.results.serialization import format_json_text

_NO_RESPONSE = RecordedResponse(status=0)
"""What browsers write if no response came."""
_NOT_KNOWN = -1
"""The archive's value for an unknown number of bytes."""


def format_har(results: Results) -> str:
    """Return the archive; a comment on each entry has row, number and label, so that findings can be located."""
    log = {
        "version": "1.2",
        "creator": {"name": show_invisible(results.suite.name), "version": show_invisible(results.suite.version)},
        "comment": f"seed {results.seed}, depth {to_one_line(results.depth)}",
        "entries": [entry for run in results.runs for entry in _entries(run, results.started)],
    }
    return format_json_text({"log": log})


def _entries(run: TargetRun, started: str) -> Iterator[dict[str, Any]]:
    placed = ((f"{run.contract.name} {row.id}", exchange) for row in list_rows(run) for exchange in row.exchanges)
    for place, exchange in sorted(placed, key=lambda one: one[1].started or started):
        took = round(exchange.seconds * 1000, 3)
        yield {
            "startedDateTime": show_invisible(exchange.started or started),
            "time": took,
            "request": _request(exchange.request),
            "response": _response(exchange),
            "cache": {},
            "timings": {"send": 0, "wait": took, "receive": 0},
            "comment": to_one_line(f"{place} #{exchange.n} {exchange.label} {exchange.role}".rstrip()),
        }


def _request(sent: RecordedRequest) -> dict[str, Any]:
    # Names and values are percent-decoded, but not plus signs, because importers encode a blank as `%20`.
    query = (part.partition("=") for part in split_url(sent.url).query.split("&") if part)
    body = {} if sent.body is None else {"postData": {"mimeType": _type(sent), "text": sent.body}}
    return {
        "method": sent.method,
        "url": sent.url,
        **_head(sent.headers, sent),
        "queryString": _records(tuple((unquote(name), unquote(value)) for name, _, value in query)),
        **body,
        "bodySize": sent.size,
    }


def _response(exchange: RecordedExchange) -> dict[str, Any]:
    came = exchange.response or _NO_RESPONSE
    size = (
        _NOT_KNOWN if exchange.response is None or header(came.headers, "content-encoding") is not None else came.size
    )
    comment = {"comment": show_invisible(format_answer(exchange))} if exchange.response is None else {}
    return {
        "status": came.status,
        "statusText": came.reason,
        **_head(came.headers, came),
        "content": {"size": came.size, "mimeType": _type(came), "text": came.body},
        "redirectURL": header(came.headers, "location") or "",
        "bodySize": size,
        **comment,
    }


def _head(headers: Headers, one: RecordedRequest | RecordedResponse) -> dict[str, Any]:
    cut = "the body is cut" + (f"; SHA-256 of all of it: {show_invisible(one.sha256)}" if one.sha256 else "")
    head = {"httpVersion": "HTTP/1.1", "cookies": [], "headers": _records(headers), "headersSize": _NOT_KNOWN}
    return {**head, "comment": cut} if one.cut else head


def _records(pairs: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _type(one: RecordedRequest | RecordedResponse) -> str:
    return header(one.headers, "content-type") or ""
