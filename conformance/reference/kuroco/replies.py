"""The bodies that the site answers with: the envelope of errors, the gateway's strings, successes."""

from __future__ import annotations

import uuid
from typing import Any, Final

from conformance.reference.catalogue import Row
from conformance.reference.kuroco.setting import Setting, Visit
from conformance.reference.kuroco.vocabulary import (
    EMPTY,
    LOGIN,
    MISSING,
    NO_GROUP,
    NOT_FOUND,
    TITLE,
    TOKEN,
    Complaint,
)
from conformance.reference.kuroco.wording import said, title_code
from conformance.reference.messages import Reply

__all__ = ["NEEDS_TOKEN", "REQUEST_ID", "code", "gateway", "general", "refusal", "success", "undocumented"]

REQUEST_ID: Final = "x-rcms-request-id"
NEEDS_TOKEN: Final = "[GW] Access Token is required"
_STATUSES: Final = {LOGIN: 401, TOKEN: 401, NOT_FOUND: 404}
_CODES: Final = {
    LOGIN: "unauthorized", TOKEN: "unauthorized", NOT_FOUND: "not_found", NO_GROUP: "bad_request",
    MISSING: "required", EMPTY: "required",
}  # fmt: skip


def code(row: Row, setting: Setting) -> str:
    """The error code that the document gives for a row."""
    return title_code(setting.choices) if row == TITLE else _CODES.get(row, "invalid")


def refusal(visit: Visit, setting: Setting, complaints: tuple[Complaint, ...]) -> Reply:
    """The envelope with what is wrong; its status is that of the first complaint's row."""
    visit.complaints = complaints
    row = complaints[0].row
    status = _STATUSES.get(row, 400) if row else 400
    if row == NO_GROUP:
        status = int(setting.choices["no_group_status"])
    return _envelope(status, [_entry(complaint, visit, setting) for complaint in complaints], row)


def general(visit: Visit, setting: Setting, row: Row) -> Reply:
    """The envelope of a row that names no item."""
    message = "" if row == NOT_FOUND else None
    reply = refusal(visit, setting, (Complaint(row, code(row, setting), message=message),))
    if row == LOGIN:
        return reply.but(value={**reply.value, "status": 1})
    return reply


def undocumented(status: int, name: str, message: str = "", field: str | None = None) -> Reply:
    """The envelope for what the document has no row for, by its table of whole-request codes."""
    entry = {"code": name, "message": message} | ({"field": field} if field else {})
    return _envelope(status, [entry], None)


def gateway(status: int, message: str, setting: Setting, row: Row | None = None) -> Reply:
    """The gateway's form: `errors` is an array of strings."""
    more = {REQUEST_ID: str(uuid.uuid4())} if setting.choices["gateway_request_id"] == "present" else {}
    return Reply(status, {"errors": [message], **more}, row=row)


def success(status: int, setting: Setting, /, **members: Any) -> Reply:
    """A success: no errors, and `members`."""
    more = {REQUEST_ID: str(uuid.uuid4())} if setting.choices["success_request_id"] == "present" else {}
    return Reply(status, {"errors": [], "messages": [], **members, **more})


def _entry(complaint: Complaint, visit: Visit, setting: Setting) -> dict[str, str]:
    entry = {"code": complaint.code, "message": said(complaint, visit.language, setting.choices)}
    return entry | ({"field": complaint.field} if complaint.field else {})


def _envelope(status: int, errors: list[dict[str, str]], row: Row | None) -> Reply:
    return Reply(status, {"errors": errors, REQUEST_ID: str(uuid.uuid4())}, row=row)
