"""What holds for every error: it has the documented form, and says that it is JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from conformance.checks.body import schema_differences
from conformance.checks.context import NOT_JSON, ResponseRules
from conformance.checks.model import Finding, Level
from conformance.http import Response, header
from conformance.jsontools import json_equal, resolve_pointer
from conformance.messages import Message

__all__ = ["check_content_type", "check_envelope"]


def check_envelope(response: Response, body: Any, rules: ResponseRules, where: str) -> Iterator[Finding]:
    """The documented form of an error, and that it says so."""
    said = rules.envelope
    if response.size == 0 or not response.body.strip():
        level = Level.SHOULD if said.body_may_lack else Level.MUST
        yield Finding("envelope", level, Message("an error body"), Message("an empty body"), where)
        return
    if body is NOT_JSON:
        actual = f"{header(response.headers, 'Content-Type') or 'no Content-Type'}: {response.text[:120]}"
        yield Finding("envelope", Level.MUST, Message("a JSON body"), actual, where)
        return
    for should, actual, place in islice(schema_differences(rules.shape, body), 1):
        yield Finding(
            "envelope",
            Level.MUST,
            should,
            actual,
            where,
            detail=Message("at {pointer} of {body}", pointer=place, body=response.text[:200]),
        )
    misplaced = rules.find_misplaced_message(body)
    if misplaced is not None and misplaced[0]:
        proper = f"{said.faults}/0/{said.message}" if said.faults else f"/{said.message}"
        pointer, text = misplaced
        expected, place = Message("the message at {pointer}", pointer=proper), Message("at {pointer}", pointer=pointer)
        yield Finding("envelope", Level.MUST, expected, text, where, detail=place)
    for pointer in said.expected:
        if not resolve_pointer(body, pointer)[0]:
            yield Finding("envelope", Level.SHOULD, Message("a member {pointer}", pointer=pointer), "absent", where)
    for pointer, value in said.equals.items():
        documented = response.status if value == "{status}" else value
        there, actual = resolve_pointer(body, pointer)
        if not there or not json_equal(actual, documented):
            shown = actual if there else Message("absent")
            place = Message("at {pointer}", pointer=pointer)
            yield Finding("envelope", Level.MUST, documented, shown, where, detail=place)
    yield from check_content_type(response, rules, where)


def check_content_type(response: Response, rules: ResponseRules, where: str) -> Iterator[Finding]:
    """A JSON body says that it is one."""
    said = header(response.headers, "Content-Type")
    expected = rules.contract.file.content_types
    if said is None:
        yield Finding("content-type", Level.SHOULD, expected[0], "absent", where)
        return
    kind = said.partition(";")[0].strip().lower()
    if kind not in expected and not kind.endswith("+json"):
        yield Finding("content-type", Level.MUST, expected[0], said, where)
