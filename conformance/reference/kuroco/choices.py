"""What Kuroco's documents leave open, with the answers that a conforming site may give; the first is the default."""

from __future__ import annotations

from typing import Final

from conformance.reference.catalogue import Freedom

__all__ = ["FREEDOMS"]

FREEDOMS: Final[tuple[Freedom, ...]] = (
    Freedom("edition", ("old", "middle", "current"), "Which published edition the messages are worded by."),
    Freedom("item_dot", ("absent", "present"), "A dot after the item's name in an English format message."),
    Freedom("regex_space", ("absent", "present"), "A space at the end of the message about a pattern."),
    Freedom("login_wording", ("documented", "observed"), "The message of a login that failed, by edition."),
    Freedom("schema_message", ("bare", "with data", "item"), "How the message about a required text goes on."),
    Freedom("done_messages", ("localised", "english"), "How a write that succeeded is reported."),
    Freedom("insert_status", ("201", "200"), "The status of an insert that succeeded."),
    Freedom("field_names", ("ext_col", "ext", "slug"), "How the extension fields are named in a body."),
    Freedom("field_titles", ("english", "japanese", "alike"), "What the extension fields are called for people."),
    Freedom("regex_pattern", ("upper", "anchored", "kana"), "The pattern of the field that has one."),
    Freedom("length_limits", ("3-10", "2-40", "1-5"), "The limits of the field that has them."),
    Freedom("length_unit", ("code points", "utf-16 units", "characters"), "What is counted beyond ASCII and kana."),
    Freedom("formats", ("strict", "lenient"), "What passes for an address or a number between the clear cases."),
    Freedom("empty_optional", ("accepted", "refused"), "An empty text in a field that need not be filled."),
    Freedom("absent_title_on_insert", ("title row", "required"), "What an insert without a title is refused by."),
    Freedom("absent_title_on_update", ("kept", "refused"), "An update without a title."),
    Freedom("absent_required_on_update", ("kept", "refused"), "An update without a required text."),
    Freedom("spaces_title", ("refused", "accepted"), "A title of nothing but spaces."),
    Freedom("spaces_required", ("accepted", "refused"), "A required text of nothing but spaces."),
    Freedom("null_title", ("refused", "accepted"), "A title that is null."),
    Freedom("null_required", ("refused", "accepted"), "A required text that is null."),
    Freedom("json_numbers", ("accepted", "refused"), "A JSON number where a text belongs."),
    Freedom("unknown_members", ("ignored", "refused"), "A member that the endpoint does not know."),
    Freedom("several_faults", ("by layer", "all", "first"), "How much of several faults is reported."),
    Freedom("non_number_id", ("404", "400"), "The status for a topic's ID that is no number."),
    Freedom("no_group_status", ("400", "404"), "The status of a write to a group that is missing."),
    Freedom("filtered_empty", ("200", "404"), "A list that a filter leaves nothing of."),
    Freedom("list_order", ("newest first", "oldest first"), "The order of a list without `order_query`."),
    Freedom("detail_listed", ("yes", "no"), "Whether a detail repeats its topic as a list of one (see `topics`)."),
    Freedom("open_member", ("open_flg", "open_type"), "How the member for publication is named, by the site's age."),
    Freedom("reads_need_token", ("yes", "no"), "Whether topics can be read without a token."),
    Freedom("anonymous_write", ("401", "403"), "The status of a write without a token."),
    Freedom("wrong_token", ("gateway", "envelope"), "The shape of the answer to an access token that is not valid."),
    Freedom("missing_login_keys", ("401", "400"), "A login without an e-mail or a password, or with a wrong type."),
    Freedom("grant_again", ("refused", "taken"), "A grant token that was exchanged once; no more is documented."),
    Freedom("empty_token_request", ("anonymous", "refused"), "A request for a token that names no grant."),
    Freedom("token_shape", ("objects", "strings"), "How tokens are given out: with their expiry, or alone."),
    Freedom("refresh_token", ("given", "none"), "Whether a refresh token is given out."),
    Freedom("logout_anonymous", ("400", "200"), "A logout of somebody who is not logged in."),
    Freedom("gateway_request_id", ("present", "absent"), "A request ID beside the gateway's errors."),
    Freedom("success_request_id", ("absent", "present"), "A request ID in a success."),
    Freedom("unknown_path", ("404", "400"), "The status for a path that no endpoint has."),
    Freedom("wrong_method", ("405", "404"), "The status for a method that a path has no endpoint for."),
)
