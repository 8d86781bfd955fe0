"""Checks of a whole body: its JSON Schema, values at JSON pointers, absent members, the size of a page."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from operator import getitem
from typing import Any

import jsonschema_rs

from conformance.checks.context import NOT_JSON, Expectation, compile_schema
from conformance.checks.model import Finding, Level
from conformance.contract.schema import Expect, Page
from conformance.http import Response
from conformance.jsontools import has_more_values, json_equal, resolve_pointer
from conformance.messages import Message, clip_text

LONGEST = 300

Difference = tuple[Any, Any, str]
"""The expected value, the actual value, and their place as a JSON pointer."""


MOST_VALUES = 2000
"""The most values in a body for which every difference is reported, because each difference contains a copy of a part
of the body."""
MOST_ITEMS = 1000


def schema_differences(validator: jsonschema_rs.Validator, body: Any) -> Iterator[Difference]:
    """Yield every difference of a body from a schema; only the first for a body of more than MOST_VALUES values."""
    if not has_more_values(body, MOST_VALUES):
        errors = iter(validator.iter_errors(body))
    elif validator.is_valid(body):
        return
    else:
        errors = _first_error(validator, _with_few_items(body))
    error = None
    for error in errors:
        place = "".join(f"/{part}" for part in error.instance_path)
        details: Mapping[str, Any] = error.kind.as_dict()
        yield (
            _EXPECTED[error.kind.name](details) if error.kind.name in _EXPECTED else clip_text(error.message, LONGEST),
            _describe_actual(error.kind.name, reduce(getitem, error.instance_path, body)),
            place or "the body",
        )
    if error is None and not validator.is_valid(body):
        beyond = Message("another one, beyond its first {n} items", n=MOST_ITEMS)
        yield Message("a body as documented"), beyond, "the body"


def _first_error(validator: jsonschema_rs.Validator, body: Any) -> Iterator[jsonschema_rs.ValidationError]:
    try:
        validator.validate(body)
    except jsonschema_rs.ValidationError as wrong:
        yield wrong


def _with_few_items(value: Any, most: int = MOST_ITEMS) -> Any:
    """Return a value with only the first items of each array, fewer in nested ones, because an error copies it."""
    if isinstance(value, list):
        return [_with_few_items(item, max(1, most // 50)) for item in value[:most]]
    if isinstance(value, dict):
        return {name: _with_few_items(member, most) for name, member in value.items()}
    return value


_EXPECTED: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "additionalProperties": lambda found: Message(
        "no member {pointer}", pointer=clip_text(", ".join(found["unexpected"]), LONGEST)
    ),
    "anyOf": lambda _: Message("a value of one of the documented forms"),
    "const": lambda found: found["expected_value"],
    "contains": lambda _: Message("an item as the case describes it"),
    "enum": lambda found: Message("one of {statuses}", statuses=_to_json(found["options"])),
    "maximum": lambda found: Message("{n} or less", n=found["limit"]),
    "maxItems": lambda found: Message("at most {n} items", n=found["limit"]),
    "maxLength": lambda found: Message("at most {n} characters", n=found["limit"]),
    "minimum": lambda found: Message("{n} or more", n=found["limit"]),
    "minItems": lambda found: Message("at least {n} items", n=found["limit"]),
    "minLength": lambda found: Message("at least {n} characters", n=found["limit"]),
    "not": lambda found: Message("nothing that matches {pattern}", pattern=_to_json(found["schema"])),
    "oneOf": lambda _: Message("a value of one of the documented forms"),
    "pattern": lambda found: Message("a value that matches {pattern}", pattern=found["pattern"]),
    "required": lambda found: Message("a member {name}", name=repr(found["property"])),
    "type": lambda found: Message("a value of type {types}", types=", ".join(found["types"])),
}
"""What each keyword of a schema asks for, from the details of its error."""


def _to_json(value: Any) -> str:
    return clip_text(json.dumps(value, ensure_ascii=False), LONGEST)


def _describe_actual(kind: str, instance: Any) -> Any:
    if kind in ("maxItems", "minItems") and isinstance(instance, list):
        return Message("{n} items", n=len(instance))
    if kind == "contains" and isinstance(instance, list):
        return Message("{n} items, none of them like that", n=len(instance))
    if kind == "required" and isinstance(instance, dict):
        names = clip_text(", ".join(sorted(map(str, instance))), LONGEST)
        return Message("members {names}", names=names) if instance else Message("an empty object")
    text = instance if isinstance(instance, str) else json.dumps(instance, ensure_ascii=False)
    return instance if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def check_body(response: Response, body: Any, expected: Expectation, where: str) -> Iterator[Finding]:
    expect = expected.expect
    if expect.no_body and response.size:
        yield Finding("body", Level.MUST, Message("no body"), Message("{n} bytes", n=response.size), where)
    if expect.body is None and expect.equals is None and not expect.absent and expect.page is None:
        return
    if response.status >= 400 and min(expect.statuses) < 400:
        return  # the expectations for the body apply to the success; a documented refusal is allowed as well
    if body is NOT_JSON:
        actual = clip_text(response.text, 120) or Message("an empty body")
        yield Finding("body", Level.MUST, Message("a JSON body"), actual, where)
        return
    yield from _check_values(body, expect, where)
    if expect.page is not None:
        yield from _check_page(body, expect.page, where)


def _check_values(body: Any, expect: Expect, where: str) -> Iterator[Finding]:
    if isinstance(expect.body, dict):
        for expected, actual, pointer in schema_differences(compile_schema(expect.body), body):
            yield Finding("body", Level.MUST, expected, actual, where, detail=Message("at {pointer}", pointer=pointer))
    for pointer, value in (expect.equals or {}).items():
        exists, actual = resolve_pointer(body, pointer)
        if not exists or not json_equal(actual, value):
            shown, detail = actual if exists else "absent", Message("at {pointer}", pointer=pointer)
            yield Finding("body", Level.MUST, value, shown, where, detail=detail)
    for pointer in expect.absent or ():
        exists, actual = resolve_pointer(body, pointer)
        if exists:
            yield Finding("body", Level.MUST, Message("no member {pointer}", pointer=pointer), actual, where)


def _check_page(body: Any, page: Page, where: str) -> Iterator[Finding]:
    """Check that a page has all items within limit and offset; too few, but some, are only a `should` finding."""
    _, items = resolve_pointer(body, page.items)
    _, total = resolve_pointer(body, page.total)
    if not isinstance(items, list):
        return
    if not isinstance(total, int) or isinstance(total, bool):
        if len(items) > page.limit:
            most = Message("at most {n} items", n=page.limit)
            yield Finding("body", Level.MUST, most, Message("{n} items", n=len(items)), where)
        return
    count = min(page.limit, max(0, total - page.offset))
    if len(items) != count:
        detail = Message(
            "of {n} in all, with limit {limit} and offset {offset}", n=total, limit=page.limit, offset=page.offset
        )
        expected, actual = (Message("{n} items", n=n) for n in (count, len(items)))
        level = Level.SHOULD if 0 < len(items) < count else Level.MUST
        yield Finding("body", level, expected, actual, where, detail=detail)
