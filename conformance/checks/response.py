"""Checks a response against an expectation with every check, and returns all findings."""

import json
from collections.abc import Iterator, Mapping, Sequence

from conformance.checks.body import check_body
from conformance.checks.context import Expectation, ResponseRules, parse_json, read_errors
from conformance.checks.errors import check_envelope, check_error, is_in_language, matches_wording, one_or_all
from conformance.checks.headers import check_headers
from conformance.checks.leaks import check_leaks
from conformance.checks.model import Finding, Level
from conformance.contract.schema import Expect
from conformance.http import Response
from conformance.messages import Message, clip_text, join_messages


def find_editions(response: Response, expected: Expectation, rules: ResponseRules) -> tuple[str, ...]:
    """Return the editions of the wordings that a response uses, for wordings that have an edition."""
    faults = read_errors(rules, parse_json(response))
    editions = [
        wording.edition
        for fault in faults
        for wording in expected.wordings
        if wording.edition and is_in_language(wording, expected.language) and isinstance(fault.message, str)
        if matches_wording(wording, fault.message, expected)
    ]
    return tuple(dict.fromkeys(editions))


def format_codes(response: Response, rules: ResponseRules) -> str:
    """Return the codes and fields of an error response as text; empty if it has no codes."""
    faults = read_errors(rules, parse_json(response)) if response.status >= 400 else ()
    coded = [fault for fault in faults if isinstance(fault.code, str | int)]
    return "; ".join(f"{fault.code} {fault.field or ''}".strip() for fault in coded)


def summarize_response(response: Response, rules: ResponseRules) -> str:
    """Summarize a response in one line: its status, and the faults or the text of an error."""
    faults = read_errors(rules, parse_json(response)) if response.status >= 400 else ()
    text = "; ".join(
        " ".join(
            part if isinstance(part, str) else json.dumps(part, ensure_ascii=False)
            for part in (fault.code, fault.field, fault.message)
            if part not in (None, "")
        )
        for fault in faults
    )
    if not text and response.status >= 400:
        text = " ".join(response.text.split())
    return f"{response.status} {clip_text(text, 160)}".rstrip()


def check_response(response: Response, expected: Expectation, rules: ResponseRules, where: str) -> tuple[Finding, ...]:
    """Return a finding for everything in which a response differs from its expectation."""
    return tuple(_findings(response, expected, rules, where))


def _findings(response: Response, expected: Expectation, rules: ResponseRules, where: str) -> Iterator[Finding]:
    statuses, status = expected.expect.statuses, response.status
    if status not in statuses:
        yield Finding("status", Level.MUST, one_or_all(statuses), status, where, detail="; ".join(response.faults))
    yield from check_leaks(response, rules, where, expected.request)
    in_envelope, body = status >= 400 and expected.expect.in_envelope, parse_json(response)
    if in_envelope:
        yield from check_envelope(response, body, rules, where)
    if status in statuses or in_envelope:
        yield from check_error(body, expected, rules, where)
    if status in statuses:
        yield from check_headers(response, expected.expect.headers, where)
        yield from check_body(response, body, expected, where)


def has_must(found: Sequence[Finding]) -> bool:
    return any(item.level is Level.MUST for item in found)


def classify_choice(
    response: Response,
    accept: Sequence[str | int],
    own: Expectation,
    others: Mapping[str, Expectation],
    rules: ResponseRules,
    *,
    where: str,
) -> tuple[str, tuple[Finding, ...]]:
    """Return which accepted answer a response is, by wording before status; and findings if it is none."""
    if response.status < 300 and "accepted" in accept:
        return "accepted", tuple(check_leaks(response, rules, where, own.request))
    rows = {**({own.row: own} if "this" in accept else {}), **others}
    findings_of_row = {name: check_response(response, expected, rules, where) for name, expected in rows.items()}
    for name, found in sorted(findings_of_row.items(), key=lambda item: len(item[1])):
        if not has_must(found):
            return name, ()
    by_status = _check_status_only(response, accept, own, rules, where)
    if by_status is not None:
        return summarize_response(response, rules), by_status
    allowed = join_messages(", ", [_describe_accepted(own.row if item == "this" else item) for item in accept])
    expected = Message("one of {statuses}", statuses=allowed)
    detail = Message(
        "the documents are silent here, but {answer} is none of these", answer=summarize_response(response, rules)
    )
    return summarize_response(response, rules), (
        Finding("choice", Level.MUST, expected, response.status, where, detail=detail),
    )


def _describe_accepted(item: str | int) -> str:
    words = {
        "accepted": Message("success"),
        "any-4xx": Message("any 4xx"),
        "not-5xx": Message("anything but a 5xx"),
    }
    row = Message("the answer of {row}", row=item) if "/" in str(item) else str(item)
    return words.get(str(item), row)


def _check_status_only(
    response: Response, accept: Sequence[str | int], own: Expectation, rules: ResponseRules, where: str
) -> tuple[Finding, ...] | None:
    """Check a response whose status alone is accepted (an error must still have its form); None if it is not."""
    fourhundreds = 400 <= response.status < 500
    if response.status not in accept and not (
        ("any-4xx" in accept and fourhundreds) or ("not-5xx" in accept and response.status < 500)
    ):
        return None
    if not fourhundreds:
        return tuple(check_leaks(response, rules, where, own.request))
    bare = Expectation(expect=Expect(status=response.status), lookup=lambda *_: None, request=own.request)
    found = check_response(response, bare, rules, where)
    return tuple(item for item in found if item.level is Level.MUST)
