"""Every question about the Management API that its documents leave open, with the answers a server may give."""

from __future__ import annotations

from typing import Final

from conformance.reference import layout
from conformance.reference.catalogue import Freedom

__all__ = ["FREEDOMS"]

_OR_NOT: Final = ("rejected", "accepted")


def _number(name: str, example: str, choices: tuple[str, ...] = _OR_NOT) -> Freedom:
    return Freedom(f"integer_{name}", choices, f"A limit or an offset written as {example}.")


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
    Freedom("offset_on_v2", ("ignored", "validated"), "An offset on the list of media, version 2."),
    Freedom("query_of_object", ("validated", "ignored"), "Limit and offset on an object API."),
    Freedom("boolean_empty", _OR_NOT, "An empty imageOnly."),
    Freedom("boolean_words", ("strict", "lenient", "any-case"), "imageOnly as 1, 0, t, f, T, F, TRUE, True and so on."),
    Freedom("token_empty", ("absent", "rejected"), "An empty token."),
    Freedom("beside_token", ("ignored", "rejected"), "limit or imageOnly together with a token."),
    Freedom("token_form", ("hex", "base64", "uuid", "long"), "What a token looks like."),
    Freedom("token_seconds", ("15", "60"), "How long a token lives: 15 seconds at least."),
    Freedom("file_name_empty", ("absent", "not-found"), "An empty fileName."),
    Freedom("file_name_match", ("part", "part-any-case", "whole-or-stem"), "What fileName finds."),
    Freedom(
        "parameter_order", ("limit-first", "offset-first", "parse-first"), "Which of two wrong parameters is told."
    ),
)
_BODIES: Final = (
    Freedom("status_none", ("blank", "valid", "length", "accepted"), "No status: [], {} or another member."),
    Freedom("status_empty_word", ("valid", "accepted"), 'A status of "".'),
    Freedom("status_type", ("json", "valid", "length"), "A status that is not an array of strings."),
    Freedom("status_several", ("length", "each", "each-first"), "Several statuses, one of them not allowed."),
    Freedom("status_illegal_step", ("rejected", "accepted"), "A legal status that the state does not lead to."),
    Freedom("status_again", ("accepted", "rejected"), "The status that the content has already."),
    Freedom("creator_type", ("user", "json"), "A creator that is empty, no string, or absent."),
    Freedom("json_null", ("json", "object"), "null as a body."),
    Freedom("json_empty", ("json", "object"), "An empty body."),
    Freedom("json_tail", _OR_NOT, "Text after a complete JSON object."),
    Freedom("json_media_type", ("accepted", "rejected"), "JSON under another Content-Type."),
    Freedom("status_body", ("id", "empty-object", "meta", "no-body"), "The answer to a change of status."),
    Freedom("patch_missing", ("content", "url", "bad"), "A change to a content that does not exist."),
    Freedom("patch_order", ("lookup-first", "body-first"), "Whether the content is looked up before the body is read."),
)
_UPLOADS: Final = (
    Freedom("files_two", _OR_NOT, "Two files in one upload."),
    Freedom("file_empty", _OR_NOT, "A file without a byte."),
    Freedom("file_no_image", ("accepted", "rejected"), "A file that is no image: a matter of the plan."),
    Freedom("size_limit", ("file-5MiB", "file-5MB", "body-5MiB"), "What may not exceed 5 MB."),
    Freedom("size_seen", ("declared", "read"), "Whether a body too large is read before the answer."),
    Freedom("url_other_host", ("invalid", "not-found"), "The deletion of a URL on another host."),
    Freedom("url_twice", ("first", "last", "invalid"), "Two URLs to delete."),
    Freedom("media_host", ("images.microcms-assets.io", "assets.example.com"), "Where media are."),
)
_PLACES: Final = (
    Freedom("endpoint_missing", ("url", "content"), "The message for an endpoint that does not exist."),
    Freedom("below_object", ("content", "url", "found"), "One content below an object API."),
    Freedom("slashes", ("strict", "merged"), "A slash too many, inside or at the end."),
    Freedom("path_case", ("strict", "any"), "A path in another case."),
    Freedom("path_longer", ("strict", "ignored"), "A path with segments too many."),
    Freedom("method_get", ("405", "404"), "GET and HEAD where only PATCH is."),
    Freedom("method_options", ("405", "204", "404"), "OPTIONS."),
    Freedom("method_strange", ("405", "404"), "TRACE and methods of no standard."),
    Freedom("method_other_version", ("405", "404"), "DELETE of media in version 1, POST in version 2."),
    Freedom("allow_header", ("present", "absent"), "Allow beside 405."),
    Freedom("key_in_query", _OR_NOT, "The key in the query instead of the header."),
)
_GATES: Final = (
    Freedom(
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
    Freedom("rate_window", ("sliding", "fixed"), "How requests are counted."),
    Freedom("retry_after", ("absent", "present"), "Retry-After beside 429."),
    Freedom("ip_dot", ("present", "absent"), "The dot at the end of the message: the documents have both."),
    Freedom("offset_dot", ("absent", "present"), "The dot at the end of the offset's message."),
    Freedom("id_style", ("words", "random", "uuid"), "What the IDs of contents look like."),
    Freedom("error_body", ("message", "no-message", "no-body"), "The body of an error may have a message.", rare=True),
    Freedom("wording", ("documented", "other"), "Messages may change without notice.", rare=True),
    Freedom(
        "rate_of_all",
        ("unlimited", "limited"),
        "Whether every request from an address counts: 10 in 10 seconds.",
        asked_for=True,
    ),
)

FREEDOMS: Final[tuple[Freedom, ...]] = (
    *_NUMBERS,
    *_QUERIES,
    *_BODIES,
    *_UPLOADS,
    *_PLACES,
    *_GATES,
    *layout.FREEDOMS,
)
"""All of them; the first choice of each is what a server does by default."""
