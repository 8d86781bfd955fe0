"""Faults of limit that each of the three lists can have: contents, media in version 1, media in version 2."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from conformance.reference.catalogue import Row
from conformance.reference.decisions import Broken
from conformance.reference.microcms.faults.making import (
    Test,
    accepts,
    both,
    effect,
    given,
    number,
    on,
    raw,
    refuses,
)

__all__ = ["FAULTS"]


@dataclass(frozen=True, slots=True)
class _List:
    """One operation, with the rows that its parameters are refused with."""

    slug: str
    operation: str
    limit: tuple[Row, Row, Row]
    offset: tuple[Row, Row] | None
    beside: str
    """Another parameter, in whose company a fault may hide."""

    def test(self, *tests: Test) -> Test:
        return both(on(self.operation), *tests)


_CONTENTS: Final = _List(
    "contents",
    "listContents",
    (("contents-get", 1), ("contents-get", 2), ("contents-get", 3)),
    (("contents-get", 4), ("contents-get", 5)),
    "offset",
)
_MEDIA: Final = (("media-get", 1), ("media-get", 2), ("media-get", 3))
_V1: Final = _List("media_v1", "listMediaV1", _MEDIA, (("media-get", 5), ("media-get", 6)), "imageOnly")
_V2: Final = _List("media_v2", "listMediaV2", _MEDIA, None, "fileName")


def _every_list(some: _List) -> Iterator[Broken]:
    """What each of the three lists can get wrong."""
    below, above, word = some.limit
    slug = some.slug
    yield accepts(f"accepts_limit_minus_1_on_{slug}", below, "-1 passes.", some.test(number(lambda n: n == -1)))
    yield accepts(f"accepts_far_negative_limit_on_{slug}", below, "-10 and less pass.", some.test(number(_far_below)))
    yield accepts(
        f"accepts_negative_limit_beside_{some.beside}_on_{slug}",
        below,
        "Any negative limit passes in company.",
        some.test(given(some.beside)),
        aspect="combination",
    )
    yield refuses(f"refuses_limit_0_on_{slug}", below, "0 does not pass.", some.test(_limit_is("0")))
    yield accepts(f"accepts_limit_101_on_{slug}", above, "101 passes.", some.test(number(lambda n: n == 101)))
    yield accepts(f"accepts_limit_1000_on_{slug}", above, "1000 and more pass.", some.test(number(lambda n: n >= 1000)))
    yield accepts(
        f"accepts_large_limit_beside_{some.beside}_on_{slug}",
        above,
        "Any large limit passes in company.",
        some.test(given(some.beside)),
        aspect="combination",
    )
    yield refuses(f"refuses_limit_100_on_{slug}", above, "100 does not pass.", some.test(_limit_is("100")))
    yield accepts(
        f"accepts_words_but_abc_on_{slug}", word, "Only abc and xxx are refused.", some.test(raw(_not_the_example))
    )
    yield accepts(f"accepts_fractional_limit_on_{slug}", word, "1.5 passes.", some.test(raw(_fraction)))
    yield accepts(
        f"accepts_word_beside_{some.beside}_on_{slug}",
        word,
        "Any word passes in company.",
        some.test(given(some.beside)),
        aspect="combination",
    )
    yield effect(
        f"takes_limit_0_for_none_on_{slug}",
        below,
        "0 gives a page of ten.",
        "limit",
        some.test(_limit_is("0")),
        rejected=False,
    )
    yield effect(
        f"ignores_limit_on_{slug}", below, "A page is always ten.", "limit", on(some.operation), rejected=False
    )


def _far_below(value: int) -> bool:
    return value <= -10


def _limit_is(text: str) -> Test:
    return lambda ask: ask.value("limit") == text


def _not_the_example(text: str) -> bool:
    return text not in {"abc", "xxx", "foo"}


def _fraction(text: str) -> object:
    return re.fullmatch(r"\d+\.\d*[1-9]", text)


FAULTS: Final[tuple[Broken, ...]] = (
    *_every_list(_CONTENTS),
    *_every_list(_V1),
    *_every_list(_V2),
)
"""Faults of limit, on each of the three lists."""
