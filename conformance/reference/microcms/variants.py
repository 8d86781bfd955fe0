"""The questions about the Management API that its documents leave open, with the permitted answers."""

from typing import Final

from conformance.reference.catalogue import Variants
from conformance.reference.serialization import WIRE_VARIANTS

_REJECTED_OR_ACCEPTED: Final = ("rejected", "accepted")

VARIANTS: Final[Variants] = {
    # A limit or an offset that is written like the comment
    "integer_empty": _REJECTED_OR_ACCEPTED,  # nothing at all
    "integer_plus": _REJECTED_OR_ACCEPTED,  # +5
    "integer_zeros": ("accepted", "rejected"),  # 007
    "integer_minus_zero": ("accepted", "below", "rejected"),  # -0
    "integer_spaces": _REJECTED_OR_ACCEPTED,  # 5 with space around it
    "integer_point_zero": _REJECTED_OR_ACCEPTED,  # 5.0
    "integer_exponent": _REJECTED_OR_ACCEPTED,  # 1e2
    "integer_hexadecimal": _REJECTED_OR_ACCEPTED,  # 0x10
    "integer_underscore": _REJECTED_OR_ACCEPTED,  # 1_000
    "integer_digits": _REJECTED_OR_ACCEPTED,  # digits of another script
    "integer_nan": _REJECTED_OR_ACCEPTED,  # NaN
    "integer_twice": ("first", "last", "rejected"),  # two parameters
    "integer_brackets": ("ignored", "accepted", "rejected"),  # limit[]
    "integer_huge": ("range", "rejected", "rejected-from-64-bit"),  # 2147483648 and beyond
    # Other parameters
    "offset_10000_on_v1": ("accepted", "fails"),  # An offset of 10,000 and more on media, version 1.
    "offset_on_v2": ("ignored", "validated"),  # An offset on the list of media, version 2.
    "query_of_object": ("validated", "ignored"),  # Limit and offset on an object API.
    "boolean_empty": _REJECTED_OR_ACCEPTED,  # An empty imageOnly.
    "boolean_words": ("strict", "lenient", "any-case"),  # imageOnly as 1, 0, t, f, T, F, TRUE, True and so on.
    "token_empty": ("absent", "rejected"),  # An empty token.
    "beside_token": ("ignored", "rejected"),  # limit or imageOnly together with a token.
    "token_form": ("hex", "base64", "uuid", "long", "digits"),  # The form of page tokens.
    "token_again": ("accepted", "rejected"),  # A token that has been used.
    "token_seconds": ("15", "60"),  # How long a token is valid, at least 15 seconds.
    "file_name_empty": ("absent", "not-found"),  # An empty fileName.
    "file_name_match": ("part", "part-any-case", "whole-or-stem"),  # How fileName is compared.
    "parameter_order": ("limit-first", "offset-first", "parse-first"),  # Which of two invalid parameters is reported.
    # Bodies
    "status_none": ("blank", "valid", "length", "accepted"),  # No status: [], {} or another member.
    "status_empty_word": ("valid", "accepted"),  # A status of "".
    "status_type": ("json", "valid", "length"),  # A status that is not an array of strings.
    "status_several": ("length", "each", "each-first"),  # Several statuses, one of them not allowed.
    "status_illegal_transition": _REJECTED_OR_ACCEPTED,  # An allowed status that is no transition from the present one.
    "status_again": ("accepted", "rejected"),  # The status that the content already has.
    "creator_type": ("user", "json"),  # A creator that is empty, not a string, or absent.
    "json_null": ("json", "object"),  # null as a body.
    "json_empty": ("json", "object"),  # An empty body.
    "json_tail": _REJECTED_OR_ACCEPTED,  # Text after a complete JSON object.
    "json_media_type": ("accepted", "rejected"),  # JSON under another Content-Type.
    "status_body": ("id", "empty-object", "meta", "no-body"),  # The answer to a change of status.
    "patch_missing": ("content", "url", "bad"),  # A change to a content that does not exist.
    "patch_order": ("lookup-first", "body-first"),  # Whether the content is looked up before the body is read.
    # Media
    "files_two": _REJECTED_OR_ACCEPTED,  # Two files in one upload.
    "file_empty": _REJECTED_OR_ACCEPTED,  # A file without a byte.
    "file_no_image": ("accepted", "rejected"),  # A file that is not an image, which depends on the plan.
    "size_limit": ("file-5MiB", "file-5MB", "body-5MiB"),  # What must not exceed 5 MB.
    "size_seen": ("declared", "read"),  # Whether a body that is too large is read before the response.
    "url_other_host": ("invalid", "not-found"),  # The deletion of a URL on another host.
    "url_twice": ("first", "last", "invalid"),  # Two URLs to delete.
    "media_host": ("images.microcms-assets.io", "assets.example.com"),  # Where media are.
    # Paths, methods, keys
    "endpoint_missing": ("url", "content"),  # The message for an endpoint that does not exist.
    "below_object": ("content", "url", "found"),  # One content below an object API.
    "slashes": ("strict", "merged"),  # An extra slash, inside the path or at its end.
    "path_case": ("strict", "any"),  # A path in another case.
    "path_longer": ("strict", "ignored"),  # A path with extra segments.
    "method_get": ("405", "404"),  # GET and HEAD on a path that only has PATCH.
    "method_options": ("405", "204", "404"),  # OPTIONS.
    "method_nonstandard": ("405", "404"),  # TRACE and methods of no standard.
    "method_other_version": ("405", "404", "supported"),  # DELETE of media in version 1, POST of media in version 2.
    "allow_header": ("present", "absent"),  # An Allow header with a 405.
    "key_in_query": _REJECTED_OR_ACCEPTED,  # The key in the query instead of the header.
    # The server
    # Which check comes first.
    "check_order": (
        "ip rate key hook route method",
        "key ip rate hook route method",
        "route method ip key rate hook",
        "hook rate ip route key method",
        "ip route method key rate hook",
        "route ip key method rate hook",
    ),
    "allowance": ("10/10s", "3/60s", "5/2s"),  # How many requests the throttled key may send, in which time.
    "rate_window": ("sliding", "fixed"),  # How requests are counted.
    "retry_after": ("absent", "present", "date"),  # A Retry-After header with a 429.
    "ip_dot": ("present", "absent"),  # The dot at the end of the message: the documents have both.
    "offset_dot": ("absent", "present"),  # The dot at the end of the offset's message.
    "id_style": ("words", "random", "uuid"),  # What the IDs of contents look like.
    "error_body": ("message", "no-message", "no-body"),  # The body of an error may have a message.
    "wording": ("documented", "other"),  # Messages may change without notice.
    **WIRE_VARIANTS,
}
