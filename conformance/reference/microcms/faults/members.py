"""Faults of members."""

from __future__ import annotations

from functools import partial
from typing import Final

from conformance.reference.catalogue import Row
from conformance.reference.decisions import Ask, Broken, every
from conformance.reference.messages import Reply
from conformance.reference.microcms.faults.making import (
    accepts,
    answers,
    on,
    refuses,
    status,
)

__all__ = ["FAULTS"]


_MEMBER: Final[Row] = ("members-get", 1)


def _invited(ask: Ask) -> bool:
    return bool(ask.facts.get("invited"))


def _known(ask: Ask) -> tuple[str, ...]:
    known: tuple[str, ...] = ask.facts.get("known", ())
    return known


FAULTS: Final[tuple[Broken, ...]] = (
    accepts("shows_invited_member", _MEMBER, "Who is invited is shown.", _invited),
    accepts("shows_unknown_member", _MEMBER, "Anybody is shown.", lambda ask: not _invited(ask)),
    accepts(
        "shows_member_by_start_of_id",
        _MEMBER,
        "The start of an ID is enough.",
        lambda ask: any(one.startswith(ask.facts["id"]) for one in _known(ask)) and not _invited(ask),
    ),
    accepts(
        "shows_member_by_longer_id",
        _MEMBER,
        "More behind an ID does no harm.",
        lambda ask: any(ask.facts["id"].startswith(one) for one in _known(ask)) and not _invited(ask),
    ),
    accepts(
        "shows_member_for_uuid",
        _MEMBER,
        "Any UUID finds somebody.",
        lambda ask: ask.facts["id"].count("-") == 4 and not _invited(ask),
    ),
    accepts(
        "shows_every_third_unknown_member",
        _MEMBER,
        "Every third is shown.",
        aspect="repeated",
        counted=partial(every, 3),
    ),
    answers("answers_invited_member_with_403", _MEMBER, "status", "403 for who is invited.", status(403), _invited),
    answers(
        "answers_null_for_unknown_member", _MEMBER, "status", "200 and null.", lambda _reply, _ask: Reply(200, None)
    ),
    refuses("loses_every_member", _MEMBER, "Nobody is found.", on("getMember")),
)
"""Faults of members, GET."""
