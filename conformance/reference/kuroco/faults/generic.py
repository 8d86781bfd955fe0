"""Faults of the response that every row can have, crossed with the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import cycle
from typing import Any, Final

from conformance.reference.catalogue import Row
from conformance.reference.fault_builder import Change, Condition, FaultBuilder, after_first, not_first, repeated
from conformance.reference.hooks import FaultyServer
from conformance.reference.http import JsonResponse
from conformance.reference.kuroco.accounts import STATIC_TOKEN
from conformance.reference.kuroco.context import KurocoContext
from conformance.reference.kuroco.messages import row_message
from conformance.reference.kuroco.responses import REQUEST_ID
from conformance.reference.kuroco.rows import FORMATS, ROWS
from conformance.reference.response_changes import (
    GATEWAY_STATUSES,
    LEAKS,
    PHP_STACK,
    PYTHON_STACK,
    as_html,
    cut_short,
    encode_base64,
    in_a_text,
    in_array,
    with_content_type,
    with_credential,
    with_members,
    with_status,
    without_member,
)  # fmt: skip

__all__ = ["BUILDER", "FAULTS", "ROW_NAMES", "change_entries", "with_message", "with_message_of"]

(LOGIN, PROFILE, TOKEN, NOT_FOUND, NO_GROUP, TITLE, MISSING, EMPTY, EMAIL, TEL, ZIP, URL, NUMBER, REGEX, LENGTH) = ROWS
BUILDER: Final = FaultBuilder[KurocoContext]("kuroco")
Limit = Callable[[Condition[KurocoContext]], Condition[KurocoContext]]

# fmt: off
_ROWS: Final[Mapping[Row, tuple[str, tuple[int, ...], str, str | None, Row]]] = {
    # row: its name in the names of faults, wrong statuses, a wrong code, a wrong field (a name, the kind of a field, or
    # None to leave it out), the row whose message is sent instead
    LOGIN: ("login", (400, 403), "invalid", "email", TOKEN),
    PROFILE: ("profile", (403, 400), "", "", PROFILE),
    TOKEN: ("token", (400, 403), "forbidden", "grant_token", LOGIN),
    NOT_FOUND: ("not_found", (400, 410), "bad_request", "topics_id", NO_GROUP),
    NO_GROUP: ("no_group", (422,), "not_found", "topics_group_id", TITLE),
    TITLE: ("title", (422,), "bad_request", "title", MISSING),
    MISSING: ("missing_text", (422,), "invalid", None, EMPTY),
    EMPTY: ("empty_text", (409,), "invalid", "subject", MISSING),
    EMAIL: ("email", (422,), "required", "tel", LENGTH),
    TEL: ("tel", (500,), "invalid_tel", None, ZIP),
    ZIP: ("zip", (404,), "INVALID", "title of zip", TEL),
    URL: ("url", (422,), "invalid_url", "regex", REGEX),
    NUMBER: ("number", (500,), "required", None, EMAIL),
    REGEX: ("regex", (403,), "unprocessable_entity", "length", LENGTH),
    LENGTH: ("length", (413,), "too_long", "required", URL),
}
# fmt: on
ROW_NAMES: Final[Mapping[Row, str]] = {row: entry[0] for row, entry in _ROWS.items()}


def change_entries(change: Callable[[dict[str, Any], KurocoContext], dict[str, Any]]) -> Change[KurocoContext]:
    """A change of every object under `errors`."""

    def apply(response: JsonResponse, context: KurocoContext) -> JsonResponse:
        entries = [change(one, context) if isinstance(one, dict) else one for one in response.value["errors"]]
        return response.replace(value={**response.value, "errors": entries})

    return apply


def with_message(message: str) -> Change[KurocoContext]:
    """Another message."""
    return change_entries(lambda entry, _: {**entry, "message": message})


def with_message_of(row: Row) -> Change[KurocoContext]:
    """The message of another row, for the same item."""

    def message(context: KurocoContext) -> str:
        title = context.errors[0].title if context.errors else ""
        return row_message(row, title, context.language, context.site.choices)

    return change_entries(lambda entry, context: {**entry, "message": message(context)})


def _with_code(code: str) -> Change[KurocoContext]:
    return change_entries(lambda entry, _: {**entry, "code": code})


def _with_field(field: str | None) -> Change[KurocoContext]:
    def change(entry: dict[str, Any], context: KurocoContext) -> dict[str, Any]:
        if field is None:
            return {name: value for name, value in entry.items() if name != "field"}
        names = {one.kind: one.name for one in context.site.fields}
        names |= {f"title of {one.kind}": one.title for one in context.site.fields}
        return {**entry, "field": names.get(field, field)}

    return change_entries(change)


def _messages_only(response: JsonResponse, _: KurocoContext) -> JsonResponse:
    return response.replace(value={**response.value, "errors": [one["message"] for one in response.value["errors"]]})


def _first_error_only(response: JsonResponse, _: KurocoContext) -> JsonResponse:
    return response.replace(value={**response.value, "errors": response.value["errors"][0]})


def _renamed(response: JsonResponse, _: KurocoContext) -> JsonResponse:
    return response.replace(value={"error" if name == "errors" else name: one for name, one in response.value.items()})


def _token(context: KurocoContext) -> str:
    return context.key or STATIC_TOKEN


def _messages(response: JsonResponse) -> list[str]:
    return [str(one["message"]) if isinstance(one, dict) else str(one) for one in response.value["errors"]]


def _misplaced(place: Callable[[list[str]], Any]) -> Change[KurocoContext]:
    """The messages somewhere else in the body."""
    return lambda response, _: response.replace(value=place(_messages(response)))


def _titled(change: Callable[[str, str], str]) -> Change[KurocoContext]:
    """The right message about another title, made from the item's title and field name."""

    def message(context: KurocoContext) -> str:
        error = context.errors[0]
        title = change(error.title, error.field or "")
        return row_message(error.row or EMAIL, title, context.language, context.site.choices)

    return change_entries(lambda entry, context: {**entry, "message": message(context)})


def _of_another_item(row: Row) -> Change[KurocoContext]:
    """The message of another row, about an item that nobody named."""
    return change_entries(
        lambda entry, context: {**entry, "message": row_message(row, "Text", context.language, context.site.choices)}
    )


_PLACES: Final[tuple[tuple[str, Callable[[list[str]], Any]], ...]] = (
    ("message", lambda texts: {"message": texts[0]}),
    ("error", lambda texts: {"error": texts[0]}),
    ("data", lambda texts: {"data": {"errors": [{"message": one} for one in texts]}}),
    ("one_text", lambda texts: texts[0]),
    ("details", lambda texts: {"errors": [], "details": texts}),
)
_LEAKS: Final[tuple[tuple[str, Change[KurocoContext]], ...]] = (
    *((name, with_members(debug=text)) for name, text in LEAKS.items()),
    ("part_of_token", with_credential(_token, lambda token: f"{token[:12]}…")),
    ("encoded_token", with_credential(_token, encode_base64)),
)
_GENERIC: Final[tuple[tuple[str, str, Change[KurocoContext], Limit | None], ...]] = (
    # name, kind, change, limit
    ("answers_{}_with_200_and_errors", "status", with_status(200), None),
    ("answers_{}_with_a_page", "envelope", as_html, None),
    ("declares_{}_as_text", "content-type", with_content_type("text/plain"), None),
    ("answers_{}_with_an_array", "envelope", in_array, None),
    ("wraps_{}_in_a_text", "envelope", in_a_text, None),
    ("breaks_json_on_{}", "envelope", cut_short, None),
    ("renames_errors_of_{}", "envelope", _renamed, None),
    ("{}_errors_are_nothing", "envelope", with_members(errors=[]), None),
    ("{}_errors_are_one_object", "envelope", _first_error_only, None),
    ("tells_the_token_in_{}", "leak", with_credential(_token), None),
    ("is_right_about_{}_once", "repeated", with_status(500), after_first),
    ("is_right_about_one_{}", "repeated", with_members(errors=[]), not_first),
)
_GENERIC_IN_ENVELOPE: Final[tuple[tuple[str, str, Change[KurocoContext]], ...]] = (
    # name, kind, change; not for the row whose errors are strings
    ("{}_errors_are_strings", "envelope", _messages_only),
    ("rewords_{}", "wording", with_message("No edition has it")),
    ("gives_{}_no_request_id", "request-id", without_member(REQUEST_ID)),
)


def _cross() -> Iterator[FaultyServer[KurocoContext]]:
    stacks = cycle((PHP_STACK, PYTHON_STACK))
    for number, (row, (name, statuses, code, field, other)) in enumerate(_ROWS.items()):
        leak, change = _LEAKS[number % len(_LEAKS)]
        yield BUILDER.answers(f"leaks_{leak}_in_{name}", row, "leak", change)
        if row in {PROFILE, NOT_FOUND}:  # the rows of reads
            again = f"gives_{name}_another_status_when_repeated"
            yield BUILDER.answers(again, row, "repeated", with_status(418), limit=repeated)
        gateway = GATEWAY_STATUSES[number % len(GATEWAY_STATUSES)]
        if row != NOT_FOUND:  # its message is empty, so that a proxy could have sent it
            yield BUILDER.answers(f"answers_{name}_with_{gateway}", row, "gateway", with_status(gateway))
        for status in statuses:
            yield BUILDER.answers(f"answers_{name}_with_{status}", row, "status", with_status(status))
        yield BUILDER.answers(f"shows_its_stack_in_{name}", row, "leak", with_members(exception=next(stacks)))
        for fault, kind, change, limit in _GENERIC:
            yield BUILDER.answers(fault.format(name), row, kind, change, limit=limit)
        if row == PROFILE:
            continue
        place, put = _PLACES[number % len(_PLACES)]
        yield BUILDER.answers(f"puts_{name}_in_{place}", row, "envelope", _misplaced(put))
        foreign = next(one for one in FORMATS[number % 4 :] if one != row)
        mistaken = f"words_{name}_as_{ROW_NAMES[foreign]}_of_another_item"
        yield BUILDER.answers(mistaken, row, "message", _of_another_item(foreign))
        if row in (*FORMATS, REGEX, LENGTH):
            lower, by_field = _titled(lambda title, _: title.lower()), _titled(lambda _, name: name)
            yield BUILDER.answers(f"titles_{name}_in_lower_case", row, "wording", lower)
            yield BUILDER.answers(f"titles_{name}_by_its_field", row, "wording", by_field)
        yield BUILDER.answers(f"gives_{name}_the_code_{code.lower()}", row, "code", _with_code(code))
        wrong = f"names_{field.replace(' ', '_')}_in_{name}" if field else f"leaves_out_the_field_of_{name}"
        yield BUILDER.answers(wrong, row, "field", _with_field(field))
        yield BUILDER.answers(f"words_{name}_as_{ROW_NAMES[other]}", row, "message", with_message_of(other))
        for fault, kind, change in _GENERIC_IN_ENVELOPE:
            yield BUILDER.answers(fault.format(name), row, kind, change)


FAULTS: Final = tuple(_cross())
