"""The faults of the microCMS server as tables; each entry changes one decision and names the rows that it breaks."""

from __future__ import annotations

from typing import Final

from conformance.reference.fault_builder import mark_pending
from conformance.reference.hooks import FaultyServer
from conformance.reference.microcms.context import MicrocmsContext
from conformance.reference.microcms.faults import generic, special

__all__ = ["FAULTY_SERVERS"]

_PENDING: Final = (
    "accepts_(brackets|digits_then_letters|json_words|grouped_digits)_as_limit_on_media_v[12]",
    "crashes_on_markup_on_media_v1",
    "answers_one_(referenced_medium|too_many_requests)_rightly",
    "answers_too_many_requests_rightly_once",
    "puts_.*_in_(error|capital_message|error_object|data|details)",
    "answers_.*_with_(429|502|503|504)",
    "leaks_(?!key_on).*|tells_the_email_of_the_invited_member",
    "gives_(?!large_upload|referenced_medium|unknown_medium).*_another_status_when_repeated",
    "echoes_.*_(as_a_number|decoded_twice)",
    "echoes_unreadable_image_only_(in_lower_case|escaped|without_blanks)",
    "(accepts|crashes_on)_limits_from_(2_53|minus_2_53|minus_2_63)_on_.*|(accepts|crashes_on)_limits_from_2_63_on_media_v2",
    "(accepts|crashes_on)_limits_from_(minus_)?2_31_on_media_v[12]",
    "(accepts|crashes_on)_offsets_from_.*",
    "allows_any_rate_by_patch|allows_any_rate_after_one_refusal|counts_requests_by_url",
    "allows_(1|9|11|20)_requests?_in_10_seconds|allows_10_(more_after_each_refusal|requests_in_a_second)",
    "applies_refused_change_beyond_the_rate|answers_later_refusals_with_.*|refuses_writes_beyond_the_rate_with_403",
    "ignores_image_only.*|finds_no_image_at_all|accepts_token_in_any_case",
    "shows_the_first_page_for_every_token|forgets_conditions_on_the_next_page|loses_an_item_between_pages",
    "admits_address_claimed_by_.*|admits_key_in_any_case|answers_version_that_starts_right|answers_longer_media",
    "finds_(content|member)_with_.*_number_as_id",
    "(accepts_large|crashes_on)_upload_without_its_length|deletes_medium_by_(put|patch)",
)
"""Patterns of the names of the faults that no case catches yet."""

FAULTY_SERVERS: Final[tuple[FaultyServer[MicrocmsContext], ...]] = tuple(
    mark_pending((*special.FAULTS, *generic.FAULTS), _PENDING)
)
