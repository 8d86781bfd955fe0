"""Faults of deletions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from conformance.reference.catalogue import Fault, Row
from conformance.reference.decisions import Ask, Broken, Twist, after
from conformance.reference.messages import NOTHING, Reply
from conformance.reference.microcms.faults.making import (
    CONTRACT,
    Test,
    accepts,
    answers,
    both,
    effect,
    on,
    refuses,
    status,
    succeeds,
)

__all__ = ["FAULTS"]


_URL: Final[Row] = ("media-delete", 1)
_USED: Final[Row] = ("media-delete", 2)
_GONE: Final[Row] = ("media-delete", 3)


def _url(ask: Ask) -> str | None:
    url = ask.facts.get("url")
    return url if isinstance(url, str) else None


def _just_deleted() -> Twist:
    """Deleting twice succeeds twice: only what never was is missed."""
    gone: set[str] = set()

    def spares(row: Row, ask: Ask) -> bool:
        return row == _GONE and _url(ask) in gone

    def alters(reply: Reply, ask: Ask) -> Reply:
        url = _url(ask)
        if ask.operation == "deleteMedia" and reply.status == 200 and url is not None:
            gone.add(url)
        return reply

    return Twist(spares=spares, alters=alters)


def _to(test: Callable[[str | None], bool]) -> Test:
    return lambda ask: test(_url(ask))


def _deletions(kind: str, test: Callable[[str | None], bool]) -> tuple[Broken, Broken]:
    return (
        accepts(f"accepts_deletion_of_{kind}", _URL, "200, and nothing was deleted.", _to(test)),
        answers(f"answers_deletion_of_{kind}_with_404", _URL, "status", "404 here only.", status(404), _to(test)),
    )


def _is_listed(ask: Ask) -> bool:
    return any(medium.url == _url(ask) for medium in ask.facts.get("media", ()))


FAULTS: Final[tuple[Broken, ...]] = (
    *_deletions("no_url", lambda url: url is None),
    *_deletions("empty_url", lambda url: url == ""),
    *_deletions("word", lambda url: bool(url) and "/" not in str(url)),
    *_deletions("path", lambda url: str(url).startswith("/")),
    effect(
        "deletes_newest_medium_for_bad_url",
        (_URL, _GONE),
        "It refuses and deletes another.",
        "delete",
        lambda ask: not _is_listed(ask),
        rejected=True,
    ),
    accepts("deletes_referenced_medium", _USED, "200, and it is gone."),
    accepts(
        "deletes_referenced_medium_at_second_try", _USED, "Right once.", aspect="repeated", counted=partial(after, 1)
    ),
    effect(
        "deletes_referenced_medium_though_refused",
        _USED,
        "It refuses, and it is gone.",
        "delete",
        _is_listed,
        rejected=True,
    ),
    refuses(
        "calls_every_medium_referenced",
        (_USED, _GONE),
        "None can be deleted.",
        both(on("deleteMedia"), _is_listed),
        with_row=_USED,
    ),
    accepts("deletes_unknown_medium", _GONE, "200 for what never was."),
    Broken(
        Fault("deletes_medium_twice", CONTRACT, (_GONE,), "repeated", "200 again for one just deleted."), _just_deleted
    ),
    answers(
        "mistakes_unknown_medium_for_bad_url",
        _GONE,
        "message",
        "400 for what never was.",
        lambda reply, _ask: reply.but(status=400, value={"message": "invalid url"}),
    ),
    effect(
        "forgets_deletion", (_USED, _GONE), "200, and it is still listed.", "delete", on("deleteMedia"), rejected=False
    ),
    succeeds(
        "answers_deletion_with_204",
        (_USED, _GONE),
        "status",
        "204 and no body.",
        lambda _reply, _ask: Reply(204, NOTHING, content_type=""),
        on("deleteMedia"),
    ),
)
"""Faults of media, DELETE 1 to 3."""
