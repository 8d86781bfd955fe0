"""One answer held against what the contract says of all answers of its operation. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.checks.context import compile_schema, find_stack_trace
from conformance.checks.model import Level
from conformance.explore.context import DocumentedAnswer, ExploreContext
from conformance.explore.inputs import ExploreProbe
from conformance.explore.openapi import DocumentedOperation
from conformance.explore.validity import Validity, classify_part
from conformance.http import Request, Response, header
from conformance.jsontools import find_values
from conformance.messages import Message

__all__ = ["CheckFailure", "check_answer", "message_shape", "parse_body", "read_messages"]

_MANY = 3


@dataclass(frozen=True, slots=True)
class CheckFailure:
    """One expectation that did not hold; equal `key`s are the same finding."""

    check: str
    level: Level
    expected: Any
    actual: Any
    detail: str = ""
    kind: str = ""
    follow: bool = True
    """Whether other requests may say more of it."""

    @property
    def key(self) -> str:
        """What makes two findings one."""
        return f"{self.check}|{self.level}|{self.expected}|{self.kind or self.actual}"


@dataclass(frozen=True, slots=True)
class AnswerContext:
    """All that one judgement looks at."""

    context: ExploreContext
    operation: DocumentedOperation
    probe: ExploreProbe
    sort: Validity
    request: Request
    response: Response


def check_answer(matter: AnswerContext) -> tuple[CheckFailure, ...]:
    """Everything that is wrong with an answer; a fault of the server is told once, not by each thing it breaks."""
    response = matter.response
    if response.status >= 500:
        return (_fault(response), *_leaks(matter))
    if matter.sort is Validity.ODD:
        return tuple(_leaks(matter))
    body = parse_body(response)
    statuses = tuple(_statuses(matter, body))
    if any(found.check == "invalid-data" for found in statuses):
        return statuses  # what an answer that should not be looks like is of no interest
    checks = (_errors if response.status >= 400 else _successes, _rows)
    further = tuple(found for check in checks for found in check(matter, body))
    if any(found.check == "status" for found in further):  # a row says more of the status than the list of all does
        statuses = tuple(found for found in statuses if found.check != "documented-status")
    return (*statuses, *further, *_leaks(matter))


def parse_body(response: Response) -> Any:
    """The body as JSON, or None where it is none."""
    try:
        return response.json()
    except ValueError:
        return None


def read_messages(body: Any) -> tuple[str, ...]:
    """What an error says: its `message`, or the messages of its `errors`."""
    if not isinstance(body, dict):
        return ()
    said = [body.get("message")]
    errors = body.get("errors")
    listed = errors if isinstance(errors, list) else []
    said += [one.get("message") if isinstance(one, dict) else one for one in listed]
    return tuple(text for text in said if isinstance(text, str))


def message_shape(matter: AnswerContext, message: str) -> str:
    """A message with what was sent put back as placeholders: `Invalid integer in query (limit={query.limit})`."""
    parts = [(f"query.{name}", value) for name, value in matter.probe.query]
    parts += [(f"path.{name}", value) for name, value in matter.probe.path]
    for name, value in sorted(parts, key=lambda pair: -len(pair[1])):
        if value:
            message = re.sub(rf"(?<![\w{{.]){re.escape(value)}(?![\w}}])", "{" + name.replace("\\", "") + "}", message)
    return message if len(message) <= 300 else message[:300] + "…"


def row_applies(row: DocumentedAnswer, operation: DocumentedOperation) -> bool:
    """Whether a row speaks of this operation."""
    return not row.operations or operation.id in row.operations


def _fault(response: Response) -> CheckFailure:
    actual = f"{response.status} {response.text[:200]}".strip()
    return CheckFailure("status", Level.MUST, Message("no 5xx on any input"), actual, kind=str(response.status))


def _statuses(matter: AnswerContext, _: Any) -> Iterator[CheckFailure]:
    status, operation = matter.response.status, matter.operation
    documented = sorted(operation.responses)
    if matter.sort is Validity.VALID and status >= 400:
        said = " ".join(read_messages(parse_body(matter.response)))
        refused = Message("valid data was refused: {message}", message=said)
        detail = refused if said else Message("valid data was refused: no message")
        yield CheckFailure("valid-data", Level.MUST, list(operation.successes), status, detail)
    elif matter.sort is Validity.INVALID and status < 300 and not _is_what_was_asked_for(matter):
        refusals = [known for known in documented if 400 <= known < 500]
        accepted = Message("what must be refused was accepted ({about})", about=matter.probe.about)
        yield CheckFailure("invalid-data", Level.MUST, refusals, status, accepted)
    elif status not in documented:
        firm = matter.sort is not Validity.OPEN or 400 in documented or status < 400
        yield CheckFailure("documented-status", Level.SHOULD if firm else Level.NOTE, documented, status)


def _is_what_was_asked_for(matter: AnswerContext) -> bool:
    """A drawn ID may happen to exist: then the answer names it."""
    drawn = {value for name, value in matter.probe.path if name in matter.probe.about}
    body = parse_body(matter.response)
    return isinstance(body, dict) and body.get("id") in drawn


def _errors(matter: AnswerContext, body: Any) -> Iterator[CheckFailure]:
    response, context = matter.response, matter.context
    if response.size == 0 and not response.body:
        yield CheckFailure(
            "envelope",
            context.empty_error,
            Message("a body of the documented shape"),
            Message("{status} without a body", status=response.status),
            kind="empty",
            follow=context.empty_error is Level.MUST,
        )
        return
    media = (header(response.headers, "Content-Type") or "").split(";")[0].strip().lower()
    if body is None and not response.cut:
        actual = f"{response.status} {media or 'no Content-Type'}: {response.text[:120]}"
        kind = f"not JSON {media}"
        yield CheckFailure("envelope", Level.MUST, Message("a JSON object of the documented shape"), actual, kind=kind)
        return
    if not response.cut and (breach := _breach(context.envelope, body)):
        actual = f"{response.status} {response.text[:160]}"
        yield CheckFailure("envelope", Level.MUST, breach, actual, kind="envelope")
    if media not in context.error_content_types:
        yield CheckFailure("content-type", Level.MUST, list(context.error_content_types), media or "none")


def _successes(matter: AnswerContext, body: Any) -> Iterator[CheckFailure]:
    status, operation = matter.response.status, matter.operation
    schema = operation.responses.get(status)
    if schema is None or matter.response.cut:
        return
    if body is None:
        actual = f"{status} {header(matter.response.headers, 'Content-Type') or ''}: {matter.response.text[:120]}"
        yield CheckFailure("schema", Level.MUST, Message("a JSON body"), actual, kind="not JSON")
        return
    breaches = list(compile_schema(schema).iter_errors(body))
    for error in breaches[:_MANY]:
        where = "/" + "/".join("*" if isinstance(step, int) else str(step) for step in error.instance_path)
        yield CheckFailure("schema", Level.MUST, f"{where}: {_told(error)}", _brief(error.instance), kind=where)
    if not breaches and matter.sort is Validity.VALID:
        yield from _echoes(matter, body)


def _told(error: Any) -> str:
    return f"{error.kind.name} {getattr(error.kind, 'value', '')}".strip()


def _echoes(matter: AnswerContext, body: Any) -> Iterator[CheckFailure]:
    query = dict(matter.probe.query)
    for one in matter.operation.among("query"):
        if one.schema.get("type") != "integer" or one.name not in query:
            continue
        sent = int(query[one.name])
        for pointer in one.bounds:
            for items in find_values(body, pointer):
                if isinstance(items, list) and len(items) > sent:
                    actual = Message("{n} items at {name}={value}", n=len(items), name=one.name, value=sent)
                    yield CheckFailure(
                        "effect", Level.MUST, Message("at most {n} items", n=one.name), actual, kind=pointer
                    )
        for shown in find_values(body, one.echo) if one.echo else ():
            if shown != sent:
                expected = Message("{pointer} as sent", pointer=one.echo)
                yield CheckFailure("effect", Level.SHOULD, expected, f"{shown} at {one.name}={sent}", kind=one.echo)


def _rows(matter: AnswerContext, body: Any) -> Iterator[CheckFailure]:
    if matter.response.status < 400:
        return
    for message in read_messages(body):
        if not message:
            continue
        alike = [row for row in matter.context.documented if row.message is not None and row.message.fullmatch(message)]
        here = [row for row in alike if row_applies(row, matter.operation)]
        if not alike or (not here and matter.sort is Validity.OPEN):
            continue
        if not here:
            yield CheckFailure(
                "message",
                Level.MUST,
                Message("the reason for this request"),
                message,
                Message("belongs to {rows}", rows=_names(alike)),
            )
        elif not any(row.status == matter.response.status for row in here):
            if matter.sort is Validity.OPEN:
                continue  # where the documents are silent on the input, any refusal will do
            expected = sorted({row.status for row in here})
            yield CheckFailure(
                "status",
                Level.MUST,
                expected,
                matter.response.status,
                Message("{message!r} belongs to {rows}", message=message, rows=_names(here)),
            )
        elif matter.sort is not Validity.OPEN and not any(_can_apply(row, matter) for row in here):
            detail = Message("nothing that {rows} is about was wrong", rows=_names(here))
            yield CheckFailure(
                "message", Level.MUST, Message("the reason for this request"), message, detail, kind=_names(here)
            )


def _can_apply(row: DocumentedAnswer, matter: AnswerContext) -> bool:
    sorts = [classify_part(matter.operation, matter.probe, name) for name in row.touches]
    is_wrong = any(one is not None and one is not Validity.VALID for one in sorts)
    is_about = not row.touches or is_wrong or _is_missing(row, matter)
    return is_about and (row.applies is None or row.applies(matter.request))


def _is_missing(row: DocumentedAnswer, matter: AnswerContext) -> bool:
    """A row may also be about a required part that was left out, or a body that is none."""
    sent = {f"query.{name}" for name, _ in matter.probe.query}
    required = {f"query.{one.name}" for one in matter.operation.among("query") if one.required}
    bodily = any(not name.startswith(("query.", "path.")) for name in row.touches)
    return bool((row.touches & required) - sent) or (bodily and matter.sort is not Validity.VALID)


def _leaks(matter: AnswerContext) -> Iterator[CheckFailure]:
    response = matter.response
    if response.status < 400:
        return
    if (trace := find_stack_trace(response)) is not None:
        yield CheckFailure("leak", Level.MUST, Message("no stack trace in a body"), trace, kind="trace")
    for name, value in matter.context.headers:
        if len(value) >= 8 and value in response.text and name.lower() not in ("accept", "user-agent", "content-type"):
            yield CheckFailure(
                "leak", Level.MUST, Message("no credential in a body"), Message("the value of {name}", name=name)
            )


def _breach(schema: Mapping[str, Any], body: Any) -> str:
    error = next(iter(compile_schema(schema).iter_errors(body)), None)
    if error is None:
        return ""
    where = "/" + "/".join(map(str, error.instance_path))
    return f"{where}: {_told(error)}"


def _names(rows: list[DocumentedAnswer]) -> str:
    return ", ".join(dict.fromkeys(row.row for row in rows))


def _brief(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 120 else text[:120] + "…"
