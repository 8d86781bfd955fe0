"""Faults of uploads, and of methods on media."""

from __future__ import annotations

from typing import Final

from conformance.reference.catalogue import Row
from conformance.reference.decisions import Ask, Broken
from conformance.reference.microcms.faults.making import (
    Test,
    accepts,
    answers,
    both,
    effect,
    on,
    refuses,
    status,
    succeeds,
)

__all__ = ["FAULTS"]


_FORM: Final[Row] = ("media-post", 1)
_SIZE: Final[Row] = ("media-post", 2)
_METHODS: Final[tuple[Row, Row]] = (("media-post", 3), ("media-delete", 4))
_URL: Final[Row] = ("media-delete", 1)
_USED: Final[Row] = ("media-delete", 2)
_GONE: Final[Row] = ("media-delete", 3)
_MEGA: Final = 1_000_000


def _media_type(part: str) -> Test:
    return lambda ask: part in ask.incoming.headers.get("content-type", "")


def _larger(bytes_: int) -> Test:
    return lambda ask: ask.facts.get("size", 0) > bytes_


def _smaller(bytes_: int) -> Test:
    return lambda ask: ask.facts.get("size", 0) < bytes_


def _another_field(ask: Ask) -> bool:
    return bool(ask.facts.get("uploads"))


_UPLOADS: Final[tuple[Broken, ...]] = (
    accepts("stores_json_as_upload", _FORM, "JSON instead of a file passes.", _media_type("json")),
    accepts("stores_upload_under_another_name", _FORM, "The field may have any name.", _another_field),
    accepts(
        "stores_multipart_without_file",
        _FORM,
        "A form without a file passes.",
        both(_media_type("multipart"), lambda ask: not _another_field(ask)),
    ),
    effect("stores_rejected_form", _FORM, "It refuses and stores something.", "store", _smaller(_MEGA), rejected=True),
    answers(
        "answers_multipart_without_file_with_422",
        _FORM,
        "status",
        "422 for a form without a file.",
        status(422),
        _media_type("multipart"),
    ),
    refuses("refuses_every_upload", (_FORM, _SIZE), "No file passes.", on("uploadMedia")),
    effect("forgets_upload", (_FORM, _SIZE), "201, and it is not listed.", "store", on("uploadMedia"), rejected=False),
    succeeds(
        "answers_upload_with_200", (_FORM, _SIZE), "status", "200 instead of 201.", status(200), on("uploadMedia")
    ),
    accepts("accepts_upload_of_any_size", _SIZE, "No size is refused."),
    accepts("accepts_upload_of_up_to_5_5_mb", _SIZE, "The limit is half a megabyte too high.", _smaller(5_500_000)),
    accepts("accepts_upload_of_up_to_10_mb", _SIZE, "The limit is 10 MB.", _smaller(10 * _MEGA)),
    accepts("accepts_upload_of_6_mb_and_more", _SIZE, "Only just above the limit it is refused.", _larger(5_900_000)),
    effect(
        "stores_rejected_large_upload", _SIZE, "It refuses and stores it.", "store", _larger(5 * _MEGA), rejected=True
    ),
    refuses("refuses_upload_of_4_mb", _SIZE, "The limit is 4 MB.", both(on("uploadMedia"), _larger(4 * _MEGA))),
    refuses("refuses_small_upload", _FORM, "Files below 1 MB do not pass.", both(on("uploadMedia"), _smaller(_MEGA))),
)


def _method(*methods: str) -> Test:
    return lambda ask: ask.method in methods


def _version(number: int) -> Test:
    return lambda ask: f"/v{number}/" in ask.path.lower()


_OTHER_METHODS: Final[tuple[Broken, ...]] = (
    answers("answers_put_on_media_with_404", _METHODS, "method", "404 for PUT only.", status(404), _method("PUT")),
    answers(
        "answers_patch_on_media_with_404", _METHODS, "method", "404 for PATCH only.", status(404), _method("PATCH")
    ),
    answers(
        "answers_methods_on_media_v1_with_404", _METHODS, "operation", "404 on one version.", status(404), _version(1)
    ),
    answers(
        "answers_methods_on_media_v2_with_404", _METHODS, "operation", "404 on one version.", status(404), _version(2)
    ),
    accepts("accepts_put_on_media_v1", _METHODS, "PUT is answered with 200.", both(_method("PUT"), _version(1))),
    accepts("accepts_patch_on_media_v2", _METHODS, "PATCH is answered with 200.", both(_method("PATCH"), _version(2))),
    refuses("refuses_post_on_media", (_METHODS[0], _FORM, _SIZE), "POST is not allowed either.", on("uploadMedia")),
    refuses(
        "refuses_delete_on_media", (_METHODS[1], _URL, _USED, _GONE), "DELETE is not allowed either.", on("deleteMedia")
    ),
)

FAULTS: Final[tuple[Broken, ...]] = (*_UPLOADS, *_OTHER_METHODS)
"""Faults of media, POST, and of the last row of DELETE."""
