"""Checks of an error response: its documented form, and code, field and message as the row promises. Pure functions."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from conformance.checks.body import schema_differences
from conformance.checks.context import NOT_JSON, ErrorEntry, Expectation, ResponseRules, read_errors
from conformance.checks.model import Finding, Level
from conformance.contract.messages import list_row_ids, match_wording, match_wording_loosely
from conformance.contract.schema import Wording
from conformance.contract.templates import MissingValue, fill_text
from conformance.http import Response, header
from conformance.jsontools import json_equal, resolve_pointer
from conformance.messages import Message, clip_text


def check_envelope(response: Response, body: Any, rules: ResponseRules, where: str) -> Iterator[Finding]:
    """Check that an error has the documented form and content type."""
    envelope = rules.envelope
    if response.size == 0 or not response.body.strip():
        level = Level.SHOULD if envelope.body_may_lack else Level.MUST
        yield Finding("envelope", level, Message("an error body"), Message("an empty body"), where)
        return
    if body is NOT_JSON:
        actual = f"{header(response.headers, 'Content-Type') or 'no Content-Type'}: {clip_text(response.text, 120)}"
        yield Finding("envelope", Level.MUST, Message("a JSON body"), actual, where)
        return
    for should, actual, pointer in islice(schema_differences(rules.shape, body), 1):
        detail = Message("at {pointer} of {body}", pointer=pointer, body=clip_text(response.text, 200))
        yield Finding("envelope", Level.MUST, should, actual, where, detail=detail)
    misplaced = rules.find_misplaced_message(body)
    if misplaced is not None and misplaced[0]:
        proper = f"{envelope.faults}/0/{envelope.message}" if envelope.faults else f"/{envelope.message}"
        pointer, text = misplaced
        expected, place = Message("the message at {pointer}", pointer=proper), Message("at {pointer}", pointer=pointer)
        yield Finding("envelope", Level.MUST, expected, text, where, detail=place)
    for pointer in envelope.expected:
        if not resolve_pointer(body, pointer)[0]:
            yield Finding("envelope", Level.SHOULD, Message("a member {pointer}", pointer=pointer), "absent", where)
    for pointer, value in (envelope.equals | envelope.if_present).items():
        documented = response.status if value == "{status}" else value
        exists, actual = resolve_pointer(body, pointer)
        if not exists and pointer in envelope.if_present:
            continue
        if not exists or not json_equal(actual, documented):
            shown = actual if exists else Message("absent")
            place = Message("at {pointer}", pointer=pointer)
            yield Finding("envelope", Level.MUST, documented, shown, where, detail=place)
    yield from check_content_type(response, rules, where)


def check_content_type(response: Response, rules: ResponseRules, where: str) -> Iterator[Finding]:
    media_type = header(response.headers, "Content-Type")
    expected = rules.contract.file.content_types
    if media_type is None:
        yield Finding("content-type", Level.SHOULD, expected[0], "absent", where)
        return
    kind = media_type.partition(";")[0].strip().lower()
    if kind not in expected and not kind.endswith("+json"):
        yield Finding("content-type", Level.MUST, expected[0], media_type, where)


def check_error(body: Any, expected: Expectation, rules: ResponseRules, where: str) -> Iterator[Finding]:
    """Check code, field and message of the fault that fits best."""
    if not (expected.wordings or expected.expect.codes or expected.expect.field) or body is NOT_JSON:
        return
    faults = read_errors(rules, body)
    if not faults:
        if rules.envelope.faults:
            yield Finding("fault", Level.MUST, Message("the fault that the row names"), body, where)
        elif expected.wordings:
            yield _missing_message(expected, rules, where)
        return
    yield from min(
        (list(_check_fault(fault, expected, rules, where)) for fault in faults),
        key=lambda found: [sum(item.level is level for item in found) for level in Level],
    )


def check_other_entries(body: Any, expected: Expectation, rules: ResponseRules, where: str) -> Iterator[Finding]:
    """Check that an error reports only the one fault: no valid field, and no other row's fault of the same field."""
    field = expected.expect.field
    for fault in read_errors(rules, body) if field is not None else ():
        if fault.field == field:
            found = _check_fault(fault, expected, rules, where)
            yield from (item for item in found if item.level is Level.MUST and item.check != "code")
        elif isinstance(fault.field, str):
            detail = Message("a valid field is reported beside it")
            yield Finding("field", Level.MUST, field, fault.field, where, detail=detail)


def _check_fault(fault: ErrorEntry, expected: Expectation, rules: ResponseRules, where: str) -> Iterator[Finding]:
    codes, field = expected.expect.codes, expected.expect.field
    if codes and not any(json_equal(fault.code, code) for code in codes):
        yield Finding("code", Level.MUST, one_or_all(codes), fault.code, where)
    if field is not None and fault.field != field:
        yield Finding("field", Level.MUST, field, fault.field, where)
    if expected.wordings:
        yield from _check_message(fault, expected, rules, where)


def _check_message(fault: ErrorEntry, expected: Expectation, rules: ResponseRules, where: str) -> Iterator[Finding]:
    if not fault.has_message:
        yield _missing_message(expected, rules, where)
        return
    message = fault.message
    if not isinstance(message, str):
        yield Finding("message", Level.MUST, _expected_texts(expected), message, where)
        return
    wordings = [wording for wording in expected.wordings if is_in_language(wording, expected.language)]
    if any(matches_wording(wording, message, expected) for wording in wordings):
        return
    foreign = [each for each in expected.wordings if each not in wordings and match_wording_loosely(each, message)]
    if foreign and not any(match_wording_loosely(wording, message) for wording in wordings):
        language = foreign[0].language
        detail = Message(
            "the wording in {spoken}, where {asked} was asked for", spoken=language, asked=expected.language
        )
        yield Finding("language", Level.MUST, _expected_texts(expected, wordings), message, where, detail=detail)
        return
    found = rules.wordings.find(message)
    others = tuple(match for match in found if match.row != expected.row)
    others = tuple(match for match in others if matches_wording(match.wording, message, expected, loosely=False))
    is_own = expected.row in list_row_ids(found) or any(match_wording_loosely(each, message) for each in wordings)
    if others or (found and not is_own):
        rows = ", ".join(list_row_ids(others or found))
        detail = Message("the message of {rows}: rejected for another reason", rows=rows)
        yield Finding("message", Level.MUST, _expected_texts(expected, wordings), message, where, detail=detail)
        return
    yield Finding("message", Level(expected.message_level), _expected_texts(expected, wordings), message, where)


def _missing_message(expected: Expectation, rules: ResponseRules, where: str) -> Finding:
    level = Level.SHOULD if rules.envelope.body_may_lack else Level(expected.message_level)
    return Finding("message", level, _expected_texts(expected), "absent", where)


def is_in_language(wording: Wording, language: str | None) -> bool:
    return language is None or wording.language is None or wording.language == language


def matches_wording(wording: Wording, message: str, expected: Expectation, *, loosely: bool = True) -> bool:
    """Return whether a message is a wording with the sent values; `loosely` accepts any text if one is unknown."""
    try:
        return match_wording(wording, message, expected.lookup)
    except MissingValue:
        return loosely and match_wording_loosely(wording, message)


def _expected_texts(expected: Expectation, chosen: Sequence[Wording] | None = None) -> Any:
    texts: list[str] = []
    for wording in chosen or expected.wordings:
        try:
            texts.append(fill_text(wording.text, expected.lookup))
        except MissingValue:
            texts.append(wording.text)
    return one_or_all(tuple(dict.fromkeys(texts)))


def one_or_all(values: Sequence[Any]) -> Any:
    return values[0] if len(values) == 1 else list(values)
