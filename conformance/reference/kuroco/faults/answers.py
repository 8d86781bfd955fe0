"""Faults of what an answer says: status, code, item, envelope, content type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from conformance.reference.catalogue import Row
from conformance.reference.decisions import Broken
from conformance.reference.kuroco.faults.changes import (
    body,
    coded,
    errors_are,
    fielded,
    html,
    mistyped,
    status,
    unfielded,
)
from conformance.reference.kuroco.faults.making import NAMES, Change, altering, broken, on, on_row, seen
from conformance.reference.kuroco.setting import Visit
from conformance.reference.kuroco.vocabulary import (
    EMAIL,
    EMPTY,
    LENGTH,
    LOGIN,
    MISSING,
    NO_GROUP,
    NOT_FOUND,
    NUMBER,
    PROFILE,
    REGEX,
    TEL,
    TITLE,
    TOKEN,
    URL,
    ZIP,
)
from conformance.reference.messages import Reply

__all__ = ["FAULTS"]

_STATUSES: Final[Mapping[Row, tuple[int, ...]]] = {
    LOGIN: (400, 403),
    PROFILE: (403, 400),
    TOKEN: (400, 403),
    NOT_FOUND: (400, 410),
    NO_GROUP: (422,),
    TITLE: (422,),
    MISSING: (422,),
    EMPTY: (409,),
    EMAIL: (422,),
    TEL: (500,),
    ZIP: (404,),
    URL: (422,),
    NUMBER: (500,),
    REGEX: (403,),
    LENGTH: (413,),
}
_CODES: Final[Mapping[Row, str]] = {
    LOGIN: "invalid",
    TOKEN: "forbidden",
    NOT_FOUND: "bad_request",
    NO_GROUP: "not_found",
    TITLE: "bad_request",
    MISSING: "invalid",
    EMPTY: "invalid",
    EMAIL: "required",
    TEL: "invalid_tel",
    ZIP: "INVALID",
    NUMBER: "required",
    REGEX: "unprocessable_entity",
    LENGTH: "too_long",
}
_FIELDS: Final[Mapping[Row, str | None]] = {
    LOGIN: "email",
    NOT_FOUND: "topics_id",
    NO_GROUP: "topics_group_id",
    TITLE: "title",
    MISSING: None,
    EMPTY: "subject",
    EMAIL: "tel",
    TEL: None,
    ZIP: "title of zip",
    URL: "regex",
    NUMBER: None,
    REGEX: "length",
    LENGTH: "required",
}
_ERRORS: Final[Mapping[Row, tuple[tuple[str, str, Any], ...]]] = {
    LOGIN: (("one_object", "one object", "member"), ("nothing", "an empty array", [])),
    PROFILE: (
        ("objects", "an array of objects", [{"code": "unauthorized", "message": "[GW] Access Token is required"}]),
        ("nothing", "an empty array", []),
        ("one_string", "a string", "[GW] Access Token is required"),
    ),
    TOKEN: (("strings", "an array of strings", "strings"), ("nothing", "an empty array", [])),
    NOT_FOUND: (("nothing", "an empty array", []), ("null", "null", None)),
    NO_GROUP: (("one_object", "one object", "member"),),
    TITLE: (("nothing", "an empty array", []),),
    MISSING: (("one_string", "a string", "Required property missing"),),
    EMPTY: (("strings", "an array of strings", "strings"),),
    EMAIL: (("nothing", "an empty array", []),),
    TEL: (("one_object", "one object", "member"),),
    NUMBER: (("an_empty_object", "an empty object", {}),),
    URL: (("strings", "an array of strings", "strings"),),
}


def _faults() -> Iterator[Broken]:
    for row, numbers in _STATUSES.items():
        for number in numbers:
            sentence = f"Answers {number} where the row {row} promises another status."
            yield on_row(f"answers_{NAMES[row]}_with_{number}", row, "status", sentence, status(number))
    for row, code in _CODES.items():
        sentence = f"Gives the code {code} in the row {row}."
        yield on_row(f"gives_{NAMES[row]}_the_code_{code.lower()}", row, "code", sentence, coded(code))
    for row, field in _FIELDS.items():
        name = f"names_{field.replace(' ', '_')}_in_{NAMES[row]}" if field else f"leaves_out_the_field_of_{NAMES[row]}"
        sentence = f"Names {field or 'no item'} as the field in the row {row}."
        yield on_row(name, row, "field", sentence, fielded(field) if field else unfielded())
    for row, shapes in _ERRORS.items():
        for name, said, errors in shapes:
            sentence = f"Has {said} under errors in the row {row}."
            yield on_row(f"{NAMES[row]}_errors_are_{name}", row, "envelope", sentence, errors_are(errors))
    yield from _OTHERS


def _renamed(reply: Reply, _: Visit) -> Reply:
    value = {("error" if name == "errors" else name): member for name, member in reply.value.items()}
    return reply.but(value=value)


def _status_member(member: Any) -> Change:
    def change(reply: Reply, _: Visit) -> Reply:
        rest = {name: value for name, value in reply.value.items() if name != "status"}
        return reply.but(value=rest if member is None else {**rest, "status": member})

    return change


_OTHERS: Final = (
    on_row("login_failure_lacks_its_status", LOGIN, "body", "Leaves out status 1.", _status_member(None)),
    on_row("login_failure_has_status_0", LOGIN, "body", "Says status 0 at a failure.", _status_member(0)),
    on_row("login_failure_has_status_as_text", LOGIN, "body", "Says status '1' as a string.", _status_member("1")),
    broken(
        "login_success_has_status_1",
        LOGIN,
        "control",
        "Says status 1 when the login succeeded.",
        lambda: altering(None, _status_member(1), lambda ask: on("login")(ask) and seen(ask).row is None),
    ),
    on_row("answers_zip_with_200_and_errors", ZIP, "status", "Reports the error in a 200.", status(200)),
    on_row("answers_regex_with_201_and_errors", REGEX, "status", "Reports the error in a 201.", status(201)),
    on_row("answers_profile_with_200_and_errors", PROFILE, "status", "Reports it in a 200.", status(200)),
    on_row("answers_no_group_with_200_and_errors", NO_GROUP, "status", "Reports it in a 200.", status(200)),
    on_row("answers_title_with_200_and_errors", TITLE, "status", "Reports it in a 200.", status(200)),
    on_row("answers_token_with_200_and_errors", TOKEN, "status", "Reports it in a 200.", status(200)),
    on_row("renames_errors_of_length", LENGTH, "envelope", "Calls errors error.", _renamed),
    on_row("answers_regex_with_an_array", REGEX, "envelope", "Answers with an array.", body([])),
    on_row("answers_not_found_with_a_page", NOT_FOUND, "envelope", "Answers with an HTML page.", html),
    on_row("answers_login_with_a_page", LOGIN, "envelope", "Answers with an HTML page.", html),
    on_row("answers_email_with_a_page", EMAIL, "envelope", "Answers with an HTML page.", html),
    on_row("answers_profile_with_a_page", PROFILE, "envelope", "Answers with an HTML page.", html),
    on_row("declares_no_group_as_html", NO_GROUP, "content-type", "Declares JSON as HTML.", mistyped("text/html")),
    on_row("declares_title_as_text", TITLE, "content-type", "Declares JSON as plain text.", mistyped("text/plain")),
    on_row("answers_missing_text_with_null", MISSING, "envelope", "Answers with null.", body(None)),
)

FAULTS: Final = tuple(_faults())
