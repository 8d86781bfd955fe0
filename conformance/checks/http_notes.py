"""Remarks on HTTP itself: deviations from RFCs that may harm clients. They never affect a verdict."""

import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote, urlsplit

from conformance.checks.model import Note
from conformance.http import Exchange, Request, Response, header
from conformance.messages import Message, clip_text

_FORBIDDEN_TO_STORE = re.compile(r"\b(no-store|no-cache|private|max-age=0)\b", re.IGNORECASE)
_STORED_BY_DEFAULT = frozenset([404, 405, 410, 414, 501])
"""Error statuses that a cache may store by default (RFC 9110, 15.1)."""
_MARKUP = re.compile(r"[<>&\"']")


def check_http_notes(exchange: Exchange) -> tuple[Note, ...]:
    """Return every remark on one exchange; none if it has no response."""
    response = exchange.response
    if response is None:
        return ()
    found = (check(exchange.request, response) for check in _CHECKS)
    return tuple(note for note in found if note is not None)


def compare_head_with_get(actual: Exchange, head: Exchange) -> tuple[Note, ...]:
    """Return remarks on headers of a HEAD that differ from those of a GET of the same URL."""
    if actual.response is None or head.response is None:
        return ()
    of_get, of_head = actual.response, head.response
    if of_head.status != of_get.status:
        text = Message(
            "a HEAD has the answer of a GET without its content: here {status} instead of {other}",
            status=of_head.status,
            other=of_get.status,
        )
        return (Note("HEAD", text, "RFC 9110, 9.3.2"),)
    found = []
    media = [(header(each.headers, "Content-Type") or "").lower().replace(" ", "") for each in (of_head, of_get)]
    if media[0] and media[0] != media[1]:
        text = Message(
            "a HEAD has the fields of a GET: Content-Type is {media} instead of {other}",
            media=clip_text(media[0], 60),
            other=clip_text(media[1], 60) or "absent",
        )
        found.append(Note("HEAD", text, "RFC 9110, 9.3.2"))
    sizes = [header(response.headers, "Content-Length") for response in (of_head, of_get)]
    if sizes[0] is not None and sizes[1] is not None and sizes[0].strip() != sizes[1].strip():
        text = Message(
            "Content-Length of a HEAD is that of a GET, or absent: here {size} instead of {other}",
            size=clip_text(sizes[0], 20),
            other=clip_text(sizes[1], 20),
        )
        found.append(Note("HEAD", text, "RFC 9110, 8.6"))
    return tuple(found)


def _note_retry_after(status: int, section: str) -> Note:
    text = Message("a {status} may say when to come back, and clients need it", status=status)
    return Note("Retry-After", text, section)


_REQUIRED_HEADERS: Mapping[int, Note] = {
    405: Note("Allow", Message("a 405 has to say in Allow which methods there are"), "RFC 9110, 15.5.6"),
    401: Note("WWW-Authenticate", Message("a 401 has to carry at least one challenge"), "RFC 9110, 15.5.2"),
    429: _note_retry_after(429, "RFC 6585, 4"),
    503: _note_retry_after(503, "RFC 9110, 15.6.4"),
}
"""The remark on a missing header that a status requires, by status."""


def _check_required_header(_: Request, response: Response) -> Note | None:
    note = _REQUIRED_HEADERS.get(response.status)
    return note if note is not None and header(response.headers, note.about) is None else None


def _check_media_type(_: Request, response: Response) -> Note | None:
    value = header(response.headers, "Content-Type")
    if value is None:
        if not response.body:
            return None
        return Note("Content-Type", Message("an answer with content should say what it is"), "RFC 9110, 8.3")
    media, rest = value.partition(";")[::2]
    charset = re.search(r"charset\s*=\s*\"?([^\s;\"]+)", rest, re.IGNORECASE)
    if media.strip().lower() == "application/json" and charset and charset[1].lower() not in ("utf-8", "utf8"):
        text = Message("JSON goes over the wire in UTF-8, not {charset}", charset=clip_text(charset[1], 20))
        return Note("charset", text, "RFC 8259, 8.1")
    return None


def _check_utf8(_: Request, response: Response) -> Note | None:
    media = (header(response.headers, "Content-Type") or "").partition(";")[0].strip().lower()
    if media != "application/json" or response.cut:
        return None
    try:
        response.body.decode("utf-8")
    except UnicodeDecodeError:
        return Note("charset", Message("a JSON body that is not UTF-8"), "RFC 8259, 8.1")
    return None


def _check_caching(request: Request, response: Response) -> Note | None:
    if response.status < 400 or request.method not in ("GET", "HEAD"):
        return None
    control = header(response.headers, "Cache-Control") or ""
    age = re.search(r"\b(?:s-maxage|max-age)\s*=\s*\"?0*([1-9][0-9]*)", control, re.IGNORECASE)
    if age and not re.search(r"\bno-store\b", control, re.IGNORECASE):
        text = Message(
            "caches may keep this {status} for {n} seconds after its cause is gone",
            status=response.status,
            n=clip_text(age[1], 10),
        )
        return Note("Cache-Control", text, "RFC 9111, 4.2.1")
    is_said = _FORBIDDEN_TO_STORE.search(control) is not None or header(response.headers, "Expires") is not None
    if response.status not in _STORED_BY_DEFAULT or is_said:
        return None
    text = Message("without Cache-Control a cache may keep a {status} as long as it likes", status=response.status)
    return Note("Cache-Control", text, "RFC 9111, 4.2.2")


def _check_sniffing(request: Request, response: Response) -> Note | None:
    if (header(response.headers, "X-Content-Type-Options") or "").strip().lower() == "nosniff":
        return None
    sent = [
        unquote(part) for part in re.split(r"[/?&=]", urlsplit(request.url).path + "?" + urlsplit(request.url).query)
    ]
    if not any(len(part) > 2 and _MARKUP.search(part) and part in response.text for part in sent):
        return None
    text = Message("markup that was sent comes back as it is: nosniff keeps old clients from showing it as HTML")
    return Note("X-Content-Type-Options", text, "Fetch Standard, 3.6 (X-Content-Type-Options); RFC 9110, 8.3")


_Check = Callable[[Request, Response], Note | None]
_CHECKS: tuple[_Check, ...] = (_check_required_header, _check_media_type, _check_utf8, _check_caching, _check_sniffing)
