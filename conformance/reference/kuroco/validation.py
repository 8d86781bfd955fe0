"""Both layers that a written topic passes: the endpoint's schema first, then the content structure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from conformance.reference.catalogue import Row
from conformance.reference.kuroco.fields import Field
from conformance.reference.kuroco.replies import code
from conformance.reference.kuroco.rules import fails
from conformance.reference.kuroco.setting import Setting, Visit
from conformance.reference.kuroco.vocabulary import ABSENT, EMPTY, MISSING, TITLE, Absent, Check, Complaint

__all__ = ["Draft", "examine"]

MEMBERS: Final = frozenset(
    {"ymd", "contents_type", "contents", "topics_flg", "regular_flg", "open_flg", "open_type", "tag_id", "slug"}
)
"""What a topic has besides its title and its extension fields; taken as it comes."""
ORDERS: Final = frozenset({"validate_only"})


@dataclass(frozen=True, slots=True)
class Draft:
    """What a body would write (`subject` none where it was not sent), and every reason why it may not."""

    subject: str | None
    texts: Mapping[str, str]
    members: Mapping[str, Any]
    complaints: tuple[Complaint, ...]


def examine(body: Mapping[str, Any], visit: Visit, setting: Setting) -> Draft:
    """Holds a body against both layers; the second is only asked where the first has nothing to say."""
    first = tuple(_schema(body, visit, setting))
    how = setting.choices["several_faults"]
    second = () if first and how != "all" else tuple(_structure(body, visit, setting))
    found = first + second
    subject = body.get("subject", ABSENT)
    return Draft(
        None if subject is ABSENT else _text(subject),
        {field.name: _text(body[field.name]) for field in setting.fields if field.name in body},
        {name: body[name] for name in sorted(MEMBERS & body.keys())},
        found[:1] if how == "first" else found,
    )


def _schema(body: Mapping[str, Any], visit: Visit, setting: Setting) -> Iterator[Complaint]:
    texts = {"subject": "title"} | {field.name: field.title for field in setting.fields}
    if setting.choices["unknown_members"] == "refused":
        for name in body.keys() - texts.keys() - MEMBERS - ORDERS:
            yield Complaint(None, "invalid", message=f"Additional properties not allowed: {name}")
    for name, title in texts.items():
        if not _is_text(body.get(name), setting):
            yield Complaint(None, "invalid", name, title, message="String expected")
    if _schema_has_the_title(body, visit, setting) and _breaks(TITLE, None, body, visit, setting):
        yield Complaint(TITLE, "required", "subject", schema=True, data=dict(body))
    for field in setting.fields:
        for row in (MISSING, EMPTY) if field.kind == "required" else ():
            if _breaks(row, field, body, visit, setting):
                yield _complaint(row, field, body, setting)


def _structure(body: Mapping[str, Any], visit: Visit, setting: Setting) -> Iterator[Complaint]:
    if not _schema_has_the_title(body, visit, setting) and _breaks(TITLE, None, body, visit, setting):
        yield Complaint(TITLE, code(TITLE, setting), "subject")
    for field in setting.fields:
        if field.row and _breaks(field.row, field, body, visit, setting):
            yield _complaint(field.row, field, body, setting)


def _schema_has_the_title(body: Mapping[str, Any], visit: Visit, setting: Setting) -> bool:
    absent = "subject" not in body and visit.operation == "insert"
    return absent and setting.choices["absent_title_on_insert"] == "required"


def _complaint(row: Row, field: Field, body: Mapping[str, Any], setting: Setting) -> Complaint:
    data = dict(body) if row == MISSING else body.get(field.name)
    schema = row in (MISSING, EMPTY)
    return Complaint(row, code(row, setting), field.name, field.title, schema=schema, data=data)


def _breaks(row: Row, field: Field | None, body: Mapping[str, Any], visit: Visit, setting: Setting) -> bool:
    name = field.name if field else "subject"
    if not _is_text(body.get(name), setting):
        return False
    check = Check(row, name, _value(body, name), visit.operation)
    visit.check = check
    broken = fails(check, field, setting.choices)
    decided = setting.decisions.holds(row, visit) if broken else setting.decisions.invented(visit) == row
    visit.check = None
    return decided


def _value(body: Mapping[str, Any], name: str) -> str | Absent | None:
    if name not in body:
        return ABSENT
    return None if body[name] is None else _text(body[name])


def _is_text(value: Any, setting: Setting) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return value is None or isinstance(value, str) or (number and setting.choices["json_numbers"] == "accepted")


def _text(value: Any) -> str:
    return "" if value is None else str(value)
