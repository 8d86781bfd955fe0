"""Faults of the words: of another row, in another language, in no edition; and what must never be said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from conformance.reference.catalogue import Row
from conformance.reference.decisions import Ask, Broken, Test
from conformance.reference.kuroco.faults.changes import (
    TRACEBACK,
    in_language,
    leaking,
    reworded,
    tongue,
    tracing,
    unidentified,
    worded_as,
)
from conformance.reference.kuroco.faults.making import NAMES, broken, insisting, on_row, seen, speaking
from conformance.reference.kuroco.vocabulary import (
    EMAIL,
    EMPTY,
    FORMATS,
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

__all__ = ["FAULTS"]

TRANSLATED: Final = (NO_GROUP, TITLE, *FORMATS, REGEX, LENGTH)
"""The rows whose messages differ by language."""

_ANOTHER: Final[Mapping[Row, Row]] = {
    LOGIN: TOKEN,
    TOKEN: LOGIN,
    NOT_FOUND: NO_GROUP,
    NO_GROUP: TITLE,
    TITLE: MISSING,
    MISSING: EMPTY,
    EMPTY: MISSING,
    EMAIL: LENGTH,
    TEL: ZIP,
    ZIP: TEL,
    URL: REGEX,
    NUMBER: EMAIL,
    REGEX: LENGTH,
    LENGTH: URL,
}
_DRIFT: Final[Mapping[Row, str]] = {
    LOGIN: "Your e-mail or password is not right",
    NOT_FOUND: "There is nothing here",
    NO_GROUP: "This endpoint has no content structure",
    TITLE: "A title has to be given",
    EMAIL: "This is no mail address",
    LENGTH: "This is too short or too long",
}
_IN_JAPANESE: Final = (NO_GROUP, EMAIL, NUMBER, REGEX)
_IN_ENGLISH: Final = (TITLE, TEL, LENGTH)
_DEAF_TO_LANG: Final = (TITLE, ZIP, LENGTH)
_DEAF_TO_HEADER: Final = (NO_GROUP, TEL, URL, REGEX)


def _faults() -> Iterator[Broken]:
    for row, other in _ANOTHER.items():
        name = f"words_{NAMES[row]}_as_{NAMES[other]}"
        yield on_row(name, row, "message", f"Gives the message of {other} in the row {row}.", worded_as(other))
    for row, message in _DRIFT.items():
        sentence = f"Words the row {row} as no edition does."
        yield on_row(f"rewords_{NAMES[row]}", row, "wording", sentence, reworded(message), wording_only=True)
    for row in _IN_JAPANESE:
        sentence = f"Words the row {row} in Japanese where English was asked for."
        yield on_row(f"words_{NAMES[row]}_in_japanese", row, "language", sentence, in_language("ja"))
    for row in _IN_ENGLISH:
        sentence = f"Words the row {row} in English where Japanese was asked for."
        yield on_row(f"words_{NAMES[row]}_in_english", row, "language", sentence, in_language("en"))
    for row in _DEAF_TO_LANG:
        sentence = f"Words the row {row} as if _lang had not been sent."
        yield on_row(f"words_{NAMES[row]}_without_lang", row, "language", sentence, tongue, when=_asked("_lang"))
    for row in _DEAF_TO_HEADER:
        sentence = f"Words the row {row} in the site's own language whatever Accept-Language says."
        name, change = f"words_{NAMES[row]}_without_accept_language", in_language("ja")
        yield on_row(name, row, "language", sentence, change, when=_asked("accept-language"))
    yield from _OTHERS


def _asked(by: str) -> Test:
    return lambda ask: seen(ask).asked_by == by


def _has_header(ask: Ask) -> bool:
    return "accept-language" in ask.incoming.headers


_OTHERS: Final = (
    broken(
        "ignores_lang",
        TRANSLATED,
        "language",
        "Does not look at _lang, whatever is asked.",
        lambda: insisting("heed _lang", done=False),
    ),
    broken(
        "ignores_accept_language",
        TRANSLATED,
        "language",
        "Does not look at Accept-Language, whatever is asked.",
        lambda: insisting("heed Accept-Language", done=False),
    ),
    broken(
        "prefers_accept_language_to_lang",
        TRANSLATED,
        "language",
        "Follows Accept-Language where _lang says otherwise.",
        lambda: insisting("heed _lang", done=False, when=_has_header),
    ),
    broken(
        "speaks_japanese_only",
        TRANSLATED,
        "language",
        "Answers in Japanese whatever is asked.",
        lambda: insisting("speak two languages", done=False),
    ),
    on_row(
        "translates_missing_text",
        MISSING,
        "wording",
        "Translates the message of the schema.",
        reworded("必須項目がありません。"),
        when=speaking("ja"),
        wording_only=True,
    ),
    on_row(
        "translates_login",
        LOGIN,
        "wording",
        "Translates the message of a login.",
        reworded("ログインできませんでした。"),
        when=speaking("ja"),
        wording_only=True,
    ),
    on_row("gives_login_no_request_id", LOGIN, "request-id", "No request ID.", unidentified, wording_only=True),
    on_row("gives_empty_text_no_request_id", EMPTY, "request-id", "No request ID.", unidentified, wording_only=True),
    on_row("tells_the_right_password", LOGIN, "leak", "Says which password was expected.", leaking("password")),
    on_row("tells_the_email_of_the_member", PROFILE, "leak", "Shows a member's e-mail.", leaking("email")),
    on_row("tells_the_token_in_not_found", NOT_FOUND, "leak", "Repeats the access token.", leaking("token")),
    on_row("tells_the_token_in_email", EMAIL, "leak", "Repeats the access token.", leaking("token")),
    on_row("tells_the_token_in_regex", REGEX, "leak", "Repeats the access token.", leaking("token")),
    on_row("shows_its_stack_in_profile", PROFILE, "leak", "Shows a stack trace.", tracing(TRACEBACK)),
    on_row("shows_its_stack_in_token", TOKEN, "leak", "Shows a stack trace.", tracing()),
    on_row("shows_its_stack_in_no_group", NO_GROUP, "leak", "Shows a stack trace.", tracing()),
    on_row("shows_its_stack_in_length", LENGTH, "leak", "Shows a stack trace.", tracing()),
    on_row("shows_its_stack_in_zip", ZIP, "leak", "Shows a stack trace.", tracing(TRACEBACK)),
)

FAULTS: Final = tuple(_faults())
