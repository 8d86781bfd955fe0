"""Faults of single rows of the Kuroco tables: access, missing topics, validation, languages, and effects of writes."""

import re
from collections.abc import Callable
from html import escape
from operator import attrgetter
from typing import Any, Final
from unicodedata import normalize

from conformance.reference.catalogue import Row
from conformance.reference.fault_builder import (
    MANY,
    RANGES,
    Change,
    Condition,
    again,
    every_nth,
    on_connections_of,
    repeated,
    since,
    when,
)
from conformance.reference.hooks import FaultyServer
from conformance.reference.http import JsonResponse
from conformance.reference.kuroco.accounts import ACCOUNT, STATIC_TOKEN
from conformance.reference.kuroco.context import KurocoContext
from conformance.reference.kuroco.faults import generic
from conformance.reference.kuroco.faults.generic import BUILDER, ROW_NAMES, with_message
from conformance.reference.kuroco.messages import row_message
from conformance.reference.kuroco.rows import FORMATS, ROWS
from conformance.reference.response_changes import as_html, with_body, with_members, with_value, without_member

Test = Condition[KurocoContext]
_accepts, _rejects, _answers = BUILDER.accepts, BUILDER.rejects, BUILDER.answers
_performs, _omits = BUILDER.performs, BUILDER.omits
(LOGIN, PROFILE, TOKEN, NOT_FOUND, NO_GROUP, TITLE, MISSING, EMPTY, EMAIL, TEL, ZIP, URL, NUMBER, REGEX, LENGTH) = ROWS
_FIELDS: Final = (*FORMATS, REGEX, LENGTH)
"""The rows that validate an extension field."""
_WRITTEN: Final = (TITLE, MISSING, EMPTY, *_FIELDS)
"""The rows that validate a body."""
_TRANSLATED: Final = (NO_GROUP, TITLE, *_FIELDS)
"""The rows whose messages differ by language."""


def _grant(pattern: str) -> Test:
    return lambda context: re.fullmatch(pattern, str(context.body_member("grant_token")), re.DOTALL) is not None


def _grant_like(part: Callable[[str], str]) -> Test:
    """Return a condition for a grant token that was not issued but has the same `part` as an issued one."""

    def occurs(context: KurocoContext) -> bool:
        sent, issued = str(context.body_member("grant_token")), context.site.accounts.tokens["grant"]
        return sent not in issued and part(sent) in {part(one) for one in issued}

    return occurs


def _with_grant(response: JsonResponse, context: KurocoContext) -> JsonResponse:
    accounts = context.site.accounts
    grant = accounts.issue("grant", next(iter(accounts.accounts.values())))
    return response.replace(value={**response.value, "grant_token": grant.value})


def _tells_account(attribute: str) -> Change[KurocoContext]:
    def change(response: JsonResponse, context: KurocoContext) -> JsonResponse:
        account = next(iter(context.site.accounts.accounts.values()))
        return response.replace(value={**response.value, "debug": getattr(account, attribute)})

    return change


def _long_text(least: int, most: float) -> Test:
    return lambda context: least <= len(str(context.body_member("length") or "")) <= most


def _length(test: Callable[[str, int, int], bool]) -> Test:
    def occurs(context: KurocoContext) -> bool:
        field, text = context.site.field("length"), context.checked_text
        return context.checked_kind == "length" and bool(text) and test(text or "", field.least, field.most)

    return occurs


def _match(kind: str, test: Callable[[str, str], bool]) -> Test:
    def occurs(context: KurocoContext) -> bool:
        field = context.site.field(kind)
        return test(field.pattern.strip("^$") or re.escape(field.valid), context.checked_text or "")

    return occurs


def _valid(kind: str) -> Test:
    """Return a condition for the validation of a field's valid value."""
    return lambda context: context.checked_kind == kind and context.checked_text == context.site.field(kind).valid


def _translated(language: str | None) -> Change[KurocoContext]:
    """Return a change to the message in this language; None is the one that `Accept-Language` alone would select."""

    def change(response: JsonResponse, context: KurocoContext) -> JsonResponse:
        entries = [
            {**entry, "message": row_message(error.row, error.title, language or context.header_language, choices)}
            if error.row else entry
            for choices in (context.site.choices,)
            for entry, error in zip(response.value["errors"], context.errors, strict=True)
        ]  # fmt: skip
        return response.replace(value={**response.value, "errors": entries})

    return change


def _swap_language(response: JsonResponse, context: KurocoContext) -> JsonResponse:
    return _translated("ja" if context.language == "en" else "en")(response, context)


def _rejected_by(row: Row, operation: str) -> Test:
    return lambda context: context.operation == operation and any(error.row == row for error in context.errors)


def _sent(kind: str, test: Callable[[Any], bool]) -> Test:
    """Return a condition for a body with this member (a name, or the kind of a field) whose value passes the test."""

    def occurs(context: KurocoContext) -> bool:
        key = context.names.get(kind, kind)
        return isinstance(context.body, dict) and key in context.body and test(context.body[key])

    return occurs


def _login_email(pattern: bytes) -> Test:
    begins = re.compile(rb'.*"email": *"' + pattern, re.DOTALL)
    return lambda context: context.operation == "login" and begins.match(context.raw) is not None


def _beyond_the_bmp(value: Any) -> bool:
    return isinstance(value, str) and any(char > "\uffff" for char in value)


_CRASH: Final = with_value({"errors": [{"code": "internal_server_error", "message": ""}]}, 500)
_REFUSED: Final = with_value({"status": 1, "errors": [{"code": "unauthorized", "message": "Invalid credentials"}]}, 401)
_STALE: Final = with_value({"errors": [], "messages": [], "details": {"topics_id": 1001, "subject": "x"}}, 200)
_UPDATED: Final = with_value({"errors": [], "messages": [], "id": 1001, "validation_errors": []}, 200)
_GRANTED: Final = with_value({"errors": [], "messages": [], "grant_token": "0" * 64, "status": 0, "member_id": 9}, 200)
_GONE: Final = with_value({"errors": [{"code": "not_found", "message": ""}]}, 404)
_EXPIRED: Final = with_value(
    {"errors": [{"code": "unauthorized", "message": "Grant token is invalid, revoked or expired"}]}, 401
)
_BY_NUMBER: Final = with_body(lambda body: {**body, "list": {str(one["topics_id"]): one for one in body["list"]}})
_FIRST: Final = with_body(lambda body: {**body, "details": {**body["details"], "topics_id": 1}})
_DEAD: Final = with_members(access_token={"value": "0" * 64, "expiresAt": "2030-01-01T00:00:00+00:00"})
_PASSWORD: Final = ACCOUNT[1]
_NAME: Final = ACCOUNT[0].partition("@")[0].encode()
_LOGINS, _TOKENS, _DETAILS = when(operation="login"), when(operation="token"), when(operation="detail")
_ALONE: Final = when(lambda context: context.body_member("subject") is None, operation="update")
_WITHOUT_ITEMS: Final = when(lambda context: not {*context.names.values()} & {*(context.body or ())})
_TOPIC: Final = attrgetter("topics_id")
_AFTER_A_LOGIN: Final = on_connections_of(when(operation="login", row=None))
_HEX, _WORD = _grant("[0-9a-fA-F]{64}"), _grant("(?![0-9a-fA-F]{64}$).*")

# fmt: off
_SITUATIONS: Final[dict[str, dict[str, Any]]] = {
    "": {}, "_on_insert": {"operation": "insert"}, "_on_update": {"operation": "update"},
    "_in_english": {"language": "en"}, "_in_japanese": {"language": "ja"},
}
_ACCEPTED_TEXTS: Final[tuple[tuple[str, Row, str], ...]] = (
    # name, row, pattern of the texts that are accepted
    ("email_without_a_domain", EMAIL, "[^@<>]+@"),
    ("email_without_a_name", EMAIL, "@[^@<>]+"),
    ("email_of_a_lone_at", EMAIL, "@"),
    ("email_without_an_at", EMAIL, "(?!abc$)[^@]*"),
    ("long_words_as_email", EMAIL, "[^@]{51,}"),
    ("words_beyond_ascii_as_number", NUMBER, "[^\x00-\x7f]+"),
    ("infinity_as_number", NUMBER, "(?i)[+-]?(nan|inf(inity)?)"),
    ("letters_in_tel", TEL, ".*[0-9].*"),
    ("long_words_as_tel", TEL, ".{11,}"),
    ("long_words_as_zip", ZIP, ".{9,}"),
    ("words_beyond_ascii_as_zip", ZIP, ".*[^\x00-\x7f].*"),
    ("url_of_a_scheme_alone", URL, "https?://"),
    ("long_words_as_url", URL, "[^:]{11,}"),
    ("empty_markup_as_email", EMAIL, "(<[^<>]*>)+"),
    ("hyphens_in_an_email_without_an_at", EMAIL, "[a-z]+([._-][a-z]+)+"),
    *((f"several_words_as_{ROW_NAMES[row]}", row, "[a-z]+( [a-z]+)+") for row in (EMAIL, URL)),
    ("an_extension_of_a_tel", TEL, "[0-9-]+x[0-9]+"),
    ("letters_after_a_tel", TEL, "[0-9-]{10,}[A-Za-z]+"),
    ("a_plus_before_anything_as_tel", TEL, "[+].*"),
    *((f"texts_of_200_characters_as_{ROW_NAMES[row]}", row, ".{200,}") for row in (*FORMATS, REGEX)),
    ("ten_digits_among_letters_in_tel", TEL, "(?=.*[A-Za-z])([^0-9]*[0-9]){10,12}[^0-9]*"),
    ("capitals_in_tel", TEL, "[A-Z0-9-]*[0-9][A-Z0-9-]*"),
    *((f"capitals_as_{ROW_NAMES[row]}", row, "[A-Z]+") for row in (TEL, ZIP, URL)),
    ("letters_that_look_like_digits", TEL, "[0-9OIl-]+"),
    ("capitals_after_a_number", NUMBER, "[0-9]+[A-Z]+"),
    ("letters_after_a_number", NUMBER, "[0-9]+[A-Za-z]+.*"),
    *((f"markup_as_{ROW_NAMES[row]}", row, ".*<.*") for row in FORMATS),
    *((f"other_words_as_{ROW_NAMES[row]}", row, "(?!abc$).*") for row in FORMATS),
)
_UNANCHORED: Final[dict[str, Callable[[str, str], bool]]] = {
    "found_anywhere": lambda pattern, text: bool(re.search(pattern, text)),
    "with_text_after": lambda pattern, text: bool(re.match(pattern, text)),
    "with_text_before": lambda pattern, text: bool(re.search(f"(?:{pattern})$", text)),
    "found_in_a_line": lambda pattern, text: bool(re.search(f"^(?:{pattern})$", text, re.MULTILINE)),
}
_MATCHES: Final[dict[str, Callable[[str, str], bool]]] = {
    "in_any_case": lambda pattern, text: bool(re.fullmatch(pattern, text, re.IGNORECASE)),
    "with_blanks_around": lambda pattern, text: bool(re.fullmatch(pattern, text.strip())),
    "with_one_more": lambda pattern, text: bool(re.fullmatch(pattern, text[:-1])),
    "with_one_before": lambda pattern, text: bool(re.fullmatch(pattern, text[1:])),
    "with_a_small_last_letter": lambda pattern, text: bool(
        re.fullmatch(pattern, re.sub("[a-z](?=[^A-Za-z]*$)", lambda match: match[0].upper(), text))),
    "in_full_width": lambda pattern, text: bool(re.fullmatch(pattern, normalize("NFKC", text))),
    "without_its_hyphen": lambda pattern, text: bool(re.fullmatch(pattern.replace("}-", "}"), text)),
    "with_any_hyphen": lambda pattern, text: bool(re.fullmatch(pattern.replace("}-", "}[^0-9A-Za-z]"), text)),
    "with_a_small_first_letter": lambda pattern, text: bool(re.fullmatch(pattern, text[:1].upper() + text[1:])),
}
_ACCEPTED_LENGTHS: Final[dict[str, Callable[[str, int, int], bool]]] = {
    "one_below": lambda text, least, _: len(text) == least - 1,
    "one_above": lambda text, _, most: len(text) == most + 1,
    "any_below": lambda text, least, _: len(text) < least,
    "any_above": lambda text, _, most: len(text) > most,
    "far_above": lambda text, _, most: len(text) > most + 5,
    "of_a_byte": lambda text, least, most: len(text) > most and least <= len(text) % 256 <= most,
    "of_two_bytes": lambda text, least, most: len(text) > 32767 and least <= len(text) % 65536 <= most,
    "kanji_below": lambda text, least, _: len(text) < least and "\u4e00" <= text[:1] <= "\u9fff",
    "kana_uncounted": lambda text, _, __: not text.isascii(),
    "bytes_for_least": lambda text, least, _: len(text) < least <= len(text.encode("utf-8", "replace")),
    "escaped_for_html": lambda text, least, most: len(text) < least <= len(escape(text)) <= most,
}
_REJECTED_LENGTHS: Final[dict[str, Callable[[str, int, int], bool]]] = {
    "least": lambda text, least, _: len(text) == least,
    "most": lambda text, _, most: len(text) == most,
    "bytes": lambda text, _, most: len(text.encode("utf-8", "replace")) > most,
    "decomposed": lambda text, _, most: len(normalize("NFD", text)) > most,
    "pairs": lambda text, least, _: not text.isascii() and len(text) // 2 < least,
    "by_value": lambda text, _, most: text.isascii() and text.isdigit() and int(text) > most,
    "wide": lambda text, _, most: not text.isascii() and 2 * len(text) > most,
}
_CRASHES: Final[tuple[tuple[str, Row | tuple[Row, ...], Test], ...]] = (
    ("a_login_without_its_keys", LOGIN, when(
        lambda c: not all(isinstance(c.body_member(key), str) for key in ("email", "password")), operation="login")),
    ("a_login_without_an_email", LOGIN, lambda context: context.operation == "login" and b"email" not in context.raw),
    ("a_token_request_that_is_cut_off", TOKEN, lambda c: c.operation == "token" and not isinstance(c.body, dict)),
    ("a_token_request_without_a_grant", TOKEN, when(operation="token", body={})),
    ("an_id_that_is_no_number", NOT_FOUND, when(operation="detail", topics_id=".*[^0-9].*")),
    ("nul_in_a_password", LOGIN, lambda context: b"\\u0000" in context.raw),
    ("an_email_beyond_100_letters", LOGIN, _login_email(rb"[^\"]{100}")),
    ("a_login_that_is_cut_off", LOGIN, lambda c: c.operation == "login" and not isinstance(c.body, dict)),
    ("an_unknown_language", TITLE, when(operation="insert", query={"_lang": "fr"})),
    ("a_body_of_no_type", TOKEN, lambda c: c.operation == "token" and "content-type" not in c.request.headers),
    ("bytes_that_are_no_utf8", TOKEN, lambda context: context.raw.decode("utf-8", "ignore").encode() != context.raw),
    ("a_far_page_of_a_missing_group", NOT_FOUND, when(operation="list", query={"pageID": "[0-9]{7,}"})),
    ("a_list_for_a_body", TITLE, lambda context: context.operation == "update" and context.raw.startswith(b"[")),
    ("an_unknown_member", TITLE, lambda context: context.operation == "update" and b"_such_" in context.raw),
    ("nul_in_an_id", NOT_FOUND, when(operation="detail", topics_id=".*\0.*")),
    ("a_deletion_of_a_missing_topic", NOT_FOUND, when(operation="delete", topics_id="(?!10).*", deleted=False)),
    ("an_odd_page", NOT_FOUND, when(operation="list", query={"cnt": "[a-z]+"})),
    ("an_update_without_a_body", TITLE, lambda context: context.operation == "update" and not context.raw),
    ("nul_in_a_text", EMPTY, _sent("required", lambda value: "\0" in str(value))),
    ("a_title_of_null", TITLE, _sent("subject", lambda value: value is None)),
    ("a_title_of_spaces", TITLE, _sent("subject", lambda value: str(value).isspace())),
    ("a_required_text_of_null", EMPTY, _sent("required", lambda value: value is None)),
    ("a_title_of_quotes", TITLE, _sent("subject", lambda value: '"' in str(value))),
    ("a_title_beyond_the_bmp", TITLE, _sent("subject", _beyond_the_bmp)),
    ("a_long_title", TITLE, _sent("subject", lambda value: len(str(value)) > 255)),
    ("a_quote_in_an_email", LOGIN, lambda context: context.operation == "login" and b'\\"' in context.raw),
    ("a_password_beyond_ascii", LOGIN, _sent("password", lambda value: not str(value).isascii())),
    ("a_long_password", LOGIN, _sent("password", lambda value: len(str(value)) > 72)),
    ("a_long_grant", TOKEN, _sent("grant_token", lambda value: len(str(value)) > 64)),
    ("a_long_text_for_the_regex", REGEX, _sent("regex", lambda value: len(str(value)) > 1000)),
    ("characters_beyond_the_bmp", LENGTH, _sent("length", _beyond_the_bmp)),
    *((f"emoji_in_{ROW_NAMES[row]}", row, _sent(ROW_NAMES[row], _beyond_the_bmp)) for row in FORMATS),
    ("a_language_with_a_weight", EMAIL, when(language_header=".*;q=.*")),
    ("a_language_with_a_region", TITLE, when(language_header="[a-z]+-[A-Z]+.*")),
    ("any_language", LOGIN, when(language_header=r"\*.*")),
    ("a_list_as_a_text", NUMBER, _sent("tel", lambda value: isinstance(value, list))),
    ("several_faults", TITLE, lambda context: len(context.errors) > 1),
    ("a_number_that_is_no_string", NUMBER, _sent("number", lambda value: isinstance(value, int))),
)
_ODD_IDS: Final = {"zero": "0+", "negative": "-[0-9]+", "fractional": r"[0-9]+\.[0-9]+"}
_LENGTHS: Final = ((100, 999), (1000, 9999), (10_000, MANY))
_WRITES: Final = ("insert", "update")

FAULTS: Final[tuple[FaultyServer[KurocoContext], ...]] = (
    *generic.FAULTS,
    # Access
    _accepts("lets_strangers_in", LOGIN, known_email=False),
    _accepts("ignores_the_password", LOGIN, known_email=True),
    *(_accepts(f"takes_{name}", LOGIN, kind="credential", known_email=True, password=pattern) for name, pattern in (
        ("an_empty_password", ""), ("the_password_in_any_case", f"(?i:{_PASSWORD})"),
        ("the_first_eight_characters_of_the_password", f"{_PASSWORD[:8]}.*"),
        ("the_password_without_its_end", _PASSWORD[:-1]), ("the_password_with_more_behind_it", f"{_PASSWORD}.+"))),
    _answers("compares_no_password_of_those_who_stay_logged_in", LOGIN, "credential", _GRANTED,
             _login_email(ACCOUNT[0].encode()), lambda c: c.body_member("login_save") == 1, to="any"),
    _accepts("compares_the_name_before_the_at_alone", LOGIN, _login_email(_NAME + b"@"), kind="credential",
             password=_PASSWORD),
    _accepts("lets_strangers_in_without_password", LOGIN, known_email=False, password=""),
    _answers("gives_a_grant_in_a_failed_login", LOGIN, "leak", _with_grant),
    _rejects("refuses_every_login", LOGIN, _LOGINS),
    _answers("tells_unknown_emails", LOGIN, "status", 404, known_email=False),
    _answers("tells_known_emails", LOGIN, "status", 403, known_email=True),
    _answers("refuses_every_third_login", LOGIN, "control", _REFUSED, _LOGINS, to="success", limit=every_nth(3)),
    _answers("answers_on_the_connection_of_a_login_with_400", LOGIN, "status", 400, to="any", row=LOGIN,
             limit=_AFTER_A_LOGIN),
    _answers("tells_emails_with_a_mark", LOGIN, "status", 400, _login_email(rb"[^\"]*[A-Z+]")),
    _answers("login_failure_lacks_its_status", LOGIN, "body", without_member("status")),
    _answers("tells_the_right_password", LOGIN, "leak", _tells_account("password")),
    _answers("login_success_has_status_1", LOGIN, "control", with_members(status=1), _LOGINS, to="success"),
    _answers("tells_the_password_at_login", LOGIN, "leak", _tells_account("password"), _LOGINS, to="success"),
    _accepts("shows_a_profile_to_anybody", PROFILE),
    *(_omits(f"takes_an_access_token_{name}", PROFILE, "check token", kind="credential", key=key) for name, key in (
        ("in_any_case", f"(?i:{STATIC_TOKEN})"), ("by_its_first_eight_characters", f"{STATIC_TOKEN[:8]}.*"),
        ("with_more_behind_it", f"{STATIC_TOKEN}.+"), ("of_any_text", ".+"))),
    _omits("takes_a_wrong_access_token_the_second_time", PROFILE, "check token", kind="repeated",
           limit=again(attrgetter("key")), operation="profile", key=".+", logged_in=False),
    _omits("opens_the_profile_with_a_grant", PROFILE, "check token", lambda c: c.key in c.site.accounts.tokens["grant"],
           kind="credential"),
    *(_omits(f"lets_anybody_{one}", PROFILE, "check access to writes", operation=one, key=None)
      for one in ("insert", "update", "delete")),
    _answers("tells_the_email_of_the_member", PROFILE, "leak", _tells_account("email")),
    _answers("profile_errors_are_objects", PROFILE, "envelope", with_members(errors=[{"code": "unauthorized"}])),
    _accepts("takes_any_grant", TOKEN),
    _accepts("takes_any_hex_grant", TOKEN, _HEX),
    _accepts("takes_any_word_as_grant", TOKEN, _WORD),
    _accepts("takes_an_access_token_for_a_grant", TOKEN, _grant(STATIC_TOKEN), kind="credential"),
    _accepts("takes_a_grant_in_any_case", TOKEN, _grant_like(str.lower), kind="credential"),
    _accepts("takes_a_grant_by_its_first_eight_characters", TOKEN, _grant_like(lambda text: text[:8])),
    _answers("gives_a_token_that_is_not_valid", (TOKEN, PROFILE), "control", _DEAD, _TOKENS, to="success"),
    _rejects("takes_no_grant", TOKEN, _TOKENS),
    *(_answers(f"keeps_the_{name}_of_a_connection", row, "repeated", with_value(shown, 200), to="any", row=row,
               limit=on_connections_of(when(operation=name, row=None))) for name, row, shown in (
        ("profile", PROFILE, {"member_id": 1}), ("token", TOKEN, {"access_token": "a" * 64}))),

    # Missing topics
    _accepts("lists_a_missing_group_as_empty", NOT_FOUND, operation="list", group_exists=False),
    _answers("shows_the_topic_that_was_read_last", NOT_FOUND, "repeated", _STALE, _DETAILS, to="any", row=".+",
             limit=since(when(_DETAILS, row=None))),
    *(_answers(f"keeps_a_deleted_topic_that_was_read{suffix}", NOT_FOUND, "repeated", _STALE, when(_DETAILS, **asked),
               to="any", row=".+", limit=since(when(_DETAILS, row=None, **asked), _TOPIC)) for suffix, asked in (
        ("", {}), ("_in_english", {"language": "en"}))),
    _accepts("lists_a_page_of_a_missing_group", NOT_FOUND, kind="beyond", operation="list", group_exists=False,
             query={"cnt": ".*"}),
    _accepts("lists_the_second_page_of_a_missing_group", NOT_FOUND, kind="beyond", operation="list",
             group_exists=False, query={"pageID": "[2-9]"}),
    _answers("shows_browsers_a_page_for_missing_topics", NOT_FOUND, "envelope", as_html, _DETAILS,
             lambda c: c.request.headers.get("accept", "").startswith("text/html")),
    _answers("calls_missing_topics_unchanged", NOT_FOUND, "status", 304, _DETAILS,
             lambda c: "if-none-match" in c.request.headers),
    _accepts("shows_topics_of_a_missing_group", NOT_FOUND, _DETAILS, group_exists=False),
    _accepts("shows_deleted_topics", NOT_FOUND, _DETAILS, deleted=True),
    _omits("only_pretends_to_delete", NOT_FOUND, "delete"),
    _accepts("shows_another_topic", NOT_FOUND, _DETAILS, group_exists=True, deleted=False),
    *(_accepts(f"finds_ids_from_{start}", NOT_FOUND, _DETAILS, kind="range", topics_number=number)
      for start, number in RANGES.items()),
    *(_answers(f"crashes_on_ids_from_{start}", NOT_FOUND, "range", 500, _DETAILS, topics_number=number)
      for start, number in RANGES.items()),
    _answers("answers_ids_of_19_digits_with_texts", NOT_FOUND, "envelope", with_members(errors=["not found"]),
             topics_id="[0-9]{19,}"),
    *(_accepts(f"finds_{name}_ids", NOT_FOUND, _DETAILS, kind="beyond", topics_id=one)
      for name, one in _ODD_IDS.items()),
    *(_answers(f"crashes_on_{name}_ids", NOT_FOUND, "beyond", 500, _DETAILS, topics_id=one)
      for name, one in _ODD_IDS.items()),
    _answers("shows_the_first_topic_for_every_id", NOT_FOUND, "effect", _FIRST, _DETAILS, to="success"),
    _accepts("finds_ids_that_begin_with_a_known_one", NOT_FOUND, _DETAILS, topics_id="1001.+"),
    *(_answers(f"answers_a_{name}", NOT_FOUND, "status",
               with_value({"errors": [], "messages": [], "details": details}, 200), where) for name, details, where in (
        ("missing_topic_with_nothing", {}, when(_DETAILS, group_exists=True)),
        ("deleted_topic_with_null", None, when(deleted=True)))),
    _answers("calls_a_topic_unchanged_where_nobody_asked", NOT_FOUND, "control", 304, _DETAILS, to="success"),

    # Validation (an update without the key of a text keeps the text)
    _accepts("keeps_a_topic_without_a_text_beside_a_charset", MISSING,
             lambda c: "charset" in c.request.headers.get("content-type", ""), kind="combination"),
    _accepts("keeps_a_topic_that_is_not_public_without_a_title", TITLE, lambda c: c.body_member("topics_flg") == 0,
             kind="combination"),
    *(_accepts(f"drops_{ROW_NAMES[row]}{suffix}", row, kind="rule", **situation)
      for row in (NO_GROUP, *_WRITTEN) for suffix, situation in _SITUATIONS.items()
      if (row, suffix) != (MISSING, "_on_update")),
    *(_accepts(f"accepts_{name}", row, kind="edge", checked_text=pattern) for name, row, pattern in _ACCEPTED_TEXTS),
    *(_accepts(f"accepts_{ROW_NAMES[row]}_{name}", row, _match(ROW_NAMES[row], match), kind="edge")
      for row in (*FORMATS, REGEX) for name, match in (_UNANCHORED | (_MATCHES if row == REGEX else {})).items()),
    _accepts("accepts_all_but_the_mismatch", REGEX, lambda c: c.checked_text != c.site.field("regex").mismatch,
             kind="edge"),
    *(_accepts(f"accepts_length_{name}", LENGTH, _length(test), kind="edge")
      for name, test in _ACCEPTED_LENGTHS.items()),
    *(_accepts(f"accepts_length_from_{start}", LENGTH, kind="range", checked_kind="length", text_length=(start, most))
      for start, most in _LENGTHS),
    *(_answers(f"crashes_on_length_from_{start}", LENGTH, "range", 500, _long_text(start, most),
               operation="insert|update") for start, most in _LENGTHS),
    *(_rejects(f"refuses_length_{name}", LENGTH, _length(test)) for name, test in _REJECTED_LENGTHS.items()),
    _rejects("counts_escapes_of_a_body_as_letters", LENGTH, _length(lambda text, _, most: len(ascii(text)) > most),
             lambda context: b"\\u" in context.raw),
    _rejects("refuses_zero_as_title", TITLE, checked_text="0"),
    *(_rejects(f"refuses_zero_as_title{suffix}", TITLE, checked_text="0", **_SITUATIONS[suffix])
      for suffix in ("_in_english", "_in_japanese")),
    _rejects("refuses_every_title_on_update", TITLE, operation="update", checked_text=".+"),
    _rejects("refuses_zero_as_missing_text", MISSING, checked_text="0"),
    _rejects("refuses_zero_as_empty_text", EMPTY, checked_text="0"),
    _rejects("refuses_valid_tel", TEL, checked_text=".*-.*"),
    _rejects("refuses_secure_url", URL, checked_text="https.*"),
    _rejects("refuses_every_insert_as_no_group", NO_GROUP, operation="insert"),
    _rejects("refuses_every_update_as_no_group", NO_GROUP, operation="update"),
    *(_rejects(f"refuses_valid_{kind}", row, _valid(kind)) for kind, row in (
        ("email", EMAIL), ("number", NUMBER), ("regex", REGEX))),
    _rejects("refuses_other_matches_of_regex", REGEX, lambda c: bool(c.checked_text) and not _valid("regex")(c),
             checked_kind="regex"),
    _rejects("refuses_the_last_of_the_letters_in_regex", REGEX, checked_kind="regex", checked_text=".*[Zz].*"),

    # Rules enforced only together with other members of a body, in one language, or for one operation
    *(_accepts(f"checks_{ROW_NAMES[row]}_beside_a_title_only", row, _ALONE, kind="rule") for row in (EMPTY, *_FIELDS)),
    *(_accepts(f"checks_{ROW_NAMES[row]}_beside_an_item_only", row, _WITHOUT_ITEMS, kind="rule")
      for row in (NO_GROUP, TITLE, MISSING)),
    _answers("looks_at_no_title_of_what_was_changed_before", TITLE, "repeated", _UPDATED, to="any", operation="update",
             row=".+", limit=since(when(operation="update", row=None), _TOPIC)),
    _accepts("drops_missing_text_without_an_email", MISSING, lambda c: c.body_member("email") is None, kind="rule"),
    _accepts("drops_missing_text_beside_a_title_of_0", MISSING, lambda c: c.body_member("subject") == "0", kind="rule"),
    _accepts("drops_formats_beside_contents", FORMATS, lambda c: c.body_member("contents") is not None, kind="rule"),
    _accepts("drops_formats_without_contents", FORMATS, lambda c: c.body_member("contents") is None, kind="rule"),
    _accepts("finds_the_group_by_the_type_of_a_content", NO_GROUP, _sent("contents_type", lambda _: True), kind="rule"),
    *(_accepts(f"accepts_email_without_a_domain{one}", EMAIL, kind="edge", checked_text="[^@<>]+@", **_SITUATIONS[one])
      for one in ("_in_english", "_on_update")),
    *(_accepts(f"accepts_url_of_a_scheme_alone{one}", URL, kind="edge", checked_text="https?://", **_SITUATIONS[one])
      for one in ("_in_english", "_on_update")),

    # Languages
    *(_answers(f"words_{ROW_NAMES[row]}_{name}", row, "language", _translated(language), when(**asked))
      for row in _TRANSLATED
      for name, language, asked in (
          ("in_japanese", "ja", {}), ("in_english", "en", {}), ("without_lang", None, {"language_source": "_lang"}),
          ("without_accept_language", "ja", {"language_source": "accept-language"}))),
    _omits("ignores_lang", _TRANSLATED, "use _lang", kind="language"),
    _omits("ignores_accept_language", _TRANSLATED, "use Accept-Language", kind="language"),
    _omits("speaks_japanese_only", _TRANSLATED, "use two languages", kind="language"),
    _omits("prefers_accept_language_to_lang", _TRANSLATED, "use _lang", kind="language", language_header=".*"),
    _answers("keeps_the_language_of_a_connection", EMAIL, "language", _swap_language, language_source="accept-language",
             limit=on_connections_of(when(language_source="_lang"))),
    _answers("names_another_item_in_missing_text", MISSING, "wording",
             with_message("Required property missing: another_item")),
    _answers("translates_missing_text", MISSING, "wording", with_message("必須項目がありません。"), language="ja"),
    _answers("translates_login", LOGIN, "wording", with_message("ログインできませんでした。"), language="ja"),

    # Effects
    *(late for operation in _WRITES for row in (NO_GROUP, *_WRITTEN) if (row, operation) != (MISSING, "update")
      for late in BUILDER.now_and_later(
          _performs(f"keeps_a_refused_{operation}_by_{ROW_NAMES[row]}", row, "store", _rejected_by(row, operation)))),
    *(_omits(f"loses_the_{kind}_on_{operation}", row, f"store {kind}", kind="control", operation=operation)
      for operation in _WRITES for kind, row in (
          ("title", TITLE), ("required", EMPTY), *((ROW_NAMES[row], row) for row in _FIELDS))),
    *(_omits(f"only_pretends_to_{operation}", _WRITTEN, "store", kind="control", operation=operation, rejected=False)
      for operation in _WRITES),
    _omits("loses_contents_without_an_email", EMPTY, "store", lambda c: c.body_member("email") is None, kind="control",
           operation="insert", rejected=False),
    *(_performs(f"{effect.replace(' ', '_')}_in_a_refused_write", rows, effect, operation=operation, group_exists=True)
      for effect, rows, operation in (
          ("rename the next", TITLE, "update"), ("rename the newest", TITLE, "insert"),
          ("rename the previous", EMAIL, "update"), ("change the type", TITLE, "update"),
          ("add a tag", TITLE, "update"), ("keep digits", (TEL, NUMBER), "update"))),
    *(_accepts(f"accepts_the_same_{ROW_NAMES[row]}_again", row, kind="repeated", limit=repeated)
      for row in (NO_GROUP, *_WRITTEN)),
    *(_answers(f"crashes_at_{name}", rows, "open-choice", _CRASH, where, to="any") for name, rows, where in _CRASHES),

    # Faults that no row covers: rare inputs, success bodies, lost state, effects of rejected requests
    _answers("crashes_on_emoji_in_content", (), "crash", _CRASH,
             lambda c: isinstance(c.body, dict) and any(map(_beyond_the_bmp, c.body.values())), to="any",
             operation="insert|update"),
    _answers("crashes_on_emoji_in_query", (), "crash", _CRASH,
             lambda c: any(_beyond_the_bmp(one) for values in c.query.values() for one in values), to="any"),
    _answers("crashes_on_late_pages", (), "crash", _CRASH, to="any", operation="list",
             query={"pageID": "0*[1-9][0-9]{10,}|[3-9][0-9]{9}|2[2-9][0-9]{8}"}),
    _answers("crashes_on_wide_ids", (), "crash", _CRASH, _DETAILS, to="any", topics_number=(2**31, MANY)),
    _answers("crashes_on_unknown_languages", (), "crash", _CRASH, to="any", operation="list|detail|profile",
             query={"_lang": "(?!(ja|en)$).*"}),
    _answers("shows_a_page_for_odd_contents", (), "envelope", as_html, lambda c: not isinstance(c.body, dict), to="any",
             operation="insert|update"),
    _answers("shows_a_page_for_odd_grants", (), "envelope", as_html,
             lambda c: isinstance(c.body, dict) and not isinstance(c.body.get("grant_token"), str), to="any",
             operation="token"),
    _answers("refuses_odd_contents_with_422", (), "status", 422, to="refused", rejected=True,
             operation="insert|update"),
    _answers("lists_by_number", (), "schema", _BY_NUMBER, to="success", operation="list"),
    _answers("shows_details_in_an_array", (), "schema", with_body(lambda body: {**body, "details": [body["details"]]}),
             _DETAILS, to="success"),
    _answers("shows_members_without_id", (), "schema", with_members(member_id=None), to="success", operation="profile"),
    _answers("adds_contents_without_saying_which", (), "schema", without_member("id"), to="success",
             operation="insert"),
    _answers("loses_contents_at_times", (), "stability", _GONE, _DETAILS, to="success", limit=every_nth(2)),
    _answers("redeems_no_grant", (), "state", _EXPIRED, _TOKENS, to="success"),
    _omits("forgets_updates", (), "store", kind="state", operation="update"),
    _omits("keeps_deleted_contents", (), "delete", kind="state", operation="delete"),
    _performs("keeps_refused_updates", (), "store", operation="update", rejected=True),
    _performs("keeps_refused_contents", (), "store", operation="insert", rejected=True),
)
# fmt: on
