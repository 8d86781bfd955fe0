"""Faults of what is done: refused writes that are kept, accepted ones that are not, answers that are right at times."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from conformance.reference.catalogue import Row
from conformance.reference.decisions import Ask, Broken, Test, after, every
from conformance.reference.kuroco.faults.changes import coded, errors_are, status, worded_as
from conformance.reference.kuroco.faults.making import NAMES, Change, altering, broken, insisting, on, on_row, seen
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
from conformance.reference.messages import Reply

__all__ = ["FAULTS"]

WRITTEN: Final = (TITLE, MISSING, EMPTY, *FORMATS, REGEX, LENGTH)
"""The rows that look at a body."""

_KEPT: Final = (
    (NO_GROUP, "insert"),
    (TITLE, "insert"),
    (MISSING, "insert"),
    (EMPTY, "update"),
    (EMAIL, "insert"),
    (TEL, "update"),
    (ZIP, "insert"),
    (URL, "update"),
    (NUMBER, "insert"),
    (REGEX, "update"),
    (LENGTH, "insert"),
    (LENGTH, "update"),
)
_LOST: Final = (
    (TITLE, "title", "update"),
    (EMPTY, "required", "update"),
    (EMAIL, "email", "insert"),
    (TEL, "tel", "insert"),
    (NUMBER, "number", "insert"),
    (LENGTH, "length", "update"),
)


def _first(test: Test) -> Test:
    return after(1, test)


def _third(test: Test) -> Test:
    return every(3, test)


_AT_TIMES: Final[tuple[tuple[str, Row, Change, Callable[[Test], Test], str], ...]] = (
    ("login_once", LOGIN, status(403), _first, "Answers 403 from the second failure on."),
    ("profile_once", PROFILE, status(200), _first, "Answers 200 from the second time on."),
    ("token_once", TOKEN, coded("invalid"), _first, "Gives another code from the second time on."),
    ("not_found_mostly", NOT_FOUND, status(500), _third, "Answers 500 every third time."),
    ("no_group_once", NO_GROUP, coded("not_found"), _first, "Gives another code from the second time on."),
    ("title_mostly", TITLE, errors_are([]), _third, "Has no errors every third time."),
    ("empty_text_once", EMPTY, coded("invalid"), _first, "Gives another code from the second time on."),
    ("tel_mostly", TEL, status(500), _third, "Answers 500 every third time."),
    ("url_once", URL, worded_as(LENGTH), _first, "Gives another row's message from the second time on."),
    ("regex_mostly", REGEX, status(200), _third, "Answers 200 every third time."),
    ("length_mostly", LENGTH, errors_are("member"), _third, "Has one object for errors every third time."),
)


def _about(row: Row, operation: str) -> Test:
    """Where a write was refused by this row; at this point the answer is made and not yet given."""

    def held(ask: Ask) -> bool:
        visit = seen(ask)
        return visit.operation == operation and any(complaint.row == row for complaint in visit.complaints)

    return held


def _accepted(operation: str) -> Test:
    return lambda ask: ask.operation == operation and not seen(ask).rejected


def _sent(name: str, test: Callable[[object], bool]) -> Test:
    """Where the body's member of that name, or of the field of that kind, is one that the test is about."""

    def held(ask: Ask) -> bool:
        visit = seen(ask)
        names = {field.kind: field.name for field in visit.setting.fields}
        key = names.get(name, name)
        return isinstance(visit.body, dict) and key in visit.body and test(visit.body[key])

    return held


def _crash(reply: Reply, _: object) -> Reply:
    return reply.but(status=500, value={"errors": [{"code": "internal_server_error", "message": ""}]}, row=None)


def _several(ask: Ask) -> bool:
    return len(seen(ask).complaints) > 1


def _no_login_keys(ask: Ask) -> bool:
    body = seen(ask).body
    texts = isinstance(body, dict) and all(isinstance(body.get(key), str) for key in ("email", "password"))
    return ask.operation == "login" and not texts


def _no_number(ask: Ask) -> bool:
    return ask.operation == "detail" and not seen(ask).topics_id.isdigit()


def _no_text(item: object) -> bool:
    return isinstance(item, bool | int | float | list | dict)


def _beyond_the_bmp(item: object) -> bool:
    return isinstance(item, str) and any(ord(char) > 0xFFFF for char in item)


_CRASHES: Final[tuple[tuple[str, tuple[Row, ...], Test, str], ...]] = (
    ("a_login_without_its_keys", (LOGIN,), _no_login_keys, "a login whose keys are missing or no texts"),
    ("a_token_request_without_a_grant", (TOKEN,), lambda ask: ask.operation == "token" and seen(ask).body == {}, "{}"),
    ("an_id_that_is_no_number", (NOT_FOUND,), _no_number, "an ID that is no number"),
    ("a_title_of_null", (TITLE,), _sent("subject", lambda item: item is None), "a title that is null"),
    ("a_title_of_spaces", (TITLE,), _sent("subject", lambda item: str(item).isspace()), "a title of spaces"),
    ("a_required_text_of_null", (EMPTY,), _sent("required", lambda item: item is None), "a text that is null"),
    ("characters_beyond_the_bmp", (LENGTH,), _sent("length", _beyond_the_bmp), "characters beyond the BMP"),
    ("several_faults", WRITTEN, _several, "two faulty fields at once"),
    ("a_number_that_is_no_string", (NUMBER,), _sent("number", _no_text), "a value that is no string"),
)


def _faults() -> Iterator[Broken]:
    for row, operation in _KEPT:
        name = f"keeps_a_refused_{operation}_by_{NAMES[row]}"
        sentence = f"Keeps the {operation} that it refuses by the row {row}."
        make = partial(insisting, "store", done=True, when=_about(row, operation))
        yield broken(name, row, "effect", sentence, make)
    for row, member, operation in _LOST:
        sentence = f"Reports the {operation} of the {member} and does not do it."
        make = partial(insisting, f"store {member}", done=False, when=on(operation))
        yield broken(f"loses_the_{member}_on_{operation}", row, "control", sentence, make)
    for operation in ("insert", "update"):
        sentence = f"Reports every {operation} as done and does none."
        make = partial(insisting, "store", done=False, when=_accepted(operation))
        yield broken(f"only_pretends_to_{operation}", WRITTEN, "control", sentence, make)
    for name, row, change, turns, sentence in _AT_TIMES:
        yield on_row(f"is_right_about_{name}", row, "intermittent", sentence, change, turns=turns)
    for name, rows, when, said in _CRASHES:
        make = partial(altering, None, _crash, when)
        yield broken(f"crashes_at_{name}", rows, "open-choice", f"Answers 500 to {said}.", make)


FAULTS: Final = tuple(_faults())
