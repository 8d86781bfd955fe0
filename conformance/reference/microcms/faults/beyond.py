"""Faults that lie outside the tables: rare inputs, wrong successes, state that does not last, refusals that act.

No row speaks of what they break, so none of them names a row; exploration is there to find them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from conformance.reference.catalogue import Fault
from conformance.reference.decisions import Ask, Broken, Twist, every
from conformance.reference.messages import Reply
from conformance.reference.microcms.faults.making import CONTRACT, Test, always, both, on

__all__ = ["BEYOND"]

_PAGE: Final = (
    b"<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Something went wrong</h1></body></html>"
)
_CRASH: Final = Reply(500, {"message": "Internal Server Error"})
_READS: Final = ("listContents", "getContent", "listMediaV1", "listMediaV2", "getMember")


def _altering(
    name: str,
    aspect: str,
    sentence: str,
    change: Callable[[Reply, Ask], Reply],
    test: Test,
    *,
    counted: Callable[[Test], Test] | None = None,
) -> Broken:
    def make() -> Twist:
        strikes = counted(test) if counted else test
        return Twist(alters=lambda reply, ask: change(reply, ask) if strikes(ask) else reply)

    return Broken(Fault(name, CONTRACT, (), aspect, sentence), make)


def _doing(name: str, sentence: str, which: str, test: Test, *, rejected: bool) -> Broken:
    """`rejected`: done although it was refused; else not done although it was accepted."""

    def done(asked: str, ask: Ask, wanted: bool) -> bool:
        return rejected if asked == which and wanted is not rejected and test(ask) else wanted

    aspect = "effect" if rejected else "state"
    return Broken(Fault(name, CONTRACT, (), aspect, sentence), lambda: Twist(effects=done))


def _crash(_: Reply, __: Ask) -> Reply:
    return _CRASH


def _page(reply: Reply, _: Ask) -> Reply:
    return reply.but(raw=_PAGE, content_type="text/html")


def _queried(test: Callable[[str], bool]) -> Test:
    """Where a value of the query is one of these; names that nobody knows count, too."""
    return lambda ask: any(test(value) for values in ask.query.values() for value in values)


def _identified(test: Callable[[str], bool]) -> Test:
    """Where the last part of the path is one of these."""
    return lambda ask: test(str(ask.facts.get("id", "")))


def _accepted(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Reply, Ask], Reply]:
    """Another body of a success, and no other answer."""

    def changed(reply: Reply, _: Ask) -> Reply:
        is_mine = reply.status < 300 and isinstance(reply.value, dict)
        return reply.but(value=change(dict(reply.value))) if is_mine else reply

    return changed


def _without(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda body: {key: value for key, value in body.items() if key != name}


def _each(items: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda body: {**body, items: [change(item) for item in body[items]]} if items in body else body


def _text(ask: Ask) -> str:
    return (ask.facts.get("body") or b"").decode("utf-8", "replace").strip()


def _refused_with(status: int) -> Callable[[Reply, Ask], Reply]:
    return lambda reply, _: reply.but(status=status) if reply.status >= 400 else reply


def _beyond_the_bmp(text: str) -> bool:
    return any(ord(char) > 0xFFFF for char in text)


def _several(ask: Ask) -> bool:
    wanted = ask.facts.get("status")
    return isinstance(wanted, list) and len(wanted) > 1


BEYOND: Final[tuple[Broken, ...]] = (
    _altering(
        "crashes_on_emoji_in_query", "crash", "500 where a value of the query holds an emoji.", _crash,
        both(on(*_READS), _queried(_beyond_the_bmp)),
    ),
    _altering(
        "crashes_on_full_pages", "crash", "500 where the largest page of media is asked for.", _crash,
        both(on("listMediaV1"), lambda ask: ask.value("limit") == "100"),
    ),
    _altering(
        "crashes_on_ids_beyond_ascii", "crash", "500 where an ID has letters beyond ASCII.", _crash,
        both(on("getContent", "getMember"), _identified(lambda text: not text.isascii())),
    ),
    _altering(
        "crashes_on_long_ids", "crash", "500 where an ID is longer than 128 characters.", _crash,
        both(on("getContent", "getMember"), _identified(lambda text: len(text) > 128)),
    ),
    _altering(
        "crashes_on_null_status", "crash", "500 where the status is null.", _crash,
        both(on("patchStatus"), lambda ask: ask.facts.get("status", "") is None),
    ),
    _altering(
        "shows_a_page_for_odd_bodies", "envelope", "A page for people where the body of a change is no object.", _page,
        both(on("patchStatus", "patchCreatedBy"), lambda ask: not _text(ask).startswith("{")),
    ),
    _altering(
        "shows_a_page_for_media_in_pictures", "schema", "A page for people instead of a list of pictures.", _page,
        both(on("listMediaV1", "listMediaV2"), lambda ask: ask.value("imageOnly") == "true"),
    ),
    _altering(
        "counts_contents_in_text", "schema", "totalCount is a text.",
        _accepted(lambda body: {**body, "totalCount": str(body["totalCount"])} if "totalCount" in body else body),
        on("listContents"),
    ),
    _altering(
        "lists_contents_without_offset", "schema", "A page of contents does not say its offset.",
        _accepted(_without("offset")), on("listContents"),
    ),
    _altering(
        "measures_media_in_text", "schema", "The width of a medium is a text.",
        _accepted(_each("media", lambda item: {**item, "width": f"{item.get('width')}px"})), on("listMediaV2"),
    ),
    _altering(
        "shows_members_without_mail", "schema", "A member has no e-mail.",
        _accepted(_without("email")), on("getMember"),
    ),
    _altering(
        "shows_contents_in_an_array", "schema", "One content is an array of one.",
        lambda reply, _: reply.but(value=[reply.value]) if reply.status < 300 else reply, on("getContent"),
    ),
    _altering(
        "refuses_odd_switches_with_422", "status", "An undocumented 422 where imageOnly is no boolean.",
        _refused_with(422), both(on("listMediaV1", "listMediaV2"), lambda ask: "imageOnly" in ask.query),
    ),
    _altering(
        "forgets_members_at_times", "stability", "404 for a member that is there, every other time.",
        lambda reply, _: Reply(404, {"message": "Not Found"}) if reply.status < 300 else reply, on("getMember"),
        counted=lambda test: every(2, test),
    ),
    _doing("pages_ignore_their_limit", "A page holds 10 contents whatever limit was asked for.", "limit",
           on("listContents"), rejected=False),
    _doing("forgets_a_status", "A change of status is accepted and not kept.", "change", on("patchStatus"),
           rejected=False),
    _doing("forgets_uploads", "An upload is accepted and not stored.", "store", always, rejected=False),
    _doing("keeps_deleted_media", "A deletion is accepted and not done.", "delete", always, rejected=False),
    _doing("keeps_several_statuses", "Several statuses are refused, and stored all the same.", "change",
           both(on("patchStatus"), _several),
           rejected=True),
    _doing("deletes_though_the_url_is_wrong", "A URL is refused, and a medium is gone.", "delete", always,
           rejected=True),
)  # fmt: skip
"""All of them, with their behaviour."""
