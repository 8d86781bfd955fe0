"""Faults of media, GET: pictures only, tokens, names."""

from __future__ import annotations

from typing import Final

from conformance.reference.catalogue import Row
from conformance.reference.decisions import Ask, Broken
from conformance.reference.messages import Reply
from conformance.reference.microcms.faults.making import (
    Test,
    accepts,
    answers,
    both,
    given,
    not_given,
    on,
    raw,
    refuses,
    status,
)

__all__ = ["FAULTS"]


_IMAGE: Final[Row] = ("media-get", 4)
_TOKEN: Final[Row] = ("media-get", 7)
_NAME: Final[Row] = ("media-get", 8)


def _image_only(word: str) -> Test:
    return both(on("listMediaV1", "listMediaV2"), lambda ask: ask.value("imageOnly") == word)


def _nothing_found(reply: Reply, ask: Ask) -> Reply:  # noqa: ARG001 - a change like the others
    return Reply(200, {"media": [], "totalCount": 0})


_PICTURES: Final[tuple[Broken, ...]] = (
    accepts(
        "accepts_yes_as_image_only", _IMAGE, "yes and no pass.", raw(lambda t: t.lower() in {"yes", "no", "on", "off"})
    ),
    accepts(
        "accepts_start_of_true_as_image_only",
        _IMAGE,
        "tru passes.",
        raw(lambda t: len(t) > 1 and ("true".startswith(t) or "false".startswith(t))),
    ),
    accepts("accepts_words_but_xxx_as_image_only", _IMAGE, "Only xxx is refused.", raw(lambda t: t != "xxx")),
    accepts(
        "accepts_any_image_only_on_media_v1",
        _IMAGE,
        "One version does not look.",
        on("listMediaV1"),
        aspect="operation",
    ),
    accepts(
        "accepts_any_image_only_on_media_v2",
        _IMAGE,
        "One version does not look.",
        on("listMediaV2"),
        aspect="operation",
    ),
    accepts("accepts_any_image_only_beside_limit", _IMAGE, "In company.", given("limit"), aspect="combination"),
    accepts("accepts_any_image_only_beside_file_name", _IMAGE, "In company.", given("fileName"), aspect="combination"),
    refuses("refuses_image_only_true", _IMAGE, "true does not pass.", _image_only("true")),
    refuses("refuses_image_only_false", _IMAGE, "false does not pass.", _image_only("false")),
)


def _token(ask: Ask) -> str:
    return ask.value("token") or ""


def _once_given(ask: Ask) -> bool:
    return _token(ask) in ask.facts.get("pages", {})


def _near_a_given_one(ask: Ask) -> bool:
    pages: dict[str, object] = ask.facts.get("pages", {})
    return any(page[:8] == _token(ask)[:8] or page[-8:] == _token(ask)[-8:] for page in pages) and not _once_given(ask)


_PAGING: Final[tuple[Broken, ...]] = (
    accepts("accepts_any_token", _TOKEN, "Garbage starts from the first page."),
    accepts("accepts_expired_token", _TOKEN, "A token lives for ever.", _once_given),
    accepts("accepts_changed_token", _TOKEN, "A token that is nearly one passes.", _near_a_given_one),
    accepts(
        "accepts_garbage_but_not_expired_token",
        _TOKEN,
        "Only expired ones are refused.",
        lambda ask: not _once_given(ask),
    ),
    accepts("accepts_short_token", _TOKEN, "Up to 8 letters pass.", lambda ask: len(_token(ask)) <= 8),
    answers("finds_nothing_for_bad_token", _TOKEN, "status", "200 and an empty page.", _nothing_found),
    answers("answers_expired_token_with_404", _TOKEN, "status", "404 for expired ones only.", status(404), _once_given),
    refuses(
        "refuses_every_token",
        _TOKEN,
        "A token just received does not pass.",
        both(on("listMediaV2"), lambda ask: bool(_token(ask))),
    ),
)

_NAMES: Final[tuple[Broken, ...]] = (
    answers("finds_nothing_for_unknown_file_name", _NAME, "status", "200 and an empty list.", _nothing_found),
    accepts(
        "accepts_unknown_file_name_beside_image_only", _NAME, "In company.", given("imageOnly"), aspect="combination"
    ),
    accepts("accepts_unknown_file_name_beside_limit", _NAME, "In company.", given("limit"), aspect="combination"),
    accepts(
        "accepts_unknown_file_name_alone", _NAME, "Only in company it is refused.", not_given("limit", "imageOnly")
    ),
    refuses(
        "refuses_known_file_name",
        _NAME,
        "No name is found.",
        both(on("listMediaV2"), lambda ask: bool(ask.value("fileName"))),
    ),
)

FAULTS: Final[tuple[Broken, ...]] = (*_PICTURES, *_PAGING, *_NAMES)
"""Faults of media, GET 4, 7 and 8."""
