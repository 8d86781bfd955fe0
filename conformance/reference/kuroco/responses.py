"""The responses of the site: errors in its envelope, gateway errors as strings, successes."""

import uuid
from typing import Any, Final

from conformance.reference.catalogue import Row
from conformance.reference.http import JsonResponse
from conformance.reference.kuroco import rows
from conformance.reference.kuroco.context import KurocoContext, KurocoSite
from conformance.reference.kuroco.messages import error_message, title_code

REQUEST_ID: Final = "x-rcms-request-id"
TOKEN_REQUIRED: Final = "[GW] Access Token is required"
_STATUSES: Final = {rows.LOGIN: 401, rows.TOKEN: 401, rows.NOT_FOUND: 404}
_CODES: Final = {
    rows.LOGIN: "unauthorized", rows.TOKEN: "unauthorized", rows.NOT_FOUND: "not_found", rows.NO_GROUP: "bad_request",
    rows.MISSING: "required", rows.EMPTY: "required",
}  # fmt: skip


def error_code(row: Row, site: KurocoSite) -> str:
    """Return the documented error code of a row."""
    return title_code(site.choices) if row == rows.TITLE else _CODES.get(row, "invalid")


def error_response(context: KurocoContext, errors: tuple[rows.ValidationError, ...]) -> JsonResponse:
    """Return an error response with these errors; its status is that of the first error's row."""
    context.errors = errors
    row = errors[0].row
    status = _STATUSES.get(row, 400) if row else 400
    if row == rows.NO_GROUP:
        status = int(context.site.choices["no_group_status"])
    return _envelope(status, [_entry(error, context) for error in errors], row)


def general_error(context: KurocoContext, row: Row) -> JsonResponse:
    """Return the error response of a row without a field."""
    message = "" if row == rows.NOT_FOUND else None
    response = error_response(context, (rows.ValidationError(row, error_code(row, context.site), message=message),))
    if row == rows.LOGIN:
        return response.replace(value={**response.value, "status": 1})
    return response


def undocumented_error(status: int, name: str, message: str = "", field: str | None = None) -> JsonResponse:
    """Return an error response for which the document has no row, with a code from its table of codes."""
    entry = {"code": name, "message": message} | ({"field": field} if field else {})
    return _envelope(status, [entry], None)


def gateway_error(status: int, message: str, site: KurocoSite, row: Row | None = None) -> JsonResponse:
    """Return an error response in the gateway's form: `errors` is an array of strings."""
    more = {REQUEST_ID: str(uuid.uuid4())} if site.choices["gateway_request_id"] == "present" else {}
    return JsonResponse(status, {"errors": [message], **more}, row=row)


def success(status: int, site: KurocoSite, /, **members: Any) -> JsonResponse:
    """Return a successful response with these members."""
    more = {REQUEST_ID: str(uuid.uuid4())} if site.choices["success_request_id"] == "present" else {}
    return JsonResponse(status, {"errors": [], "messages": [], **members, **more})


def _entry(error: rows.ValidationError, context: KurocoContext) -> dict[str, str]:
    entry = {"code": error.code, "message": error_message(error, context.language, context.site.choices)}
    return entry | ({"field": error.field} if error.field else {})


def _envelope(status: int, errors: list[dict[str, str]], row: Row | None) -> JsonResponse:
    return JsonResponse(status, {"errors": errors, REQUEST_ID: str(uuid.uuid4())}, row=row)
