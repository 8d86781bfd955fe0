"""Faults of what every operation shares: address, key, URL, rate, internal errors."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from conformance.reference.catalogue import Row
from conformance.reference.decisions import Ask, Broken, after, every
from conformance.reference.messages import Reply
from conformance.reference.microcms.faults.making import (
    Test,
    accepts,
    answers,
    both,
    effect,
    on,
    refuses,
    status,
)
from conformance.reference.microcms.state import KEYS

__all__ = ["FAULTS"]


_IP: Final[Row] = ("common", 1)
_KEY: Final[Row] = ("common", 2)
_ROUTE: Final[Row] = ("common", 3)
_RATE: Final[Row] = ("common", 4)
_CRASH: Final[Row] = ("common", 5)

_GUARDED: Final = (
    ("listContents", "list_of_contents"),
    ("getContent", "content"),
    ("patchStatus", "status"),
    ("patchCreatedBy", "creator"),
    ("listMediaV1", "media_v1"),
    ("listMediaV2", "media_v2"),
    ("uploadMedia", "upload"),
    ("deleteMedia", "deletion"),
    ("getMember", "member"),
)
_WRITES: Final = ("patchStatus", "patchCreatedBy", "uploadMedia", "deleteMedia")

_ADDRESSES: Final[tuple[Broken, ...]] = (
    accepts("admits_any_address", _IP, "The list is not looked at."),
    *(
        accepts(f"admits_any_address_to_{slug}", _IP, "One operation does not look.", on(operation), aspect="operation")
        for operation, slug in _GUARDED
        if operation in {"getContent", "listMediaV2", "patchStatus", "uploadMedia", "getMember"}
    ),
    effect(
        "applies_change_from_outside",
        _IP,
        "It refuses, and the change is made.",
        "behind-ip",
        on(*_WRITES),
        rejected=True,
    ),
)


def _key_is(kind: str) -> Test:
    kinds = {
        "missing": lambda ask: ask.key is None,
        "wrong": lambda ask: bool(ask.key) and ask.facts["key_name"] is None,
        "powerless": lambda ask: ask.facts["key_name"] == "forbidden",
    }
    return kinds[kind]


def _nearly_a_key(ask: Ask) -> bool:
    key = ask.key or ""
    return bool(key) and any(known.startswith(key[:12]) or key.startswith(known[:12]) for known in KEYS.values())


_KEYS: Final[tuple[Broken, ...]] = (
    accepts("admits_without_key", _KEY, "No key is needed.", _key_is("missing")),
    accepts("admits_any_key", _KEY, "Whatever is sent is a key.", _key_is("wrong")),
    accepts("admits_key_without_permissions", _KEY, "Permissions are not looked at.", _key_is("powerless")),
    *(
        accepts(
            f"admits_key_without_permissions_to_{slug}",
            _KEY,
            "One permission is not looked at.",
            both(_key_is("powerless"), on(operation)),
            aspect="operation",
        )
        for operation, slug in _GUARDED
    ),
    accepts(
        "admits_without_key_to_media_v1",
        _KEY,
        "One operation is open.",
        both(_key_is("missing"), on("listMediaV1")),
        aspect="operation",
    ),
    accepts(
        "admits_any_key_to_member",
        _KEY,
        "One operation takes any key.",
        both(_key_is("wrong"), on("getMember")),
        aspect="operation",
    ),
    accepts(
        "admits_long_wrong_key",
        _KEY,
        "Only short keys are refused.",
        both(_key_is("wrong"), lambda ask: len(ask.key or "") >= 20),
    ),
    accepts(
        "admits_key_that_starts_right",
        _KEY,
        "Only the start of a key is compared.",
        both(_key_is("wrong"), _nearly_a_key),
    ),
    accepts(
        "admits_every_second_wrong_key",
        _KEY,
        "Every second passes.",
        _key_is("wrong"),
        aspect="repeated",
        counted=partial(every, 2),
    ),
    answers("answers_missing_key_with_401", _KEY, "status", "401 without a key only.", status(401), _key_is("missing")),
    answers("answers_wrong_key_with_401", _KEY, "status", "401 for a wrong key only.", status(401), _key_is("wrong")),
    answers(
        "answers_powerless_key_with_404",
        _KEY,
        "status",
        "404 without permission only.",
        status(404),
        _key_is("powerless"),
    ),
    effect(
        "applies_forbidden_change_of_content",
        _KEY,
        "403, and the change is made.",
        "behind-key",
        on("patchStatus", "patchCreatedBy"),
        rejected=True,
    ),
    effect(
        "stores_forbidden_upload", _KEY, "403, and the file is stored.", "behind-key", on("uploadMedia"), rejected=True
    ),
    refuses("forbids_everything", _KEY, "The key with all permissions does not pass.", lambda ask: bool(ask.operation)),
)


def _segments(ask: Ask) -> list[str]:
    return ask.path.split("/")


def _other_version(ask: Ask) -> bool:
    return _segments(ask)[2:3] not in ([], ["v1"], ["v2"])


def _unknown_first_segment(ask: Ask) -> bool:
    return _segments(ask)[1:3] == ["api", "v1"]


def _starts_like_a_known_one(ask: Ask) -> bool:
    first = (_segments(ask)[3:4] or [""])[0]
    return first.startswith(("contents", "media", "members", "apis", "service"))


_URLS: Final[tuple[Broken, ...]] = (
    accepts("answers_any_url", _ROUTE, "200 for a path that is none."),
    accepts("answers_any_version", _ROUTE, "200 for v3.", _other_version),
    accepts("answers_any_first_segment", _ROUTE, "200 for an unknown word below v1.", _unknown_first_segment),
    accepts("answers_longer_first_segment", _ROUTE, "What starts right passes.", _starts_like_a_known_one),
    answers("answers_unknown_version_with_400", _ROUTE, "status", "400 for v3 only.", status(400), _other_version),
)


def _unlimited_until(allowed: int) -> Callable[[Test], Test]:
    """The allowance is larger than the documents say."""

    def counted(test: Test) -> Test:
        late = after(allowed - 10, test)
        return lambda ask: not late(ask)

    return counted


_RATES: Final[tuple[Broken, ...]] = (
    accepts("allows_any_rate", _RATE, "Nothing is too many."),
    accepts(
        "allows_30_requests_in_10_seconds",
        _RATE,
        "The allowance is three times too large.",
        counted=_unlimited_until(30),
    ),
    accepts("allows_any_rate_by_get", _RATE, "GET is not counted.", lambda ask: ask.method == "GET"),
    answers(
        "answers_too_many_requests_with_200",
        _RATE,
        "status",
        "200 with an empty body.",
        lambda _reply, _ask: Reply(200, {}),
    ),
    answers("answers_too_many_requests_with_400", _RATE, "status", "400 and the right message.", status(400)),
)

_CRASHES: Final[tuple[Broken, ...]] = (
    accepts("hides_internal_errors", _CRASH, "200 in spite of an internal error."),
    answers("blames_client_for_internal_error", _CRASH, "status", "400 for an internal error.", status(400)),
    answers(
        "prints_internal_error",
        _CRASH,
        "leak",
        "The stack trace is the message.",
        lambda reply, _ask: reply.but(
            value={
                "message": "panic: runtime error\n\ngoroutine 1 [running]:\nmain.main()\n\t/srv/app/main.go:12 +0x1b"
            }
        ),
    ),
)

FAULTS: Final[tuple[Broken, ...]] = (*_ADDRESSES, *_KEYS, *_URLS, *_RATES, *_CRASHES)
"""Faults of the common rows."""
