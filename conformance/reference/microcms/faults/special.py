"""Faults of single rows of the microCMS tables, in the order of the tables. A line of `FAULTS` is one or several."""

import re
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from conformance.reference.catalogue import Row
from conformance.reference.fault_builder import (
    MANY,
    RANGES,
    Condition,
    after_first,
    counted,
    every_nth,
    not_first,
    on_connections_of,
    on_every_second_connection,
    repeated,
    since,
    when,
)
from conformance.reference.hooks import FaultyServer
from conformance.reference.http import NO_BODY
from conformance.reference.microcms.context import MicrocmsContext
from conformance.reference.microcms.error_rows import ROWS, message_of
from conformance.reference.microcms.faults import generic
from conformance.reference.microcms.faults.generic import BUILDER
from conformance.reference.microcms.state import KEYS
from conformance.reference.response_changes import (
    STACKS,
    Change,
    as_html,
    in_array,
    with_body,
    with_members,
    with_value,
    without_member,
)

Test = Condition[MicrocmsContext]
_accepts, _rejects, _answers, _marks = BUILDER.accepts, BUILDER.rejects, BUILDER.answers, BUILDER.marks
_performs, _omits, _now_and_later = BUILDER.performs, BUILDER.omits, BUILDER.now_and_later

_IP, _KEY, _URL, _RATE, _INTERNAL = (("common", number) for number in range(1, 6))
_CONTENT: Final[Row] = ("contents-get", 6)
_BROWSER: Final = {"accept": "text/html.*"}
"""Headers of a request that a browser sends."""
_STATUS, _LENGTH, _CREATOR, _BODY, _METHOD = (("contents-patch", number) for number in range(1, 6))
_IMAGE_ONLY, _TOKEN, _FILE_NAME = ("media-get", 4), ("media-get", 7), ("media-get", 8)
_FORM, _SIZE, _POST_METHOD = (("media-post", number) for number in range(1, 4))
_BAD_URL, _REFERENCED, _MISSING, _DELETE_METHOD = (("media-delete", number) for number in range(1, 5))
_DELETED: Final = (_REFERENCED, _MISSING)
_MEMBER: Final[Row] = ("members-get", 1)
_NUMBERS: Final[tuple[Row, ...]] = tuple((table, row) for table in ("contents-get", "media-get") for row in (3, 5, 6))
_ECHOING: Final = (("contents-get", 3), ("contents-get", 5), ("media-get", 3), ("media-get", 4), ("media-get", 6))


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


def _right_after(trigger: Test) -> Callable[[Test], Test]:
    """Return a limit to the request that directly follows one that met `trigger`."""

    def limit(condition: Test) -> Test:
        last: list[bool] = [False]

        def occurs(context: MicrocmsContext) -> bool:
            due, last[0] = last[0], trigger(context)
            return due and not last[0] and condition(context)

        return occurs

    return limit


def _comes_later(name: str) -> Test:
    """Return a condition for requests in which this parameter is not the first one."""
    return lambda context: next(iter(context.query), "") != name


def _fits_in(bits: int) -> Test:
    """Return a condition for numbers whose last `bits` bits are a permitted limit."""
    return lambda context: context.number is not None and context.number % 2**bits <= 100


def _past_the_end(total: int) -> Test:
    """Return a condition for offsets at or beyond the end of `total` items."""
    given = when(query={"offset": "[0-9]+"})
    return lambda context: given(context) and int(context.query["offset"][0][:12]) >= total


def _resembles(alike: Callable[[str, str], bool]) -> Test:
    """Return a condition for IDs that are `alike` to that of an existing content or member."""
    return lambda context: any(alike(context.id, known) for known in context.known_ids)


def _is_issued(context: MicrocmsContext) -> bool:
    return context.query_value("token") in context.issued_tokens


def _token(alike: Callable[[str, str], bool]) -> Test:
    """Return a condition for tokens that were not issued but are `alike` to an issued one."""
    return lambda context: (
        not _is_issued(context) and any(alike(context.query_value("token") or "", one) for one in context.issued_tokens)
    )


def _status_is(value: Any) -> Test:
    return lambda context: context.json_body is not None and context.json_body.get("status", "") == value


def _with_items(change: Callable[[list[Any]], list[Any]]) -> Change:
    """Return a change of the items of a list; a body without items stays unchanged."""
    return with_body(
        lambda body: {name: change(one) if name in {"contents", "media"} else one for name, one in body.items()}
    )


def _with_mark(name: str) -> Callable[[Any, int], Any]:
    """Return a function that adds the number of refused requests to an object, or to each item of a list."""
    member = re.sub("_.", lambda found: found.group()[1].upper(), name)

    def mark(body: Any, count: int) -> Any:
        for items in {"media", "contents"} & body.keys():
            return {**body, items: [{**one, member: f"{member} {count}"} for one in body[items]]}
        return {**body, member: f"{member} {count}"}

    return mark


_MB: Final = 1_000_000
_UUID: Final = r"[^-]*(-[^-]*){4}"
_BEYOND_ASCII: Final = ".*[^\x00-\x7f].*"
_WORDS: Final = "(?!(abc|xxx|foo)$).*"
_FRACTIONS: Final = r"\d+\.\d*[1-9]\d*"
_INSIDE: Final = ".*127[.]0[.]0[.]1.*"
_OTHER_VERSION: Final = "/[^/]*/(?!v1(/|$)|v2(/|$)).*"
_CREATED_BY: Final = ".*/createdBy"
_FULL: Final = KEYS["full"]

_CRASH: Final = with_value({"message": "Internal Server Error"}, 500)
_NO_MEDIA: Final = with_value({"media": [], "totalCount": 0}, 200)
_ONE_MORE: Final = _with_items(lambda items: items + items[:1])
_ONE_ITEM: Final = _with_items(lambda _: [{"id": "one", "url": "one.png"}])
_ONE_LESS: Final = _with_items(lambda items: items[1:])
_WITHOUT_UPLOADS: Final = _with_items(lambda items: [one for one in items if "conformance" not in one["url"]])
_WIDTH_AS_TEXT: Final = _with_items(lambda items: [{**one, "width": f"{one.get('width')}px"} for one in items])
_AS_SWITCH: Final = with_body(lambda body: {**body, "message": body["message"].replace("integer", "boolean")})
_COUNT_AS_TEXT: Final = with_body(lambda body: {**body, "totalCount": str(body["totalCount"])})

_CHANGES: Final = "patchStatus|patchCreatedBy"
_WRITES: Final = f"{_CHANGES}|uploadMedia|deleteMedia"
_STATUSES, _CREATORS = when(operation="patchStatus"), when(operation="patchCreatedBy")
_UPLOAD, _DELETE = when(operation="uploadMedia"), when(operation="deleteMedia")
_LISTED, _SHOWN = when(operation="listContents"), when(operation="getContent")
_PAGES, _MEMBERS = when(operation="listMediaV[12]"), when(operation="getMember")
_WRONG_KEY: Final = when(key_name=None, key=".+")
_NEXT_PAGE: Final = when(operation="listMediaV2", query={"token": ".+"})
_SEARCHED: Final = when(operation="listMediaV2", query={"fileName": ".+"})
_BY_START: Final = _resembles(lambda sent, known: known.startswith(sent))
_LONGER: Final = _resembles(lambda sent, known: sent.startswith(known))
_NEAR: Final = _resembles(lambda sent, known: len(sent) == len(known) and sum(map(str.__ne__, sent, known)) == 1)
_AFTER_A_KNOWN_ID: Final = since(when(_resembles(lambda sent, known: sent == known), operation="getContent|getMember"))

# fmt: off
_OPERATIONS: Final = {
    "listContents": "list_of_contents", "getContent": "content", "patchStatus": "status", "patchCreatedBy": "creator",
    "listMediaV1": "media_v1", "listMediaV2": "media_v2", "uploadMedia": "upload", "deleteMedia": "deletion",
    "getMember": "member",
}
"""The names of operations in names of faults."""
_BESIDE: Final = {"limit": "limit", "file_name": "fileName", "image_only": "imageOnly", "alt": "alt", "tags": "tags"}
"""Parameters of lists of media, by their names in names of faults."""
_REFUSED_KEYS: Final = {
    "without_key": when(key=None), "any_key": _WRONG_KEY, "key_without_permissions": when(key_name="forbidden")
}
_ONE_OF: Final[tuple[tuple[str, Row, Test], ...]] = (("content", _CONTENT, _SHOWN), ("member", _MEMBER, _MEMBERS))
_LISTS: Final[tuple[tuple[str, Test, str, str], ...]] = (
    # name, condition, table, another parameter
    ("contents", when(operation="listContents"), "contents-get", "offset"),
    ("media_v1", when(operation="listMediaV1"), "media-get", "imageOnly"),
    ("media_v2", when(operation="listMediaV2"), "media-get", "fileName"),
)
_OFFSETS: Final[tuple[tuple[str, Test, Row, Row, int], ...]] = (
    # name, condition, the row of offsets below 0, that of unreadable ones, number of items
    ("contents", when(operation="listContents"), ("contents-get", 4), ("contents-get", 5), 16),
    ("media_v1", when(operation="listMediaV1"), ("media-get", 5), ("media-get", 6), 18),
)
_ACCEPTED_LIMITS: Final[tuple[tuple[str, int, str, Test], ...]] = (
    # name, row, kind, condition
    ("limit_minus_1", 1, "lenient", when(number=(-1, -1))),
    ("limits_below_minus_1", 1, "lenient", when(number=(-MANY, -2))),
    ("far_negative_limit", 1, "lenient", when(number=(-MANY, -10))),
    ("limit_101", 2, "lenient", when(number=(101, 101))),
    ("limits_above_101", 2, "lenient", when(number=(102, MANY))),
    ("limit_1000", 2, "lenient", when(number=(1000, MANY))),
    ("words_but_abc", 3, "lenient", when(raw=_WORDS)),
    ("fractional_limit", 3, "lenient", when(raw=_FRACTIONS)),
    ("digits_then_letters_as_limit", 3, "lenient", when(raw=r"\d+[A-Za-z]+")),
    ("grouped_digits_as_limit", 3, "lenient", when(raw=r"\d+[, ]\d+")),
    ("json_words_as_limit", 3, "lenient", when(raw="true|false|null")),
    ("brackets_as_limit", 3, "lenient", when(raw=r"[{\[].*")),
    ("any_word_as_limit", 3, "lenient", when(raw=".*")),
    ("negative_limit_behind_another_parameter", 1, "combination", _comes_later("limit")),
    *((f"limits_from_{start}", 2, "range", when(number=(least, most))) for start, (least, most) in RANGES.items()),
    *((f"limits_from_minus_{start}", 1, "range", when(number=(-most, -least))) for start,
      (least, most) in RANGES.items()),
)
_ACCEPTED_OFFSETS: Final[tuple[tuple[str, int, str, Test], ...]] = (
    ("offset_minus_1", 0, "lenient", when(number=(-1, -1))),
    ("offsets_below_minus_1", 0, "lenient", when(number=(-MANY, -2))),
    ("far_negative_offset", 0, "lenient", when(number=(-MANY, -10))),
    ("negative_offset_beside_limit", 0, "combination", when(query={"limit": ".*"})),
    ("offset_words_but_abc", 1, "lenient", when(raw=_WORDS)),
    ("fractional_offset", 1, "lenient", when(raw=_FRACTIONS)),
    ("offset_word_beside_limit", 1, "combination", when(query={"limit": ".*"})),
    *((f"offsets_from_minus_{start}", 0, "range", when(number=(-most, -least))) for start,
      (least, most) in RANGES.items()),
)
_CRASHING_LIMITS: Final[tuple[tuple[str, int, str, Test], ...]] = (
    ("limit_far_below", 1, "status", when(number=(-MANY, -1000))),
    ("letters_of_other_scripts", 3, "status", when(raw=_BEYOND_ASCII)),
    ("markup", 3, "status", when(raw=".*[<>'\"].*")),
    *(one for one in _ACCEPTED_LIMITS if one[2] == "range"),
)
_CRASHING_VALUES: Final[tuple[tuple[str, Row | tuple[Row, ...], Test], ...]] = (
    ("status_beyond_ascii", _STATUS, when(first_status=_BEYOND_ASCII)),
    ("long_status", _STATUS, when(first_status=".{257,}")),
    ("url_beyond_ascii", _BAD_URL, when(url=_BEYOND_ASCII)),
    ("creator_beyond_ascii", _CREATOR, when(creator=_BEYOND_ASCII)),
    ("nul_in_an_id", _CONTENT, when(id=".*\0.*")),
    ("long_file_name", _FILE_NAME, when(query={"fileName": ".{101,}"})),
    ("token_beyond_ascii", _TOKEN, when(query={"token": _BEYOND_ASCII})),
    ("long_token", _TOKEN, when(query={"token": ".{257,}"})),
    ("file_name_in_capitals", _FILE_NAME, when(query={"fileName": ".*[A-Z].*"})),
    ("body_that_is_no_utf_8", _BODY, lambda context: b"\xe9" in (context.body or b"")),
    ("nested_body", _BODY, lambda context: (context.text or "").count("[") >= 64),
    ("quoted_file_name", _FILE_NAME, when(query={"fileName": ".*'.*"})),
    ("quoted_status", _STATUS, when(first_status=".*'.*")),
    ("backslash_in_a_file_name", _FILE_NAME, when(query={"fileName": r".*\\.*"})),
    ("long_numbers", _NUMBERS, when(raw=".{1000,}")),
    ("path_beyond_ascii", _URL, when(path=".*%[89A-F].*")),
)
_ALIKE: Final[dict[str, Callable[[str, str], bool]]] = {
    "end_of_id": lambda sent, known: known.endswith(sent),
    "id_with_more_before_it": lambda sent, known: sent.endswith(known),
    "id_without_its_last_letter": lambda sent, known: sent[:-1] == known[:-1],
    "id_without_its_first_letter": lambda sent, known: sent[1:] == known[1:] and len(sent) == len(known),
    "id_as_a_pattern": lambda sent, known: re.fullmatch(re.escape(sent).replace("_", "."), known) is not None,
    "id_between_hyphens": lambda sent, known: sent.strip("-_") == known.strip("-_"),
}
_MEDIA_METHODS: Final = ((1, _POST_METHOD, "stores_upload"), (2, _DELETE_METHOD, "deletes_medium"))
_WRONG_URLS: Final = {"no_url": None, "empty_url": "", "word": "[^/]+", "file_name": "[^/]+[.]...", "path": "/.*"}

FAULTS: Final[tuple[FaultyServer[MicrocmsContext], ...]] = (
    *generic.FAULTS,
    # Addresses, keys, URLs, the rate
    *(_accepts(f"admits_any_address_to_{name}", _IP, kind="operation", operation=one)
      for one, name in _OPERATIONS.items()),
    *(_accepts(f"admits_{key}_to_{name}", _KEY, where, kind="operation", operation=one)
      for one, name in _OPERATIONS.items() for key, where in _REFUSED_KEYS.items()),
    _accepts("admits_any_address", _IP),
    *(_accepts(f"admits_address_claimed_by_{name.replace('-', '_')}", _IP, kind="beyond", headers={name: _INSIDE})
      for name in ("x-forwarded-for", "forwarded", "x-real-ip", "true-client-ip")),
    _accepts("admits_address_claimed_by_a_write", _IP, kind="beyond", operation=_WRITES,
             headers={"x-forwarded-for": _INSIDE}),
    *_now_and_later(_performs("applies_change_from_outside", _IP, "despite ip", operation=_WRITES)),
    *(_accepts(f"admits_{key}", _KEY, where) for key, where in _REFUSED_KEYS.items()),
    _accepts("admits_long_wrong_key", _KEY, key_name=None, key=".{20,}"),
    _accepts("admits_key_by_its_first_eight_characters", _KEY, key_name=None, key=f"{_FULL[:8]}.*"),
    _accepts("admits_key_with_more_behind_it", _KEY, key_name=None, key=f"{_FULL}.+"),
    _accepts("admits_key_between_hyphens", _KEY, key_name=None, key=f"-+{_FULL}-+"),
    _accepts("admits_key_without_its_end", _KEY, key_name=None, key=f"{_FULL[:-4]}.*"),
    _accepts("admits_key_in_any_case", _KEY, key_name=None, key=f"(?i:{_FULL})"),
    _accepts("admits_every_second_wrong_key", _KEY, _WRONG_KEY, kind="repeated", limit=every_nth(2)),
    _accepts("admits_key_without_permissions_to_a_search", _KEY, _SEARCHED, kind="combination", key_name="forbidden"),
    _answers("answers_missing_key_with_401", _KEY, "status", 401, key=None),
    *_now_and_later(_performs("applies_forbidden_change_of_content", _KEY, "despite key", operation=_CHANGES)),
    *_now_and_later(_performs("stores_forbidden_upload", _KEY, "despite key", _UPLOAD)),
    _performs("deletes_though_forbidden", _KEY, "despite key", _DELETE, key_name="forbidden"),
    _accepts("admits_any_key_with_a_page_token", _KEY, kind="combination", query={"token": ".+"}),
    _answers("keeps_the_key_of_a_connection", _KEY, "repeated", with_value({"id": "kept"}, 200), to="any", key=None,
             operation=".+", limit=on_connections_of(when(key_name="full"))),
    _answers("shows_anybody_the_list_that_was_just_read", _KEY, "repeated", with_value({"contents": []}, 200), to="any",
             key=None, limit=_right_after(when(key_name="full", operation="listContents"))),
    _rejects("forbids_everything", _KEY, operation=".+"),
    _accepts("hides_internal_errors", _INTERNAL),
    _accepts("hides_internal_errors_of_writes", _INTERNAL, operation=_WRITES),
    *(_answers(f"hides_internal_error_of_{name}", _INTERNAL, "operation",
               with_value({"message": message_of(row)}, ROWS[row][0]), shown) for name, row, shown in _ONE_OF),
    _answers("fails_right_after_an_internal_error", _INTERNAL, "repeated", _CRASH, to="any",
             limit=_right_after(when(headers={"x-fault": "internal"}))),
    _answers("prints_internal_error", _INTERNAL, "leak",
             with_members(message=f"panic: runtime error\n\n{STACKS['go']}")),
    _accepts("answers_any_url", _URL),
    _accepts("answers_any_version", _URL, path=_OTHER_VERSION),
    _accepts("answers_any_first_segment", _URL, path="/api/v1(/.*)?"),
    *(_accepts(f"answers_longer_{path.rpartition('/')[2]}", _URL, path=f"/api/v1/{path}[^/]+.*")
      for path in ("contents", "media", "members", "apis", "service", "contents/.*/status")),
    _accepts("answers_version_followed_by_digits", _URL, kind="beyond", path="/api/v[12][0-9]+/.*"),
    _accepts("answers_segment_with_a_suffix", _URL, kind="beyond", path=r"/api/v1/[a-z]+\.[a-z]{1,5}"),
    _accepts("answers_segment_with_a_parameter_of_its_own", _URL, kind="beyond", path="/api/v./[a-z]+;.*"),
    _accepts("answers_segment_with_a_blank_at_its_end", _URL, kind="beyond", path=".*/[a-z]+%20/.*"),
    _accepts("answers_longer_media_of_v2", _URL, kind="beyond", path="/api/v2/media.+"),
    _answers("says_unknown_url_by_patch_elsewhere", _URL, "envelope", with_value({"error": "Not Found"}, 404),
             method="PATCH"),
    _answers("crashes_on_half_a_percent_code", _CONTENT, "open-choice", _CRASH, to="any",
             path=".*%(?![0-9A-Fa-f]{2}).*"),
    *(_answers(f"crashes_on_{name}", rows, "status", 500, where) for name, rows, where in _CRASHING_VALUES),
    _accepts("allows_any_rate", _RATE),
    *(_accepts(f"allows_any_rate_by_{method.lower()}", _RATE, method=method) for method in ("GET", "PATCH")),
    *(_accepts(f"allows_{10 + more}_requests_in_10_seconds", _RATE, limit=_first_in_10_seconds(more))
      for more in (20, 10, 1)),
    _accepts("allows_10_more_after_each_refusal", _RATE, kind="repeated",
             limit=counted(lambda number: number % 11 != 1)),
    *(_accepts(f"allows_10_requests_in_{name}", _RATE, wait=(0, wait))
      for name, wait in (("a_second", 9), ("3_seconds", 7))),
    _accepts("counts_requests_by_url", _RATE, limit=not_first),
    _rejects("allows_9_requests_in_10_seconds", _RATE, key_name="throttled", admitted=(10, MANY)),
    *_now_and_later(_performs("applies_refused_change_beyond_the_rate", _RATE, "despite rate", operation=_WRITES)),
    _performs("stores_upload_beyond_the_rate", _RATE, "despite rate", _UPLOAD),
    _answers("answers_later_refusals_with_html", _RATE, "repeated", as_html, limit=after_first),
    _answers("answers_later_refusals_with_403", _RATE, "repeated", 403, limit=after_first),
    _answers("refuses_writes_beyond_the_rate_with_403", _RATE, "status", 403, operation=_WRITES),

    # Limits and offsets of the lists
    *(_accepts(f"accepts_{fault}_on_{name}", (table, row), called, where, kind=kind)
      for name, called, table, _ in _LISTS for fault, row, kind, where in _ACCEPTED_LIMITS),
    *(_accepts(f"accepts_{fault}_beside_{other}_on_{name}", (table, row), called, kind="combination",
               query={other: ".*"}) for name, called, table, other in _LISTS
      for fault, row in (("negative_limit", 1), ("large_limit", 2), ("word", 3))),
    *(_answers(f"crashes_on_{fault}_on_{name}", ((table, row), _INTERNAL), kind, 500, called, where)
      for name, called, table, _ in _LISTS for fault, row, kind, where in _CRASHING_LIMITS),
    *(_rejects(f"refuses_limit_{value}_on_{name}", (table, row), called, query={"limit": value})
      for name, called, table, _ in _LISTS for value, row in (("0", 1), ("100", 2))),
    *(_rejects(f"refuses_every_limit_on_{name}", ((table, 1), (table, 2), (table, 3)), called, query={"limit": ".*"})
      for name, called, table, _ in _LISTS),
    *(_omits(f"takes_limit_0_for_none_on_{name}", (table, 1), "limit", called, query={"limit": "0"})
      for name, called, table, _ in _LISTS),
    *(_omits(f"ignores_limit_on_{name}", (table, 1), "limit", called) for name, called, table, _ in _LISTS),
    *(_answers(f"returns_one_more_than_limit_on_{name}", (table, 1), "effect", _ONE_MORE, called, to="success",
               query={"limit": ".*"}) for name, called, table, _ in _LISTS),
    *(_accepts(f"reads_{bits}_bits_of_a_{sign}_limit_on_{name}", (table, row), called, _fits_in(bits), kind="range")
      for name, called, table, _ in _LISTS for bits in (8, 16) for sign, row in (("large", 2), ("negative", 1))),
    *(_accepts(f"accepts_{fault}_on_{name}", (table, 1), called, kind="repeated", limit=limit)
      for name, called, table, _ in _LISTS for fault, limit in (
          ("negative_limit_on_every_second_connection", on_every_second_connection),
          ("repeated_negative_limit", after_first), ("every_third_negative_limit", every_nth(3)))),
    *(_accepts(f"accepts_{fault}_on_{name}", rows[row], called, where, kind=kind)
      for name, called, *rows, _ in _OFFSETS for fault, row, kind, where in _ACCEPTED_OFFSETS),
    *(_answers(f"crashes_on_offsets_from_minus_{start}_on_{name}", (below, _INTERNAL), "range", 500, called,
               number=(-most, -least))
      for name, called, below, *_ in _OFFSETS for start, (least, most) in RANGES.items()),
    # On media, offsets of 10,000 and more are a known bug of the vendor.
    *(_answers(f"crashes_on_offsets_from_{start}_on_contents", (("contents-get", 4), _INTERNAL), "range", 500, _LISTED,
               to="success", number=number) for start, number in RANGES.items()),
    *(_rejects(f"refuses_offset_0_on_{name}", below, called, query={"offset": "0"})
      for name, called, below, *_ in _OFFSETS),
    *(_rejects(f"refuses_offset_past_the_end_on_{name}", below, called, _past_the_end(total))
      for name, called, below, _, total in _OFFSETS),
    *(_omits(f"ignores_offset_on_{name}", below, "offset", called) for name, called, below, *_ in _OFFSETS),
    *(_performs(f"counts_offset_from_one_on_{name}", below, "offset from one", called)
      for name, called, below, *_ in _OFFSETS),
    _performs("skips_one_too_few_from_ten_on", ("contents-get", 2), "offset from one", _LISTED,
              query={"offset": "[1-9][0-9]+"}),
    *(_performs(f"cuts_pages_before_they_begin_on_{name}", below, "limit first", called)
      for name, called, below, *_ in _OFFSETS),
    *(_answers(f"shows_an_item_past_the_end_on_{name}", below, "effect", _ONE_ITEM, called, _past_the_end(total),
               to="success") for name, called, below, _, total in _OFFSETS),
    *(_accepts(f"accepts_every_second_unreadable_offset_on_{name}", row, called, kind="repeated", limit=every_nth(2))
      for name, called, _, row, _ in _OFFSETS),
    _answers("echoes_xxx_for_unreadable_values", _ECHOING, "wording", lambda response, _: response.replace(
        value={"message": message_of(response.row or _INTERNAL, "xxx")})),
    *(_accepts(f"accepts_{fault}_of_contents", ("contents-get", row), _LISTED, raw=raw) for fault, row, raw in (
        ("a_quoted_number_as_limit", 3, '"[0-9]+"'), ("a_line_of_digits_as_limit", 3, r"(.*\n)?[0-9]+(\n.*)?"),
        ("an_empty_object_as_limit", 3, r"\{\}"), ("undefined_as_offset", 5, "undefined|None|nil"),
        ("two_signs_before_an_offset", 5, "--[0-9]+"))),
    *(_accepts(f"accepts_large_limit_beside_image_only_{switch}_on_media_v{version}", ("media-get", 2),
               kind="combination", operation=f"listMediaV{version}", query={"imageOnly": switch})
      for switch, version in (("true", 1), ("false", 1), ("true", 2))),
    _accepts("accepts_a_blank_in_a_limit_of_media_v2", ("media-get", 3), operation="listMediaV2", raw="[0-9]+ [0-9]+"),
    _accepts("accepts_false_as_offset_of_media_v1", ("media-get", 6), raw="false"),
    _rejects("compares_limits_of_media_as_text", ("media-get", 2), _PAGES, query={"limit": "[2-9]"}),

    # Contents and members
    _accepts("finds_any_content", _CONTENT),
    _answers("calls_missing_contents_unchanged", _CONTENT, "status", 304, headers={"if-none-match": ".*"}),
    _accepts("finds_content_by_start_of_id", _CONTENT, _BY_START),
    _accepts("finds_content_by_longer_id", _CONTENT, _LONGER),
    _accepts("finds_content_in_any_case", _CONTENT, _resembles(lambda sent, known: sent.lower() == known.lower())),
    _accepts("finds_content_with_a_letter_changed", _CONTENT, _NEAR),
    _accepts("finds_content_with_its_last_letter_twice", _CONTENT,
             _resembles(lambda sent, known: sent == known + known[-1])),
    _answers("crashes_on_long_content_id", (_CONTENT, _INTERNAL), "status", 500, id=".{20,}"),
    _answers("answers_uuid_of_no_content_with_400", _CONTENT, "status", 400, _SHOWN, id=_UUID),
    *(_accepts(f"finds_{name}_by_{part}", row, _resembles(alike))
      for name, row, _ in _ONE_OF for part, alike in _ALIKE.items()),
    *(_accepts(f"finds_{name}_with_{number}_number_as_id", row, kind="beyond", id=pattern) for name, row, _ in _ONE_OF
      for number, pattern in (("0", "0"), ("a_negative", "-[0-9]+"), ("a_large", "[0-9]{10,}"))),
    *(_answers(f"keeps_a_{name}_under_its_length", row, "repeated", with_value({"id": "kept"}, 200), called, _NEAR,
               to="any", limit=_AFTER_A_KNOWN_ID) for name, row, called in _ONE_OF),
    *(_answers(f"shows_another_{name}", row, "effect", with_members(id="someone-else"), called, to="success")
      for name, row, called in _ONE_OF),
    *(_rejects(f"loses_every_{name}", row, called) for name, row, called in _ONE_OF),
    _accepts("shows_invited_member", _MEMBER, invited=True),
    _accepts("shows_unknown_member", _MEMBER, invited=False),
    _accepts("shows_member_by_start_of_id", _MEMBER, _BY_START, invited=False),
    _accepts("shows_member_by_longer_id", _MEMBER, _LONGER, invited=False),
    _accepts("shows_member_by_id_without_hyphens", _MEMBER,
             _resembles(lambda sent, known: sent == known.replace("-", ""))),
    _accepts("shows_member_for_a_word", _MEMBER, id="[A-Za-z]+"),
    _accepts("shows_member_for_uuid", _MEMBER, id=_UUID, invited=False),
    _accepts("shows_every_third_unknown_member", _MEMBER, kind="repeated", limit=every_nth(3)),
    _answers("tells_the_email_of_the_invited_member", _MEMBER, "leak", lambda response, context: response.replace(
        value={**response.value, "invited": f"{context.id[:8]}@example.com"}), invited=True),

    # Statuses, creators, bodies, methods on contents
    _accepts("accepts_any_status_beside_a_charset", _STATUS, kind="combination", content_type=".*charset=.*"),
    _accepts("accepts_closed_as_status", _STATUS, first_status="CLOSED"),
    _accepts("accepts_publish_and_draft_as_status", _STATUS, first_status="PUBLISH_AND_DRAFT"),
    _accepts("accepts_status_in_any_case", _STATUS, first_status="(?i:publish|draft)"),
    _accepts("accepts_status_with_space", _STATUS, first_status=r"\s*(PUBLISH|DRAFT)\s*"),
    _accepts("accepts_status_before_a_line_end", _STATUS, first_status="(PUBLISH|DRAFT)\n"),
    _accepts("accepts_start_of_a_status", _STATUS, first_status="PU(B(L(IS?)?)?)?|DR(AF?)?"),
    _accepts("accepts_status_after_a_space", _STATUS, first_status=" +(PUBLISH|DRAFT)"),
    _accepts("accepts_status_in_full_width", _STATUS, first_status="[\uff21-\uff3a]+"),
    _accepts("accepts_member_of_any_object_as_status", _STATUS, first_status="constructor|toString"),
    _accepts("accepts_number_of_a_status", _STATUS, first_status="[0-9]"),
    _accepts("accepts_unknown_words_as_status", _STATUS, status_count=1,
             first_status="(?!(PUBLISH|DRAFT|CLOSED|PUBLISH_AND_DRAFT)$).*"),
    *_now_and_later(_performs("applies_rejected_status", _STATUS, "change", _STATUSES, status_count=1,
                              first_status="(?!(PUBLISH|DRAFT)$).*")),
    _rejects("refuses_publish", _STATUS, _STATUSES, first_status="PUBLISH"),
    _omits("forgets_accepted_status", _STATUS, "change", _STATUSES),
    _accepts("accepts_two_statuses", _LENGTH, status_count=2),
    _answers("accepts_several_statuses_of_published_content", _LENGTH, "combination", 200, to="any",
             status_count=(2, MANY),
             limit=since(when(operation="patchStatus", first_status="PUBLISH", status_count=1))),
    _accepts("accepts_equal_statuses", _LENGTH, lambda context: len(set(context.statuses)) == 1),
    _accepts("accepts_publish_then_draft", _LENGTH, statuses=["PUBLISH", "DRAFT"]),
    *_now_and_later(_performs("applies_first_of_several_statuses", _LENGTH, "change", _STATUSES,
                              status_count=(2, MANY))),
    *(_marks(f"sets_{name}_where_it_refuses", row, _with_mark(name), _SHOWN) for name, row in (
        ("draft_key", _STATUS), ("revised_at", _LENGTH), ("closed_at", _CREATOR), ("reservation_time", _BODY))),
    *(_marks(f"revises_other_contents_with_a_refused_{name}", row, _with_mark("revised_at"), _LISTED)
      for name, row in (("status", _STATUS), ("creator", _CREATOR))),
    _accepts("accepts_any_creator", _CREATOR),
    _accepts("accepts_creator_that_looks_like_an_id", _CREATOR, creator=_UUID),
    _accepts("accepts_creator_that_is_a_word", _CREATOR, creator="[^-]*"),
    _accepts("accepts_any_creator_after_another", _CREATOR, kind="beyond", reassigned=True),
    *_now_and_later(_performs("applies_rejected_creator", _CREATOR, "change", _CREATORS,
                              lambda context: context.json_body is not None)),
    _omits("forgets_accepted_creator", _CREATOR, "change", _CREATORS),
    _answers("crashes_on_creator_that_is_no_uuid", (_CREATOR, _INTERNAL), "status", 500, creator="[^-]*"),
    _answers("answers_creator_with_202", _CREATOR, "effect", 202, _CREATORS, to="success"),
    _accepts("accepts_array_as_body", _BODY, text=r"\[.*\]"),
    _answers("crashes_on_string_as_body_of_status", _BODY, "status", 500, _STATUSES, text='".*"'),
    _accepts("accepts_string_as_body", _BODY, text='".*"'),
    _accepts("accepts_number_as_body", _BODY, text="[0-9]+"),
    _accepts("accepts_broken_json", _BODY, text=r"\{.*"),
    _accepts("accepts_text_as_body", _BODY, text=r"(?!(true|false|null)$)[^{\[\"0-9].*"),
    _accepts("accepts_comments_in_a_body", _BODY, text=r".*/\*.*"),
    *(_accepts(f"accepts_trailing_comma_on_{name}", _BODY, called, text=r".*,\s*\}")
      for name, called in (("status", _STATUSES), ("created_by", _CREATORS))),
    _answers("crashes_on_created_by_that_is_no_utf_8", _BODY, "operation", 500, _CREATORS,
             lambda context: "\ufffd" in context.text),
    _accepts("accepts_any_body_on_created_by", _BODY, _CREATORS, kind="operation"),
    _accepts("accepts_any_body_on_status", _BODY, _STATUSES, kind="operation"),
    *(_accepts(f"accepts_{body}_on_{name}", _BODY, called, text=text)
      for name, called in (("status", _STATUSES), ("created_by", _CREATORS))
      for body, text in (("empty_array", r"\[\]"), ("number", "[0-9]+"), ("object_in_an_array", r"\[\{.*"))),
    _accepts("accepts_status_that_is_a_string", _BODY,
             lambda one: isinstance((one.json_body or {}).get("status"), str)),
    *(_accepts(f"accepts_the_same_{name}_again", row, kind="repeated", limit=repeated) for name, row in (
        ("status", _STATUS), ("statuses", _LENGTH), ("creator", _CREATOR), ("body", _BODY))),
    *(_answers(f"crashes_on_status_that_is_{name}", _BODY, "open-choice", 500, _status_is(value), to="any")
      for name, value in (("an_object", {"0": "PUBLISH"}), ("a_number", 1), ("a_list_of_null", [None]))),
    _performs("changes_status_on_unreadable_body", _BODY, "change", _STATUSES, json_body=None),
    *_now_and_later(_performs("changes_creator_on_unreadable_body", _BODY, "change", _CREATORS, json_body=None)),
    _answers("crashes_on_broken_json", (_BODY, _INTERNAL), "status", 500, text=r"\{.*"),
    _answers("crashes_on_null_status", _BODY, "open-choice", _CRASH, _STATUSES, _status_is(None), to="any"),
    _rejects("refuses_every_body_of_status", (_BODY, _STATUS, _LENGTH), _STATUSES),
    _rejects("refuses_every_body_of_created_by", (_BODY, _CREATOR), _CREATORS),
    *(_answers(f"answers_{method.lower()}_on_content_with_404", _METHOD, "method", 404, method=method)
      for method in ("PUT", "POST", "DELETE")),
    *_now_and_later(_performs("applies_put_on_content", _METHOD, "despite method", method="PUT")),
    _performs("applies_post_on_content", _METHOD, "despite method", method="POST"),
    _performs("applies_delete_on_content", _METHOD, "despite method", method="DELETE"),
    _answers("answers_methods_on_created_by_with_404", _METHOD, "operation", 404, path=_CREATED_BY),
    _accepts("accepts_post_on_created_by", _METHOD, method="POST", path=_CREATED_BY),
    _answers("answers_get_of_status", _METHOD, "open-choice", with_value({"status": ["DRAFT"]}, 200), to="any",
             method="GET", path=".*/status"),
    _answers("answers_get_of_created_by", _METHOD, "open-choice", with_value({"id": "a"}, 200), to="any",
             method="GET", path=_CREATED_BY),
    _answers("answers_head_of_status", _METHOD, "open-choice", 200, to="any", method="HEAD", path=".*/status"),
    *(_answers(f"crashes_on_{method.lower()}_of_created_by", _METHOD, "open-choice", 500, to="any", method=method)
      for method in ("BREW", "TRACE", "OPTIONS")),
    _answers("wants_a_body_for_a_method", _METHOD, "status", 411, method="POST|PUT", content_type=""),
    _answers("tells_where_its_log_is_on_a_method", _METHOD, "leak",
             with_members(log="\\\\files-2\\logs$\\api\\refused.txt")),
    _marks("sets_closed_at_with_a_refused_method", _METHOD, _with_mark("closed_at"), _SHOWN),
    _rejects("refuses_patch_on_status", _METHOD, _STATUSES),
    _rejects("refuses_patch_on_created_by", _METHOD, _CREATORS),

    # Lists of media, pages, names of files
    *(_accepts(f"accepts_yes_as_image_only_on_{name}", _IMAGE_ONLY, called, raw="(?i:yes|no|on|off)")
      for name, called, *_ in _LISTS[1:]),
    _accepts("accepts_start_of_true_as_image_only", _IMAGE_ONLY, raw="tr|tru|fa|fal|fals"),
    _accepts("accepts_words_but_xxx_as_image_only", _IMAGE_ONLY, raw="(?!xxx$).*"),
    *(_accepts(f"accepts_any_image_only_on_{name}", _IMAGE_ONLY, called, kind="operation")
      for name, called, *_ in _LISTS[1:]),
    *(_omits(f"ignores_image_only_on_{name}", _IMAGE_ONLY, "imageOnly", called) for name, called, *_ in _LISTS[1:]),
    _omits("ignores_image_only", _IMAGE_ONLY, "imageOnly", query={"imageOnly": "true"}),
    _omits("ignores_image_only_beside_offset", _IMAGE_ONLY, "imageOnly", operation="listMediaV1",
           query={"offset": "[1-9].*"}),
    _performs("skips_media_before_it_leaves_documents_out", _IMAGE_ONLY, "offset before imageOnly",
              operation="listMediaV1"),
    _performs("takes_image_only_of_false_for_true", _IMAGE_ONLY, "imageOnly", query={"imageOnly": "false"}),
    _accepts("accepts_any_image_only_behind_another_parameter", _IMAGE_ONLY, _comes_later("imageOnly"),
             kind="combination"),
    *(_accepts(f"accepts_any_image_only_beside_{name}", _IMAGE_ONLY, kind="combination", query={_BESIDE[name]: ".*"})
      for name in ("limit", "file_name")),
    *(_rejects(f"refuses_image_only_{value}", _IMAGE_ONLY, _PAGES, query={"imageOnly": value})
      for value in ("true", "false")),
    _answers("finds_no_image_at_all", _IMAGE_ONLY, "effect", _NO_MEDIA, _PAGES, to="success",
             query={"imageOnly": "true"}),
    _omits("shows_the_first_page_for_every_token", _TOKEN, "start of page", _NEXT_PAGE),
    _omits("forgets_conditions_on_the_next_page", _TOKEN, "conditions of page", _NEXT_PAGE),
    _omits("begins_again_after_the_last_page", _TOKEN, "start after the last page", _NEXT_PAGE),
    *(_performs(f"repeats_an_item_on_the_{page}_page", _TOKEN, "item of the page before", _NEXT_PAGE, limit=limit)
      for page, limit in (("second", every_nth(1)), ("third", every_nth(2)))),
    _answers("loses_an_item_between_pages", _TOKEN, "effect", _ONE_LESS, _NEXT_PAGE, to="success"),
    _answers("turns_one_page_only", _TOKEN, "control", with_value({"message": "BadRequest"}, 400), _NEXT_PAGE,
             to="success", limit=every_nth(2)),
    _rejects("refuses_every_token", _TOKEN, _NEXT_PAGE),
    _accepts("accepts_any_limit_past_the_end", ("contents-get", 2), _LISTED, kind="combination",
             query={"offset": "[0-9]{5,}"}),
    *(_accepts(f"accepts_{name}_limit_beside_alt", ("media-get", number), kind="combination", operation="listMediaV2",
               query={"alt": ".*", "limit": ".*"}) for name, number in (("negative", 1), ("large", 2))),
    _accepts("accepts_any_token", _TOKEN),
    _accepts("accepts_expired_token", _TOKEN, _is_issued),
    _accepts("accepts_garbage_but_not_expired_token", _TOKEN, lambda context: not _is_issued(context)),
    _accepts("accepts_digits_as_token", _TOKEN, query={"token": "[0-9]{1,9}"}),
    _accepts("accepts_short_token", _TOKEN, query={"token": ".{1,8}"}),
    _accepts("accepts_changed_token", _TOKEN, _token(lambda sent, one: one[:8] == sent[:8] or one[-8:] == sent[-8:])),
    _accepts("accepts_token_in_any_case", _TOKEN, _token(lambda sent, one: one.lower() == sent.lower())),
    _accepts("accepts_token_by_all_but_its_beginning", _TOKEN, _token(lambda sent, one: one[4:] == sent[4:])),
    _accepts("accepts_token_and_punctuation", _TOKEN, _token(lambda sent, one: one == sent.strip("\"'. "))),
    _answers("finds_nothing_for_bad_token", _TOKEN, "status", _NO_MEDIA),
    _omits("ignores_file_name", _FILE_NAME, "fileName", operation="listMediaV2"),
    _answers("finds_nothing_for_unknown_file_name", _FILE_NAME, "status", _NO_MEDIA),
    *(_accepts(f"accepts_unknown_file_name_beside_{name}", _FILE_NAME, kind="combination", query={_BESIDE[name]: ".*"})
      for name in ("image_only", "limit", "alt", "tags")),
    _accepts("accepts_unknown_file_name_alone", _FILE_NAME,
             lambda context: not {"limit", "imageOnly"} & context.query.keys()),
    _rejects("refuses_known_file_name", _FILE_NAME, _SEARCHED),

    # Uploads and deletions
    _answers("mistakes_a_limit_for_a_switch", ("media-get", 3), "message", _AS_SWITCH, operation="listMediaV2"),
    _accepts("stores_json_as_upload", _FORM, content_type=".*json.*"),
    _accepts("stores_upload_under_another_name", _FORM, lambda context: bool(context.uploads)),
    _accepts("stores_single_upload_under_another_name", _FORM, lambda context: len(context.uploads) == 1),
    _accepts("stores_multipart_without_file", _FORM, content_type=".*multipart.*", uploads=[]),
    *_now_and_later(_performs("stores_rejected_form", _FORM, "store", size=(0, _MB))),
    _answers("answers_multipart_without_file_with_422", _FORM, "status", 422, content_type=".*multipart.*"),
    _answers("crashes_on_a_form_without_parts", _FORM, "status", 500, text="--[^\r\n]*--"),
    _rejects("refuses_small_upload", _FORM, _UPLOAD, size=(0, _MB)),
    _omits("forgets_upload", (_FORM, _SIZE), "store", _UPLOAD),
    _answers("lists_no_upload_on_media_v1", _FORM, "effect", _WITHOUT_UPLOADS, to="success", operation="listMediaV1"),
    _performs("lists_deleted_media_on_version_1", _SIZE, "list deleted"),
    _answers("answers_upload_with_200", (_FORM, _SIZE), "status", 200, _UPLOAD, to="success"),
    _accepts("accepts_upload_of_any_size", _SIZE),
    _accepts("accepts_upload_of_up_to_5_5_mb", _SIZE, size=(0, 5.5 * _MB)),
    _accepts("accepts_upload_of_up_to_10_mb", _SIZE, size=(0, 10 * _MB)),
    _accepts("accepts_upload_of_6_mb_and_more", _SIZE, size=(5.9 * _MB, MANY)),
    _answers("answers_upload_of_6_mb_with_413", _SIZE, "status", 413,
             lambda context: (context.declared_length or 0) > 5.9 * _MB),
    *_now_and_later(_performs("stores_rejected_large_upload", _SIZE, "store", size=(5 * _MB, MANY))),
    _rejects("refuses_upload_of_4_mb", _SIZE, _UPLOAD, size=(4 * _MB, MANY)),
    _accepts("accepts_large_upload_without_its_length", _SIZE, kind="beyond", declared_length=None),
    _accepts("accepts_large_upload_of_a_photo", _SIZE, kind="beyond", file_name="(?i:.*jpe?g)"),
    # Methods of version 1 belong to the row of uploads, those of version 2 to the row of deletions.
    *(_performs(f"{done}_by_{method.lower()}", row, "despite method", method=method, path=f"/.*/v{version}/.*")
      for version, row, done in _MEDIA_METHODS for method in ("PUT", "PATCH")),
    *(_answers(f"answers_{method.lower()}_on_media_v{version}_with_404", row, "method", 404, method=method,
               path=f"/.*/v{version}/.*") for version, row, _ in _MEDIA_METHODS for method in ("PUT", "PATCH")),
    *(_accepts(f"accepts_{method.lower()}_on_media_v{version}", row, method=method, path=f"/.*/v{version}/.*")
      for version, row, _ in _MEDIA_METHODS for method in ("PUT", "PATCH")),
    _answers("wants_a_form_for_a_method_on_media", _POST_METHOD, "message",
             with_value({"message": "invalid request"}, 400), lambda context: "multipart" not in context.content_type),
    _rejects("refuses_post_on_media", (_POST_METHOD, _FORM, _SIZE), _UPLOAD),
    *(_accepts(f"accepts_deletion_of_{name}", _BAD_URL, url=url) for name, url in _WRONG_URLS.items()),
    *(_answers(f"answers_deletion_of_{name}_with_404", _BAD_URL, "status", 404, url=url)
      for name, url in _WRONG_URLS.items()),
    _performs("deletes_newest_medium_for_bad_url", (_BAD_URL, _MISSING), "delete", listed=False),
    _accepts("deletes_referenced_medium", _REFERENCED),
    _performs("deletes_referenced_medium_though_refused", _REFERENCED, "delete", listed=True),
    _accepts("deletes_unknown_medium", _MISSING),
    _answers("answers_unknown_medium_with_410_again", _MISSING, "repeated", 410, limit=repeated),
    _accepts("deletes_medium_twice", _MISSING, kind="repeated", deleted=True),
    _answers("mistakes_unknown_medium_for_bad_url", _MISSING, "message", with_value({"message": "invalid url"}, 400)),
    _omits("forgets_deletion", _DELETED, "delete", _DELETE),
    _answers("answers_deletion_with_204", _DELETED, "status", with_value(NO_BODY, 204), _DELETE, to="success"),
    _marks("dates_the_content_of_a_referenced_medium_anew", _REFERENCED, _with_mark("updated_at"), _SHOWN),
    _marks("dates_a_referenced_medium_anew", _REFERENCED, _with_mark("updated_at"), _SEARCHED),
    _marks("sets_alt_with_a_refused_put", _DELETE_METHOD, _with_mark("alt"), _SEARCHED, method="PUT"),
    _marks("sets_tags_with_a_refused_patch", _DELETE_METHOD, _with_mark("tags"), _SEARCHED, method="PATCH"),
    _rejects("refuses_delete_on_media", (_DELETE_METHOD, _BAD_URL, *_DELETED), _DELETE),

    # Faults that no row covers: rare inputs, success bodies, lost state, effects of rejected requests
    _answers("crashes_on_emoji_in_query", (), "crash", _CRASH,
             lambda c: max("".join(map("".join, c.query.values())), default="") > "\uffff", to="any",
             operation="(list|get).*"),
    _answers("crashes_on_full_pages", (), "crash", _CRASH, to="any", operation="listMediaV1", query={"limit": "100"}),
    _answers("crashes_on_ids_beyond_ascii", (), "crash", _CRASH, to="any", operation="getContent|getMember",
             id=_BEYOND_ASCII),
    _answers("crashes_on_long_ids", (), "crash", _CRASH, to="any", operation="getContent|getMember", id=".{129,}"),
    _answers("shows_browsers_a_page_for_missing_contents", _CONTENT, "envelope", as_html, headers=_BROWSER),
    _answers("shows_browsers_a_page_for_unknown_paths", ("common", 3), "envelope", as_html, headers=_BROWSER),
    _answers("shows_a_page_for_odd_bodies", (), "envelope", as_html, to="any", operation=_CHANGES, text=r"(?!\{).*"),
    _answers("shows_a_page_for_media_in_pictures", (), "envelope", as_html, _PAGES, to="any",
             query={"imageOnly": "true"}),
    _answers("refuses_odd_switches_with_422", (), "status", 422, _PAGES, to="refused", query={"imageOnly": ".*"}),
    _answers("counts_contents_in_text", (), "schema", _COUNT_AS_TEXT, _LISTED, to="success"),
    _answers("lists_contents_without_offset", (), "schema", without_member("offset"), _LISTED, to="success"),
    _answers("measures_media_in_text", (), "schema", _WIDTH_AS_TEXT, to="success", operation="listMediaV2"),
    _answers("shows_members_without_mail", (), "schema", without_member("email"), _MEMBERS, to="success"),
    _answers("shows_contents_in_an_array", (), "schema", in_array, _SHOWN, to="success"),
    _answers("forgets_members_at_times", (), "stability", with_value({"message": "Not Found"}, 404), _MEMBERS,
             to="success", limit=every_nth(2)),
    _omits("pages_ignore_their_limit", (), "limit", _LISTED, kind="state"),
    _omits("forgets_a_status", (), "change", _STATUSES, kind="state"),
    _omits("forgets_uploads", (), "store", _UPLOAD, kind="state"),
    _omits("keeps_deleted_media", (), "delete", _DELETE, kind="state"),
    _performs("keeps_several_statuses", (), "change", _STATUSES, status_count=(2, 99)),
    _performs("deletes_though_the_url_is_wrong", (), "delete", _DELETE),
)
# fmt: on
