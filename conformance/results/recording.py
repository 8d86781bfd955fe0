"""Records an exchange for the results: redacted first and cut then, so that no half of a secret is left."""

import hashlib
import re
from itertools import islice

from conformance.http import Exchange, NoResponse, Request, Response, header
from conformance.messages import Message
from conformance.results.curl import build_curl_command
from conformance.results.model import RecordedExchange, RecordedNoResponse, RecordedRequest, RecordedResponse
from conformance.results.redaction import CLOSE, OPEN, Redactor

WITHHELD = f"{OPEN}an answer that holds "
"""The beginning of what is recorded as the body of an answer that is not shown, as a secret is hidden in it."""
LONGEST_BODY = 4096
"""Characters of a body that are kept."""
LONGEST_HEADER = 2048
MOST_HEADERS = 100
PART = 512
"""Bytes of one part of a multipart body that are shown."""
MOST_PARTS = 100
"""Parts that are shown; the last holds all that follow it."""
BOUNDARY = re.compile(r'boundary="?([^";,]{1,200})"?', re.IGNORECASE)
CONTROL = bytes([*range(9), 11, 12, *range(14, 32), 127])


def record_exchange(exchange: Exchange, n: int, label: str, role: str, redactor: Redactor) -> RecordedExchange:
    """The exchange without secrets, its bodies cut."""
    clean = redactor.clean
    response, failure = exchange.response, None
    if isinstance(outcome := exchange.outcome, NoResponse):
        response, failure = outcome.response, RecordedNoResponse(outcome.kind.value, redactor.text(outcome.detail))
    recorded = RecordedExchange(
        n=n,
        label=redactor.text(label),
        request=_request(exchange.request, redactor),
        response=None if response is None else _response(response, redactor),
        failure=failure,
        seconds=round(exchange.seconds, 6),
        tries=exchange.tries,
        curl=build_curl_command(exchange.request, redactor),
        role=role,
        started=exchange.started,
    )
    clean.update((id(one), one) for one in (recorded.request, recorded.response) if one is not None)
    return recorded


def _request(request: Request, redactor: Redactor) -> RecordedRequest:
    body = request.body
    shown = None if body is None else _shown(body, header(request.headers, "content-type") or "")
    kept = None if shown is None else redactor.text(shown, LONGEST_BODY)
    return RecordedRequest(
        method=redactor.text(request.method),
        url=redactor.text(request.url),
        headers=_headers(request.headers, redactor),
        body=kept,
        size=len(body or b""),
        sha256=hashlib.sha256(body or b"").hexdigest() if _is_whole(kept, shown) else "",
        cut=shown is not None and len(shown) > LONGEST_BODY,
        vantage=_vantage(request, redactor),
    )


def _response(response: Response, redactor: Redactor) -> RecordedResponse:
    shown = _shown(response.utf8, header(response.headers, "content-type") or "", response.size)
    lines = [f"{name[:LONGEST_HEADER]}: {value[:LONGEST_HEADER]}" for name, value in response.headers[:MOST_HEADERS]]
    columns = zip(*response.headers[:MOST_HEADERS], strict=True)
    letters = ["".join(text for text in column if len(text) == 1) for column in columns]
    whole = "\n\n".join([shown, response.reason, *lines, *map(str, response.faults), *filter(None, letters)])
    # A secret of which only the beginning is left, at the end of a text that was cut, is found there alone.
    is_clean = not shown.endswith("…") and redactor.text(whole, len(whole)) == whole
    if not is_clean and (names := redactor.find_hidden(whole)):
        held = ", ".join(f"secret:{name}" for name in names)
        note = f"{WITHHELD}{held}, {response.size:,} bytes, sha256 {response.sha256}{CLOSE}"
        return RecordedResponse(response.status, body=note, size=response.size, sha256=response.sha256, cut=True)
    kept = shown[:LONGEST_BODY] if is_clean else redactor.text(shown, LONGEST_BODY)
    return RecordedResponse(
        status=response.status,
        headers=_headers(response.headers, redactor),
        body=kept,
        size=response.size,
        sha256=response.sha256 if _is_whole(kept, shown) else "",
        cut=response.cut or len(shown) > LONGEST_BODY,
        reason=redactor.text(response.reason, LONGEST_HEADER),
        faults=tuple(redactor.text(fault) for fault in response.faults),
    )


def _is_whole(kept: str | None, shown: str | None) -> bool:
    """Whether a text lacks nothing before the cut; else its hash tells a password to whoever guesses it."""
    return shown is not None and kept == shown[:LONGEST_BODY]


def _headers(headers: tuple[tuple[str, str], ...], redactor: Redactor) -> tuple[tuple[str, str], ...]:
    kept = redactor.headers(headers[:MOST_HEADERS])
    shown = tuple((_short(name), _short(value)) for name, value in kept)
    more = len(headers) - MOST_HEADERS
    return (*shown, ("…", f"{OPEN}{more:,} more headers{CLOSE}")) if more > 0 else shown


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_HEADER else f"{text[:LONGEST_HEADER]}… {OPEN}{len(text):,} characters{CLOSE}"


def _vantage(request: Request, redactor: Redactor) -> str:
    address, proxy = request.source_address, request.proxy
    if address and proxy:
        return redactor.text(Message("from {address} through {proxy}", address=address, proxy=proxy))
    if address:
        return redactor.text(Message("from {address}", address=address))
    return redactor.text(Message("through {proxy}", proxy=proxy)) if proxy else ""


def _shown(body: bytes, content_type: str, size: int | None = None) -> str:
    """The body as text, longer than `LONGEST_BODY` where there is more; binary parts as how many bytes they are."""
    boundary = BOUNDARY.search(content_type) if content_type.lower().startswith("multipart/") else None
    if boundary is not None:
        return _multipart(body, boundary[1].encode("utf-8", "replace"))
    # Enough of it for the redactor to see a whole secret at the cut.
    start = body[: 4 * LONGEST_BODY + (8 << 10)]
    if _binary(start):
        return f"{OPEN}{len(body) if size is None else size:,} bytes{CLOSE}"
    return start.decode("utf-8", "backslashreplace")


def _multipart(body: bytes, boundary: bytes) -> str:
    marks = list(islice(re.finditer(re.escape(b"--" + boundary), body), MOST_PARTS))
    shown = []
    for start, end in zip(
        [0, *(one.end() for one in marks)], [*(one.start() for one in marks), len(body)], strict=True
    ):
        blank = body.find(b"\r\n\r\n", start, end)
        head = end if blank < 0 else blank
        payload = min(end, head + 4)
        shown.append(_text(body, start, head) + "\r\n\r\n" * (head < end) + _text(body, payload, end))
    return f"--{boundary.decode('utf-8', 'replace')}".join(shown)


def _text(body: bytes, start: int, end: int) -> str:
    """The bytes of a body from `start` to `end`, of which no copy is made where there are many."""
    size = end - start - 2 * body.endswith(b"\r\n", start, end)
    if size > PART or _binary(body[start : start + size]):
        return f"{OPEN}{size:,} bytes{CLOSE}\r\n"
    return body[start:end].decode("utf-8", "backslashreplace")


def _binary(data: bytes) -> bool:
    head = data[:4096]
    odd = len(head) - len(head.translate(None, CONTROL)) + head.decode("utf-8", "replace").count("\ufffd")
    return odd > max(8, len(head) // 10)
