"""The questions about Kuroco's API that its documents leave open, with the permitted answers."""

from __future__ import annotations

from typing import Final

from conformance.reference.catalogue import Variants
from conformance.reference.serialization import WIRE_VARIANTS

VARIANTS: Final[Variants] = {
    "edition": ("old", "middle", "current"),  # Which published edition the messages are worded by.
    "item_dot": ("absent", "present"),  # A dot after the item's name in an English format message.
    "regex_space": ("absent", "present"),  # A space at the end of the message about a pattern.
    "login_wording": ("documented", "observed"),  # The message of a login that failed, by edition.
    "schema_message": ("bare", "with data", "item"),  # How the message about a required text goes on.
    "done_messages": ("localised", "english"),  # How a write that succeeded is reported.
    "insert_status": ("201", "200"),  # The status of an insert that succeeded.
    "field_names": ("ext_col", "ext", "slug"),  # How the extension fields are named in a body.
    "field_titles": ("english", "japanese", "alike"),  # What the extension fields are called for people.
    "regex_pattern": ("upper", "anchored", "kana"),  # The pattern of the field that has one.
    "regex_line_end": ("rejected", "accepted"),  # A line end after a text that the pattern matches.
    "length_limits": ("3-10", "2-40", "1-5"),  # The limits of the field that has them.
    # The unit of lengths, for characters beyond ASCII and kana.
    "length_unit": ("code points", "utf-16 units", "characters"),
    "formats": ("strict", "lenient"),  # How strict the formats of addresses and numbers are.
    "empty_optional": ("accepted", "refused"),  # An empty text in a field that need not be filled.
    "absent_title_on_insert": ("title row", "required"),  # What an insert without a title is refused by.
    "absent_title_on_update": ("kept", "refused"),  # An update without a title.
    "absent_required_on_update": ("kept", "refused"),  # An update without a required text.
    "spaces_title": ("refused", "accepted"),  # A title of nothing but spaces.
    "spaces_required": ("accepted", "refused"),  # A required text of nothing but spaces.
    "null_title": ("refused", "accepted"),  # A title that is null.
    "null_required": ("refused", "accepted"),  # A required text that is null.
    "json_numbers": ("accepted", "refused"),  # A JSON number where a text belongs.
    "unknown_members": ("ignored", "refused"),  # A member that the endpoint does not know.
    "several_faults": ("by layer", "all", "first"),  # How much of several faults is reported.
    "non_number_id": ("404", "400"),  # The status for a topic's ID that is no number.
    "no_group_status": ("400", "404"),  # The status of a write to a group that is missing.
    "filtered_empty": ("200", "404"),  # A search that finds nothing.
    "list_order": ("newest first", "oldest first"),  # The order of a list.
    "detail_listed": ("yes", "no"),  # Whether a detail repeats its topic as a list of one.
    "open_member": ("open_flg", "open_type"),  # How the member for publication is named, by the site's age.
    "reads_need_token": ("yes", "no"),  # Whether topics can be read without a token.
    "anonymous_write": ("401", "403", "done"),  # A write without a token: its status, or an API open to all.
    "wrong_token": ("gateway", "envelope"),  # The form of the response to an invalid access token.
    "missing_login_keys": ("401", "400"),  # A login without an e-mail or a password, or with a wrong type.
    "lock_after": ("5", "10", "never"),  # After how many failed logins an account is locked.
    "grant_again": ("refused", "taken"),  # A grant token once more: nothing says that it works only once.
    "empty_token_request": ("anonymous", "refused"),  # A request for a token that names no grant.
    "token_shape": ("objects", "strings"),  # The form of tokens: with their expiry, or alone.
    "refresh_token": ("given", "none"),  # Whether a refresh token is issued.
    "logout_anonymous": ("400", "200"),  # A logout of somebody who is not logged in.
    "gateway_request_id": ("present", "absent"),  # A request ID beside the gateway's errors.
    "success_request_id": ("absent", "present"),  # A request ID in a success.
    "unknown_path": ("404", "400"),  # The status for a path that no endpoint has.
    "wrong_method": ("405", "404"),  # The status for a method that a path has no endpoint for.
    **WIRE_VARIANTS,
}
