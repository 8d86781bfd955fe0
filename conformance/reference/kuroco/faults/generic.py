"""Faults of the response that every row can have, combined with each row."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from conformance.reference.catalogue import Row
from conformance.reference.fault_builder import Change, FaultBuilder, Limit, after_first, not_first, repeated
from conformance.reference.hooks import FaultyServer
from conformance.reference.http import JsonResponse
from conformance.reference.kuroco.accounts import STATIC_TOKEN
from conformance.reference.kuroco.context import KurocoContext
from conformance.reference.kuroco.messages import row_message
from conformance.reference.kuroco.responses import REQUEST_ID
from conformance.reference.kuroco.rows import FORMATS, ROWS
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
    without_member,
)

(LOGIN, PROFILE, TOKEN, NOT_FOUND, NO_GROUP, TITLE, MISSING, EMPTY, EMAIL, TEL, ZIP, URL, NUMBER, REGEX, LENGTH) = ROWS
BUILDER: Final = FaultBuilder[KurocoContext]()

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
    """Return a change of every object under `errors`."""

    def apply(response: JsonResponse, context: KurocoContext) -> JsonResponse:
        entries = [change(one, context) if isinstance(one, dict) else one for one in response.value["errors"]]
        return response.replace(value={**response.value, "errors": entries})

    return apply


def with_message(message: str) -> Change[KurocoContext]:
    """Return a change to another message."""
    return change_entries(lambda entry, _: {**entry, "message": message})


def _with_message_of(row: Row | None, change: Callable[[str, str], str]) -> Change[KurocoContext]:
    """Return a change to a row's message (None: the right row) for a title that `change` makes from title and name."""

    def message(context: KurocoContext) -> str:
        error = context.errors[0] if context.errors else None
        title = change(error.title, error.field or "") if error else ""
        right = (error and error.row) or EMAIL
        return row_message(row or right, title, context.language, context.site.choices)

    return change_entries(lambda entry, context: {**entry, "message": message(context)})


def _with_code(code: str) -> Change[KurocoContext]:
    return change_entries(lambda entry, _: {**entry, "code": code})


def _with_field(field: str | None) -> Change[KurocoContext]:
    def change(entry: dict[str, Any], context: KurocoContext) -> dict[str, Any]:
        if field is None:
            return {name: value for name, value in entry.items() if name != "field"}
        names = context.names | {f"title of {one.kind}": one.title for one in context.site.fields}
        return {**entry, "field": names.get(field, field)}

    return change_entries(change)


def _token(context: KurocoContext) -> str:
    return context.key or STATIC_TOKEN


def _messages(body: Any) -> list[str]:
    return [str(one["message"]) if isinstance(one, dict) else str(one) for one in body["errors"]]


def _misplaced(place: Callable[[list[str]], Any]) -> Change[KurocoContext]:
    """Return a change that puts the messages elsewhere in the body."""
    return with_body(lambda body: place(_messages(body)))


def _with_an_entry_more(response: JsonResponse, context: KurocoContext) -> JsonResponse:
    entry = {"code": "invalid", "field": context.names["required"], "message": ""}
    return response.replace(value={**response.value, "errors": [*response.value["errors"], entry]})


_PLACES: Final = (
    ("message", _misplaced(lambda texts: {"message": texts[0]})),
    ("error", _misplaced(lambda texts: {"error": texts[0]})),
    ("data", _misplaced(lambda texts: {"data": {"errors": [{"message": one} for one in texts]}})),
    ("one_text", _misplaced(lambda texts: texts[0])),
    ("details", _misplaced(lambda texts: {"errors": [], "details": texts})),
)
_LEAKS: Final = list_leaks("token", _token, lambda token: f"{token[:12]}…")
_STORE_LEAKS: Final = tuple((name, with_members(debug=text)) for name, text in STORE_LEAKS.items())
_RENAMED: Final = with_body(lambda body: {"error" if name == "errors" else name: one for name, one in body.items()})
_GENERIC: Final[tuple[tuple[str, str, Change[KurocoContext] | int, Limit[KurocoContext] | None], ...]] = (
    # name, kind, change, limit
    ("answers_{}_with_200_and_errors", "status", 200, None),
    ("answers_{}_with_a_page", "envelope", as_html, None),
    ("declares_{}_as_text", "content-type", with_content_type("text/plain"), None),
    ("answers_{}_with_an_array", "envelope", in_array, None),
    ("wraps_{}_in_a_text", "envelope", in_a_text, None),
    ("breaks_json_on_{}", "envelope", cut_short, None),
    ("renames_errors_of_{}", "envelope", _RENAMED, None),
    ("{}_errors_are_nothing", "envelope", with_members(errors=[]), None),
    ("{}_errors_are_one_object", "envelope", with_body(lambda body: {**body, "errors": body["errors"][0]}), None),
    ("tells_the_token_in_{}", "leak", with_credential(_token), None),
    ("is_right_about_{}_once", "repeated", 500, after_first),
    ("is_right_about_one_{}", "repeated", with_members(errors=[]), not_first),
)
_OF_OBJECTS: Final[tuple[tuple[str, str, Change[KurocoContext], None], ...]] = (
    ("{}_errors_are_strings", "envelope", with_body(lambda body: {**body, "errors": _messages(body)}), None),
    ("rewords_{}", "wording", with_message("No edition has it"), None),
    ("gives_{}_no_request_id", "request-id", without_member(REQUEST_ID), None),
)
_OF_TITLES: Final[tuple[tuple[str, str, Change[KurocoContext], None], ...]] = (
    ("titles_{}_in_lower_case", "wording", _with_message_of(None, lambda title, _: title.lower()), None),
    ("titles_{}_by_its_field", "wording", _with_message_of(None, lambda _, name: name), None),
    ("names_a_valid_field_beside_{}", "field", _with_an_entry_more, None),
)
_WITH_OBJECTS: Final = {row: name for row, name in ROW_NAMES.items() if row != PROFILE}
"""The rows whose errors are objects."""
_READS: Final = {row: ROW_NAMES[row] for row in (PROFILE, NOT_FOUND)}
_WITH_TITLES: Final = {row: ROW_NAMES[row] for row in (*FORMATS, REGEX, LENGTH)}
_STACKS: Final = tuple((name, with_members(exception=STACKS[name])) for name in ("php", "python"))


def _faults_of_single_rows() -> Iterator[FaultyServer[KurocoContext]]:
    """Yield the faults of each row with a wrong status, code, field or message."""
    for number, (row, (name, statuses, code, field, other)) in enumerate(_ROWS.items()):
        for status in statuses:
            yield BUILDER.answers(f"answers_{name}_with_{status}", row, "status", status)
        if row == PROFILE:
            continue
        foreign = next(one for one in FORMATS[number % 4 :] if one != row)
        confused = f"words_{name}_as_{ROW_NAMES[foreign]}_of_another_item"
        yield BUILDER.answers(confused, row, "message", _with_message_of(foreign, lambda *_: "Text"))
        yield BUILDER.answers(f"gives_{name}_the_code_{code.lower()}", row, "code", _with_code(code))
        wrong = f"names_{field.replace(' ', '_')}_in_{name}" if field else f"leaves_out_the_field_of_{name}"
        yield BUILDER.answers(wrong, row, "field", _with_field(field))
        mistaken = _with_message_of(other, lambda title, _: title)
        yield BUILDER.answers(f"words_{name}_as_{ROW_NAMES[other]}", row, "message", mistaken)


FAULTS: Final = (
    *_faults_of_single_rows(),
    *BUILDER.cross(ROW_NAMES, _GENERIC),
    *BUILDER.cross(_WITH_OBJECTS, _OF_OBJECTS),
    *BUILDER.cross(_WITH_TITLES, _OF_TITLES),
    *BUILDER.cross(_READS, [("gives_{}_another_status_when_repeated", "repeated", 418, repeated)]),
    *BUILDER.deal(ROW_NAMES, "leaks_{}_in_{}", "leak", _LEAKS),
    *BUILDER.deal({row: ROW_NAMES[row] for row in FORMATS}, "leaks_{}_in_{}", "leak", _STORE_LEAKS),
    *BUILDER.deal(ROW_NAMES, "shows_its_stack_in_{1}", "leak", _STACKS),
    *BUILDER.deal(ROW_NAMES, "answers_{1}_with_{0}", "gateway", GATEWAYS),
    *(one for one in BUILDER.deal(ROW_NAMES, "puts_{1}_in_{0}", "envelope", _PLACES) if one.fault.rows != (PROFILE,)),
)
