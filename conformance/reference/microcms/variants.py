"""The questions about the Management API that its documents leave open, with the permitted answers."""

from __future__ import annotations

from typing import Final

from conformance.reference.catalogue import Variant
from conformance.reference.serialization import WIRE_VARIANTS

_REJECTED_OR_ACCEPTED: Final = ("rejected", "accepted")


def _number(name: str, example: str, choices: tuple[str, ...] = _REJECTED_OR_ACCEPTED) -> Variant:
    return Variant(f"integer_{name}", choices, f"A limit or an offset written as {example}.")


_NUMBERS: Final = (
    _number("empty", "nothing at all"),
    _number("plus", "+5"),
    _number("zeros", "007", ("accepted", "rejected")),
    _number("minus_zero", "-0", ("accepted", "below", "rejected")),
    _number("spaces", "5 with space around it"),
    _number("point_zero", "5.0"),
    _number("exponent", "1e2"),
    _number("hexadecimal", "0x10"),
    _number("underscore", "1_000"),
    _number("digits", "digits of another script"),
    _number("nan", "NaN"),
    _number("twice", "two parameters", ("first", "last", "rejected")),
    _number("brackets", "limit[]", ("ignored", "accepted", "rejected")),
    _number("huge", "2147483648 and beyond", ("range", "rejected", "rejected-from-64-bit")),
)
_QUERIES: Final = (
    Variant("offset_10000_on_v1", ("accepted", "fails"), "An offset of 10,000 and more on media, version 1."),
    Variant("offset_on_v2", ("ignored", "validated"), "An offset on the list of media, version 2."),
    Variant("query_of_object", ("validated", "ignored"), "Limit and offset on an object API."),
    Variant("boolean_empty", _REJECTED_OR_ACCEPTED, "An empty imageOnly."),
    Variant("boolean_words", ("strict", "lenient", "any-case"), "imageOnly as 1, 0, t, f, T, F, TRUE, True and so on."),
    Variant("token_empty", ("absent", "rejected"), "An empty token."),
    Variant("beside_token", ("ignored", "rejected"), "limit or imageOnly together with a token."),
    Variant("token_form", ("hex", "base64", "uuid", "long", "digits"), "The form of page tokens."),
    Variant("token_again", ("accepted", "rejected"), "A token that has been used."),
    Variant("token_seconds", ("15", "60"), "How long a token is valid: 15 seconds at least."),
    Variant("file_name_empty", ("absent", "not-found"), "An empty fileName."),
    Variant("file_name_match", ("part", "part-any-case", "whole-or-stem"), "How fileName is compared."),
    Variant(
        "parameter_order",
        ("limit-first", "offset-first", "parse-first"),
        "Which of two invalid parameters is reported.",
    ),
)
_BODIES: Final = (
    Variant("status_none", ("blank", "valid", "length", "accepted"), "No status: [], {} or another member."),
    Variant("status_empty_word", ("valid", "accepted"), 'A status of "".'),
    Variant("status_type", ("json", "valid", "length"), "A status that is not an array of strings."),
    Variant("status_several", ("length", "each", "each-first"), "Several statuses, one of them not allowed."),
    Variant(
        "status_illegal_transition",
        ("rejected", "accepted"),
        "An allowed status that is no transition from the present one.",
    ),
    Variant("status_again", ("accepted", "rejected"), "The status that the content has already."),
    Variant("creator_type", ("user", "json"), "A creator that is empty, no string, or absent."),
    Variant("json_null", ("json", "object"), "null as a body."),
    Variant("json_empty", ("json", "object"), "An empty body."),
    Variant("json_tail", _REJECTED_OR_ACCEPTED, "Text after a complete JSON object."),
    Variant("json_media_type", ("accepted", "rejected"), "JSON under another Content-Type."),
    Variant("status_body", ("id", "empty-object", "meta", "no-body"), "The answer to a change of status."),
    Variant("patch_missing", ("content", "url", "bad"), "A change to a content that does not exist."),
    Variant("patch_order", ("lookup-first", "body-first"), "Whether the content is looked up before the body is read."),
)
_UPLOADS: Final = (
    Variant("files_two", _REJECTED_OR_ACCEPTED, "Two files in one upload."),
    Variant("file_empty", _REJECTED_OR_ACCEPTED, "A file without a byte."),
    Variant("file_no_image", ("accepted", "rejected"), "A file that is no image: a matter of the plan."),
    Variant("size_limit", ("file-5MiB", "file-5MB", "body-5MiB"), "What may not exceed 5 MB."),
    Variant("size_seen", ("declared", "read"), "Whether a body too large is read before the answer."),
    Variant("url_other_host", ("invalid", "not-found"), "The deletion of a URL on another host."),
    Variant("url_twice", ("first", "last", "invalid"), "Two URLs to delete."),
    Variant("media_host", ("images.microcms-assets.io", "assets.example.com"), "Where media are."),
)
_PATHS: Final = (
    Variant("endpoint_missing", ("url", "content"), "The message for an endpoint that does not exist."),
    Variant("below_object", ("content", "url", "found"), "One content below an object API."),
    Variant("slashes", ("strict", "merged"), "A slash too many, inside or at the end."),
    Variant("path_case", ("strict", "any"), "A path in another case."),
    Variant("path_longer", ("strict", "ignored"), "A path with segments too many."),
    Variant("method_get", ("405", "404"), "GET and HEAD where only PATCH is."),
    Variant("method_options", ("405", "204", "404"), "OPTIONS."),
    Variant("method_nonstandard", ("405", "404"), "TRACE and methods of no standard."),
    Variant(
        "method_other_version",
        ("405", "404", "supported"),
        "DELETE of media in version 1, POST of media in version 2.",
    ),
    Variant("allow_header", ("present", "absent"), "Allow beside 405."),
    Variant("key_in_query", _REJECTED_OR_ACCEPTED, "The key in the query instead of the header."),
)
_SERVER: Final = (
    Variant(
        "check_order",
        (
            "ip rate key hook route method",
            "key ip rate hook route method",
            "route method ip key rate hook",
            "hook rate ip route key method",
            "ip route method key rate hook",
            "route ip key method rate hook",
        ),
        "Which check comes first.",
    ),
    Variant("allowance", ("10/10s", "3/60s", "5/2s"), "How many requests the throttled key may send, in which time."),
    Variant("rate_window", ("sliding", "fixed"), "How requests are counted."),
    Variant("retry_after", ("absent", "present", "date"), "Retry-After beside 429."),
    Variant("ip_dot", ("present", "absent"), "The dot at the end of the message: the documents have both."),
    Variant("offset_dot", ("absent", "present"), "The dot at the end of the offset's message."),
    Variant("id_style", ("words", "random", "uuid"), "What the IDs of contents look like."),
    Variant("error_body", ("message", "no-message", "no-body"), "The body of an error may have a message.", rare=True),
    Variant("wording", ("documented", "other"), "Messages may change without notice.", rare=True),
)

VARIANTS: Final[tuple[Variant, ...]] = (
    *_NUMBERS,
    *_QUERIES,
    *_BODIES,
    *_UPLOADS,
    *_PATHS,
    *_SERVER,
    *WIRE_VARIANTS,
)
"""All of them."""
