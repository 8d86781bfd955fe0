"""The faults of the microCMS server as tables; each entry changes one decision and names the rows that it breaks."""

from __future__ import annotations

from typing import Final

from conformance.reference.fault_builder import mark_pending
from conformance.reference.hooks import FaultyServer
from conformance.reference.microcms.context import MicrocmsContext
from conformance.reference.microcms.faults import generic, special

__all__ = ["FAULTY_SERVERS"]

_PENDING: Final = (
    "(accepts_(brackets|digits_then_letters|grouped_digits|json_words)_as_limit|crashes_on_markup)_on_media_v[12]",
    "(accepts|crashes_on)_(limits|offsets)_from_minus_.*|crashes_on_offsets_from_.*",
    "echoes_.*_as_a_number|echoes_unreadable_image_only_escaped",
    "gives_(rejected_address|forbidden|unknown_url)_another_status_when_repeated",
    "leaks_part_of_key_on_.*",
    "finds_(content|member)_with_a_(negative|large)_number_as_id",
    "finds_no_image_at_all|accepts_token_in_any_case|forgets_conditions_on_the_next_page|loses_an_item_between_pages",
    "(accepts_large|crashes_on)_upload_without_its_length|deletes_medium_by_(put|patch)",
    "allows_10_requests_in_a_second|answers_version_that_starts_right|answers_one_referenced_medium_rightly",
)
"""Patterns of the names of the faults that no case catches yet."""

FAULTY_SERVERS: Final[tuple[FaultyServer[MicrocmsContext], ...]] = tuple(
    mark_pending((*special.FAULTS, *generic.FAULTS), _PENDING)
)
