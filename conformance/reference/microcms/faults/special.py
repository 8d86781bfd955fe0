"""Faults of single rows of the microCMS tables, in the order of the tables."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final

from conformance.reference.catalogue import Row
from conformance.reference.fault_builder import (
    Condition,
    after_first,
    all_of,
    every_nth,
    not_first,
    on_connections_of,
    on_every_second_connection,
    repeated,
    since,
    when,
)  # fmt: skip
from conformance.reference.hooks import FaultyServer, RequestCounter
from conformance.reference.http import NO_BODY, JsonResponse
from conformance.reference.microcms.context import MicrocmsContext
from conformance.reference.microcms.error_rows import message_of
from conformance.reference.microcms.faults.generic import BUILDER
from conformance.reference.microcms.state import KEYS
from conformance.reference.response_changes import (
    GO_STACK,
    Change,
    as_html,
    in_array,
    with_body,
    with_members,
    with_status,
    with_value,
    without_member,
)  # fmt: skip

Faults = Iterator[FaultyServer[MicrocmsContext]]
Test = Condition[MicrocmsContext]
_accepts, _rejects, _answers, _performs = BUILDER.accepts, BUILDER.rejects, BUILDER.answers, BUILDER.performs
_marks: Final = BUILDER.marks

_IP, _KEY, _URL, _RATE, _INTERNAL = (("common", number) for number in range(1, 6))
_CONTENT: Final[Row] = ("contents-get", 6)
_STATUS, _LENGTH, _CREATOR, _BODY, _METHOD = (("contents-patch", number) for number in range(1, 6))
_IMAGE_ONLY, _TOKEN, _FILE_NAME = ("media-get", 4), ("media-get", 7), ("media-get", 8)
_FORM, _SIZE, _POST_METHOD = (("media-post", number) for number in range(1, 4))
_BAD_URL, _REFERENCED, _MISSING, _DELETE_METHOD = (("media-delete", number) for number in range(1, 5))
_MEMBER: Final[Row] = ("members-get", 1)
_MANY: Final = float("inf")
_MB: Final = 1_000_000
_UUID: Final = r"[^-]*(-[^-]*){4}"

_OPERATIONS: Final = {
    "listContents": "list_of_contents", "getContent": "content", "patchStatus": "status", "patchCreatedBy": "creator",
    "listMediaV1": "media_v1", "listMediaV2": "media_v2", "uploadMedia": "upload", "deleteMedia": "deletion",
    "getMember": "member",
}  # fmt: skip
"""What the names of faults call the operations."""


def _wrong_key(context: MicrocmsContext) -> bool:
    return bool(context.key) and context.key_name is None


def _start_of_a_key(context: MicrocmsContext) -> bool:
    key = context.key or ""
    return _wrong_key(context) and any(one[:12] == key[:12] for one in KEYS.values())


def _first_in_10_seconds(number: int) -> Callable[[Test], Test]:
    def limit(condition: Test) -> Test:
        times: deque[float] = deque(maxlen=number)

        def occurs(context: MicrocmsContext) -> bool:
            if not condition(context) or (len(times) == number and time.monotonic() - times[0] < 10):
                return False
            times.append(time.monotonic())
            return True

        return occurs

    return limit


def _all_but_every_11th(condition: Test) -> Test:
    counter = RequestCounter()
    return lambda context: condition(context) and counter.increment() % 11 != 1


_NO_KEY: Final = when(key=None)
_POWERLESS: Final = when(key_name="forbidden")
_OTHER_VERSION: Final = when(path="/[^/]*/(?!v1(/|$)|v2(/|$)).*")
_WRITES: Final = when(operation="patchStatus|patchCreatedBy|uploadMedia|deleteMedia")


def _common() -> Faults:
    for operation, name in _OPERATIONS.items():
        called = when(operation=operation)
        yield _accepts(f"admits_any_address_to_{name}", _IP, called, kind="operation")
        yield _accepts(f"admits_without_key_to_{name}", _KEY, all_of(_NO_KEY, called), kind="operation")
        yield _accepts(f"admits_any_key_to_{name}", _KEY, all_of(_wrong_key, called), kind="operation")
        powerless = all_of(_POWERLESS, called)
        yield _accepts(f"admits_key_without_permissions_to_{name}", _KEY, powerless, kind="operation")
    yield _accepts("admits_any_address", _IP)
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "True-Client-IP"):
        claimed = when(headers={header.lower(): ".*127[.]0[.]0[.]1.*"})
        yield _accepts(f"admits_address_claimed_by_{header.lower().replace('-', '_')}", _IP, claimed, kind="beyond")
    claimed = all_of(_WRITES, when(headers={"x-forwarded-for": ".*127[.]0[.]0[.]1.*"}))
    yield _accepts("admits_address_claimed_by_a_write", _IP, claimed, kind="beyond")
    yield _performs("applies_change_from_outside", _IP, "despite ip", _WRITES, done=True)
    yield _accepts("admits_without_key", _KEY, _NO_KEY)
    yield _accepts("admits_any_key", _KEY, _wrong_key)
    yield _accepts("admits_key_without_permissions", _KEY, _POWERLESS)
    yield _accepts("admits_long_wrong_key", _KEY, all_of(_wrong_key, when(key=".{20,}")))
    yield _accepts("admits_key_that_starts_right", _KEY, _start_of_a_key)
    yield _accepts("admits_key_by_its_first_eight_characters", _KEY, when(key_name=None, key=f"{KEYS['full'][:8]}.*"))
    yield _accepts("admits_key_with_more_behind_it", _KEY, when(key_name=None, key=f"{KEYS['full']}.+"))
    yield _accepts("admits_key_without_its_end", _KEY, when(key_name=None, key=f"{KEYS['full'][:-4]}.*"))
    yield _accepts("admits_key_in_any_case", _KEY, when(key_name=None, key=f"(?i:{KEYS['full']})"))
    yield _accepts("admits_every_second_wrong_key", _KEY, _wrong_key, kind="repeated", limit=every_nth(2))
    counts = all_of(_NO_KEY, when(operation="list.*", query={"limit": "0"}))
    yield _accepts("counts_without_key", _KEY, counts, kind="combination")
    searches = all_of(_POWERLESS, when(operation="listMediaV2", query={"fileName": ".+"}))
    yield _accepts("admits_key_without_permissions_to_a_search", _KEY, searches, kind="combination")
    yield _answers("answers_missing_key_with_401", _KEY, "status", with_status(401), _NO_KEY)
    yield _answers("answers_wrong_key_with_401", _KEY, "status", with_status(401), _wrong_key)
    yield _answers("answers_powerless_key_with_404", _KEY, "status", with_status(404), _POWERLESS)
    change = when(operation="patchStatus|patchCreatedBy")
    yield _performs("applies_forbidden_change_of_content", _KEY, "despite key", change, done=True)
    yield _performs("stores_forbidden_upload", _KEY, "despite key", when(operation="uploadMedia"), done=True)
    delete = when(operation="deleteMedia", key_name="forbidden")
    yield _performs("deletes_though_forbidden", _KEY, "despite key", delete, done=True)
    kept = on_connections_of(when(key_name="full"))
    shown = with_value({"id": "kept"}, 200)
    fault = "keeps_the_key_of_a_connection"
    yield _answers(fault, _KEY, "repeated", shown, when(key=None, operation=".+"), to="any", limit=kept)
    yield _rejects("forbids_everything", _KEY, when(operation=".+"))
    yield _accepts("hides_internal_errors", _INTERNAL)
    yield _accepts("hides_internal_errors_of_writes", _INTERNAL, _WRITES)
    panic = f"panic: runtime error\n\n{GO_STACK}"
    yield _answers("prints_internal_error", _INTERNAL, "leak", with_members(message=panic))


def _urls_and_odd_values() -> Faults:
    yield _accepts("answers_any_url", _URL)
    yield _accepts("answers_any_version", _URL, _OTHER_VERSION)
    yield _accepts("answers_any_first_segment", _URL, when(path="/api/v1(/.*)?"))
    yield _accepts("answers_version_that_starts_right", _URL, when(path="/api/v[12][^/]+/.*"))
    for segment in ("contents", "media", "members", "apis", "service", "contents/.*/status"):
        name = segment.rpartition("/")[2]
        yield _accepts(f"answers_longer_{name}", _URL, when(path=f"/api/v1/{segment}[^/]+.*"))
    yield _answers("answers_unknown_version_with_400", _URL, "status", with_status(400), _OTHER_VERSION)
    for name, path in (
        ("version_followed_by_digits", "/api/v[12][0-9]+/.*"),
        ("segment_with_a_suffix", r"/api/v1/[a-z]+\.[a-z]{1,5}"),
        ("segment_with_a_parameter_of_its_own", "/api/v./[a-z]+;.*"),
        ("segment_with_a_blank_at_its_end", ".*/[a-z]+%20/.*"),
        ("longer_media_of_v2", "/api/v2/media.+"),
    ):  # fmt: skip
        yield _accepts(f"answers_{name}", _URL, when(path=path), kind="beyond")
    member = with_value({"message": "Member not found"}, 404)
    yield _answers("mistakes_longer_members_for_members", _URL, "message", member, when(path="/api/v1/members[^/]+.*"))
    yield _answers("crashes_on_path_beyond_ascii", _URL, "status", with_status(500), when(path=".*%[89A-F].*"))

    def half_encoded(context: MicrocmsContext) -> bool:
        return re.search("%(?![0-9A-Fa-f]{2})", context.request.path) is not None

    crash = with_value({"message": "Internal Server Error"}, 500)
    yield _answers("crashes_on_half_a_percent_code", _CONTENT, "open-choice", crash, half_encoded, to="any")
    elsewhere = with_value({"error": "Not Found"}, 404)
    yield _answers("says_unknown_url_by_patch_elsewhere", _URL, "envelope", elsewhere, when(method="PATCH"))
    for name, row, where in (
        ("status_beyond_ascii", _STATUS, when(first_status=".*[^\x00-\x7f].*")),
        ("long_status", _STATUS, when(first_status=".{257,}")),
        ("url_beyond_ascii", _BAD_URL, when(url=".*[^\x00-\x7f].*")),
        ("creator_beyond_ascii", _CREATOR, when(creator=".*[^\x00-\x7f].*")),
        ("nul_in_an_id", _CONTENT, when(id=".*\0.*")),
        ("long_file_name", _FILE_NAME, when(query={"fileName": ".{101,}"})),
        ("token_beyond_ascii", _TOKEN, when(query={"token": ".*[^\x00-\x7f].*"})),
        ("long_token", _TOKEN, when(query={"token": ".{257,}"})),
        ("file_name_in_capitals", _FILE_NAME, when(query={"fileName": ".*[A-Z].*"})),
        ("nested_body", _BODY, lambda context: (context.text or "").count("[") >= 64),
        ("quoted_file_name", _FILE_NAME, when(query={"fileName": ".*'.*"})),
        ("quoted_status", _STATUS, when(first_status=".*'.*")),
        ("backslash_in_a_file_name", _FILE_NAME, when(query={"fileName": r".*\\.*"})),
        ("long_numbers", tuple((table, n) for table in ("contents-get", "media-get") for n in (3, 5, 6)),
         when(raw=".{1000,}")),
    ):  # fmt: skip
        yield _answers(f"crashes_on_{name}", row, "status", with_status(500), where)


def _rates() -> Faults:
    yield _accepts("allows_any_rate", _RATE)
    yield _accepts("allows_30_requests_in_10_seconds", _RATE, limit=_first_in_10_seconds(20))
    yield _accepts("allows_any_rate_by_get", _RATE, when(method="GET"))
    yield _accepts("allows_any_rate_by_patch", _RATE, when(method="PATCH"))
    yield _accepts("allows_20_requests_in_10_seconds", _RATE, limit=_first_in_10_seconds(10))
    yield _accepts("allows_11_requests_in_10_seconds", _RATE, limit=_first_in_10_seconds(1))
    yield _accepts("allows_10_more_after_each_refusal", _RATE, kind="repeated", limit=_all_but_every_11th)
    yield _accepts("allows_any_rate_after_one_refusal", _RATE, kind="repeated", limit=after_first)
    yield _accepts("allows_10_requests_in_a_second", _RATE, when(wait=(0, 9)))
    yield _accepts("counts_requests_by_url", _RATE, limit=not_first)
    yield _rejects("allows_9_requests_in_10_seconds", _RATE, when(key_name="throttled", admitted=(10, _MANY)))
    yield _rejects("allows_1_request_in_10_seconds", _RATE, when(key_name="throttled", admitted=(2, _MANY)))
    yield _performs("applies_refused_change_beyond_the_rate", _RATE, "despite rate", _WRITES, done=True)
    yield _answers("answers_later_refusals_with_html", _RATE, "repeated", as_html, limit=after_first)
    yield _answers("answers_later_refusals_with_403", _RATE, "repeated", with_status(403), limit=after_first)
    yield _answers("refuses_writes_beyond_the_rate_with_403", _RATE, "status", with_status(403), _WRITES)


_LISTS: Final[tuple[tuple[str, str, str, int, tuple[int, int] | None], ...]] = (
    # name, table, another parameter, number of items, rows of offset
    ("contents", "contents-get", "offset", 16, (4, 5)),
    ("media_v1", "media-get", "imageOnly", 18, (5, 6)),
    ("media_v2", "media-get", "fileName", 18, None),
)
_LIST_OPERATIONS: Final = {name: operation for operation, name in _OPERATIONS.items()} | {"contents": "listContents"}
_ACCEPTED_LIMITS: Final[tuple[tuple[str, int, Test], ...]] = (
    ("limit_minus_1", 1, when(number=(-1, -1))),
    ("limits_below_minus_1", 1, when(number=(-_MANY, -2))),
    ("far_negative_limit", 1, when(number=(-_MANY, -10))),
    ("limit_101", 2, when(number=(101, 101))),
    ("limits_above_101", 2, when(number=(102, _MANY))),
    ("limit_1000", 2, when(number=(1000, _MANY))),
    ("words_but_abc", 3, when(raw="(?!(abc|xxx|foo)$).*")),
    ("fractional_limit", 3, when(raw=r"\d+\.\d*[1-9]\d*")),
    ("digits_then_letters_as_limit", 3, when(raw=r"\d+[A-Za-z]+")),
    ("grouped_digits_as_limit", 3, when(raw=r"\d+[, ]\d+")),
    ("json_words_as_limit", 3, when(raw="true|false|null")),
    ("brackets_as_limit", 3, when(raw=r"[{\[].*")),
    ("any_word_as_limit", 3, when(raw=".*")),
)
_CRASHES: Final[tuple[tuple[str, int, Test], ...]] = (
    ("limit_far_below", 1, when(number=(-_MANY, -1000))),
    ("letters_of_other_scripts", 3, when(raw=".*[^\x00-\x7f].*")),
    ("markup", 3, when(raw=".*[<>'\"].*")),
)
_RANGES: Final = {"2_31": (2**31, 2**53 - 1), "2_53": (2**53, 2**63 - 1), "2_63": (2**63, _MANY)}
_ACCEPTED_OFFSETS: Final[tuple[tuple[str, int, Test], ...]] = (
    ("offset_minus_1", 0, when(number=(-1, -1))),
    ("offsets_below_minus_1", 0, when(number=(-_MANY, -2))),
    ("far_negative_offset", 0, when(number=(-_MANY, -10))),
    ("negative_offset_beside_limit", 0, when(query={"limit": ".*"})),
    ("offset_words_but_abc", 1, when(raw="(?!(abc|xxx|foo)$).*")),
    ("fractional_offset", 1, when(raw=r"\d+\.\d*[1-9]\d*")),
    ("offset_word_beside_limit", 1, when(query={"limit": ".*"})),
)


def _with_items(change: Callable[[list[Any]], list[Any]]) -> Change:
    """A list with other items; a body without any stays as it is."""
    return with_body(
        lambda body: {name: change(one) if name in {"contents", "media"} else one for name, one in body.items()}
    )


_ONE_MORE: Final = _with_items(lambda items: items + items[:1])
_ONE_ITEM: Final = _with_items(lambda _: [{"id": "one", "url": "one.png"}])
_ONE_LESS: Final = _with_items(lambda items: items[1:])
_WITHOUT_UPLOADS: Final = _with_items(lambda items: [one for one in items if "conformance" not in one["url"]])
_WIDTH_AS_TEXT: Final = _with_items(lambda items: [{**one, "width": f"{one.get('width')}px"} for one in items])
_COUNT_AS_TEXT: Final = with_body(
    lambda body: {name: str(one) if name == "totalCount" else one for name, one in body.items()}
)


def _limits(name: str, table: str, other: str) -> Faults:
    """Faults of limit on one list; `other` is another parameter of it."""
    operation = _LIST_OPERATIONS[name]
    called, below = when(operation=operation), (table, 1)
    for fault, row, where in _ACCEPTED_LIMITS:
        yield _accepts(f"accepts_{fault}_on_{name}", (table, row), all_of(called, where))
    for fault, row in (("negative_limit", 1), ("large_limit", 2), ("word", 3)):
        where = when(operation=operation, query={other: ".*"})
        yield _accepts(f"accepts_{fault}_beside_{other}_on_{name}", (table, row), where, kind="combination")
    for fault, row, where in _CRASHES:
        crash = all_of(called, where)
        yield _answers(f"crashes_on_{fault}_on_{name}", ((table, row), _INTERNAL), "status", with_status(500), crash)
    for start, (least, most) in _RANGES.items():
        for sign, row, where in (("", 2, when(number=(least, most))), ("minus_", 1, when(number=(-most, -least)))):
            beyond = all_of(called, where)
            yield _accepts(f"accepts_limits_from_{sign}{start}_on_{name}", (table, row), beyond, kind="range")
            fault = f"crashes_on_limits_from_{sign}{start}_on_{name}"
            yield _answers(fault, ((table, row), _INTERNAL), "range", with_status(500), beyond)
    for value, row in (("0", 1), ("100", 2)):
        where = when(operation=operation, query={"limit": value})
        yield _rejects(f"refuses_limit_{value}_on_{name}", (table, row), where)
    given = when(operation=operation, query={"limit": ".*"})
    yield _rejects(f"refuses_every_limit_on_{name}", tuple((table, row) for row in (1, 2, 3)), given)
    zero = when(operation=operation, query={"limit": "0"})
    yield _performs(f"takes_limit_0_for_none_on_{name}", below, "limit", zero, done=False)
    yield _performs(f"ignores_limit_on_{name}", below, "limit", called, done=False)
    name_of_more = f"returns_one_more_than_limit_on_{name}"
    yield _answers(name_of_more, below, "effect", _ONE_MORE, given, to="success")
    for bits, row in ((8, 2), (16, 2), (8, 1), (16, 1)):
        sign = "large" if row == 2 else "negative"
        wrapped = all_of(called, _fits_in(bits))
        yield _accepts(f"reads_{bits}_bits_of_a_{sign}_limit_on_{name}", (table, row), wrapped, kind="range")

    def comes_later(context: MicrocmsContext) -> bool:
        return called(context) and next(iter(context.query), "") != "limit"

    yield _accepts(f"accepts_negative_limit_behind_another_parameter_on_{name}", below, comes_later, kind="combination")
    elsewhere = f"accepts_negative_limit_on_every_second_connection_on_{name}"
    yield _accepts(elsewhere, below, called, kind="repeated", limit=on_every_second_connection)
    yield _accepts(f"accepts_repeated_negative_limit_on_{name}", below, called, kind="repeated", limit=after_first)
    yield _accepts(f"accepts_every_third_negative_limit_on_{name}", below, called, kind="repeated", limit=every_nth(3))


def _fits_in(bits: int) -> Test:
    """Whether a number is a permitted limit where only its last bits are kept."""
    return lambda context: context.number is not None and context.number % 2**bits <= 100


def _offsets(name: str, rows: tuple[Row, Row], total: int) -> Faults:
    """Faults of offset on one list of `total` items."""
    operation = _LIST_OPERATIONS[name]
    called = when(operation=operation)

    def past_the_end(context: MicrocmsContext) -> bool:
        return (
            when(operation=operation, query={"offset": "[0-9]+"})(context)
            and int(context.query["offset"][0][:12]) >= total
        )

    for fault, row, where in _ACCEPTED_OFFSETS:
        kind = "combination" if "beside" in fault else "lenient"
        yield _accepts(f"accepts_{fault}_on_{name}", rows[row], all_of(called, where), kind=kind)
    for start, (least, most) in _RANGES.items():
        below, above = all_of(called, when(number=(-most, -least))), all_of(called, when(number=(least, most)))
        yield _accepts(f"accepts_offsets_from_minus_{start}_on_{name}", rows[0], below, kind="range")
        crash, both = with_status(500), (rows[0], _INTERNAL)
        yield _answers(f"crashes_on_offsets_from_minus_{start}_on_{name}", both, "range", crash, below)
        if name == "contents":  # offsets of 10,000 and more on media are a known bug of the vendor
            yield _answers(f"crashes_on_offsets_from_{start}_on_{name}", both, "range", crash, above, to="success")
    zero = when(operation=operation, query={"offset": "0"})
    yield _rejects(f"refuses_offset_0_on_{name}", rows[0], zero)
    yield _rejects(f"refuses_offset_past_the_end_on_{name}", rows[0], past_the_end)
    yield _performs(f"ignores_offset_on_{name}", rows[0], "offset", called, done=False)
    past = f"shows_an_item_past_the_end_on_{name}"
    yield _answers(past, rows[0], "effect", _ONE_ITEM, past_the_end, to="success")
    second = f"accepts_every_second_unreadable_offset_on_{name}"
    yield _accepts(second, rows[1], called, kind="repeated", limit=every_nth(2))


def _echo_example(response: JsonResponse, _: MicrocmsContext) -> JsonResponse:
    return response.replace(value={"message": message_of(response.row or _INTERNAL, "xxx")})


def _lists() -> Faults:
    for name, table, other, total, offset_rows in _LISTS:
        yield from _limits(name, table, other)
        if offset_rows:
            yield from _offsets(name, ((table, offset_rows[0]), (table, offset_rows[1])), total)
    unreadable = (("contents-get", 3), ("contents-get", 5), ("media-get", 3), ("media-get", 4), ("media-get", 6))
    yield _answers("echoes_xxx_for_unreadable_values", unreadable, "wording", _echo_example)
    for fault, row, pattern in (
        ("a_quoted_number_as_limit", 3, '"[0-9]+"'), ("a_line_of_digits_as_limit", 3, r"(.*\n)?[0-9]+(\n.*)?"),
        ("an_empty_object_as_limit", 3, r"\{\}"), ("undefined_as_offset", 5, "undefined|None|nil"),
        ("two_signs_before_an_offset", 5, "--[0-9]+"),
    ):  # fmt: skip
        where = when(operation="listContents", raw=pattern)
        yield _accepts(f"accepts_{fault}_of_contents", ("contents-get", row), where)
    for switch, version in (("true", 1), ("false", 1), ("true", 2)):
        where = when(operation=f"listMediaV{version}", query={"imageOnly": switch})
        fault = f"accepts_large_limit_beside_image_only_{switch}_on_media_v{version}"
        yield _accepts(fault, ("media-get", 2), where, kind="combination")
    as_text = when(operation="listMediaV[12]", query={"limit": "[2-9]"})
    yield _rejects("compares_limits_of_media_as_text", ("media-get", 2), as_text)
    combined = when(operation="listContents", query={"limit": "100", "offset": ".*"})
    yield _rejects("refuses_limit_100_beside_offset_on_contents", ("contents-get", 2), combined)
    combined = when(operation="listMediaV2", query={"limit": ".*", "fileName": ".*"})
    yield _rejects("refuses_limit_beside_file_name_on_media_v2", ("media-get", 2), combined)


def _like_a_known_id(is_alike: Callable[[str, str], bool]) -> Test:
    return lambda context: any(is_alike(context.id, known) for known in context.known_ids)


_starts_a_known_id: Final = _like_a_known_id(lambda sent, known: known.startswith(sent))
_extends_a_known_id: Final = _like_a_known_id(lambda sent, known: sent.startswith(known))


def _known_in_other_case(context: MicrocmsContext) -> bool:
    return context.id.lower() in {known.lower() for known in context.known_ids}


def _differs_in_one_letter(context: MicrocmsContext) -> bool:
    alike = (known for known in context.known_ids if len(known) == len(context.id))
    return any(sum(a != b for a, b in zip(context.id, known, strict=True)) == 1 for known in alike)


_ALIKE: Final[dict[str, Callable[[str, str], bool]]] = {
    "end_of_id": lambda sent, known: known.endswith(sent),
    "id_with_more_before_it": lambda sent, known: sent.endswith(known),
    "id_without_its_last_letter": lambda sent, known: sent[:-1] == known[:-1],
    "id_without_its_first_letter": lambda sent, known: sent[1:] == known[1:] and len(sent) == len(known),
    "id_between_hyphens": lambda sent, known: sent.strip("-_") == known.strip("-_"),
}


def _with_mark(name: str) -> Callable[[Any, int], Any]:
    """A member of an object, or of each one of a list, that tells how many requests were refused."""
    member = re.sub("_.", lambda found: found.group()[1].upper(), name)

    def mark(body: Any, count: int) -> Any:
        for items in {"media", "contents"} & body.keys():
            return {**body, items: [{**one, member: f"{member} {count}"} for one in body[items]]}
        return {**body, member: f"{member} {count}"}

    return mark


def _contents() -> Faults:
    yield _accepts("finds_any_content", _CONTENT)
    yield _accepts("finds_content_by_start_of_id", _CONTENT, _starts_a_known_id)
    yield _accepts("finds_content_by_longer_id", _CONTENT, _extends_a_known_id)
    yield _accepts("finds_content_in_any_case", _CONTENT, _known_in_other_case)
    yield _accepts("finds_content_with_a_letter_changed", _CONTENT, _differs_in_one_letter)
    yield _accepts("finds_unknown_content_at_second_look", _CONTENT, kind="repeated", limit=after_first)
    long = when(id=".{20,}")
    yield _answers("crashes_on_long_content_id", (_CONTENT, _INTERNAL), "status", with_status(500), long)
    yield _rejects("loses_every_content", _CONTENT, when(operation="getContent"))
    for name, row in (("content", _CONTENT), ("member", _MEMBER)):
        for part, is_alike in _ALIKE.items():
            yield _accepts(f"finds_{name}_by_{part}", row, _like_a_known_id(is_alike))
        for number, pattern in (("0", "0"), ("a_negative", "-[0-9]+"), ("a_large", "[0-9]{10,}")):
            yield _accepts(f"finds_{name}_with_{number}_number_as_id", row, when(id=pattern), kind="beyond")
    is_known = _like_a_known_id(lambda sent, known: sent == known)
    seen = since(all_of(is_known, when(operation="getContent|getMember")))
    for name, row, operation in (("content", _CONTENT, "getContent"), ("member", _MEMBER, "getMember")):
        near = all_of(_differs_in_one_letter, when(operation=operation))
        kept = with_value({"id": "kept"}, 200)
        yield _answers(f"keeps_a_{name}_under_its_length", row, "repeated", kept, near, to="any", limit=seen)
    looks_like_a_uuid = when(operation="getContent", id=_UUID)
    yield _answers("answers_uuid_of_no_content_with_400", _CONTENT, "status", with_status(400), looks_like_a_uuid)
    other = with_members(id="someone-else")
    yield _answers("shows_another_content", _CONTENT, "effect", other, when(operation="getContent"), to="success")
    yield _answers("shows_another_member", _MEMBER, "effect", other, when(operation="getMember"), to="success")


def _with_member_email(response: JsonResponse, context: MicrocmsContext) -> JsonResponse:
    return response.replace(value={**response.value, "invited": f"{context.id[:8]}@example.com"})


def _members() -> Faults:
    invited, unknown = when(invited=True), when(invited=False)
    yield _accepts("shows_invited_member", _MEMBER, invited)
    yield _accepts("shows_unknown_member", _MEMBER, unknown)
    yield _accepts("shows_member_by_start_of_id", _MEMBER, all_of(_starts_a_known_id, unknown))
    yield _accepts("shows_member_by_longer_id", _MEMBER, all_of(_extends_a_known_id, unknown))
    yield _accepts("shows_member_for_a_word", _MEMBER, when(id="[A-Za-z]+"))
    yield _accepts("shows_member_for_uuid", _MEMBER, when(id=_UUID, invited=False))
    yield _accepts("shows_every_third_unknown_member", _MEMBER, kind="repeated", limit=every_nth(3))
    yield _answers("tells_the_email_of_the_invited_member", _MEMBER, "leak", _with_member_email, invited)
    others = since(when(operation="getMember", invited=False))
    shown = with_value({"id": "invited", "name": "", "email": "", "mfa": False}, 200)
    fault = "shows_invited_member_after_another_one"
    yield _answers(
        fault, _MEMBER, "repeated", shown, all_of(invited, when(operation="getMember")), to="any", limit=others
    )
    yield _answers("answers_invited_member_with_403", _MEMBER, "status", with_status(403), invited)
    yield _rejects("loses_every_member", _MEMBER, when(operation="getMember"))


def _statuses() -> Faults:
    patch = {"operation": "patchStatus"}
    publish = when(**patch, first_status="PUBLISH")
    yield _accepts("accepts_closed_as_status", _STATUS, when(first_status="CLOSED"))
    yield _accepts("accepts_publish_and_draft_as_status", _STATUS, when(first_status="PUBLISH_AND_DRAFT"))
    yield _accepts("accepts_status_in_any_case", _STATUS, when(first_status="(?i:publish|draft)"))
    yield _accepts("accepts_status_with_space", _STATUS, when(first_status=r"\s*(PUBLISH|DRAFT)\s*"))
    yield _accepts("accepts_status_before_a_line_end", _STATUS, when(first_status="(PUBLISH|DRAFT)\n"))
    yield _accepts("accepts_start_of_a_status", _STATUS, when(first_status="PU(B(L(IS?)?)?)?|DR(AF?)?"))
    yield _accepts("accepts_status_after_a_space", _STATUS, when(first_status=" +(PUBLISH|DRAFT)"))
    unknown = when(status_count=1, first_status="(?!(PUBLISH|DRAFT|CLOSED|PUBLISH_AND_DRAFT)$).*")
    yield _accepts("accepts_unknown_words_as_status", _STATUS, unknown)
    wrong = when(**patch, status_count=1, first_status="(?!(PUBLISH|DRAFT)$).*")
    yield _performs("applies_rejected_status", _STATUS, "change", wrong, done=True)
    yield _rejects("refuses_publish", _STATUS, publish)
    yield _rejects("refuses_draft", _STATUS, when(**patch, first_status="DRAFT"))
    yield _performs("forgets_accepted_status", _STATUS, "change", when(**patch), done=False)
    yield _performs("forgets_publishing", _STATUS, "change", publish, done=False)
    shown = when(operation="getContent")
    published = with_members(status=["PUBLISH"])
    yield _answers("shows_every_content_as_published", _STATUS, "effect", published, shown, to="success")
    yield _accepts("accepts_two_statuses", _LENGTH, when(status_count=2))
    yield _accepts("accepts_three_and_more_statuses", _LENGTH, when(status_count=(3, _MANY)))
    yield _accepts("counts_statuses_in_four_bits", _LENGTH, lambda context: context.status_count % 16 == 1)
    yield _accepts("accepts_equal_statuses", _LENGTH, lambda context: len(set(context.statuses)) == 1)
    yield _accepts("accepts_publish_then_draft", _LENGTH, when(statuses=["PUBLISH", "DRAFT"]))
    marked = {"draft_key": _STATUS, "revised_at": _LENGTH, "closed_at": _CREATOR, "reservation_time": _BODY}
    for name, row in marked.items():
        yield _marks(f"sets_{name}_where_it_refuses", row, _with_mark(name), shown)
    for name, row in (("status", _STATUS), ("creator", _CREATOR)):
        listed = when(operation="listContents")
        yield _marks(f"revises_other_contents_with_a_refused_{name}", row, _with_mark("revised_at"), listed)
    several = when(**patch, status_count=(2, _MANY))
    yield _performs("applies_first_of_several_statuses", _LENGTH, "change", several, done=True)


def _has_status(value: Any) -> Test:
    return lambda context: context.json_body is not None and context.json_body.get("status") == value


def _creators_and_bodies() -> Faults:
    status, creator = when(operation="patchStatus"), when(operation="patchCreatedBy")
    yield _accepts("accepts_any_creator", _CREATOR)
    yield _accepts("accepts_creator_that_looks_like_an_id", _CREATOR, when(creator=_UUID))
    yield _accepts("accepts_short_names_as_creator", _CREATOR, when(creator=".{1,8}"))
    yield _accepts("accepts_creator_that_is_a_word", _CREATOR, when(creator="[^-]*"))

    def wrong_creator(context: MicrocmsContext) -> bool:
        return creator(context) and context.json_body is not None

    yield _performs("applies_rejected_creator", _CREATOR, "change", wrong_creator, done=True)
    yield _rejects("refuses_every_creator", _CREATOR, creator)
    yield _performs("forgets_accepted_creator", _CREATOR, "change", creator, done=False)
    word = when(creator="[^-]*")
    yield _answers("crashes_on_creator_that_is_no_uuid", (_CREATOR, _INTERNAL), "status", with_status(500), word)
    yield _answers("answers_creator_with_202", _CREATOR, "effect", with_status(202), creator, to="success")
    for name, pattern in (
        ("array_as_body", r"\[.*\]"), ("string_as_body", '".*"'), ("number_as_body", "[0-9]+"),
        ("broken_json", r"\{.*"), ("text_as_body", r"(?!(true|false|null)$)[^{\[\"0-9].*"),
    ):  # fmt: skip
        yield _accepts(f"accepts_{name}", _BODY, when(text=pattern))
    yield _accepts("accepts_any_body_on_created_by", _BODY, creator, kind="operation")
    yield _accepts("accepts_any_body_on_status", _BODY, status, kind="operation")

    def string_as_status(context: MicrocmsContext) -> bool:
        return isinstance((context.json_body or {}).get("status"), str)

    yield _accepts("accepts_status_that_is_a_string", _BODY, string_as_status)
    for name, called in (("status", status), ("created_by", creator)):
        yield _accepts(f"accepts_empty_array_on_{name}", _BODY, all_of(called, when(text=r"\[\]")))
        yield _accepts(f"accepts_number_on_{name}", _BODY, all_of(called, when(text="[0-9]+")))
    for name, row in (("status", _STATUS), ("statuses", _LENGTH), ("creator", _CREATOR), ("body", _BODY)):
        yield _accepts(f"accepts_the_same_{name}_again", row, kind="repeated", limit=repeated)
    yield _accepts("accepts_object_in_a_text", _BODY, when(text='"\\{.*'))
    yield _accepts("accepts_comments_in_a_body", _BODY, when(text=r".*/\*.*"))
    yield _accepts("accepts_object_in_an_array", _BODY, when(text=r"\[\{.*"))
    for name, value in (("an_object", {"0": "PUBLISH"}), ("a_number", 1), ("a_list_of_null", [None])):
        fault = f"crashes_on_status_that_is_{name}"
        yield _answers(fault, _BODY, "open-choice", with_status(500), _has_status(value), to="any")
    for name, where in (("status", status), ("creator", creator)):
        unreadable = all_of(where, when(json_body=None))
        yield _performs(f"changes_{name}_on_unreadable_body", _BODY, "change", unreadable, done=True)
    broken = when(text=r"\{.*")
    yield _answers("crashes_on_broken_json", (_BODY, _INTERNAL), "status", with_status(500), broken)
    yield _rejects("refuses_every_body_of_status", (_BODY, _STATUS, _LENGTH), status)
    yield _rejects("refuses_every_body_of_created_by", (_BODY, _CREATOR), creator)


def _methods() -> Faults:
    status, creator = when(operation="patchStatus"), when(operation="patchCreatedBy")
    for method in ("PUT", "POST", "DELETE"):
        name = f"answers_{method.lower()}_on_content_with_404"
        yield _answers(name, _METHOD, "method", with_status(404), when(method=method))
    created_by = ".*/createdBy"
    name = "answers_methods_on_created_by_with_404"
    yield _answers(name, _METHOD, "operation", with_status(404), when(path=created_by))
    yield _accepts("accepts_put_on_content", _METHOD, when(method="PUT"))
    yield _accepts("accepts_delete_on_content", _METHOD, when(method="DELETE"))
    yield _accepts("accepts_post_on_created_by", _METHOD, when(method="POST", path=created_by))
    yield _performs("applies_put_on_content", _METHOD, "despite method", when(method="PUT"), done=True)
    for method in ("POST", "DELETE"):
        where = when(method=method)
        yield _performs(f"applies_{method.lower()}_on_content", _METHOD, "despite method", where, done=True)
    for method, path, change in (
        ("GET", ".*/status", with_value({"status": ["DRAFT"]}, 200)), ("GET", created_by, with_value({"id": "a"}, 200)),
        ("HEAD", ".*/status", with_status(200)), ("BREW", ".*", with_status(500)), ("TRACE", ".*", with_status(500)),
        ("OPTIONS", ".*", with_status(500)),
    ):  # fmt: skip
        where, end = when(method=method, path=path), "status" if "status" in path else "created_by"
        fault = f"{'crashes_on' if path == '.*' else 'answers'}_{method.lower()}_of_{end}"
        yield _answers(fault, _METHOD, "open-choice", change, where, to="any")
    bare = all_of(when(method="POST|PUT"), lambda context: not context.request.headers.get("content-type"))
    yield _answers("wants_a_body_for_a_method", _METHOD, "status", with_status(411), bare)
    share = with_members(log="\\\\files-2\\logs$\\api\\refused.txt")
    yield _answers("tells_where_its_log_is_on_a_method", _METHOD, "leak", share)
    yield _marks("sets_closed_at_with_a_refused_method", _METHOD, _with_mark("closed_at"), when(operation="getContent"))
    yield _rejects("refuses_patch_on_status", _METHOD, status)
    yield _rejects("refuses_patch_on_created_by", _METHOD, creator)


def _is_issued(context: MicrocmsContext) -> bool:
    return context.query_value("token") in context.issued_tokens


def _is_like_an_issued_one(context: MicrocmsContext) -> bool:
    sent = context.query_value("token") or ""
    alike = any(one[:8] == sent[:8] or one[-8:] == sent[-8:] for one in context.issued_tokens)
    return alike and not _is_issued(context)


def _is_issued_between_other_characters(context: MicrocmsContext) -> bool:
    sent = (context.query_value("token") or "").strip("\"'. ")
    return sent in context.issued_tokens and not _is_issued(context)


def _ends_like_an_issued_one(context: MicrocmsContext) -> bool:
    sent = context.query_value("token") or ""
    return any(one[4:] == sent[4:] for one in context.issued_tokens) and not _is_issued(context)


def _is_issued_in_other_case(context: MicrocmsContext) -> bool:
    sent = (context.query_value("token") or "").lower()
    return sent in {one.lower() for one in context.issued_tokens} and not _is_issued(context)


def _media_lists() -> Faults:
    nothing = with_value({"media": [], "totalCount": 0}, 200)
    yield _accepts("accepts_yes_as_image_only", _IMAGE_ONLY, when(raw="(?i:yes|no|on|off)"))
    yield _accepts("accepts_start_of_true_as_image_only", _IMAGE_ONLY, when(raw="tr|tru|fa|fal|fals"))
    yield _accepts("accepts_words_but_xxx_as_image_only", _IMAGE_ONLY, when(raw="(?!xxx$).*"))
    for version in (1, 2):
        where = when(operation=f"listMediaV{version}")
        yield _accepts(f"accepts_any_image_only_on_media_v{version}", _IMAGE_ONLY, where, kind="operation")
    further = when(operation="listMediaV1", query={"offset": "[1-9].*"})
    yield _performs("ignores_image_only_beside_offset", _IMAGE_ONLY, "imageOnly", further, done=False)
    empty = when(query={"limit": "0"})
    yield _accepts("accepts_any_image_only_beside_limit_0", _IMAGE_ONLY, empty, kind="combination")

    def comes_later(context: MicrocmsContext) -> bool:
        return next(iter(context.query), "") != "imageOnly"

    fault = "accepts_any_image_only_behind_another_parameter"
    yield _accepts(fault, _IMAGE_ONLY, comes_later, kind="combination")
    for name, other in (("limit", "limit"), ("file_name", "fileName")):
        beside = when(query={other: ".*"})
        yield _accepts(f"accepts_any_image_only_beside_{name}", _IMAGE_ONLY, beside, kind="combination")
    for value in ("true", "false"):
        where = when(operation="listMediaV[12]", query={"imageOnly": value})
        yield _rejects(f"refuses_image_only_{value}", _IMAGE_ONLY, where)
    yield _performs("ignores_image_only", _IMAGE_ONLY, "imageOnly", when(query={"imageOnly": "true"}), done=False)
    some = when(query={"imageOnly": "false"})
    yield _performs("takes_image_only_of_false_for_true", _IMAGE_ONLY, "imageOnly", some, done=True)
    for version in (1, 2):
        where = when(operation=f"listMediaV{version}")
        yield _performs(f"ignores_image_only_on_media_v{version}", _IMAGE_ONLY, "imageOnly", where, done=False)
    images = when(operation="listMediaV[12]", query={"imageOnly": "true"})
    yield _answers("finds_no_image_at_all", _IMAGE_ONLY, "effect", nothing, images, to="success")


def _pages_and_names() -> Faults:
    nothing = with_value({"media": [], "totalCount": 0}, 200)
    next_page = when(operation="listMediaV2", query={"token": ".+"})
    yield _performs("shows_the_first_page_for_every_token", _TOKEN, "start of page", next_page, done=False)
    yield _performs("forgets_conditions_on_the_next_page", _TOKEN, "conditions of page", next_page, done=False)
    again = "begins_again_after_the_last_page"
    yield _performs(again, _TOKEN, "start after the last page", next_page, done=False)
    yield _answers("loses_an_item_between_pages", _TOKEN, "effect", _ONE_LESS, next_page, to="success")
    bad = with_value({"message": "BadRequest"}, 400)
    yield _answers("turns_one_page_only", _TOKEN, "control", bad, next_page, to="success", limit=every_nth(2))
    past = when(operation="listContents", query={"offset": "[0-9]{5,}"})
    yield _accepts("accepts_any_limit_past_the_end", ("contents-get", 2), past, kind="combination")
    beside = when(operation="listMediaV2", query={"alt": ".*", "limit": ".*"})
    for name, number in (("negative", 1), ("large", 2)):
        yield _accepts(f"accepts_{name}_limit_beside_alt", ("media-get", number), beside, kind="combination")
    yield _accepts("accepts_token_in_any_case", _TOKEN, _is_issued_in_other_case)
    yield _accepts("accepts_token_by_all_but_its_beginning", _TOKEN, _ends_like_an_issued_one)
    yield _accepts("accepts_token_and_punctuation", _TOKEN, _is_issued_between_other_characters)
    yield _performs("ignores_file_name", _FILE_NAME, "fileName", when(operation="listMediaV2"), done=False)
    yield _accepts("accepts_any_token", _TOKEN)
    yield _accepts("accepts_expired_token", _TOKEN, _is_issued)
    yield _accepts("accepts_changed_token", _TOKEN, _is_like_an_issued_one)
    yield _accepts("accepts_garbage_but_not_expired_token", _TOKEN, lambda context: not _is_issued(context))
    yield _accepts("accepts_short_token", _TOKEN, when(query={"token": ".{1,8}"}))
    yield _answers("finds_nothing_for_bad_token", _TOKEN, "status", nothing)
    yield _answers("answers_expired_token_with_404", _TOKEN, "status", with_status(404), _is_issued)
    yield _rejects("refuses_every_token", _TOKEN, when(operation="listMediaV2", query={"token": ".+"}))
    yield _answers("finds_nothing_for_unknown_file_name", _FILE_NAME, "status", nothing)
    for name, other in (("image_only", "imageOnly"), ("limit", "limit"), ("alt", "alt"), ("tags", "tags")):
        beside = when(query={other: ".*"})
        yield _accepts(f"accepts_unknown_file_name_beside_{name}", _FILE_NAME, beside, kind="combination")

    def alone(context: MicrocmsContext) -> bool:
        return not {"limit", "imageOnly"} & context.query.keys()

    yield _accepts("accepts_unknown_file_name_alone", _FILE_NAME, alone)
    yield _rejects("refuses_known_file_name", _FILE_NAME, when(operation="listMediaV2", query={"fileName": ".+"}))


def _uploads() -> Faults:
    upload, multipart, both = when(operation="uploadMedia"), when(content_type=".*multipart.*"), (_FORM, _SIZE)
    yield _accepts("stores_json_as_upload", _FORM, when(content_type=".*json.*"))
    yield _accepts("stores_upload_under_another_name", _FORM, lambda context: bool(context.uploads))
    yield _accepts("stores_multipart_without_file", _FORM, all_of(multipart, when(uploads=[])))
    yield _performs("stores_rejected_form", _FORM, "store", when(size=(0, _MB)), done=True)
    yield _answers("answers_multipart_without_file_with_422", _FORM, "status", with_status(422), multipart)
    yield _rejects("refuses_small_upload", _FORM, all_of(upload, when(size=(0, _MB))))
    yield _rejects("refuses_every_upload", both, upload)
    yield _performs("forgets_upload", both, "store", upload, done=False)
    listed = when(operation="listMediaV1")
    yield _answers("lists_no_upload_on_media_v1", _FORM, "effect", _WITHOUT_UPLOADS, listed, to="success")
    yield _answers("answers_upload_with_200", both, "status", with_status(200), upload, to="success")
    yield _accepts("accepts_upload_of_any_size", _SIZE)
    yield _accepts("accepts_upload_of_up_to_5_5_mb", _SIZE, when(size=(0, 5.5 * _MB)))
    yield _accepts("accepts_upload_of_up_to_10_mb", _SIZE, when(size=(0, 10 * _MB)))
    yield _accepts("accepts_upload_of_6_mb_and_more", _SIZE, when(size=(5.9 * _MB, _MANY)))
    yield _performs("stores_rejected_large_upload", _SIZE, "store", when(size=(5 * _MB, _MANY)), done=True)
    yield _rejects("refuses_upload_of_4_mb", _SIZE, all_of(upload, when(size=(4 * _MB, _MANY))))
    chunked = when(declared_length=None)
    yield _accepts("accepts_large_upload_without_its_length", _SIZE, chunked, kind="beyond")
    yield _accepts("accepts_large_upload_of_a_photo", _SIZE, when(file_name="(?i:.*jpe?g)"), kind="beyond")
    yield _answers("crashes_on_upload_without_its_length", _SIZE, "beyond", with_status(500), chunked)
    for method in ("PUT", "PATCH"):
        stored, deleted = when(method=method, path="/.*/v1/.*"), when(method=method, path="/.*/v2/.*")
        yield _performs(f"stores_upload_by_{method.lower()}", _POST_METHOD, "despite method", stored, done=True)
        yield _performs(f"deletes_medium_by_{method.lower()}", _DELETE_METHOD, "despite method", deleted, done=True)
    # The methods of version 1 are held against the row of uploads, those of version 2 against that of deletions.
    for version, row in ((1, _POST_METHOD), (2, _DELETE_METHOD)):
        there = f"/.*/v{version}/.*"
        for method in ("PUT", "PATCH"):
            where, name = when(method=method, path=there), f"{method.lower()}_on_media_v{version}"
            yield _answers(f"answers_{name}_with_404", row, "method", with_status(404), where)
            yield _accepts(f"accepts_{name}", row, where)
    yield _rejects("refuses_post_on_media", (_POST_METHOD, *both), upload)


def _deletions() -> Faults:
    delete, rows = when(operation="deleteMedia"), (_REFERENCED, _MISSING)
    wrong_urls = {
        "no_url": when(url=None),
        "empty_url": when(url=""),
        "word": when(url="[^/]+"),
        "path": when(url="/.*"),
    }
    for name, where in wrong_urls.items():
        yield _accepts(f"accepts_deletion_of_{name}", _BAD_URL, where)
        yield _answers(f"answers_deletion_of_{name}_with_404", _BAD_URL, "status", with_status(404), where)

    yield _performs("deletes_newest_medium_for_bad_url", (_BAD_URL, _MISSING), "delete", when(listed=False), done=True)
    yield _performs("deletes_medium_for_its_path", _BAD_URL, "delete", when(url="/.*"), done=True)
    yield _accepts("deletes_referenced_medium", _REFERENCED)
    yield _accepts("deletes_referenced_medium_at_second_try", _REFERENCED, kind="repeated", limit=after_first)
    yield _performs("deletes_referenced_medium_though_refused", _REFERENCED, "delete", when(listed=True), done=True)
    yield _rejects("calls_every_medium_referenced", rows, when(operation="deleteMedia", listed=True))
    yield _accepts("deletes_unknown_medium", _MISSING)
    gone = with_status(410)
    yield _answers("answers_unknown_medium_with_410_again", _MISSING, "repeated", gone, limit=repeated)
    yield _accepts("deletes_medium_twice", _MISSING, when(deleted=True), kind="repeated")
    bad_url = with_value({"message": "invalid url"}, 400)
    yield _answers("mistakes_unknown_medium_for_bad_url", _MISSING, "message", bad_url)
    yield _performs("forgets_deletion", rows, "delete", delete, done=False)
    no_body = with_value(NO_BODY, 204)
    yield _answers("answers_deletion_with_204", rows, "status", no_body, delete, to="success")
    searched = when(operation="listMediaV2", query={"fileName": ".+"})
    yield _marks(
        "dates_the_content_of_a_referenced_medium_anew",
        _REFERENCED,
        _with_mark("updated_at"),
        when(operation="getContent"),
    )
    yield _marks("dates_a_referenced_medium_anew", _REFERENCED, _with_mark("updated_at"), searched)
    for member, method in (("alt", "PUT"), ("tags", "PATCH")):
        fault = f"sets_{member}_with_a_refused_{method.lower()}"
        yield _marks(fault, _DELETE_METHOD, _with_mark(member), searched, when(method=method))
    yield _rejects("refuses_delete_on_media", (_DELETE_METHOD, _BAD_URL, *rows), delete)


_CRASH: Final = with_value({"message": "Internal Server Error"}, 500)
_READS: Final = "listContents|getContent|listMediaV1|listMediaV2|getMember"


def _emoji_in_query(context: MicrocmsContext) -> bool:
    values = (value for name in context.query for value in context.query[name])
    return context.operation in _READS.split("|") and any(char > "\uffff" for value in values for char in value)


def _null_status(context: MicrocmsContext) -> bool:
    return context.operation == "patchStatus" and (context.json_body or {}).get("status", "") is None


def _with_422(response: JsonResponse, _: MicrocmsContext) -> JsonResponse:
    return response.replace(status=422) if response.status >= 400 else response


def _undocumented() -> Faults:
    """Faults that no row covers: rare inputs, success bodies, lost state, effects of rejected requests."""
    yield _answers("crashes_on_emoji_in_query", (), "crash", _CRASH, _emoji_in_query, to="any")
    yield _answers("crashes_on_null_status", _BODY, "open-choice", _CRASH, _null_status, to="any")
    for name, change, where in (
        ("crashes_on_full_pages", _CRASH, when(operation="listMediaV1", query={"limit": "100"})),
        ("crashes_on_ids_beyond_ascii", _CRASH, when(operation="getContent|getMember", id=".*[^\x00-\x7f].*")),
        ("crashes_on_long_ids", _CRASH, when(operation="getContent|getMember", id=".{129,}")),
        ("shows_a_page_for_odd_bodies", as_html, when(operation="patchStatus|patchCreatedBy", text=r"(?!\{).*")),
        ("shows_a_page_for_media_in_pictures", as_html, when(operation="listMediaV[12]", query={"imageOnly": "true"})),
        ("refuses_odd_switches_with_422", _with_422, when(operation="listMediaV[12]", query={"imageOnly": ".*"})),
    ):
        kind = {"crashes": "crash", "shows": "envelope", "refuses": "status"}[name.partition("_")[0]]
        yield _answers(name, (), kind, change, where, to="any")
    for name, change, operation in (
        ("counts_contents_in_text", _COUNT_AS_TEXT, "listContents"),
        ("lists_contents_without_offset", without_member("offset"), "listContents"),
        ("measures_media_in_text", _WIDTH_AS_TEXT, "listMediaV2"),
        ("shows_members_without_mail", without_member("email"), "getMember"),
        ("shows_contents_in_an_array", in_array, "getContent"),
    ):
        yield _answers(name, (), "schema", change, when(operation=operation), to="success")
    gone, member = with_value({"message": "Not Found"}, 404), when(operation="getMember")
    yield _answers("forgets_members_at_times", (), "stability", gone, member, to="success", limit=every_nth(2))
    for name, effect, operation in (
        ("pages_ignore_their_limit", "limit", "listContents"), ("forgets_a_status", "change", "patchStatus"),
        ("forgets_uploads", "store", "uploadMedia"), ("keeps_deleted_media", "delete", "deleteMedia"),
    ):  # fmt: skip
        yield _performs(name, (), effect, when(operation=operation), "state", done=False)
    several = when(operation="patchStatus", status_count=(2, 99))
    yield _performs("keeps_several_statuses", (), "change", several, done=True)
    yield _performs("deletes_though_the_url_is_wrong", (), "delete", when(operation="deleteMedia"), done=True)


_DONE_LATER: Final = frozenset({
    "applies_change_from_outside", "applies_forbidden_change_of_content", "stores_forbidden_upload",
    "applies_rejected_status", "applies_first_of_several_statuses", "applies_rejected_creator",
    "changes_creator_on_unreadable_body", "applies_put_on_content", "stores_rejected_form",
    "stores_rejected_large_upload",
})  # fmt: skip
_FAULTS: Final = (
    *_common(), *_urls_and_odd_values(), *_rates(), *_lists(), *_contents(), *_members(), *_statuses(),
    *_creators_and_bodies(), *_methods(), *_media_lists(), *_pages_and_names(), *_uploads(), *_deletions(),
    *_undocumented(),
)  # fmt: skip
FAULTS: Final = (*_FAULTS, *(BUILDER.later(one) for one in _FAULTS if one.fault.name in _DONE_LATER))
