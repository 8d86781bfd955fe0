"""Checks a probe's answer against the operation's OpenAPI document and the documented messages of all rows.

Pure. Error envelopes, content types and leaks are checked by `conformance.checks`, as for a row.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from conformance.checks.body import schema_differences
from conformance.checks.context import NOT_JSON, ResponseRules, compile_schema, parse_json, read_errors
from conformance.checks.errors import check_envelope
from conformance.checks.model import Finding, Level
from conformance.contract.contract import Row
from conformance.contract.messages import list_row_ids
from conformance.contract.request_template import format_value
from conformance.engine.step_sequence import StepResult
from conformance.explore.openapi import DocumentedOperation
from conformance.explore.probes import ExploreProbe, label_probe
from conformance.explore.validity import Validity, classify_parts
from conformance.http import Exchange, Response, header
from conformance.jsontools import find_values
from conformance.messages import Message, clip_text

_MOST_DIFFERENCES = 3
"""The most schema differences that are reported for one answer."""


@dataclass(frozen=True, slots=True)
class ProbeAnswer:
    """A probe with its exchange and the findings about it."""

    operation: DocumentedOperation
    probe: ExploreProbe
    validity: Validity
    sent: StepResult
    found: tuple[Finding, ...] = ()

    @property
    def exchange(self) -> Exchange:
        return self.sent.exchange

    @property
    def weight(self) -> int:
        """The size of the request for a reader: the characters of its URL plus the bytes of its body."""
        request = self.exchange.request
        return len(request.url) + len(request.body or b"")

    @property
    def status(self) -> int:
        """The status, or 0 without a response."""
        return self.exchange.response.status if self.exchange.response else 0

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """Whether the request was refused (4xx), so that it must not change anything."""
        return 400 <= self.status < 500

    @property
    def body(self) -> Any:
        """The body of the response as JSON, or None if it is not JSON."""
        body = parse_json(self.exchange.response) if self.exchange.response else None
        return None if body is NOT_JSON else body

    @property
    def names_what_was_drawn(self) -> bool:
        """Whether a drawn ID happens to exist, which the response shows by containing it."""
        drawn = [value for name, value in self.probe.path if name in self.probe.about]
        return isinstance(self.body, dict) and self.body.get("id") in drawn

    def observe(self, check: str, level: Level, expected: Any, actual: Any, detail: str = "") -> Finding:
        return Finding(check, level, expected, actual, label_probe(self.probe), detail=detail)

    def key_of(self, found: Finding) -> tuple[str, ...]:
        """Return a key that is equal for findings to be reported once with a count; some leave out the actual value."""
        response = self.exchange.response
        media_type = header(response.headers, "Content-Type") if response else None
        same = {"envelope": (media_type or "").partition(";")[0].strip().lower(), "effect": "", "leak": ""}
        same |= dict.fromkeys(("schema", "message", "state"), found.detail)
        return found.check, found.level, str(found.expected), same.get(found.check, str(found.actual))


def check_answer(rules: ResponseRules, answer: ProbeAnswer) -> tuple[Finding, ...]:
    """Return all findings about an answer; a 5xx is one finding, without those that follow from it."""
    response = answer.exchange.response
    if response is None:
        return ()
    leaks = tuple(found for found in answer.sent.found if found.check == "leak")
    if response.status >= 500:
        return (answer.observe("status", Level.MUST, Message("no 5xx on any input"), response.status), *leaks)
    if answer.validity is Validity.ODD:
        return leaks
    statuses = tuple(_check_status(rules, answer))
    if any(found.check == "invalid-data" for found in statuses):
        return statuses  # the form of a success that should not exist does not matter
    further = tuple(_check_success(answer, response))
    if response.status >= 400:
        form = check_envelope(response, parse_json(response), rules, label_probe(answer.probe))
        further = (*form, *_check_rows(rules, answer, response))
    if any(found.check == "status" for found in further):  # found by a row, so more specific than `documented-status`
        statuses = tuple(found for found in statuses if found.check != "documented-status")
    return (*statuses, *further, *leaks)


def read_messages(rules: ResponseRules, answer: ProbeAnswer) -> tuple[str, ...]:
    return tuple(entry.message for entry in read_errors(rules, answer.body) if isinstance(entry.message, str))


def undocumented_messages(rules: ResponseRules, answer: ProbeAnswer) -> Iterator[str]:
    """Yield the messages of an error ("" if it has none) that no row of the operation documents with this status."""
    if answer.status < 400 or answer.validity is Validity.ODD:
        return
    rows = _rows_of_status(rules, answer)
    for message in read_messages(rules, answer) or ("",):
        known = {match.row for match in rules.wordings.find(message) if match.exact}
        if not any(row.case.expect.message is None or row.id in known for row in rows):
            yield _message_shape(answer.probe, message)


def _rows_of_status(rules: ResponseRules, answer: ProbeAnswer) -> list[Row]:
    """Return the rows of the operation that document the answered status."""
    rows = (row for row in rules.contract.rows if _covers(row, answer.operation))
    return [row for row in rows if answer.status in row.case.expect.statuses]


def _message_shape(probe: ExploreProbe, message: str) -> str:
    """Return a message with the sent values as placeholders: `Invalid integer in query (limit={query.limit})`."""
    parts = [(f"query.{name}", value) for name, value in probe.query]
    parts += [(f"path.{name}", value) for name, value in probe.path]
    for name, value in sorted(parts, key=lambda pair: -len(pair[1])):
        if value:
            message = re.sub(rf"(?<![\w{{.]){re.escape(value)}(?![\w}}])", "{" + name.replace("\\", "") + "}", message)
    return message if len(message) <= 300 else message[:300] + "…"


def _check_status(rules: ResponseRules, answer: ProbeAnswer) -> Iterator[Finding]:
    status, operation, validity = answer.status, answer.operation, answer.validity
    documented = list(operation.statuses)
    if validity is Validity.VALID and status >= 400:
        text = " ".join(read_messages(rules, answer))
        refused = Message("valid data was refused: {message}", message=text)
        detail = refused if text else Message("valid data was refused: no message")
        successes = _one_of(one for one in documented if one.startswith("2"))
        yield answer.observe("valid-data", Level.MUST, successes, status, detail)
    elif validity is Validity.INVALID and status < 300 and not answer.names_what_was_drawn:
        refusals = _one_of(one for one in documented if one.startswith("4"))
        detail = Message("what must be refused was accepted ({about})", about=answer.probe.about)
        yield answer.observe("invalid-data", Level.MUST, refusals, status, detail)
    elif operation.documented(status) is None and not _rows_of_status(rules, answer):
        firm = validity is not Validity.OPEN or operation.documented(400) is not None or status < 400
        level = Level.SHOULD if firm else Level.NOTE
        yield answer.observe("documented-status", level, _one_of(documented), status)


def _one_of(statuses: Iterable[str]) -> int | str:
    """Return the documented statuses as an expected value; `4XX` and `default` as the document writes them."""
    every = tuple(statuses)
    if len(every) == 1 and every[0].isdigit():
        return int(every[0])
    return Message("one of {statuses}", statuses=", ".join(every))


def _check_success(answer: ProbeAnswer, response: Response) -> Iterator[Finding]:
    body, schema = parse_json(response), answer.operation.schema_of(response.status)
    if schema is None or response.cut or response.status >= 300:
        return
    if body is NOT_JSON:
        actual = f"{response.status} {header(response.headers, 'Content-Type') or ''}: {clip_text(response.text, 120)}"
        yield answer.observe("schema", Level.MUST, Message("a JSON body"), actual)
        return
    differences = list(schema_differences(compile_schema(schema), body))
    for expected, actual, place in differences[:_MOST_DIFFERENCES]:
        where = re.sub(r"/\d+(?=/|$)", "/*", place)
        detail = Message("at {pointer}", pointer=where)
        yield answer.observe("schema", Level.MUST, expected, format_value(actual), detail)
    if not differences and answer.validity is Validity.VALID:
        yield from _check_numbers(answer, body)


def _check_numbers(answer: ProbeAnswer, body: Any) -> Iterator[Finding]:
    """Check that an integer in the query limits the number of items (`x-bounds`) and is echoed (`x-echo`)."""
    query = dict(answer.probe.query)
    for one in answer.operation.among("query"):
        if one.schema.get("type") != "integer" or one.name not in query:
            continue
        sent = int(query[one.name])
        for pointer in one.schema.get("x-bounds", ()):
            for items in find_values(body, pointer):
                if isinstance(items, list) and len(items) > sent:
                    actual = Message("{n} items at {name}={value}", n=len(items), name=one.name, value=sent)
                    expected = Message("at most {n} items", n=one.name)
                    yield answer.observe("effect", Level.MUST, expected, actual)
        echo = one.schema.get("x-echo")
        for shown in find_values(body, echo) if echo else ():
            if isinstance(shown, bool) or shown != sent:
                expected = Message("{pointer} as sent", pointer=echo)
                actual = Message("{shown} at {name}={value}", shown=format_value(shown), name=one.name, value=sent)
                yield answer.observe("effect", Level.SHOULD, expected, actual)


def _check_rows(rules: ResponseRules, answer: ProbeAnswer, response: Response) -> Iterator[Finding]:
    """Check that a documented message comes with its row's status, and only where that row can apply."""
    if answer.validity is Validity.OPEN:
        return  # the documents do not mention such an input, so any refusal is right
    reason = Message("a message about what is wrong with this request")
    for message in read_messages(rules, answer):
        rows = [rules.row(name) for name in list_row_ids([one for one in rules.wordings.find(message) if one.exact])]
        here = [row for row in rows if _covers(row, answer.operation)]
        names = ", ".join(row.id for row in here or rows)
        expected = sorted({status for row in here for status in row.case.expect.statuses})
        if rows and not here:
            detail = Message("the message of {rows}: rejected for another reason", rows=names)
            yield answer.observe("message", Level.MUST, reason, message, detail)
        elif here and response.status not in expected:
            detail = Message("{message!r} is the message of {rows}", message=message, rows=names)
            yield answer.observe("status", Level.MUST, expected, response.status, detail)
        elif here and not any(_can_apply(row, answer) for row in here):
            detail = Message("the message of {rows}, and nothing that it is about was wrong", rows=names)
            yield answer.observe("message", Level.MUST, reason, message, detail)


def _covers(row: Row, operation: DocumentedOperation) -> bool:
    """Return whether a row covers the operation; rows of the table `common` cover all."""
    return row.table == "common" or operation.id in {ref.call for ref in row.operations}


def _can_apply(row: Row, answer: ProbeAnswer) -> bool:
    """Return whether a part that the row varies is not valid, or is missing."""
    touched = {part for part in row.case.vary if part.startswith(("query.", "json.", "path."))}
    touched = {"json" if part.startswith("json.") else part for part in touched}
    parts = classify_parts(answer.operation, answer.probe)
    if not touched or any(parts.get(name, Validity.VALID) is not Validity.VALID for name in touched):
        return True
    return "json" in touched and answer.validity is not Validity.VALID
