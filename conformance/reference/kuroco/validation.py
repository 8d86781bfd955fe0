"""Validates a written topic, first by the endpoint's schema, then by the content structure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from conformance.reference.catalogue import Row
from conformance.reference.kuroco.context import KurocoContext, KurocoSite
from conformance.reference.kuroco.fields import Field
from conformance.reference.kuroco.responses import error_code
from conformance.reference.kuroco.rows import ABSENT, EMPTY, MISSING, TITLE, Absent, Check, ValidationError
from conformance.reference.kuroco.rules import breaks_rule

_FREE_MEMBERS: Final = frozenset(
    {"ymd", "contents_type", "contents", "topics_flg", "regular_flg", "open_flg", "open_type", "tag_id", "slug"}
)
"""The members of a topic besides its title and extension fields, which are not validated."""
_CONTROL_MEMBERS: Final = frozenset({"validate_only"})


@dataclass(frozen=True, slots=True)
class TopicDraft:
    """What a body would write (`subject` is None if it was not sent), and all its validation errors."""

    subject: str | None
    texts: Mapping[str, str]
    members: Mapping[str, Any]
    errors: tuple[ValidationError, ...]


def validate(body: Mapping[str, Any], context: KurocoContext) -> TopicDraft:
    """Validate a body; by the content structure only if the schema found no error, unless a variant reports all."""
    first = tuple(_schema_errors(body, context))
    reported = context.site.choices["several_faults"]
    second = () if first and reported != "all" else tuple(_structure_errors(body, context))
    found = first + second
    subject = body.get("subject", ABSENT)
    return TopicDraft(
        None if subject is ABSENT else _text(subject),
        {field.name: _text(body[field.name]) for field in context.site.fields if field.name in body},
        {name: body[name] for name in sorted(_FREE_MEMBERS & body.keys())},
        found[:1] if reported == "first" else found,
    )


def _schema_errors(body: Mapping[str, Any], context: KurocoContext) -> Iterator[ValidationError]:
    texts = {"subject": "title"} | {field.name: field.title for field in context.site.fields}
    if context.site.choices["unknown_members"] == "refused":
        for name in body.keys() - texts.keys() - _FREE_MEMBERS - _CONTROL_MEMBERS:
            yield ValidationError(None, "invalid", message=f"Additional properties not allowed: {name}")
    for name, title in texts.items():
        if not _is_text(body.get(name), context.site):
            yield ValidationError(None, "invalid", name, title, message="String expected")
    if _schema_requires_title(body, context) and _breaks(TITLE, None, body, context):
        yield ValidationError(TITLE, "required", "subject", from_schema=True, data=dict(body))
    required = {"required"} if context.site.choices["required_texts"] == "one" else {"required", "length"}
    for field in context.site.fields:
        for row in (MISSING, EMPTY) if field.kind in required else ():
            if _breaks(row, field, body, context):
                yield _field_error(row, field, body, context.site)


def _structure_errors(body: Mapping[str, Any], context: KurocoContext) -> Iterator[ValidationError]:
    if not _schema_requires_title(body, context) and _breaks(TITLE, None, body, context):
        yield ValidationError(TITLE, error_code(TITLE, context.site), "subject")
    for field in context.site.fields:
        if field.row and _breaks(field.row, field, body, context):
            yield _field_error(field.row, field, body, context.site)


def _schema_requires_title(body: Mapping[str, Any], context: KurocoContext) -> bool:
    absent = "subject" not in body and context.operation == "insert"
    return absent and context.site.choices["absent_title_on_insert"] == "required"


def _field_error(row: Row, field: Field, body: Mapping[str, Any], site: KurocoSite) -> ValidationError:
    data = dict(body) if row == MISSING else body.get(field.name)
    from_schema = row in (MISSING, EMPTY)
    return ValidationError(row, error_code(row, site), field.name, field.title, from_schema=from_schema, data=data)


def _breaks(row: Row, field: Field | None, body: Mapping[str, Any], context: KurocoContext) -> bool:
    name = field.name if field else "subject"
    if not _is_text(body.get(name), context.site):
        return False
    check = Check(row, name, _value(body, name), context.operation)
    context.check = check
    broken = breaks_rule(check, field, context.site.choices)
    rejected = (
        context.site.behaviour.enforces(row, context)
        if broken
        else context.site.behaviour.wrong_rejection(context) == row
    )
    context.check = None
    return rejected


def _value(body: Mapping[str, Any], name: str) -> str | Absent | None:
    if name not in body:
        return ABSENT
    return None if body[name] is None else _text(body[name])


def _is_text(value: Any, site: KurocoSite) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return value is None or isinstance(value, str) or (number and site.choices["json_numbers"] == "accepted")


def _text(value: Any) -> str:
    return "" if value is None else str(value)
