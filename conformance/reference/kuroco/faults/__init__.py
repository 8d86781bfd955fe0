"""The faults of the Kuroco site as tables; each entry changes one decision and names the rows that it breaks."""

from __future__ import annotations

from typing import Final

from conformance.reference.fault_builder import mark_pending
from conformance.reference.hooks import FaultyServer
from conformance.reference.kuroco.context import KurocoContext
from conformance.reference.kuroco.faults import generic, special

__all__ = ["FAULTY_SERVERS"]

_PENDING: Final = (
    "declares_profile_as_text|keeps_a_refused_update_by_no_group|loses_the_(email|number|tel|url|zip)_on_update",
    "takes_an_empty_password|takes_the_password_.*|takes_a_grant_.*|lets_anybody_(insert|update|delete)",
    "takes_an_access_token_(in_any_case|by_its_first_eight_characters|with_more_behind_it)",
    "(finds|crashes_on)_(ids_from_2_53|fractional_ids)",
    "(accepts|crashes_on)_length_from_10000?",
)
"""Patterns of the names of the faults that no case catches yet."""

FAULTY_SERVERS: Final[tuple[FaultyServer[KurocoContext], ...]] = tuple(
    mark_pending((*special.FAULTS, *generic.FAULTS), _PENDING)
)
