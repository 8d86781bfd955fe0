"""Faults that any row can have: another status, another row's message, other words, another form, a leak."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import cycle
from typing import Any, Final

from conformance.reference.catalogue import Row
from conformance.reference.decisions import Ask, Broken
from conformance.reference.messages import Reply
from conformance.reference.microcms.answers import ROWS, message
from conformance.reference.microcms.faults.making import answers, status

__all__ = ["FAULTS", "SLUGS"]

SLUGS: Final[Mapping[Row, str]] = {
    ("common", 1): "rejected_address",
    ("common", 2): "forbidden",
    ("common", 3): "unknown_url",
    ("common", 4): "too_many_requests",
    ("common", 5): "internal_error",
    ("contents-get", 1): "negative_limit_of_contents",
    ("contents-get", 2): "large_limit_of_contents",
    ("contents-get", 3): "unreadable_limit_of_contents",
    ("contents-get", 4): "negative_offset_of_contents",
    ("contents-get", 5): "unreadable_offset_of_contents",
    ("contents-get", 6): "unknown_content",
    ("contents-patch", 1): "unknown_status",
    ("contents-patch", 2): "several_statuses",
    ("contents-patch", 3): "unknown_creator",
    ("contents-patch", 4): "body_that_is_no_object",
    ("contents-patch", 5): "method_on_content",
    ("media-get", 1): "negative_limit_of_media",
    ("media-get", 2): "large_limit_of_media",
    ("media-get", 3): "unreadable_limit_of_media",
    ("media-get", 4): "unreadable_image_only",
    ("media-get", 5): "negative_offset_of_media",
    ("media-get", 6): "unreadable_offset_of_media",
    ("media-get", 7): "bad_token",
    ("media-get", 8): "unknown_file_name",
    ("media-post", 1): "upload_without_file",
    ("media-post", 2): "large_upload",
    ("media-post", 3): "method_on_media",
    ("media-delete", 1): "unreadable_url",
    ("media-delete", 2): "referenced_medium",
    ("media-delete", 3): "unknown_medium",
    ("media-delete", 4): "method_on_media_v2",
    ("members-get", 1): "unknown_member",
}
"""A name for every row."""

_STATUSES: Final[Mapping[Row, int]] = {
    ("common", 1): 403, ("common", 2): 401, ("common", 3): 400, ("common", 4): 403, ("common", 5): 501,
    ("contents-get", 1): 422, ("contents-get", 2): 404, ("contents-get", 3): 422, ("contents-get", 4): 200,
    ("contents-get", 5): 500, ("contents-get", 6): 410, ("contents-patch", 1): 422, ("contents-patch", 2): 409,
    ("contents-patch", 3): 404, ("contents-patch", 4): 415, ("contents-patch", 5): 404, ("media-get", 1): 416,
    ("media-get", 2): 422, ("media-get", 3): 500, ("media-get", 4): 422, ("media-get", 5): 416, ("media-get", 6): 422,
    ("media-get", 7): 401, ("media-get", 8): 200, ("media-post", 1): 415, ("media-post", 2): 413,
    ("media-post", 3): 404, ("media-delete", 1): 404, ("media-delete", 2): 409, ("media-delete", 3): 410,
    ("media-delete", 4): 403, ("members-get", 1): 400,
}  # fmt: skip

_MISTAKEN: Final[tuple[tuple[Row, Row], ...]] = (
    (("common", 1), ("common", 2)),
    (("common", 2), ("common", 3)),
    (("common", 3), ("contents-get", 6)),
    (("common", 4), ("common", 2)),
    (("common", 5), ("common", 3)),
    (("contents-get", 1), ("contents-get", 2)),
    (("contents-get", 2), ("contents-get", 1)),
    (("contents-get", 3), ("contents-get", 5)),
    (("contents-get", 4), ("contents-get", 1)),
    (("contents-get", 5), ("contents-get", 3)),
    (("contents-get", 6), ("common", 3)),
    (("contents-patch", 1), ("contents-patch", 2)),
    (("contents-patch", 2), ("contents-patch", 1)),
    (("contents-patch", 3), ("contents-patch", 4)),
    (("contents-patch", 4), ("contents-patch", 1)),
    (("media-get", 3), ("media-get", 1)),
    (("media-get", 4), ("media-get", 3)),
    (("media-get", 5), ("media-get", 6)),
    (("media-get", 8), ("media-delete", 3)),
    (("media-post", 2), ("media-post", 1)),
    (("media-delete", 1), ("media-delete", 3)),
    (("media-delete", 2), ("media-delete", 1)),
    (("media-delete", 3), ("media-get", 8)),
    (("members-get", 1), ("contents-get", 6)),
)
_REWORDED: Final[tuple[Row, ...]] = (
    ("common", 2), ("common", 3), ("contents-get", 1), ("contents-get", 2), ("contents-get", 6), ("contents-patch", 2),
    ("contents-patch", 4), ("media-get", 4), ("media-get", 7), ("media-post", 1), ("media-delete", 2),
    ("members-get", 1),
)  # fmt: skip

Change = Callable[[Reply, Ask], Reply]


def _with(**more: Any) -> Change:
    return lambda reply, _ask: reply.but(value={**_object(reply), **more})


def _object(reply: Reply) -> dict[str, Any]:
    return reply.value if isinstance(reply.value, dict) else {}


def _leaking(reply: Reply, ask: Ask) -> Reply:
    shown = {"X-MICROCMS-API-KEY": ask.key or ""}
    return reply.but(value={**_object(reply), "request": {"method": ask.method, "headers": shown}})


def _leaking_quietly(reply: Reply, ask: Ask) -> Reply:
    return reply.but(value={**_object(reply), "trace": f"curl -H 'X-MICROCMS-API-KEY: {ask.key or ''}'"})


_PYTHON = (
    'Traceback (most recent call last):\n  File "/srv/app/handler.py", line 31, in handle\n    raise Invalid(limit)'
)
_GO = "goroutine 1 [running]:\nmain.(*Server).handle(0xc000112000)\n\t/srv/app/server.go:118 +0x1d"
_NODE = (
    "Error: refused\n    at Object.handle (/srv/app/dist/handler.js:31:11)\n    at process.processTicksAndRejections"
)
_FORMS: Final[tuple[tuple[str, str, str, Change], ...]] = (
    ("lists_{}", "envelope", "The body is an array.", lambda reply, _ask: reply.but(value=[reply.value])),
    ("says_{}_as_html", "content-type", "The body is a page of HTML.", lambda reply, _ask: _html(reply)),
    ("leaks_key_on_{}", "leak", "The request's own key is in the body.", _leaking),
    (
        "wraps_{}",
        "envelope",
        "The message is an object.",
        lambda reply, _ask: reply.but(value={"message": reply.value}),
    ),
    ("shows_python_stack_on_{}", "leak", "A stack trace is in the body.", _with(detail=_PYTHON)),
    (
        "says_{}_as_plain_text",
        "content-type",
        "JSON is called text/plain.",
        lambda reply, _ask: reply.but(content_type="text/plain; charset=utf-8"),
    ),
    ("codes_{}", "envelope", "The message is a number.", _with(message=1001)),
    ("leaks_curl_line_on_{}", "leak", "A line with the request's own key is in the body.", _leaking_quietly),
    ("shows_go_stack_on_{}", "leak", "A stack trace is in the body.", _with(debug={"stack": _GO})),
    (
        "quotes_{}",
        "envelope",
        "The body is a string.",
        lambda reply, _ask: reply.but(value=str(_object(reply).get("message"))),
    ),
    ("breaks_json_on_{}", "envelope", "The body is cut short.", lambda reply, _ask: reply.but(raw=b'{"message": "')),
    ("shows_node_stack_on_{}", "leak", "A stack trace is in the body.", _with(stack=_NODE)),
    ("voids_{}", "envelope", "The message is null.", _with(message=None)),
)


def _html(reply: Reply) -> Reply:
    page = f"<!DOCTYPE html><title>{reply.status}</title><h1>{_object(reply).get('message', '')}</h1>"
    return reply.but(raw=page.encode(), content_type="text/html; charset=utf-8")


def _as(other: Row) -> Change:
    return lambda reply, ask: reply.but(value={"message": message(other, str(ask.facts.get("value") or "1"))})


def _reworded(reply: Reply, ask: Ask) -> Reply:  # noqa: ARG001 - a change like the others
    return reply.but(value={"message": f"Sorry: {len(str(reply.value))} letters would not explain this."})


def _made() -> list[Broken]:
    made: list[Broken] = []
    for row, code in _STATUSES.items():
        sentence = f"{code} instead of {ROWS[row][0]}; the rest is right."
        made.append(answers(f"answers_{SLUGS[row]}_with_{code}", row, "status", sentence, status(code)))
    for row, other in _MISTAKEN:
        name = f"mistakes_{SLUGS[row]}_for_{SLUGS[other]}"
        made.append(answers(name, row, "message", "The message of another row.", _as(other)))
    for row in _REWORDED:
        name = f"rewords_{SLUGS[row]}"
        made.append(answers(name, row, "wording", "A message of its own.", _reworded, wording_only=True))
    for row, (form, aspect, sentence, change) in zip(SLUGS, cycle(_FORMS), strict=False):
        made.append(answers(form.format(SLUGS[row]), row, aspect, sentence, change))
    return made


FAULTS: Final[tuple[Broken, ...]] = tuple(_made())
"""For every row another status and another form, for most of them another row's message."""
