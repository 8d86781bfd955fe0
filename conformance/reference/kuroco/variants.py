"""The questions about Kuroco's API that its documents leave open, with the permitted answers."""

from __future__ import annotations

from typing import Final

from conformance.reference.catalogue import Variant
from conformance.reference.serialization import WIRE_VARIANTS

VARIANTS: Final[tuple[Variant, ...]] = (
    Variant("edition", ("old", "middle", "current"), "Which published edition the messages are worded by."),
    Variant("item_dot", ("absent", "present"), "A dot after the item's name in an English format message."),
    Variant("regex_space", ("absent", "present"), "A space at the end of the message about a pattern."),
    Variant("login_wording", ("documented", "observed"), "The message of a login that failed, by edition."),
    Variant("schema_message", ("bare", "with data", "item"), "How the message about a required text goes on."),
    Variant("done_messages", ("localised", "english"), "How a write that succeeded is reported."),
    Variant("insert_status", ("201", "200"), "The status of an insert that succeeded."),
    Variant("field_names", ("ext_col", "ext", "slug"), "How the extension fields are named in a body."),
    Variant("field_titles", ("english", "japanese", "alike"), "What the extension fields are called for people."),
    Variant("regex_pattern", ("upper", "anchored", "kana"), "The pattern of the field that has one."),
    Variant("regex_line_end", ("rejected", "accepted"), "A line end after a text that the pattern matches."),
    Variant("length_limits", ("3-10", "2-40", "1-5"), "The limits of the field that has them."),
    Variant(
        "length_unit",
        ("code points", "utf-16 units", "characters"),
        "The unit of lengths, for characters beyond ASCII and kana.",
    ),
    Variant("formats", ("strict", "lenient"), "How strict the formats of addresses and numbers are."),
    Variant("empty_optional", ("accepted", "refused"), "An empty text in a field that need not be filled."),
    Variant("absent_title_on_insert", ("title row", "required"), "What an insert without a title is refused by."),
    Variant("absent_title_on_update", ("kept", "refused"), "An update without a title."),
    Variant("absent_required_on_update", ("kept", "refused"), "An update without a required text."),
    Variant("spaces_title", ("refused", "accepted"), "A title of nothing but spaces."),
    Variant("spaces_required", ("accepted", "refused"), "A required text of nothing but spaces."),
    Variant("null_title", ("refused", "accepted"), "A title that is null."),
    Variant("null_required", ("refused", "accepted"), "A required text that is null."),
    Variant("json_numbers", ("accepted", "refused"), "A JSON number where a text belongs."),
    Variant("unknown_members", ("ignored", "refused"), "A member that the endpoint does not know."),
    Variant("several_faults", ("by layer", "all", "first"), "How much of several faults is reported."),
    Variant("non_number_id", ("404", "400"), "The status for a topic's ID that is no number."),
    Variant("no_group_status", ("400", "404"), "The status of a write to a group that is missing."),
    Variant("filtered_empty", ("200", "404"), "A search that finds nothing."),
    Variant("list_order", ("newest first", "oldest first"), "The order of a list."),
    Variant("detail_listed", ("yes", "no"), "Whether a detail repeats its topic as a list of one."),
    Variant("open_member", ("open_flg", "open_type"), "How the member for publication is named, by the site's age."),
    Variant("reads_need_token", ("yes", "no"), "Whether topics can be read without a token."),
    Variant("anonymous_write", ("401", "403", "done"), "A write without a token: its status, or an API open to all."),
    Variant("wrong_token", ("gateway", "envelope"), "The form of the response to an invalid access token."),
    Variant("missing_login_keys", ("401", "400"), "A login without an e-mail or a password, or with a wrong type."),
    Variant("lock_after", ("5", "10", "never"), "After how many failed logins an account is locked."),
    Variant("grant_again", ("refused", "taken"), "A grant token once more: nothing says that it works only once."),
    Variant("empty_token_request", ("anonymous", "refused"), "A request for a token that names no grant."),
    Variant("token_shape", ("objects", "strings"), "The form of tokens: with their expiry, or alone."),
    Variant("refresh_token", ("given", "none"), "Whether a refresh token is issued."),
    Variant("logout_anonymous", ("400", "200"), "A logout of somebody who is not logged in."),
    Variant("gateway_request_id", ("present", "absent"), "A request ID beside the gateway's errors."),
    Variant("success_request_id", ("absent", "present"), "A request ID in a success."),
    Variant("unknown_path", ("404", "400"), "The status for a path that no endpoint has."),
    Variant("wrong_method", ("405", "404"), "The status for a method that a path has no endpoint for."),
    *WIRE_VARIANTS,
)
