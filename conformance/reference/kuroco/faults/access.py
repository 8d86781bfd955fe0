"""Faults of who is let in, and of what is found: logins, tokens, topics that are not there."""

from __future__ import annotations

from typing import Final

from conformance.reference.decisions import Ask, Test
from conformance.reference.kuroco.faults.changes import status
from conformance.reference.kuroco.faults.making import (
    altering,
    both,
    broken,
    insisting,
    inventing,
    on,
    on_row,
    seen,
    sparing,
)
from conformance.reference.kuroco.setting import Visit
from conformance.reference.kuroco.vocabulary import LOGIN, NOT_FOUND, PROFILE, TOKEN
from conformance.reference.messages import Reply

__all__ = ["FAULTS"]


def _unknown_email(ask: Ask) -> bool:
    return not seen(ask).known_email


def _known_email(ask: Ask) -> bool:
    return seen(ask).known_email


def _with_token(ask: Ask) -> bool:
    return seen(ask).token is not None


def _grant(test: Test) -> Test:
    return lambda ask: isinstance(_grant_token(ask), str) and test(ask)


def _grant_token(ask: Ask) -> object:
    body = seen(ask).body
    return body.get("grant_token") if isinstance(body, dict) else None


def _hex(ask: Ask) -> bool:
    text = str(_grant_token(ask))
    return len(text) == 64 and all(char in "0123456789abcdefABCDEF" for char in text)


def _word(ask: Ask) -> bool:
    return not _hex(ask)


def _group(*, there: bool) -> Test:
    return lambda ask: seen(ask).group is there


def _deleted(ask: Ask) -> bool:
    return seen(ask).deleted


def _large(ask: Ask) -> bool:
    text = seen(ask).topics_id
    return text.isascii() and text.isdigit() and int(text) >= 2**31


def _never_there(ask: Ask) -> bool:
    visit = seen(ask)
    return visit.group and not visit.deleted


def _no_details(reply: Reply, _: Visit) -> Reply:
    return reply.but(status=200, value={"errors": [], "messages": [], "details": {}})


def _null_details(reply: Reply, _: Visit) -> Reply:
    return reply.but(status=200, value={"errors": [], "messages": [], "details": None})


def _without_grant(reply: Reply, _: Visit) -> Reply:
    return reply.but(value={name: member for name, member in reply.value.items() if name != "grant_token"})


FAULTS: Final = (
    broken("lets_strangers_in", LOGIN, "rule", "Takes any unknown e-mail.", lambda: sparing(LOGIN, _unknown_email)),
    broken("ignores_the_password", LOGIN, "rule", "Takes any password.", lambda: sparing(LOGIN, _known_email)),
    broken("refuses_every_login", LOGIN, "control", "Refuses right ones, too.", lambda: inventing(LOGIN, on("login"))),
    on_row(
        "tells_unknown_emails", LOGIN, "status", "Answers 404 to an unknown e-mail.", status(404), when=_unknown_email
    ),
    on_row("tells_known_emails", LOGIN, "status", "Answers 403 to a wrong password.", status(403), when=_known_email),
    broken("shows_a_profile_to_anybody", PROFILE, "rule", "Asks for no token.", lambda: sparing(PROFILE)),
    broken(
        "shows_no_profile_at_all",
        PROFILE,
        "control",
        "Refuses good tokens, too.",
        lambda: inventing(PROFILE, both(on("profile"), _with_token)),
    ),
    on_row("hides_the_profile", PROFILE, "status", "Answers 404 without a token.", status(404)),
    broken("takes_any_grant", TOKEN, "rule", "Takes whatever is sent as a grant.", lambda: sparing(TOKEN)),
    broken(
        "takes_any_hex_grant",
        TOKEN,
        "edge",
        "Takes 64 hex digits for a grant.",
        lambda: sparing(TOKEN, _grant(_hex)),
    ),
    broken("takes_any_word_as_grant", TOKEN, "edge", "Takes words for a grant.", lambda: sparing(TOKEN, _grant(_word))),
    broken("takes_no_grant", TOKEN, "control", "Refuses good grants, too.", lambda: inventing(TOKEN, on("token"))),
    on_row("tells_words_from_hex_grants", TOKEN, "status", "Answers 400 to words.", status(400), when=_grant(_word)),
    broken(
        "lists_a_missing_group_as_empty",
        NOT_FOUND,
        "rule",
        "Lists a group that is missing as an empty one.",
        lambda: sparing(NOT_FOUND, both(on("list"), _group(there=False))),
    ),
    broken(
        "shows_topics_of_a_missing_group",
        NOT_FOUND,
        "rule",
        "Shows a topic below a group that is missing.",
        lambda: sparing(NOT_FOUND, both(on("detail"), _group(there=False))),
    ),
    broken(
        "shows_deleted_topics",
        NOT_FOUND,
        "effect",
        "Shows topics that were deleted.",
        lambda: sparing(NOT_FOUND, both(on("detail"), _deleted)),
    ),
    broken(
        "only_pretends_to_delete",
        NOT_FOUND,
        "effect",
        "Reports a deletion and does not do it.",
        lambda: insisting("delete", done=False),
    ),
    broken(
        "shows_another_topic",
        NOT_FOUND,
        "rule",
        "Shows the first topic in place of one that is missing.",
        lambda: sparing(NOT_FOUND, both(on("detail"), _never_there)),
    ),
    broken(
        "wraps_large_ids",
        NOT_FOUND,
        "edge",
        "Shows a topic for an ID beyond 32 bits.",
        lambda: sparing(NOT_FOUND, both(on("detail"), _large)),
    ),
    on_row("crashes_at_large_ids", NOT_FOUND, "edge", "Answers 500 to IDs beyond 32 bits.", status(500), when=_large),
    on_row(
        "answers_a_missing_topic_with_nothing",
        NOT_FOUND,
        "status",
        "Answers 200 with empty details.",
        _no_details,
        when=both(on("detail"), _group(there=True)),
    ),
    on_row(
        "answers_a_deleted_topic_with_null",
        NOT_FOUND,
        "status",
        "Answers 200 with null where a topic was.",
        _null_details,
        when=_deleted,
    ),
    on_row(
        "answers_a_missing_groups_list_with_400",
        NOT_FOUND,
        "status",
        "Answers 400 to the list of a missing group.",
        status(400),
        when=on("list"),
    ),
    broken(
        "finds_no_topic",
        NOT_FOUND,
        "control",
        "Finds no topic that is there.",
        lambda: inventing(NOT_FOUND, on("detail")),
    ),
    broken(
        "forgets_every_login",
        LOGIN,
        "control",
        "Lets in, and gives no grant token.",
        lambda: altering(None, _without_grant, on("login")),
    ),
)
