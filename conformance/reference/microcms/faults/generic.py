"""Faults of the response that every row can have, combined with each row."""

import html
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

from conformance.reference.catalogue import Row
from conformance.reference.fault_builder import Change, FaultBuilder, Limit, after_first, not_first, repeated
from conformance.reference.hooks import FaultyServer
from conformance.reference.microcms.context import MicrocmsContext
from conformance.reference.microcms.error_rows import message_of
from conformance.reference.microcms.state import KEYS
from conformance.reference.response_changes import (
    GATEWAYS,
    STACKS,
    STORE_LEAKS,
    as_html,
    cut_short,
    in_a_text,
    in_array,
    list_leaks,
    with_body,
    with_content_type,
    with_credential,
    with_members,
    with_null_behind,
    with_value,
)

BUILDER: Final = FaultBuilder[MicrocmsContext]()

# fmt: off
_ROWS: Final[Mapping[Row, tuple[str, int, Row]]] = {
    # row: its name in the names of faults, a wrong status, the row whose message is sent instead
    ("common", 1): ("rejected_address", 403, ("common", 2)),
    ("common", 2): ("forbidden", 401, ("common", 3)),
    ("common", 3): ("unknown_url", 400, ("contents-get", 6)),
    ("common", 4): ("too_many_requests", 403, ("common", 2)),
    ("common", 5): ("internal_error", 501, ("common", 3)),
    ("contents-get", 1): ("negative_limit_of_contents", 422, ("contents-get", 2)),
    ("contents-get", 2): ("large_limit_of_contents", 404, ("contents-get", 1)),
    ("contents-get", 3): ("unreadable_limit_of_contents", 422, ("contents-get", 5)),
    ("contents-get", 4): ("negative_offset_of_contents", 200, ("contents-get", 1)),
    ("contents-get", 5): ("unreadable_offset_of_contents", 500, ("contents-get", 3)),
    ("contents-get", 6): ("unknown_content", 410, ("common", 3)),
    ("contents-patch", 1): ("unknown_status", 422, ("contents-patch", 2)),
    ("contents-patch", 2): ("several_statuses", 409, ("contents-patch", 1)),
    ("contents-patch", 3): ("unknown_creator", 404, ("contents-patch", 4)),
    ("contents-patch", 4): ("body_that_is_no_object", 415, ("contents-patch", 1)),
    ("contents-patch", 5): ("method_on_content", 404, ("common", 3)),
    ("media-get", 1): ("negative_limit_of_media", 416, ("media-get", 2)),
    ("media-get", 2): ("large_limit_of_media", 422, ("media-get", 1)),
    ("media-get", 3): ("unreadable_limit_of_media", 500, ("media-get", 1)),
    ("media-get", 4): ("unreadable_image_only", 422, ("media-get", 3)),
    ("media-get", 5): ("negative_offset_of_media", 416, ("media-get", 6)),
    ("media-get", 6): ("unreadable_offset_of_media", 422, ("media-get", 5)),
    ("media-get", 7): ("bad_token", 401, ("media-post", 1)),
    ("media-get", 8): ("unknown_file_name", 200, ("media-delete", 3)),
    ("media-post", 1): ("upload_without_file", 415, ("media-get", 7)),
    ("media-post", 2): ("large_upload", 413, ("media-post", 1)),
    ("media-post", 3): ("method_on_media", 404, ("common", 2)),
    ("media-delete", 1): ("unreadable_url", 404, ("media-delete", 3)),
    ("media-delete", 2): ("referenced_medium", 409, ("media-delete", 1)),
    ("media-delete", 3): ("unknown_medium", 410, ("media-get", 8)),
    ("media-delete", 4): ("method_on_media_v2", 403, ("common", 3)),
    ("members-get", 1): ("unknown_member", 400, ("contents-get", 6)),
}
# fmt: on


_TABLES_OF_WRITES: Final = frozenset({"contents-patch", "media-post", "media-delete"})
_NAMES: Final[Mapping[Row, str]] = {row: entry[0] for row, entry in _ROWS.items()}
_READS: Final = {row: name for row, name in _NAMES.items() if row[0] not in _TABLES_OF_WRITES}
_VARIED: Final = {row: name for row, name in _NAMES.items() if row != ("media-delete", 2)}
"""The rows that more than one request can provoke."""
_ECHOING: Final = {row: name for row, name in _NAMES.items() if message_of(row) != message_of(row, "x")}


def _text(body: Any) -> str:
    return str(body.get("message", "")) if isinstance(body, dict) else ""


def _key(context: MicrocmsContext) -> str:
    return context.key or KEYS["full"]


def _with_message_of(other: Row) -> Change[MicrocmsContext]:
    return lambda response, context: response.replace(value={"message": message_of(other, context.echo or "1")})


def _misplaced(place: Callable[[str], Any]) -> Change[MicrocmsContext]:
    """Return a change that puts the message elsewhere in the body."""
    return with_body(lambda body: place(_text(body)))


_PLACES: Final = (
    ("error", _misplaced(lambda text: {"error": text})),
    ("capital_message", _misplaced(lambda text: {"Message": text})),
    ("error_object", _misplaced(lambda text: {"error": {"message": text}})),
    ("data", _misplaced(lambda text: {"status": "error", "data": {"message": text}})),
    ("details", _misplaced(lambda text: {"details": [{"message": text}]})),
)
_PLACEHOLDER_ROWS: Final = (("media-get", 4), ("contents-get", 5), ("contents-get", 3), ("media-get", 4))
_LEAKS: Final = list_leaks("key", _key, lambda key: f"…{key[-12:]}")
_STORE_LEAKS: Final = tuple((name, with_members(debug=text)) for name, text in STORE_LEAKS.items())
_ECHOES: Final[tuple[tuple[str, Callable[[str], str]], ...]] = (
    ("as_a_number", lambda text: re.sub(r"(\d+\.\d*?)0+$", r"\1", text)),
    ("in_lower_case", str.lower),
    ("decoded_twice", unquote),
    ("escaped", html.escape),
    ("cut", lambda text: text[:3]),
    ("without_blanks", lambda text: re.sub(r"\s+", "", text)),
    ("decomposed", lambda text: unicodedata.normalize("NFD", text)),
    ("without_a_full_stop_at_its_end", lambda text: text.rstrip(".")),
    ("with_single_dollars", lambda text: text.replace("$$", "$")),
)
_REWORDED: Final = with_body(lambda body: {"message": f"Sorry: {len(_text(body))} letters would not explain this."})
_STACKS: Final = tuple((name, with_members(detail=STACKS[name])) for name in ("python", "go", "node"))
_GENERIC: Final[tuple[tuple[str, str, Change[MicrocmsContext] | int, Limit[MicrocmsContext] | None], ...]] = (
    # name, kind, change, limit
    ("answers_{}_with_an_empty_200", "status", with_value({}, 200), None),
    ("says_{}_as_html", "content-type", as_html, None),
    ("says_{}_as_plain_text", "content-type", with_content_type("text/plain; charset=utf-8"), None),
    ("lists_{}", "envelope", in_array, None),
    ("wraps_{}", "envelope", with_body(lambda body: {"message": body}), None),
    ("voids_{}", "envelope", with_members(message=None), None),
    ("quotes_{}", "envelope", with_body(_text), None),
    ("wraps_{}_in_a_text", "envelope", in_a_text, None),
    ("breaks_json_on_{}", "envelope", cut_short, None),
    ("says_null_behind_{}", "envelope", with_null_behind, None),
    ("leaks_key_on_{}", "leak", with_credential(_key, "curl -H 'X-MICROCMS-API-KEY: {}'".format), None),
    ("rewords_{}", "wording", _REWORDED, None),
    ("answers_{}_rightly_once", "repeated", 200, after_first),
)


def _echo(change: Callable[[str], str]) -> Change[MicrocmsContext]:
    """Return a change to the right message with another value in its placeholder."""
    return lambda response, context: response.replace(
        value={"message": message_of(response.row or ("", 0), change(context.echo))}
    )


def _faults_of_single_rows() -> Iterator[FaultyServer[MicrocmsContext]]:
    """Yield for each row a wrong status, the message of another row, and that of a row with a placeholder."""
    for number, (row, (name, status, other)) in enumerate(_ROWS.items()):
        yield BUILDER.answers(f"answers_{name}_with_{status}", row, "status", status)
        yield BUILDER.answers(f"mistakes_{name}_for_{_NAMES[other]}", row, "message", _with_message_of(other))
        foreign = next(one for one in _PLACEHOLDER_ROWS[number % 3 :] if message_of(one) != message_of(row))
        mistaken = f"mistakes_{name}_for_placeholder_of_{_NAMES[foreign]}"
        yield BUILDER.answers(mistaken, row, "message", with_value({"message": message_of(foreign, "x")}))


FAULTS: Final = (
    *BUILDER.cross(_NAMES, _GENERIC),
    *BUILDER.cross(_ECHOING, [(f"echoes_{{}}_{name}", "wording", _echo(change), None) for name, change in _ECHOES]),
    *BUILDER.cross(_READS, [("gives_{}_another_status_when_repeated", "repeated", 418, repeated)]),
    *BUILDER.cross(_VARIED, [("answers_one_{}_rightly", "repeated", with_value({}, 200), not_first)]),
    *_faults_of_single_rows(),
    *BUILDER.deal(_NAMES, "shows_{}_stack_on_{}", "leak", _STACKS),
    *BUILDER.deal(_NAMES, "leaks_{}_on_{}", "leak", _LEAKS),
    *BUILDER.deal(_READS, "leaks_{}_on_{}", "leak", _STORE_LEAKS),
    *BUILDER.deal(_NAMES, "puts_{1}_in_{0}", "envelope", _PLACES),
    *BUILDER.deal(_NAMES, "answers_{1}_with_{0}", "gateway", GATEWAYS),
)
