"""Every recorded exchange as an HTTP Archive 1.2, which browsers' tools and proxies open.

Entries of a run stand in the order in which they were sent. Results of an older suite do not tell when an exchange
began: the start of the run stands there then, and entries stand row by row.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from urllib.parse import unquote

import harfile

from conformance.http import split_url
from conformance.jsontools import replace_surrogates
from conformance.report.evidence import list_rows
from conformance.report.format import format_answer
from conformance.report.sanitize import show_invisible, to_one_line
from conformance.results.model import RecordedExchange, RecordedResponse, Results, TargetRun

_NO_RESPONSE = 0
"""The status that browsers write where no answer came."""
_NOT_KNOWN = -1
"""The archive's own word for a number of bytes that nobody counted."""


def format_har(results: Results) -> str:
    """The archive; a comment on each entry names row, label and number, so that a verdict can be found again."""
    out = StringIO()
    creator = harfile.Creator(name=show_invisible(results.suite.name), version=show_invisible(results.suite.version))
    comment = f"seed {results.seed}, depth {to_one_line(results.depth)}"
    with harfile.HarFile(out, creator=creator, comment=comment) as archive:
        for run in results.runs:
            for place, exchange in sorted(_exchanges(run), key=lambda one: one[1].started or results.started):
                took = round(exchange.seconds * 1000, 3)
                archive.add_entry(
                    startedDateTime=show_invisible(exchange.started or results.started),
                    time=took,
                    request=_request(exchange),
                    response=_response(exchange),
                    timings=harfile.Timings(send=0, wait=took, receive=0),
                    comment=to_one_line(f"{place} #{exchange.n} {exchange.label} {exchange.role}".rstrip()),
                )
    return out.getvalue() + "\n"


def _exchanges(run: TargetRun) -> Iterator[tuple[str, RecordedExchange]]:
    for row in list_rows(run):
        yield from ((f"{run.contract.name} {row.id}", exchange) for exchange in row.exchanges)


def _request(exchange: RecordedExchange) -> harfile.Request:
    sent = exchange.request
    post = (
        harfile.PostData(mimeType=_type(sent.headers), text=replace_surrogates(sent.body))
        if sent.body is not None
        else None
    )
    return harfile.Request(
        method=replace_surrogates(sent.method),
        url=replace_surrogates(sent.url),
        httpVersion="HTTP/1.1",
        headers=_records(sent.headers),
        queryString=_records(_query(sent.url)),
        postData=post,
        bodySize=sent.size,
        comment=_cut(sent.cut, sent.sha256),
    )


def _response(exchange: RecordedExchange) -> harfile.Response:
    came = exchange.response
    if came is None:
        return _answer(RecordedResponse(status=_NO_RESPONSE), format_answer(exchange), _NOT_KNOWN)
    unpacked = any(name.lower() == "content-encoding" for name, _ in came.headers)
    return _answer(came, _cut(came.cut, came.sha256), _NOT_KNOWN if unpacked else came.size)


def _answer(came: RecordedResponse, comment: str | None, on_the_wire: int) -> harfile.Response:
    return harfile.Response(
        status=came.status,
        statusText=replace_surrogates(came.reason),
        httpVersion="HTTP/1.1",
        headers=_records(came.headers),
        content=harfile.Content(mimeType=_type(came.headers), size=came.size, text=replace_surrogates(came.body)),
        redirectURL=next((replace_surrogates(value) for name, value in came.headers if name.lower() == "location"), ""),
        bodySize=on_the_wire,
        comment=comment,
    )


def _records(pairs: tuple[tuple[str, str], ...]) -> list[harfile.Record]:
    return [harfile.Record(name=replace_surrogates(name), value=replace_surrogates(value)) for name, value in pairs]


def _query(url: str) -> tuple[tuple[str, str], ...]:
    """Names and values, percent-decoded; a plus sign stays one, for importers encode a blank as `%20`."""
    pairs = (part.partition("=") for part in split_url(url).query.split("&") if part)
    return tuple((unquote(name), unquote(value)) for name, _, value in pairs)


def _type(headers: tuple[tuple[str, str], ...]) -> str:
    return next((replace_surrogates(value) for name, value in headers if name.lower() == "content-type"), "")


def _cut(cut: bool, sha256: str) -> str | None:
    return f"the body is cut; SHA-256 of all of it: {show_invisible(sha256)}" if cut else None
