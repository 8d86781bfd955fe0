"""The vendor's tables of error responses: 32 rows, each with its status and its message.

Source: microCMS, error responses of the Management API (Japanese page), editions of 2025-12-09 and 2025-12-10.
`{value}` stands for a query parameter as it was sent.
"""

from collections.abc import Mapping
from typing import Final

from conformance.reference.catalogue import Row
from conformance.reference.http import NO_BODY, JsonResponse

_LIMIT_BELOW = "Limit: must be no less than 0."
_LIMIT_ABOVE = "limit must be less than or equal to 100"
_LIMIT_INVALID = "Invalid integer in query (limit={value})"
_OFFSET_BELOW = "Offset: must be no less than 0"
_OFFSET_INVALID = "Invalid integer in query (offset={value})"
_METHOD = "Method Not Allowed"

ROWS: Final[Mapping[Row, tuple[int, str]]] = {
    ("common", 1): (400, "IP address rejected."),
    ("common", 2): (403, "Forbidden"),
    ("common", 3): (404, "Not Found"),
    ("common", 4): (429, "Too Many Requests"),
    ("common", 5): (500, "Internal Server Error"),
    ("contents-get", 1): (400, _LIMIT_BELOW),
    ("contents-get", 2): (400, _LIMIT_ABOVE),
    ("contents-get", 3): (400, _LIMIT_INVALID),
    ("contents-get", 4): (400, _OFFSET_BELOW),
    ("contents-get", 5): (400, _OFFSET_INVALID),
    ("contents-get", 6): (404, "Content not found"),
    ("contents-patch", 1): (400, "Status: (0: must be a valid value.)."),
    ("contents-patch", 2): (400, "Status: the length must be exactly 1."),
    ("contents-patch", 3): (400, "invalid user id"),
    ("contents-patch", 4): (400, "Request body is not JSON object."),
    ("contents-patch", 5): (405, _METHOD),
    ("media-get", 1): (400, _LIMIT_BELOW),
    ("media-get", 2): (400, _LIMIT_ABOVE),
    ("media-get", 3): (400, _LIMIT_INVALID),
    ("media-get", 4): (400, "Invalid boolean in query (imageOnly={value})"),
    ("media-get", 5): (400, _OFFSET_BELOW),
    ("media-get", 6): (400, _OFFSET_INVALID),
    ("media-get", 7): (400, "BadRequest"),
    ("media-get", 8): (404, "Content not found"),
    ("media-post", 1): (400, "invalid request"),
    ("media-post", 2): (400, "request body too large"),
    ("media-post", 3): (405, _METHOD),
    ("media-delete", 1): (400, "invalid url"),
    ("media-delete", 2): (400, "this medium is referenced by another content"),
    ("media-delete", 3): (404, "medium not found"),
    ("media-delete", 4): (405, _METHOD),
    ("members-get", 1): (404, "Member not found"),
}
"""Every row of the vendor's tables, in the document's order."""

_UNDOCUMENTED: Final[Mapping[Row, tuple[int, str]]] = {
    ("members-list", 1): (400, _LIMIT_BELOW),
    ("members-list", 2): (400, _LIMIT_ABOVE),
    ("members-list", 3): (400, _LIMIT_INVALID),
    ("undocumented", 405): (405, _METHOD),
    ("undocumented", 400): (400, "Status: cannot be blank."),
    ("undocumented", 404): (400, "invalid content id"),
}
"""Errors that no table lists, in the style of similar rows, because the documents promise nothing for them."""


def message_of(row: Row, value: str = "") -> str:
    """Return the documented message of a row, with `value` in its placeholder."""
    return _lookup(row)[1].replace("{value}", value)


def _lookup(row: Row) -> tuple[int, str]:
    return ROWS.get(row) or _UNDOCUMENTED[row]


class ErrorResponses:
    """Creates the error responses of one server, in its wording."""

    def __init__(self, choices: Mapping[str, str]) -> None:
        self._choices = choices

    def response(self, row: Row, values: Mapping[str, str]) -> JsonResponse:
        """Return the response of a row; `values` may have a `value` for its placeholder, or a whole `message`."""
        if self._choices["error_body"] == "no-body":
            return JsonResponse(_lookup(row)[0], NO_BODY, row=row, content_type="")
        body = {} if self._choices["error_body"] == "no-message" else {"message": self._word(row, values)}
        return JsonResponse(_lookup(row)[0], body, row=row)

    def _word(self, row: Row, values: Mapping[str, str]) -> str:
        if "message" in values:
            return values["message"]
        text = _lookup(row)[1]
        if self._choices["wording"] == "other":
            text = f"E-{row[0]}-{row[1]}" + (" for {value}" if "{value}" in text else "")
        if row == ("common", 1) and self._choices["ip_dot"] == "absent":
            text = text.removesuffix(".")
        if text == _OFFSET_BELOW and self._choices["offset_dot"] == "present":
            text += "."
        return text.replace("{value}", values.get("value", ""))
