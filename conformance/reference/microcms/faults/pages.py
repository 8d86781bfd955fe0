"""More faults of limit and offset: on contents, on media, or on one version of media."""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from conformance.reference.catalogue import Row
from conformance.reference.decisions import Ask, Broken, after, every
from conformance.reference.messages import Reply
from conformance.reference.microcms.answers import message
from conformance.reference.microcms.faults.making import (
    Test,
    accepts,
    answers,
    both,
    effect,
    given,
    number,
    on,
    raw,
    refuses,
    status,
    succeeds,
)

__all__ = ["FAULTS"]


def _far_below(value: int) -> bool:
    return value <= -10


def _limit_is(text: str) -> Test:
    return lambda ask: ask.value("limit") == text


def _not_the_example(text: str) -> bool:
    return text not in {"abc", "xxx", "foo"}


def _fraction(text: str) -> object:
    return re.fullmatch(r"\d+\.\d*[1-9]", text)


def _digits_first(text: str) -> object:
    return re.fullmatch(r"\d+[A-Za-z]+", text)


def _echo(value: str, row: Row) -> Reply:
    return Reply(400, {"message": message(row, value)}, row=row)


def _rows(table: str, *numbers: int) -> tuple[Row, ...]:
    return tuple((table, number) for number in numbers)


_C: Final = _rows("contents-get", 1, 2, 3, 4, 5)
_M: Final = _rows("media-get", 1, 2, 3, 4, 5, 6)
_WORDS: Final = (_C[2], _C[4])


def _one_more(reply: Reply, _ask: Ask) -> Reply:
    found = reply.value["contents"]
    return reply.but(value={**reply.value, "contents": found + found[:1]})


_CONTENTS_ONLY: Final[tuple[Broken, ...]] = (
    succeeds(
        "returns_one_more_than_limit_on_contents",
        _C[0],
        "effect",
        "A page has one entry too many.",
        _one_more,
        both(on("listContents"), given("limit")),
    ),
    accepts("accepts_limits_below_minus_1_on_contents", _C[0], "Only -1 is refused.", number(lambda n: n < -1)),
    accepts(
        "accepts_repeated_negative_limit_on_contents",
        _C[0],
        "Only the first is refused.",
        aspect="repeated",
        counted=partial(after, 1),
    ),
    answers(
        "crashes_on_limit_far_below_on_contents",
        (_C[0], ("common", 5)),
        "status",
        "500 from -1000 on.",
        status(500),
        number(lambda n: n <= -1000),
    ),
    accepts("accepts_limits_above_101_on_contents", _C[1], "Only 101 is refused.", number(lambda n: n > 101)),
    refuses(
        "refuses_limit_100_beside_offset_on_contents",
        _C[1],
        "100 does not pass in company.",
        both(_limit_is("100"), given("offset")),
    ),
    refuses("refuses_every_limit_on_contents", _C[:3], "No limit passes.", both(on("listContents"), given("limit"))),
    accepts("accepts_digits_then_letters_as_limit_on_contents", _C[2], "5a is 5.", raw(_digits_first)),
    accepts(
        "accepts_grouped_digits_as_limit_on_contents",
        _C[2],
        "1,000 passes.",
        raw(lambda t: re.fullmatch(r"\d+[, ]\d+", t)),
    ),
    accepts(
        "accepts_json_words_as_limit_on_contents",
        _C[2],
        "true and null pass.",
        raw(lambda t: t in {"true", "false", "null"}),
    ),
    accepts("accepts_brackets_as_limit_on_contents", _C[2], "{} and [] pass.", raw(lambda t: t[:1] in {"{", "["})),
    answers(
        "crashes_on_letters_of_other_scripts_on_contents",
        (_C[2], ("common", 5)),
        "status",
        "500 beyond ASCII.",
        status(500),
        raw(lambda t: not t.isascii()),
    ),
    answers(
        "crashes_on_markup_on_contents",
        (_C[2], ("common", 5)),
        "status",
        "500 on < or a quote.",
        status(500),
        raw(lambda t: set(t) & set("<>'\"")),
    ),
    answers(
        "echoes_xxx_for_unreadable_values",
        _WORDS,
        "wording",
        "The echo is always the documents' xxx.",
        lambda reply, _ask: _echo("xxx", reply.row or _C[2]),
        wording_only=True,
    ),
    accepts("accepts_offset_minus_1_on_contents", _C[3], "-1 passes.", number(lambda n: n == -1)),
    accepts("accepts_offsets_below_minus_1_on_contents", _C[3], "Only -1 is refused.", number(lambda n: n < -1)),
    accepts("accepts_far_negative_offset_on_contents", _C[3], "-10 and less pass.", number(_far_below)),
    accepts(
        "accepts_negative_offset_beside_limit_on_contents",
        _C[3],
        "It passes in company.",
        given("limit"),
        aspect="combination",
    ),
    refuses(
        "refuses_offset_0_on_contents",
        _C[3],
        "0 does not pass.",
        both(on("listContents"), lambda ask: ask.value("offset") == "0"),
    ),
    refuses(
        "refuses_offset_past_the_end_on_contents",
        _C[3],
        "An offset that nothing is behind does not pass.",
        both(on("listContents"), lambda ask: _beyond(ask, 16)),
    ),
    effect(
        "ignores_offset_on_contents",
        _C[3],
        "It always starts at the first.",
        "offset",
        on("listContents"),
        rejected=False,
    ),
    accepts("accepts_offset_words_but_abc_on_contents", _C[4], "Only abc and xxx are refused.", raw(_not_the_example)),
    accepts("accepts_fractional_offset_on_contents", _C[4], "1.5 passes.", raw(_fraction)),
    accepts(
        "accepts_offset_word_beside_limit_on_contents",
        _C[4],
        "It passes in company.",
        given("limit"),
        aspect="combination",
    ),
)


def _beyond(ask: Ask, count: int) -> bool:
    text = ask.value("offset") or ""
    return text.isascii() and text.isdigit() and int(text[:12]) >= count


_MEDIA_ONLY: Final[tuple[Broken, ...]] = (
    accepts(
        "accepts_every_third_negative_limit_on_media",
        _M[0],
        "Every third passes.",
        aspect="repeated",
        counted=partial(every, 3),
    ),
    accepts(
        "accepts_every_second_unreadable_offset_on_media",
        _M[5],
        "Every second passes.",
        aspect="repeated",
        counted=partial(every, 2),
    ),
    refuses(
        "refuses_limit_beside_file_name_on_media_v2",
        _M[1],
        "A right limit does not pass in company.",
        both(on("listMediaV2"), given("limit"), given("fileName")),
    ),
    accepts("accepts_limits_below_minus_1_on_media", _M[0], "Only -1 is refused.", number(lambda n: n < -1)),
    accepts("accepts_limits_above_101_on_media", _M[1], "Only 101 is refused.", number(lambda n: n > 101)),
    accepts(
        "accepts_large_limit_beside_offset_on_media_v1", _M[1], "In company.", given("offset"), aspect="combination"
    ),
    accepts("accepts_any_word_as_limit_on_media_v2", _M[2], "No word is refused.", on("listMediaV2")),
    accepts("accepts_any_word_as_limit_on_media_v1", _M[2], "No word is refused.", on("listMediaV1")),
    accepts("accepts_offset_minus_1_on_media", _M[4], "-1 passes.", number(lambda n: n == -1)),
    accepts("accepts_far_negative_offset_on_media", _M[4], "-10 and less pass.", number(_far_below)),
    accepts(
        "accepts_negative_offset_beside_limit_on_media", _M[4], "In company.", given("limit"), aspect="combination"
    ),
    refuses(
        "refuses_offset_0_on_media",
        _M[4],
        "0 does not pass.",
        both(on("listMediaV1"), lambda ask: ask.value("offset") == "0"),
    ),
    refuses(
        "refuses_offset_past_the_end_on_media",
        _M[4],
        "Nothing is behind it.",
        both(on("listMediaV1"), lambda ask: _beyond(ask, 18)),
    ),
    effect(
        "ignores_offset_on_media", _M[4], "It always starts at the first.", "offset", on("listMediaV1"), rejected=False
    ),
    accepts("accepts_offset_words_but_abc_on_media", _M[5], "Only abc and xxx are refused.", raw(_not_the_example)),
    accepts("accepts_fractional_offset_on_media", _M[5], "1.5 passes.", raw(_fraction)),
    accepts("accepts_offset_word_beside_limit_on_media", _M[5], "In company.", given("limit"), aspect="combination"),
)

FAULTS: Final[tuple[Broken, ...]] = (*_CONTENTS_ONLY, *_MEDIA_ONLY)
"""Faults of contents, GET 1 to 5, and of media, GET 1 to 3, 5 and 6."""
