"""The questions about Kuroco's API that its documents leave open, with the permitted answers."""

from typing import Final

from conformance.reference.catalogue import Variants
from conformance.reference.serialization import WIRE_VARIANTS

VARIANTS: Final[Variants] = {
    "edition": ("old", "middle", "current"),  # The published edition of the messages.
    "item_dot": ("absent", "present"),  # A dot after the item's name in an English format message.
    "regex_space": ("absent", "present"),  # A space at the end of the message about a pattern.
    "login_wording": ("documented", "observed"),  # The message of a login that failed, by edition.
    "schema_message": ("bare", "with data", "item"),  # How the message about a required text continues.
    "done_messages": ("localised", "english"),  # How a write that succeeded is reported.
    "insert_status": ("201", "200"),  # The status of an insert that succeeded.
    "field_names": ("ext_col", "ext", "slug"),  # How the extension fields are named in a body.
    "field_titles": ("english", "japanese", "alike"),  # The titles of the extension fields.
    "regex_pattern": ("upper", "anchored", "kana"),  # The pattern of the field that has one.
    "regex_line_end": ("rejected", "accepted"),  # A line end after a text that the pattern matches.
    "length_limits": ("3-10", "2-40", "1-5"),  # The limits of the field that has them.
    # The unit of lengths, for characters beyond ASCII and kana.
    "length_unit": ("code points", "utf-16 units", "characters"),
    "formats": ("strict", "lenient"),  # How strict the formats of addresses and numbers are.
    "required_texts": ("one", "also the length"),  # Whether the text with limits of its length is required, too.
    "empty_optional": ("accepted", "refused"),  # An empty text in a field that need not be filled.
    "absent_title_on_insert": ("title row", "required"),  # The row with which an insert without a title is refused.
    "absent_title_on_update": ("kept", "refused"),  # An update without a title.
    "absent_required_on_update": ("kept", "refused"),  # An update without a required text.
    "spaces_title": ("refused", "accepted"),  # A title of nothing but spaces.
    "spaces_required": ("accepted", "refused"),  # A required text of nothing but spaces.
    "null_title": ("refused", "accepted"),  # A title that is null.
    "null_required": ("refused", "accepted"),  # A required text that is null.
    "json_numbers": ("accepted", "refused"),  # A JSON number instead of a text.
    "unknown_members": ("ignored", "refused"),  # A member that the endpoint does not know.
    "several_faults": ("by layer", "all", "first"),  # How much of several faults is reported.
    "non_number_id": ("404", "400"),  # The status for a topic's ID that is not a number.
    "no_group_status": ("400", "404"),  # The status of a write to a group that is missing.
    "filtered_empty": ("200", "404"),  # A search that finds nothing.
    "list_order": ("newest first", "oldest first"),  # The order of a list.
    "detail_listed": ("yes", "no"),  # Whether a detail repeats its topic as a list of one.
    "open_member": ("open_flg", "open_type"),  # The member for publication, which depends on the site's age.
    "reads_need_token": ("yes", "no"),  # Whether topics can be read without a token.
    "anonymous_write": ("401", "403", "done"),  # A write without a token: its status, or an API open to all.
    "wrong_token": ("gateway", "envelope"),  # The form of the response to an invalid access token.
    "missing_login_keys": ("401", "400"),  # A login without an e-mail or a password, or with a wrong type.
    "lock_after": ("5", "10", "never"),  # After how many failed logins an account is locked.
    "grant_again": ("refused", "taken"),  # A second use of a grant token, which no document forbids.
    "empty_token_request": ("anonymous", "refused"),  # A request for a token without a grant.
    "token_shape": ("objects", "strings"),  # The form of tokens: with their expiry, or alone.
    "refresh_token": ("given", "none"),  # Whether a refresh token is issued.
    "logout_anonymous": ("400", "200"),  # A logout without a login.
    "gateway_request_id": ("present", "absent"),  # A request ID in errors of the gateway.
    "success_request_id": ("absent", "present"),  # A request ID in a success.
    "unknown_path": ("404", "400"),  # The status for a path without an endpoint.
    "wrong_method": ("405", "404"),  # The status for a method for which a path has no endpoint.
    **WIRE_VARIANTS,
}
