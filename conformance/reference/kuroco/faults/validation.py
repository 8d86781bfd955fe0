"""Faults of the rules for a topic's fields: dropped, too weak, too strict, off by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final

from conformance.reference.catalogue import Row
from conformance.reference.decisions import Ask, Broken, Test
from conformance.reference.kuroco.faults.making import (
    NAMES,
    always,
    both,
    broken,
    inventing,
    on,
    seen,
    sparing,
    speaking,
    value,
)
from conformance.reference.kuroco.fields import Field
from conformance.reference.kuroco.vocabulary import (
    EMAIL,
    EMPTY,
    LENGTH,
    MISSING,
    NO_GROUP,
    NUMBER,
    REGEX,
    TEL,
    TITLE,
    URL,
    ZIP,
)

__all__ = ["FAULTS"]

_WHENS: Final[Mapping[str, tuple[Test, str]]] = {
    "": (always, "always"),
    "_on_insert": (on("insert"), "on insert"),
    "_on_update": (on("update"), "on update"),
    "_in_english": (speaking("en"), "in English"),
    "_in_japanese": (speaking("ja"), "in Japanese"),
}
_DROPPED: Final[Mapping[Row, tuple[str, ...]]] = {
    NO_GROUP: ("_on_insert", "_on_update"),
    TITLE: ("_on_insert", "_on_update", "_in_english"),
    MISSING: ("", "_in_japanese", "_in_english"),
    EMPTY: ("", "_on_insert", "_on_update"),
    EMAIL: ("", "_on_update"),
    TEL: ("_on_insert", "_on_update"),
    ZIP: ("", "_in_english"),
    URL: ("_on_insert", "_in_japanese"),
    NUMBER: ("", "_on_update"),
    REGEX: ("_on_insert", "_on_update"),
    LENGTH: ("", "_on_update"),
}


def _full(pattern: str) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(pattern, text, re.DOTALL) is not None


_WEAK: Final[tuple[tuple[str, Row, Callable[[str], bool], str], ...]] = (
    ("email_without_a_domain", EMAIL, _full(r"[^@<>]+@"), "Takes an e-mail that ends at its @."),
    ("email_without_a_name", EMAIL, _full(r"@[^@<>]+"), "Takes an e-mail that begins with its @."),
    ("email_of_a_lone_at", EMAIL, _full(r"@"), "Takes a lone @ for an e-mail."),
    ("email_without_an_at", EMAIL, lambda text: "@" not in text and text != "abc", "Takes words other than abc."),
    ("markup_as_email", EMAIL, lambda text: "<" in text, "Takes markup for an e-mail."),
    ("letters_in_tel", TEL, lambda text: bool(re.search("[0-9]", text)), "Takes letters among the digits."),
    ("long_words_as_tel", TEL, lambda text: len(text) > 10, "Looks at no more than ten characters."),
    ("other_words_as_tel", TEL, lambda text: text != "abc", "Refuses abc and nothing else."),
    ("markup_as_tel", TEL, lambda text: "<" in text, "Takes markup for a telephone number."),
    ("long_words_as_zip", ZIP, lambda text: len(text) > 8, "Looks at no more than eight characters."),
    ("other_words_as_zip", ZIP, lambda text: text != "abc", "Refuses abc and nothing else."),
    ("words_beyond_ascii_as_zip", ZIP, lambda text: not text.isascii(), "Takes what is no ASCII for a ZIP code."),
    ("markup_as_zip", ZIP, lambda text: "<" in text, "Takes markup for a ZIP code."),
    ("url_of_a_scheme_alone", URL, _full(r"https?://"), "Takes http:// alone for a URL."),
    ("other_words_as_url", URL, lambda text: text != "abc", "Refuses abc and nothing else."),
    ("long_words_as_url", URL, lambda text: len(text) > 10 and ":" not in text, "Takes any long word for a URL."),
    ("markup_as_url", URL, lambda text: "<" in text, "Takes markup for a URL."),
    ("letters_after_a_number", NUMBER, _full(r"[0-9]+[A-Za-z]+.*"), "Looks at the number's beginning alone."),
    ("other_words_as_number", NUMBER, lambda text: text != "abc", "Refuses abc and nothing else."),
    ("markup_as_number", NUMBER, lambda text: "<" in text, "Takes markup for a number."),
)


def _pattern(ask: Ask, how: Callable[[str, str], bool]) -> bool:
    check, field = seen(ask).check, _field(ask, "regex")
    return check is not None and how(field.pattern.strip("^$"), check.text)


def _field(ask: Ask, kind: str) -> Field:
    return next(field for field in seen(ask).setting.fields if field.kind == kind)


def _match(how: Callable[[str, str], bool]) -> Test:
    return lambda ask: _pattern(ask, how)


_LOOSE_MATCHES: Final[tuple[tuple[str, Callable[[str, str], bool], str], ...]] = (
    ("found_anywhere", lambda pattern, text: bool(re.search(pattern, text)), "Looks for the pattern anywhere."),
    ("with_text_after", lambda pattern, text: bool(re.match(pattern, text)), "Lets text follow the pattern."),
    ("with_text_before", lambda pattern, text: bool(re.search(f"(?:{pattern})$", text)), "Lets text come first."),
    ("in_any_case", lambda pattern, text: bool(re.fullmatch(pattern, text, re.IGNORECASE)), "Ignores case."),
    ("with_a_line_end", lambda pattern, text: bool(re.match(f"(?:{pattern})$", text)), "Lets a line end follow."),
)


def _length(test: Callable[[str, int, int], bool]) -> Test:
    """Where the value under check, of a number of characters between least and most, is one that the test is about."""

    def held(ask: Ask) -> bool:
        check, field = seen(ask).check, _field(ask, "length")
        return (
            check is not None
            and check.field == field.name
            and bool(check.text)
            and test(check.text, field.least, field.most)
        )

    return held


_LENGTHS_TAKEN: Final[tuple[tuple[str, Callable[[str, int, int], bool], str], ...]] = (
    ("one_below", lambda text, least, _: len(text) == least - 1, "Takes min - 1 characters."),
    ("one_above", lambda text, _, most: len(text) == most + 1, "Takes max + 1 characters."),
    ("any_below", lambda text, least, _: len(text) < least, "Has no least length."),
    ("any_above", lambda text, _, most: len(text) > most, "Has no greatest length."),
    ("far_above", lambda text, _, most: len(text) > most + 5, "Refuses what is just too long, not what is far."),
    ("kana_uncounted", lambda text, _, __: not text.isascii(), "Counts nothing but ASCII."),
    (
        "bytes_for_least",
        lambda text, least, _: len(text) < least <= len(text.encode("utf-8", "replace")),
        "Counts bytes at the lower end.",
    ),
)
_LENGTHS_REFUSED: Final[tuple[tuple[str, Callable[[str, int, int], bool], str], ...]] = (
    ("least", lambda text, least, _: len(text) == least, "Refuses min characters."),
    ("most", lambda text, _, most: len(text) == most, "Refuses max characters."),
    ("bytes", lambda text, _, most: len(text.encode("utf-8", "replace")) > most, "Counts bytes at the upper end."),
    ("wide", lambda text, _, most: not text.isascii() and 2 * len(text) > most, "Counts wide characters twice."),
)


def _valid(kind: str) -> Test:
    def held(ask: Ask) -> bool:
        check = seen(ask).check
        return check is not None and check.field == _field(ask, kind).name and check.text == _field(ask, kind).valid

    return held


def _not_the_fixture(ask: Ask) -> bool:
    check, field = seen(ask).check, _field(ask, "regex")
    return check is not None and check.field == field.name and check.text != field.valid and bool(check.text)


def _not_the_mismatch(ask: Ask) -> bool:
    check, field = seen(ask).check, _field(ask, "regex")
    return check is not None and check.text != field.mismatch


_STRICT: Final[tuple[tuple[str, Row, Test, str], ...]] = (
    ("zero_as_title", TITLE, value(_full("0")), "Takes the title 0 for an empty one."),
    ("every_title_on_update", TITLE, both(on("update"), value(bool)), "Refuses every title on update."),
    ("zero_as_missing_text", MISSING, value(_full("0")), "Takes the required text 0 for a missing one."),
    ("zero_as_empty_text", EMPTY, value(_full("0")), "Takes the required text 0 for an empty one."),
    ("every_text_on_update", EMPTY, both(on("update"), value(bool)), "Refuses every required text on update."),
    ("valid_email", EMAIL, _valid("email"), "Refuses a valid e-mail."),
    ("valid_tel", TEL, value(lambda text: "-" in text), "Refuses a telephone number with hyphens."),
    ("valid_zip_on_update", ZIP, both(on("update"), _valid("zip")), "Refuses a valid ZIP code on update."),
    ("secure_url", URL, value(lambda text: text.startswith("https")), "Refuses https."),
    ("valid_number", NUMBER, _valid("number"), "Refuses a valid number."),
    ("other_matches_of_regex", REGEX, _not_the_fixture, "Takes one text only, not all that the pattern matches."),
    ("valid_regex", REGEX, _valid("regex"), "Refuses what the pattern matches."),
    ("every_insert_as_no_group", NO_GROUP, on("insert"), "Has no content structure for any insert."),
    ("every_update_as_no_group", NO_GROUP, on("update"), "Has no content structure for any update."),
)


def _faults() -> Iterator[Broken]:
    for row, whens in _DROPPED.items():
        for suffix in whens:
            test, said = _WHENS[suffix]
            sentence = f"Does not hold the row {row} against a topic {said}."
            yield broken(f"drops_{NAMES[row]}{suffix}", row, "rule", sentence, partial(sparing, row, test))
    for name, row, spared, sentence in _WEAK:
        yield broken(f"accepts_{name}", row, "edge", sentence, partial(sparing, row, value(spared)))
    for name, how, sentence in _LOOSE_MATCHES:
        yield broken(f"accepts_regex_{name}", REGEX, "edge", sentence, partial(sparing, REGEX, _match(how)))
    yield broken(
        "accepts_all_but_the_mismatch",
        REGEX,
        "edge",
        "Refuses one text only, not all that the pattern does not match.",
        partial(sparing, REGEX, _not_the_mismatch),
    )
    for name, taken, sentence in _LENGTHS_TAKEN:
        yield broken(f"accepts_length_{name}", LENGTH, "edge", sentence, partial(sparing, LENGTH, _length(taken)))
    for name, refused, sentence in _LENGTHS_REFUSED:
        make = partial(inventing, LENGTH, _length(refused))
        yield broken(f"refuses_length_{name}", LENGTH, "control", sentence, make)
    for name, row, test, sentence in _STRICT:
        yield broken(f"refuses_{name}", row, "control", sentence, partial(inventing, row, test))


FAULTS: Final = tuple(_faults())
