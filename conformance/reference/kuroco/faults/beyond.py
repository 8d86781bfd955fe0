"""Faults that lie outside the tables: rare inputs, wrong successes, state that does not last, refusals that act.

No row speaks of what they break, so none of them names a row; exploration is there to find them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from conformance.reference.catalogue import Fault
from conformance.reference.decisions import Ask, Broken, Test, Twist, every
from conformance.reference.kuroco.faults.changes import html
from conformance.reference.kuroco.faults.making import Change, altering, both, insisting, on, seen
from conformance.reference.kuroco.setting import Visit
from conformance.reference.messages import Reply

__all__ = ["BEYOND"]


def _broken(name: str, aspect: str, sentence: str, make: Callable[[], Twist]) -> Broken:
    return Broken(Fault(name, "kuroco", (), aspect, sentence), make)


def _altering(name: str, aspect: str, sentence: str, change: Change, when: Test) -> Broken:
    return _broken(name, aspect, sentence, partial(altering, None, change, when))


def _insisting(name: str, sentence: str, effect: str, when: Test, *, done: bool) -> Broken:
    twist = partial(insisting, effect, done=done, when=when)
    return _broken(name, "effect" if done else "state", sentence, twist)


def _crash(reply: Reply, _: Visit) -> Reply:
    return reply.but(status=500, value={"errors": [{"code": "internal_server_error", "message": ""}]}, row=None)


def _accepted(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Change:
    """Another body of a success, and no other answer."""

    def changed(reply: Reply, _: Visit) -> Reply:
        is_mine = reply.status < 300 and isinstance(reply.value, dict)
        return reply.but(value=change(dict(reply.value))) if is_mine else reply

    return changed


def _sent(test: Callable[[Any], bool]) -> Test:
    return lambda ask: test(seen(ask).body)


def _value(name: str, test: Callable[[str], bool]) -> Test:
    return lambda ask: (value := ask.value(name)) is not None and test(value)


def _holds_beyond_the_bmp(body: Any) -> bool:
    texts = body.values() if isinstance(body, dict) else ()
    return any(isinstance(text, str) and any(ord(char) > 0xFFFF for char in text) for text in texts)


def _is_large(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) >= 2**31


def _refused(ask: Ask) -> bool:
    return seen(ask).rejected


_EXPIRED: Final = {"errors": [{"code": "unauthorized", "message": "Grant token is invalid, revoked or expired"}]}

BEYOND: Final[tuple[Broken, ...]] = (
    _altering(
        "crashes_on_emoji_in_content", "crash", "500 where a text of a content holds an emoji.", _crash,
        both(on("insert", "update"), _sent(_holds_beyond_the_bmp)),
    ),
    _altering(
        "crashes_on_late_pages", "crash", "500 where the number of a page is beyond 31 bits.", _crash,
        both(on("list"), _value("pageID", _is_large)),
    ),
    _altering(
        "crashes_on_wide_ids", "crash", "500 where the ID of a content is beyond 31 bits.", _crash,
        both(on("detail"), lambda ask: _is_large(seen(ask).topics_id)),
    ),
    _altering(
        "crashes_on_unknown_languages", "crash", "500 where the site does not speak the language.", _crash,
        both(on("list", "detail", "profile"), _value("_lang", lambda text: text not in {"ja", "en"})),
    ),
    _altering(
        "crashes_on_emoji_in_query", "crash", "500 where a value of the query holds an emoji.", _crash,
        lambda ask: any(ord(char) > 0xFFFF for values in ask.query.values() for value in values for char in value),
    ),
    _altering(
        "shows_a_page_for_odd_contents", "envelope", "A page for people where a content is no object.", html,
        both(on("insert", "update"), _sent(lambda body: not isinstance(body, dict))),
    ),
    _altering(
        "shows_a_page_for_odd_grants", "envelope", "A page for people where a grant token is no text.", html,
        both(on("token"), _sent(lambda body: isinstance(body, dict) and not isinstance(body.get("grant_token"), str))),
    ),
    _altering(
        "lists_by_number", "schema", "The list is an object, with the IDs as keys.",
        _accepted(lambda body: {**body, "list": {str(one["topics_id"]): one for one in body["list"]}}), on("list"),
    ),
    _altering(
        "shows_details_in_an_array", "schema", "The details are an array of one.",
        _accepted(lambda body: {**body, "details": [body["details"]]}), on("detail"),
    ),
    _altering(
        "shows_members_without_id", "schema", "The ID of the member is null.",
        _accepted(lambda body: {**body, "member_id": None}), on("profile"),
    ),
    _altering(
        "adds_contents_without_saying_which", "schema", "What was added has no ID in the answer.",
        _accepted(lambda body: {key: value for key, value in body.items() if key != "id"}), on("insert"),
    ),
    _altering(
        "refuses_odd_contents_with_422", "status", "422 for every content that is refused: it has no such status.",
        lambda reply, _: reply.but(status=422) if reply.status == 400 else reply, on("insert", "update"),
    ),
    _broken(
        "loses_contents_at_times", "stability", "404 for a content that is there, every other time.",
        lambda: Twist(alters=_losing(every(2, on("detail")))),
    ),
    _altering(
        "redeems_no_grant", "state", "A grant token that was just given is said to be expired.",
        lambda reply, _: Reply(401, _EXPIRED) if reply.status < 300 else reply, on("token"),
    ),
    _insisting("forgets_updates", "An update is accepted and not kept.", "store", on("update"), done=False),
    _insisting("keeps_deleted_contents", "A deletion is accepted and not done.", "delete", on("delete"), done=False),
    _insisting("keeps_refused_updates", "What an update was refused for is kept all the same.", "store",
               both(on("update"), _refused), done=True),
    _insisting("keeps_refused_contents", "A content is refused, and is there all the same.", "store",
               both(on("insert"), _refused), done=True),
)  # fmt: skip
"""All of them, with their behaviour."""


def _losing(strikes: Test) -> Callable[[Reply, Ask], Reply]:
    gone = Reply(404, {"errors": [{"code": "not_found", "message": ""}]})
    return lambda reply, ask: gone if reply.status < 300 and strikes(ask) else reply
