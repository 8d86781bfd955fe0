"""Faults of single rows of the Kuroco tables: access, missing topics, validation, languages, and effects of writes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from unicodedata import normalize

from conformance.reference.catalogue import Row
from conformance.reference.fault_builder import (
    Change,
    Condition,
    all_of,
    every_nth,
    on_connections_of,
    repeated,
    when,
)
from conformance.reference.hooks import FaultyServer
from conformance.reference.http import JsonResponse
from conformance.reference.kuroco.accounts import ACCOUNT, STATIC_TOKEN
from conformance.reference.kuroco.context import KurocoContext
from conformance.reference.kuroco.faults.generic import BUILDER, ROW_NAMES, with_message
from conformance.reference.kuroco.messages import row_message
from conformance.reference.kuroco.rows import FORMATS, ROWS
from conformance.reference.response_changes import (
    as_html,
    with_body,
    with_members,
    with_status,
    with_value,
    without_member,
)

(LOGIN, PROFILE, TOKEN, NOT_FOUND, NO_GROUP, TITLE, MISSING, EMPTY, EMAIL, TEL, ZIP, URL, NUMBER, REGEX, LENGTH) = ROWS
Faults = Iterator[FaultyServer[KurocoContext]]
Test = Condition[KurocoContext]
_accepts, _rejects, _answers, _performs = BUILDER.accepts, BUILDER.rejects, BUILDER.answers, BUILDER.performs
_MANY: Final = float("inf")
_INT32_END: Final = 2**31
_RANGES: Final = {"2_31": (2**31, 2**53 - 1), "2_53": (2**53, 2**63 - 1), "2_63": (2**63, _MANY)}
_CRASH: Final = with_value({"errors": [{"code": "internal_server_error", "message": ""}]}, 500)
_WRITTEN: Final = (TITLE, MISSING, EMPTY, *FORMATS, REGEX, LENGTH)
"""The rows that validate a body."""
_FORMAT_KINDS: Final = ("email", "tel", "zip", "url", "number")
_TRANSLATED: Final = (NO_GROUP, TITLE, *FORMATS, REGEX, LENGTH)
"""The rows whose messages differ by language."""


def _grant(pattern: str) -> Test:
    return lambda context: re.fullmatch(pattern, str(context.body_member("grant_token")), re.DOTALL) is not None


def _grant_like(part: Callable[[str], str]) -> Test:
    """The grant token is not an issued one, but a part of it is."""

    def occurs(context: KurocoContext) -> bool:
        sent, issued = str(context.body_member("grant_token")), context.site.accounts.grants
        return sent not in issued and part(sent) in {part(one) for one in issued}

    return occurs


def _with_grant(response: JsonResponse, context: KurocoContext) -> JsonResponse:
    accounts = context.site.accounts
    grant = accounts.issue_grant(next(iter(accounts.accounts.values())))
    return response.replace(value={**response.value, "grant_token": grant.value})


def _access() -> Faults:
    known, unknown = when(known_email=True), when(known_email=False)
    hexadecimal, word = _grant("[0-9a-fA-F]{64}"), _grant("(?![0-9a-fA-F]{64}$).*")
    yield _accepts("lets_strangers_in", LOGIN, unknown)
    yield _accepts("ignores_the_password", LOGIN, known)
    _, password = ACCOUNT
    for name, pattern in (
        ("an_empty_password", ""), ("the_password_in_any_case", f"(?i:{password})"),
        ("the_first_eight_characters_of_the_password", f"{password[:8]}.*"),
        ("the_password_without_its_end", f"{password[:-1]}"), ("the_password_with_more_behind_it", f"{password}.+"),
    ):  # fmt: skip
        yield _accepts(f"takes_{name}", LOGIN, when(known_email=True, password=pattern), kind="credential")
    yield _accepts("lets_strangers_in_without_password", LOGIN, when(known_email=False, password=""))
    yield _answers("gives_a_grant_in_a_failed_login", LOGIN, "leak", _with_grant)
    yield _rejects("refuses_every_login", LOGIN, when(operation="login"))
    yield _answers("tells_unknown_emails", LOGIN, "status", with_status(404), unknown)
    yield _answers("tells_known_emails", LOGIN, "status", with_status(403), known)
    refused = with_value({"status": 1, "errors": [{"code": "unauthorized", "message": "Invalid credentials"}]}, 401)
    success = when(operation="login")
    yield _answers("refuses_every_third_login", LOGIN, "control", refused, success, to="success", limit=every_nth(3))
    logged_in = on_connections_of(lambda context: context.row is None and context.operation == "login")
    after = "answers_on_the_connection_of_a_login_with_400"
    yield _answers(after, LOGIN, "status", with_status(400), _refused_by(LOGIN), to="any", limit=logged_in)
    yield _answers("tells_emails_with_a_mark", LOGIN, "status", with_status(400), _login_email(rb"[^\"]*[A-Z+]"))
    yield _answers("login_failure_lacks_its_status", LOGIN, "body", without_member("status"))
    yield _answers("login_failure_has_status_0", LOGIN, "body", with_members(status=0))
    yield _answers("login_failure_has_status_as_text", LOGIN, "body", with_members(status="1"))
    yield _answers("tells_the_right_password", LOGIN, "leak", _tells_account("password"))
    yield _answers("login_success_has_status_1", LOGIN, "control", with_members(status=1), success, to="success")
    no_grant = without_member("grant_token")
    yield _answers("forgets_every_login", LOGIN, "control", no_grant, success, to="success")
    yield _answers("tells_the_password_at_login", LOGIN, "leak", _tells_account("password"), success, to="success")
    yield _accepts("shows_a_profile_to_anybody", PROFILE)
    for name, pattern in (
        ("in_any_case", f"(?i:{STATIC_TOKEN})"), ("by_its_first_eight_characters", f"{STATIC_TOKEN[:8]}.*"),
        ("with_more_behind_it", f"{STATIC_TOKEN}.+"), ("of_any_text", ".+"),
    ):  # fmt: skip
        yield _performs(
            f"takes_an_access_token_{name}", PROFILE, "check token", when(key=pattern), "credential", done=False
        )
    stored = when(operation="profile", key=".+", logged_in=False)
    second = "takes_a_wrong_access_token_the_second_time"
    yield _performs(second, PROFILE, "check token", stored, "repeated", done=False, limit=_seen_token)
    for operation in ("insert", "update", "delete"):
        anonymous = when(operation=operation, key=None)
        yield _performs(f"lets_anybody_{operation}", PROFILE, "check access to writes", anonymous, done=False)
    yield _rejects("shows_no_profile_at_all", PROFILE, when(operation="profile", logged_in=True))
    yield _answers("hides_the_profile", PROFILE, "status", with_status(404))
    yield _answers("tells_the_email_of_the_member", PROFILE, "leak", _tells_account("email"))
    yield _answers("profile_errors_are_objects", PROFILE, "envelope", with_members(errors=[{"code": "unauthorized"}]))
    yield _accepts("takes_any_grant", TOKEN)
    yield _accepts("takes_any_hex_grant", TOKEN, hexadecimal)
    yield _accepts("takes_any_word_as_grant", TOKEN, word)
    yield _accepts("takes_a_grant_in_any_case", TOKEN, _grant_like(str.lower), kind="credential")
    yield _accepts("takes_a_grant_by_its_first_eight_characters", TOKEN, _grant_like(lambda text: text[:8]))
    dead = with_members(access_token={"value": "0" * 64, "expiresAt": "2030-01-01T00:00:00+00:00"})
    yield _answers(
        "gives_a_token_that_is_not_valid", (TOKEN, PROFILE), "control", dead, when(operation="token"), to="success"
    )
    yield _rejects("takes_no_grant", TOKEN, when(operation="token"))
    for row, operation, shown in ((PROFILE, "profile", {"member_id": 1}), (TOKEN, "token", {"access_token": "a" * 64})):
        name, kept = f"keeps_the_{operation}_of_a_connection", on_connections_of(when(operation=operation, row=None))
        yield _answers(name, row, "repeated", with_value(shown, 200), _refused_by(row), to="any", limit=kept)
    yield _answers("tells_words_from_hex_grants", TOKEN, "status", with_status(400), word)


def _refused_by(row: Row) -> Test:
    return lambda context: context.row == row


def _seen_token(condition: Test) -> Test:
    """A condition that holds only from the second request on with the same token."""
    seen: set[str | None] = set()

    def occurs(context: KurocoContext) -> bool:
        if not condition(context):
            return False
        known = context.key in seen
        seen.add(context.key)
        return known

    return occurs


def _tells_account(attribute: str) -> Change[KurocoContext]:
    def change(response: JsonResponse, context: KurocoContext) -> JsonResponse:
        account = next(iter(context.site.accounts.accounts.values()))
        return response.replace(value={**response.value, "debug": getattr(account, attribute)})

    return change


def _after_a_success(condition: Test) -> Test:
    """A condition that holds only once a request for which it held was accepted."""
    accepted = False

    def occurs(context: KurocoContext) -> bool:
        nonlocal accepted
        if not condition(context):
            return False
        if context.row is None:
            accepted = True
        return accepted and context.row is not None

    return occurs


def _missing_topics() -> Faults:
    detail, large = when(operation="detail"), when(operation="detail", topics_number=(_INT32_END, _MANY))
    yield _accepts("lists_a_missing_group_as_empty", NOT_FOUND, when(operation="list", group_exists=False))
    stale = with_value({"errors": [], "messages": [], "details": {"topics_id": 1001, "subject": "x"}}, 200)
    last = "shows_the_topic_that_was_read_last"
    yield _answers(last, NOT_FOUND, "repeated", stale, detail, to="any", limit=_after_a_success)
    paged = when(operation="list", group_exists=False, query={"cnt": ".*"})
    yield _accepts("lists_a_page_of_a_missing_group", NOT_FOUND, paged, kind="beyond")
    yield _accepts("shows_topics_of_a_missing_group", NOT_FOUND, when(operation="detail", group_exists=False))
    yield _accepts("shows_deleted_topics", NOT_FOUND, when(operation="detail", deleted=True))
    yield _performs("only_pretends_to_delete", NOT_FOUND, "delete", done=False)
    yield _accepts("shows_another_topic", NOT_FOUND, when(operation="detail", group_exists=True, deleted=False))
    for start, (least, most) in _RANGES.items():
        beyond = when(operation="detail", topics_number=(least, most))
        yield _accepts(f"finds_ids_from_{start}", NOT_FOUND, beyond, kind="range")
        yield _answers(f"crashes_on_ids_from_{start}", NOT_FOUND, "range", with_status(500), beyond)
    yield _answers(
        "answers_ids_of_19_digits_with_texts",
        NOT_FOUND,
        "envelope",
        with_members(errors=["not found"]),
        when(topics_id="[0-9]{19,}"),
    )
    for name, pattern in (("zero", "0+"), ("negative", "-[0-9]+"), ("fractional", r"[0-9]+\.[0-9]+")):
        where = when(operation="detail", topics_id=pattern)
        yield _accepts(f"finds_{name}_ids", NOT_FOUND, where, kind="beyond")
        yield _answers(f"crashes_on_{name}_ids", NOT_FOUND, "beyond", with_status(500), where)
    first = "shows_the_first_topic_for_every_id"
    other = with_body(lambda body: {**body, "details": {**body["details"], "topics_id": 1}})
    yield _answers(first, NOT_FOUND, "effect", other, detail, to="success")
    yield _accepts("wraps_large_ids", NOT_FOUND, large)
    yield _accepts("finds_ids_that_begin_with_a_known_one", NOT_FOUND, when(operation="detail", topics_id="1001.+"))
    yield _answers("crashes_at_large_ids", NOT_FOUND, "edge", with_status(500), large)
    for name, details, where in (
        ("missing_topic_with_nothing", {}, when(operation="detail", group_exists=True)),
        ("deleted_topic_with_null", None, when(deleted=True)),
    ):
        empty = with_value({"errors": [], "messages": [], "details": details}, 200)
        yield _answers(f"answers_a_{name}", NOT_FOUND, "status", empty, where)
    missing_list = "answers_a_missing_groups_list_with_400"
    yield _answers(missing_list, NOT_FOUND, "status", with_status(400), when(operation="list"))
    yield _rejects("finds_no_topic", NOT_FOUND, detail)
    unchanged = "calls_a_topic_unchanged_where_nobody_asked"
    yield _answers(unchanged, NOT_FOUND, "control", with_status(304), detail, to="success")


_SITUATIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "": {}, "_on_insert": {"operation": "insert"}, "_on_update": {"operation": "update"},
    "_in_english": {"language": "en"}, "_in_japanese": {"language": "ja"},
}  # fmt: skip
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
    ("ten_digits_among_letters_in_tel", TEL, "(?=.*[A-Za-z])([^0-9]*[0-9]){10,12}[^0-9]*"),
    ("capitals_in_tel", TEL, "[A-Z0-9-]*[0-9][A-Z0-9-]*"),
    *((f"capitals_as_{ROW_NAMES[row]}", row, "[A-Z]+") for row in (TEL, ZIP, URL)),
    ("letters_that_look_like_digits", TEL, "[0-9OIl-]+"),
    ("capitals_after_a_number", NUMBER, "[0-9]+[A-Z]+"),
    ("letters_after_a_number", NUMBER, "[0-9]+[A-Za-z]+.*"),
    *((f"markup_as_{ROW_NAMES[row]}", row, ".*<.*") for row in FORMATS),
    *((f"other_words_as_{ROW_NAMES[row]}", row, "(?!abc$).*") for row in FORMATS),
)
_UNANCHORED: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "found_anywhere": lambda pattern, text: bool(re.search(pattern, text)),
    "with_text_after": lambda pattern, text: bool(re.match(pattern, text)),
    "with_text_before": lambda pattern, text: bool(re.search(f"(?:{pattern})$", text)),
    "found_in_a_line": lambda pattern, text: bool(re.search(f"^(?:{pattern})$", text, re.MULTILINE)),
}
_MATCHES: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "in_any_case": lambda pattern, text: bool(re.fullmatch(pattern, text, re.IGNORECASE)),
    "with_blanks_around": lambda pattern, text: bool(re.fullmatch(pattern, text.strip())),
    "with_one_more": lambda pattern, text: bool(re.fullmatch(pattern, text[:-1])),
    "with_one_before": lambda pattern, text: bool(re.fullmatch(pattern, text[1:])),
    "with_a_small_last_letter": lambda pattern, text: bool(
        re.fullmatch(pattern, re.sub("[a-z](?=[^A-Za-z]*$)", lambda match: match[0].upper(), text))
    ),
    "in_full_width": lambda pattern, text: bool(re.fullmatch(pattern, normalize("NFKC", text))),
    "without_its_hyphen": lambda pattern, text: bool(re.fullmatch(pattern.replace("}-", "}"), text)),
    "with_any_hyphen": lambda pattern, text: bool(re.fullmatch(pattern.replace("}-", "}[^0-9A-Za-z]"), text)),
    "with_a_small_first_letter": lambda pattern, text: bool(re.fullmatch(pattern, text[:1].upper() + text[1:])),
}
_ACCEPTED_LENGTHS: Final[Mapping[str, Callable[[str, int, int], bool]]] = {
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
}
_REJECTED_LENGTHS: Final[Mapping[str, Callable[[str, int, int], bool]]] = {
    "least": lambda text, least, _: len(text) == least,
    "most": lambda text, _, most: len(text) == most,
    "bytes": lambda text, _, most: len(text.encode("utf-8", "replace")) > most,
    "decomposed": lambda text, _, most: len(normalize("NFD", text)) > most,
    "pairs": lambda text, least, _: not text.isascii() and len(text) // 2 < least,
    "by_value": lambda text, _, most: text.isascii() and text.isdigit() and int(text) > most,
    "wide": lambda text, _, most: not text.isascii() and 2 * len(text) > most,
}
_REJECTED_TEXTS: Final[tuple[tuple[str, Row, Mapping[str, str]], ...]] = (
    # name, row, the situation in which a valid value is rejected
    ("zero_as_title", TITLE, {"checked_text": "0"}),
    ("zero_as_title_in_english", TITLE, {"language": "en", "checked_text": "0"}),
    ("zero_as_title_in_japanese", TITLE, {"language": "ja", "checked_text": "0"}),
    ("one_letter_as_title", TITLE, {"checked_text": "[^0]"}),
    ("every_title_on_update", TITLE, {"operation": "update", "checked_text": ".+"}),
    ("zero_as_missing_text", MISSING, {"checked_text": "0"}),
    ("zero_as_empty_text", EMPTY, {"checked_text": "0"}),
    ("every_text_on_update", EMPTY, {"operation": "update", "checked_text": ".+"}),
    ("valid_tel", TEL, {"checked_text": ".*-.*"}),
    ("secure_url", URL, {"checked_text": "https.*"}),
    ("every_insert_as_no_group", NO_GROUP, {"operation": "insert"}),
    ("every_update_as_no_group", NO_GROUP, {"operation": "update"}),
)


def _length(test: Callable[[str, int, int], bool]) -> Test:
    def occurs(context: KurocoContext) -> bool:
        field, text = context.site.field("length"), context.checked_text
        return context.checked_kind == "length" and bool(text) and test(text or "", field.least, field.most)

    return occurs


def _long_text(least: int, most: float) -> Test:
    return lambda context: least <= len(str(context.body_member("length") or "")) <= most


def _match(kind: str, test: Callable[[str, str], bool]) -> Test:
    def occurs(context: KurocoContext) -> bool:
        field = context.site.field(kind)
        return test(field.pattern.strip("^$") or re.escape(field.valid), context.checked_text or "")

    return occurs


def _valid(kind: str) -> Test:
    """The value that is validated is the field's valid one."""
    return lambda context: context.checked_kind == kind and context.checked_text == context.site.field(kind).valid


def _other_match(context: KurocoContext) -> bool:
    return context.checked_kind == "regex" and bool(context.checked_text) and not _valid("regex")(context)


def _validation() -> Faults:
    for row in (NO_GROUP, *_WRITTEN):
        for suffix, situation in _SITUATIONS.items():
            if (row, suffix) != (MISSING, "_on_update"):  # without the key, an update keeps the text
                yield _accepts(f"drops_{ROW_NAMES[row]}{suffix}", row, when(**situation), kind="rule")
    for name, row, pattern in _ACCEPTED_TEXTS:
        yield _accepts(f"accepts_{name}", row, when(checked_text=pattern), kind="edge")
    for name, length in _ACCEPTED_LENGTHS.items():
        yield _accepts(f"accepts_length_{name}", LENGTH, _length(length), kind="edge")
    for start, most in ((100, 999), (1000, 9999), (10_000, _MANY)):
        long = all_of(when(checked_kind="length"), when(text_length=(start, most)))
        yield _accepts(f"accepts_length_from_{start}", LENGTH, long, kind="range")
        crash = all_of(_long_text(start, most), when(operation="insert|update"))
        yield _answers(f"crashes_on_length_from_{start}", LENGTH, "range", with_status(500), crash)
    for name, length in _REJECTED_LENGTHS.items():
        yield _rejects(f"refuses_length_{name}", LENGTH, _length(length))
    for name, row, situation in _REJECTED_TEXTS:
        yield _rejects(f"refuses_{name}", row, when(**situation))
    for kind, row in (("email", EMAIL), ("number", NUMBER), ("regex", REGEX)):
        yield _rejects(f"refuses_valid_{kind}", row, _valid(kind))
    yield _rejects("refuses_valid_zip_on_update", ZIP, all_of(_valid("zip"), when(operation="update")))


def _patterns() -> Faults:
    for kind, row in (*zip(_FORMAT_KINDS, FORMATS, strict=True), ("regex", REGEX)):
        for name, match in {**_UNANCHORED, **(_MATCHES if row == REGEX else {})}.items():
            yield _accepts(f"accepts_{kind}_{name}", row, _match(kind, match), kind="edge")
    mismatch = "accepts_all_but_the_mismatch"
    yield _accepts(mismatch, REGEX, lambda c: c.checked_text != c.site.field("regex").mismatch, kind="edge")
    yield _rejects("refuses_other_matches_of_regex", REGEX, _other_match)
    for name, ends in (("letters", ".*[Zz].*"), ("digits", ".*9.*")):
        last = all_of(when(checked_kind="regex"), when(checked_text=ends))
        yield _rejects(f"refuses_the_last_of_the_{name}_in_regex", REGEX, last)
    alike = all_of(when(checked_kind="regex"), when(checked_text=r"(.)\1.*"))
    yield _rejects("refuses_equal_letters_in_regex", REGEX, alike)


def _company() -> Faults:
    """Rules that hold only beside other members of a body, in one language, or for one operation."""

    def sent(context: KurocoContext) -> bool:
        return context.body_member("contents") is not None

    alone = all_of(when(operation="update"), lambda context: context.body_member("subject") is None)
    yield _accepts("checks_formats_beside_a_title_only", EMAIL, alone, kind="rule")
    yield _answers("answers_an_email_without_a_title_with_422", EMAIL, "status", with_status(422), alone)
    yield _accepts("drops_formats_beside_contents", FORMATS, sent, kind="rule")
    yield _accepts("drops_formats_without_contents", FORMATS, lambda context: not sent(context), kind="rule")
    typed = _sent("contents_type", lambda _: True)
    yield _accepts("finds_the_group_by_the_type_of_a_content", NO_GROUP, typed, kind="rule")
    for suffix, where in (("in_english", {"language": "en"}), ("on_update", {"operation": "update"})):
        half = when(checked_text="[^@<>]+@", **where)
        yield _accepts(f"accepts_email_without_a_domain_{suffix}", EMAIL, half, kind="edge")
        scheme = when(checked_text="https?://", **where)
        yield _accepts(f"accepts_url_of_a_scheme_alone_{suffix}", URL, scheme, kind="edge")


def _translated(language: str | None) -> Change[KurocoContext]:
    """The right message in this language; None for the one that `Accept-Language` alone would select."""

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


def _languages() -> Faults:
    for row in _TRANSLATED:
        name = ROW_NAMES[row]
        for suffix, language in (("japanese", "ja"), ("english", "en")):
            yield _answers(f"words_{name}_in_{suffix}", row, "language", _translated(language))
        asked = when(language_source="_lang")
        yield _answers(f"words_{name}_without_lang", row, "language", _translated(None), asked)
        asked = when(language_source="accept-language")
        yield _answers(f"words_{name}_without_accept_language", row, "language", _translated("ja"), asked)
    for name, effect in (
        ("ignores_lang", "use _lang"), ("ignores_accept_language", "use Accept-Language"),
        ("speaks_japanese_only", "use two languages"),
    ):  # fmt: skip
        yield _performs(name, _TRANSLATED, effect, kind="language", done=False)
    spoken, kept = on_connections_of(when(language_source="_lang")), when(language_source="accept-language")
    yield _answers("keeps_the_language_of_a_connection", EMAIL, "language", _swap_language, kept, limit=spoken)
    header = when(language_header=".*")
    yield _performs("prefers_accept_language_to_lang", _TRANSLATED, "use _lang", header, "language", done=False)
    other = with_message("Required property missing: another_item")
    yield _answers("names_another_item_in_missing_text", MISSING, "wording", other)
    for name, row, message in (
        ("missing_text", MISSING, "必須項目がありません。"), ("login", LOGIN, "ログインできませんでした。"),
    ):  # fmt: skip
        translated, japanese = with_message(message), when(language="ja")
        yield _answers(f"translates_{name}", row, "wording", translated, japanese)


def _rejected_by(row: Row, operation: str) -> Test:
    return lambda context: context.operation == operation and any(error.row == row for error in context.errors)


def _sent(kind: str, test: Callable[[Any], bool]) -> Test:
    """The member of the body with this name, or for the field of this kind, was sent and passes the test."""

    def occurs(context: KurocoContext) -> bool:
        key = {field.kind: field.name for field in context.site.fields}.get(kind, kind)
        return isinstance(context.body, dict) and key in context.body and test(context.body[key])

    return occurs


def _login_email(pattern: bytes) -> Test:
    begins = re.compile(rb'.*"email": *"' + pattern, re.DOTALL)
    return lambda context: context.operation == "login" and begins.match(context.raw) is not None


def _login_without_keys(context: KurocoContext) -> bool:
    texts = all(isinstance(context.body_member(key), str) for key in ("email", "password"))
    return context.operation == "login" and not texts


def _beyond_the_bmp(value: Any) -> bool:
    return isinstance(value, str) and any(char > "\uffff" for char in value)


_CRASHES: Final[tuple[tuple[str, Row | tuple[Row, ...], Test], ...]] = (
    ("a_login_without_its_keys", LOGIN, _login_without_keys),
    ("a_login_without_an_email", LOGIN, lambda context: context.operation == "login" and b"email" not in context.raw),
    ("a_token_request_that_is_cut_off", TOKEN, lambda c: c.operation == "token" and not isinstance(c.body, dict)),
    ("a_token_request_without_a_grant", TOKEN, when(operation="token", body={})),
    ("an_id_that_is_no_number", NOT_FOUND, when(operation="detail", topics_id=".*[^0-9].*")),
    ("nul_in_a_password", LOGIN, lambda context: b"\\u0000" in context.raw),
    ("an_email_beyond_100_letters", LOGIN, _login_email(rb"[^\"]{100}")),
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
    ("a_list_as_a_text", NUMBER, _sent("tel", lambda value: isinstance(value, list))),
    ("several_faults", TITLE, lambda context: len(context.errors) > 1),
    ("a_number_that_is_no_string", NUMBER, _sent("number", lambda value: isinstance(value, int))),
)


def _effects() -> Faults:
    for operation in ("insert", "update"):
        for row in (NO_GROUP, *_WRITTEN):
            if (row, operation) != (MISSING, "update"):
                name, rejected = f"keeps_a_refused_{operation}_by_{ROW_NAMES[row]}", _rejected_by(row, operation)
                yield (kept := _performs(name, row, "store", rejected, done=True))
                yield BUILDER.later(kept)
        for kind, row in zip(("title", "required", *_FORMAT_KINDS, "regex", "length"),
                             (TITLE, EMPTY, *FORMATS, REGEX, LENGTH), strict=True):  # fmt: skip
            name, where = f"loses_the_{kind}_on_{operation}", when(operation=operation)
            yield _performs(name, row, f"store {kind}", where, "control", done=False)
        accepted = when(operation=operation, rejected=False)
        yield _performs(f"only_pretends_to_{operation}", _WRITTEN, "store", accepted, "control", done=False)
    bare = all_of(when(operation="insert", rejected=False), lambda context: context.body_member("email") is None)
    yield _performs("loses_contents_without_an_email", EMPTY, "store", bare, "control", done=False)
    for effect in ("rename the next", "rename the newest", "change the type", "add a tag", "keep digits"):
        broken: tuple[Row, ...] = (TEL, NUMBER) if effect == "keep digits" else (TITLE,)
        name = f"{effect.replace(' ', '_')}_in_a_refused_write"
        refused = when(operation="insert" if "newest" in effect else "update", group_exists=True)
        yield _performs(name, broken, effect, refused, done=True)
    refused = when(operation="update", rejected=True)
    again = "keeps_a_refused_update_that_is_sent_again"
    yield _performs(again, TEL, "store", refused, done=True, limit=repeated)
    for row in (NO_GROUP, *_WRITTEN):
        yield _accepts(f"accepts_the_same_{ROW_NAMES[row]}_again", row, kind="repeated", limit=repeated)
    for name, rows, where in _CRASHES:
        yield _answers(f"crashes_at_{name}", rows, "open-choice", _CRASH, where, to="any")


def _emoji_in_content(context: KurocoContext) -> bool:
    is_object = context.operation in {"insert", "update"} and isinstance(context.body, dict)
    return is_object and any(_beyond_the_bmp(value) for value in context.body.values())


def _content_is_no_object(context: KurocoContext) -> bool:
    return context.operation in {"insert", "update"} and not isinstance(context.body, dict)


def _grant_is_no_text(context: KurocoContext) -> bool:
    is_object = context.operation == "token" and isinstance(context.body, dict)
    return is_object and not isinstance(context.body.get("grant_token"), str)


def _with_422(response: JsonResponse, _: KurocoContext) -> JsonResponse:
    return response.replace(status=422) if response.status == 400 else response


def _undocumented() -> Faults:
    """Faults that no row covers: rare inputs, success bodies, lost state, effects of rejected requests."""
    for name, where in (
        ("emoji_in_content", _emoji_in_content),
        ("emoji_in_query", lambda c: any(_beyond_the_bmp(one) for values in c.query.values() for one in values)),
        ("late_pages", when(operation="list", query={"pageID": "0*[1-9][0-9]{10,}|[3-9][0-9]{9}|2[2-9][0-9]{8}"})),
        ("wide_ids", when(operation="detail", topics_number=(_INT32_END, _MANY))),
        ("unknown_languages", when(operation="list|detail|profile", query={"_lang": "(?!(ja|en)$).*"})),
    ):  # fmt: skip
        yield _answers(f"crashes_on_{name}", (), "crash", _CRASH, where, to="any")
    yield _answers("shows_a_page_for_odd_contents", (), "envelope", as_html, _content_is_no_object, to="any")
    yield _answers("shows_a_page_for_odd_grants", (), "envelope", as_html, _grant_is_no_text, to="any")
    yield _answers("refuses_odd_contents_with_422", (), "status", _with_422, when(operation="insert|update"), to="any")
    for name, change, operation in (
        ("lists_by_number",
         with_body(lambda body: {**body, "list": {str(one["topics_id"]): one for one in body["list"]}}), "list"),
        ("shows_details_in_an_array", with_body(lambda body: {**body, "details": [body["details"]]}), "detail"),
        ("shows_members_without_id", with_members(member_id=None), "profile"),
        ("adds_contents_without_saying_which", without_member("id"), "insert"),
    ):  # fmt: skip
        yield _answers(name, (), "schema", change, when(operation=operation), to="success")
    gone = with_value({"errors": [{"code": "not_found", "message": ""}]}, 404)
    detail = when(operation="detail")
    yield _answers("loses_contents_at_times", (), "stability", gone, detail, to="success", limit=every_nth(2))
    message = "Grant token is invalid, revoked or expired"
    expired = with_value({"errors": [{"code": "unauthorized", "message": message}]}, 401)
    yield _answers("redeems_no_grant", (), "state", expired, when(operation="token"), to="success")
    for name, effect, operation in (
        ("forgets_updates", "store", "update"), ("keeps_deleted_contents", "delete", "delete"),
    ):  # fmt: skip
        yield _performs(name, (), effect, when(operation=operation), "state", done=False)
    for name, operation in (("keeps_refused_updates", "update"), ("keeps_refused_contents", "insert")):
        yield _performs(name, (), "store", when(operation=operation, rejected=True), done=True)


FAULTS: Final = (
    *_access(),
    *_missing_topics(),
    *_validation(),
    *_patterns(),
    *_company(),
    *_languages(),
    *_effects(),
    *_undocumented(),
)
