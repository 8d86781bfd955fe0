"""What holds for every answer: an error has the documented form and says that it is JSON, and nothing leaks. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from conformance.checks.body import schema_differences
from conformance.checks.context import NOT_JSON, ResponseRules, find_stack_trace
from conformance.checks.model import Finding, Level
from conformance.http import Response, header
from conformance.jsontools import json_equal, resolve_pointer
from conformance.messages import Message

__all__ = ["check_content_type", "check_envelope", "check_leaks"]


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


def check_leaks(response: Response, rules: ResponseRules, where: str) -> Iterator[Finding]:
    """No credential and no stack trace in an answer; what a success may well hold (an e-mail address) is none."""
    error = response.status >= 400
    spoken = "\n".join([response.text, *(value for _, value in response.headers)]) if error else response.text
    for name in rules.leaks(spoken):
        if not error and name not in rules.keys:
            continue
        yield Finding(
            "leak", Level.MUST, Message("no credential in an answer"), Message("the value of {name}", name=name), where
        )
    if error and (trace := find_stack_trace(response)):
        yield Finding("leak", Level.MUST, Message("no stack trace in an answer"), trace, where)
