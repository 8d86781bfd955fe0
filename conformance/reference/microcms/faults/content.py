"""Faults of one content."""

from __future__ import annotations

from functools import partial
from typing import Final

from conformance.reference.catalogue import Row
from conformance.reference.decisions import Ask, Broken, after
from conformance.reference.messages import Reply
from conformance.reference.microcms.faults.making import (
    accepts,
    answers,
    on,
    refuses,
    status,
)

__all__ = ["FAULTS"]


_LOST: Final[Row] = ("contents-get", 6)


def _known(ask: Ask) -> tuple[str, ...]:
    known: tuple[str, ...] = ask.facts.get("known", ())
    return known


def _starts_a_known_one(ask: Ask) -> bool:
    return any(known.startswith(ask.facts["id"]) for known in _known(ask))


def _goes_on_after_a_known_one(ask: Ask) -> bool:
    return any(ask.facts["id"].startswith(known) for known in _known(ask))


def _known_in_another_case(ask: Ask) -> bool:
    return ask.facts["id"].lower() in {known.lower() for known in _known(ask)}


def _as_long_as_a_known_one(ask: Ask) -> bool:
    """One letter changed, as if only the rest were compared."""
    wanted = ask.facts["id"]
    return any(
        len(wanted) == len(known) and sum(a != b for a, b in zip(wanted, known, strict=True)) == 1
        for known in _known(ask)
    )


def _null(reply: Reply, ask: Ask) -> Reply:  # noqa: ARG001
    return Reply(200, None)


FAULTS: Final[tuple[Broken, ...]] = (
    accepts("finds_any_content", _LOST, "An unknown ID finds the first content."),
    accepts("finds_content_by_start_of_id", _LOST, "The start of an ID finds it.", _starts_a_known_one),
    accepts("finds_content_by_longer_id", _LOST, "An ID with more behind it is found.", _goes_on_after_a_known_one),
    accepts("finds_content_in_any_case", _LOST, "The case of an ID is not looked at.", _known_in_another_case),
    accepts("finds_content_with_a_letter_changed", _LOST, "One wrong letter does no harm.", _as_long_as_a_known_one),
    accepts("finds_unknown_content_at_second_look", _LOST, "Right once.", aspect="repeated", counted=partial(after, 1)),
    answers("answers_null_for_unknown_content", _LOST, "status", "200 and null.", _null),
    answers(
        "crashes_on_long_content_id",
        (_LOST, ("common", 5)),
        "status",
        "500 from 20 letters on.",
        status(500),
        lambda ask: len(ask.facts.get("id", "")) >= 20,
    ),
    refuses("loses_every_content", _LOST, "No content is found.", on("getContent")),
)
"""Faults of contents, GET 6."""
