"""The faults of the microCMS server as tables; each entry changes one decision and names the rows that it breaks."""

from __future__ import annotations

from typing import Final

from conformance.reference.fault_builder import mark_pending
from conformance.reference.hooks import FaultyServer
from conformance.reference.microcms.context import MicrocmsContext
from conformance.reference.microcms.faults import generic, special

__all__ = ["FAULTY_SERVERS"]

_PENDING: Final = (
    "accepts_brackets_as_limit_on_media_v2",
    "accepts_digits_then_letters_as_limit_on_media_v2",
    "accepts_grouped_digits_as_limit_on_media_v1",
    "accepts_json_words_as_limit_on_media_v2",
    "answers_one_referenced_medium_rightly",
    "answers_one_too_many_requests_rightly",
    "answers_too_many_requests_rightly_once",
    "crashes_on_markup_on_media_v1",
)
"""Patterns of the names of the faults that no case catches yet."""

FAULTY_SERVERS: Final[tuple[FaultyServer[MicrocmsContext], ...]] = tuple(
    mark_pending((*special.FAULTS, *generic.FAULTS), _PENDING)
)
