"""Faults of a change of status."""

from __future__ import annotations

from typing import Any, Final

from conformance.reference.catalogue import Row
from conformance.reference.decisions import Ask, Broken
from conformance.reference.messages import Reply
from conformance.reference.microcms.faults.making import (
    Test,
    accepts,
    answers,
    both,
    effect,
    on,
    refuses,
    succeeds,
)

__all__ = ["FAULTS"]


_VALID: Final[Row] = ("contents-patch", 1)
_LENGTH: Final[Row] = ("contents-patch", 2)


def _statuses(ask: Ask) -> list[Any]:
    value = ask.facts.get("status")
    return value if isinstance(value, list) else []


def _word(*words: str) -> Test:
    return lambda ask: _statuses(ask)[:1] != [] and _statuses(ask)[0] in words


def _wrong_word(ask: Ask) -> bool:
    return len(_statuses(ask)) == 1 and _statuses(ask)[0] not in {"PUBLISH", "DRAFT"}


def _many(least: int) -> Test:
    return lambda ask: len(_statuses(ask)) >= least


def _empty(reply: Reply, ask: Ask) -> Reply:  # noqa: ARG001 - a change like the others
    return Reply(200, {})


def _stuck(reply: Reply, ask: Ask) -> Reply:  # noqa: ARG001
    return reply.but(value={**reply.value, "status": ["PUBLISH"]})


FAULTS: Final[tuple[Broken, ...]] = (
    accepts("accepts_closed_as_status", _VALID, "CLOSED passes, and closes.", _word("CLOSED")),
    accepts("accepts_publish_and_draft_as_status", _VALID, "A status for reading passes.", _word("PUBLISH_AND_DRAFT")),
    accepts(
        "accepts_status_in_any_case",
        _VALID,
        "publish passes.",
        lambda ask: str((_statuses(ask) or [""])[0]).upper() in {"PUBLISH", "DRAFT"},
    ),
    accepts(
        "accepts_status_with_space",
        _VALID,
        "A space around it does no harm.",
        lambda ask: str((_statuses(ask) or [""])[0]).strip() in {"PUBLISH", "DRAFT"},
    ),
    accepts(
        "accepts_unknown_words_as_status",
        _VALID,
        "Only the words of the documents are refused.",
        lambda ask: _wrong_word(ask) and _statuses(ask)[0] not in {"CLOSED", "PUBLISH_AND_DRAFT"},
    ),
    effect(
        "applies_rejected_status",
        _VALID,
        "It refuses and stores it all the same.",
        "change",
        both(on("patchStatus"), _wrong_word),
        rejected=True,
    ),
    refuses("refuses_publish", _VALID, "PUBLISH does not pass.", both(on("patchStatus"), _word("PUBLISH"))),
    refuses("refuses_draft", _VALID, "DRAFT does not pass.", both(on("patchStatus"), _word("DRAFT"))),
    effect(
        "forgets_accepted_status",
        _VALID,
        "200, and the status is the old one.",
        "change",
        on("patchStatus"),
        rejected=False,
    ),
    effect(
        "forgets_publishing",
        _VALID,
        "Only DRAFT is stored.",
        "change",
        both(on("patchStatus"), _word("PUBLISH")),
        rejected=False,
    ),
    succeeds(
        "shows_every_content_as_published",
        _VALID,
        "effect",
        "A content is always shown as PUBLISH.",
        _stuck,
        on("getContent"),
    ),
    answers("answers_unknown_status_with_200_and_nothing", _VALID, "status", "200 for a refusal.", _empty),
    accepts("accepts_two_statuses", _LENGTH, "Two pass, and the first counts.", lambda ask: len(_statuses(ask)) == 2),
    accepts("accepts_three_and_more_statuses", _LENGTH, "Only two are refused.", _many(3)),
    accepts("accepts_equal_statuses", _LENGTH, "The same twice passes.", lambda ask: len(set(_statuses(ask))) == 1),
    accepts(
        "accepts_publish_then_draft",
        _LENGTH,
        "In this order it passes.",
        lambda ask: _statuses(ask) == ["PUBLISH", "DRAFT"],
    ),
    effect(
        "applies_first_of_several_statuses",
        _LENGTH,
        "It refuses and stores the first.",
        "change",
        both(on("patchStatus"), _many(2)),
        rejected=True,
    ),
)
"""Faults of contents, PATCH 1 and 2."""
