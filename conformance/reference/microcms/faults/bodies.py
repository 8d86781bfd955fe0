"""Faults of a change of creator, of bodies, and of methods on a content."""

from __future__ import annotations

from typing import Final

from conformance.reference.catalogue import Row
from conformance.reference.decisions import Ask, Broken
from conformance.reference.microcms.faults.making import (
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


_VALID: Final[Row] = ("contents-patch", 1)
_LENGTH: Final[Row] = ("contents-patch", 2)
_USER: Final[Row] = ("contents-patch", 3)
_JSON: Final[Row] = ("contents-patch", 4)
_METHOD: Final[Row] = ("contents-patch", 5)


def _body(ask: Ask) -> str:
    return (ask.facts.get("body") or b"").decode("utf-8", "replace").strip()


def _method(*methods: str) -> Test:
    return lambda ask: ask.method in methods


def _ends(word: str) -> Test:
    return lambda ask: ask.path.endswith(word)


def _creator(ask: Ask) -> str:
    return str(ask.facts.get("creator", ""))


_CREATOR: Final[tuple[Broken, ...]] = (
    accepts("accepts_any_creator", _USER, "Anybody becomes the creator."),
    accepts(
        "accepts_creator_that_looks_like_an_id",
        _USER,
        "The form of an ID is enough.",
        lambda ask: len(_creator(ask)) == 36 and _creator(ask).count("-") == 4,
    ),
    accepts("accepts_creator_that_is_a_word", _USER, "What is no UUID passes.", lambda ask: "-" not in _creator(ask)),
    effect(
        "applies_rejected_creator",
        _USER,
        "It refuses and stores it all the same.",
        "change",
        both(on("patchCreatedBy"), lambda ask: "creator" in ask.facts),
        rejected=True,
    ),
    refuses("refuses_every_creator", _USER, "No member passes.", on("patchCreatedBy")),
    answers(
        "crashes_on_creator_that_is_no_uuid",
        (_USER, ("common", 5)),
        "status",
        "500 for a word.",
        status(500),
        lambda ask: "-" not in _creator(ask),
    ),
    succeeds(
        "answers_creator_with_202",
        _USER,
        "effect",
        "202 instead of 200.",
        lambda reply, _ask: reply.but(status=202),
        on("patchCreatedBy"),
    ),
)

_BODY: Final[tuple[Broken, ...]] = (
    accepts(
        "accepts_array_as_body",
        _JSON,
        "[] passes.",
        lambda ask: _body(ask).startswith("[") and _body(ask).endswith("]"),
    ),
    accepts(
        "accepts_string_as_body",
        _JSON,
        "A string passes.",
        lambda ask: _body(ask).startswith('"') and _body(ask).endswith('"'),
    ),
    accepts("accepts_number_as_body", _JSON, "1 passes.", lambda ask: _body(ask).isdigit()),
    accepts(
        "accepts_broken_json", _JSON, "An object that does not end passes.", lambda ask: _body(ask).startswith("{")
    ),
    accepts(
        "accepts_text_as_body",
        _JSON,
        "What is no JSON at all passes.",
        lambda ask: not ({_body(ask)[:1]} & set('{["0123456789') or _body(ask) in {"true", "false", "null"}),
    ),
    accepts(
        "accepts_any_body_on_created_by",
        _JSON,
        "One operation does not look.",
        on("patchCreatedBy"),
        aspect="operation",
    ),
    accepts("accepts_any_body_on_status", _JSON, "One operation does not look.", on("patchStatus"), aspect="operation"),
    accepts(
        "accepts_status_that_is_a_string",
        _JSON,
        "A status without its array passes.",
        lambda ask: isinstance(ask.facts.get("status"), str),
    ),
    effect(
        "changes_status_on_unreadable_body",
        _JSON,
        "It refuses and changes the status.",
        "change",
        both(on("patchStatus"), lambda ask: "status" not in ask.facts),
        rejected=True,
    ),
    effect(
        "changes_creator_on_unreadable_body",
        _JSON,
        "It refuses and changes the creator.",
        "change",
        both(on("patchCreatedBy"), lambda ask: "creator" not in ask.facts),
        rejected=True,
    ),
    answers(
        "crashes_on_broken_json",
        (_JSON, ("common", 5)),
        "status",
        "500 for half an object.",
        status(500),
        lambda ask: _body(ask).startswith("{"),
    ),
    refuses("refuses_every_body_of_status", (_JSON, _VALID, _LENGTH), "No object passes.", on("patchStatus")),
    refuses(
        "refuses_every_body_of_created_by", (_JSON, _USER), "No object passes.", on("patchCreatedBy"), with_row=_JSON
    ),
)

_METHODS: Final[tuple[Broken, ...]] = (
    *(
        answers(
            f"answers_{method.lower()}_on_content_with_404",
            _METHOD,
            "method",
            f"404 for {method} only.",
            status(404),
            _method(method),
        )
        for method in ("PUT", "POST", "DELETE")
    ),
    answers(
        "answers_methods_on_created_by_with_404",
        _METHOD,
        "operation",
        "404 on one of the paths.",
        status(404),
        _ends("createdBy"),
    ),
    accepts("accepts_put_on_content", _METHOD, "PUT is answered with 200.", _method("PUT")),
    accepts("accepts_delete_on_content", _METHOD, "DELETE is answered with 200.", _method("DELETE")),
    accepts(
        "accepts_post_on_created_by", _METHOD, "POST is answered with 200.", both(_method("POST"), _ends("createdBy"))
    ),
    effect(
        "applies_put_on_content",
        _METHOD,
        "405, and the change is made.",
        "behind-method",
        _method("PUT"),
        rejected=True,
    ),
    refuses("refuses_patch_on_status", _METHOD, "PATCH is not allowed either.", on("patchStatus")),
    refuses("refuses_patch_on_created_by", _METHOD, "PATCH is not allowed either.", on("patchCreatedBy")),
)

FAULTS: Final[tuple[Broken, ...]] = (*_CREATOR, *_BODY, *_METHODS)
"""Faults of contents, PATCH 3 to 5."""
