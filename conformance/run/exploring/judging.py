"""One answer held against what the contract says of all answers of its operation. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.judge.rules import stack_trace, validator
from conformance.results.model import Level
from conformance.run.exploring.document import Operation, find
from conformance.run.exploring.ground import DocumentedAnswer, Ground
from conformance.run.exploring.probes import Probe
from conformance.run.exploring.sorting import Sort, part
from conformance.wire import Answer, Request, header

__all__ = ["Found", "judge", "messages", "parsed", "shape"]

_MANY = 3


@dataclass(frozen=True, slots=True)
class Found:
    """One expectation that did not hold; equal `key`s are the same finding."""

    aspect: str
    level: Level
    wanted: Any
    got: Any
    detail: str = ""
    kind: str = ""
    follow: bool = True
    """Whether other requests may say more of it."""

    @property
    def key(self) -> str:
        """What makes two findings one."""
        return f"{self.aspect}|{self.level}|{self.wanted}|{self.kind or self.got}"


@dataclass(frozen=True, slots=True)
class Matter:
    """All that one judgement looks at."""

    ground: Ground
    operation: Operation
    probe: Probe
    sort: Sort
    request: Request
    answer: Answer


def judge(matter: Matter) -> tuple[Found, ...]:
    """Everything that is wrong with an answer; a fault of the server is told once, not by each thing it breaks."""
    answer = matter.answer
    if answer.status >= 500:
        return (_fault(answer), *_leaks(matter))
    if matter.sort is Sort.ODD:
        return tuple(_leaks(matter))
    body = parsed(answer)
    statuses = tuple(_statuses(matter, body))
    if any(found.aspect == "invalid-data" for found in statuses):
        return statuses  # what an answer that should not be looks like is of no interest
    checks = (_errors if answer.status >= 400 else _successes, _rows)
    further = tuple(found for check in checks for found in check(matter, body))
    if any(found.aspect == "status" for found in further):  # a row says more of the status than the list of all does
        statuses = tuple(found for found in statuses if found.aspect != "documented-status")
    return (*statuses, *further, *_leaks(matter))


def parsed(answer: Answer) -> Any:
    """The body as JSON, or None where it is none."""
    try:
        return answer.json()
    except ValueError:
        return None


def messages(body: Any) -> tuple[str, ...]:
    """What an error says: its `message`, or the messages of its `errors`."""
    if not isinstance(body, dict):
        return ()
    said = [body.get("message")]
    errors = body.get("errors")
    listed = errors if isinstance(errors, list) else []
    said += [one.get("message") if isinstance(one, dict) else one for one in listed]
    return tuple(text for text in said if isinstance(text, str))


def shape(matter: Matter, message: str) -> str:
    """A message with what was sent put back as placeholders: `Invalid integer in query (limit={query.limit})`."""
    parts = [(f"query.{name}", value) for name, value in matter.probe.query]
    parts += [(f"path.{name}", value) for name, value in matter.probe.path]
    for name, value in sorted(parts, key=lambda pair: -len(pair[1])):
        if value:
            message = re.sub(rf"(?<![\w{{.]){re.escape(value)}(?![\w}}])", "{" + name.replace("\\", "") + "}", message)
    return message if len(message) <= 300 else message[:300] + "…"


def applies(row: DocumentedAnswer, operation: Operation) -> bool:
    """Whether a row speaks of this operation."""
    return not row.operations or operation.id in row.operations


def _fault(answer: Answer) -> Found:
    got = f"{answer.status} {answer.text[:200]}".strip()
    return Found("status", Level.MUST, "no 5xx on any input", got, kind=str(answer.status))


def _statuses(matter: Matter, _: Any) -> Iterator[Found]:
    status, operation = matter.answer.status, matter.operation
    documented = sorted(operation.responses)
    if matter.sort is Sort.VALID and status >= 400:
        detail = "valid data was refused: " + (" ".join(messages(parsed(matter.answer))) or "no message")
        yield Found("valid-data", Level.MUST, list(operation.successes), status, detail)
    elif matter.sort is Sort.INVALID and status < 300 and not _is_what_was_asked_for(matter):
        refusals = [known for known in documented if 400 <= known < 500]
        detail = f"what must be refused was accepted ({matter.probe.about})"
        yield Found("invalid-data", Level.MUST, refusals, status, detail)
    elif status not in documented:
        firm = matter.sort is not Sort.OPEN or 400 in documented or status < 400
        yield Found("documented-status", Level.SHOULD if firm else Level.NOTE, documented, status)


def _is_what_was_asked_for(matter: Matter) -> bool:
    """A drawn ID may happen to exist: then the answer names it."""
    drawn = {value for name, value in matter.probe.path if name in matter.probe.about}
    body = parsed(matter.answer)
    return isinstance(body, dict) and body.get("id") in drawn


def _errors(matter: Matter, body: Any) -> Iterator[Found]:
    answer, ground = matter.answer, matter.ground
    if answer.size == 0 and not answer.body:
        wanted, got = "a body of the documented shape", f"{answer.status} without a body"
        yield Found("envelope", ground.empty_error, wanted, got, kind="empty", follow=ground.empty_error is Level.MUST)
        return
    media = (header(answer.headers, "Content-Type") or "").split(";")[0].strip().lower()
    if body is None and not answer.cut:
        got = f"{answer.status} {media or 'no Content-Type'}: {answer.text[:120]}"
        kind = f"not JSON {media}"
        yield Found("envelope", Level.MUST, "a JSON object of the documented shape", got, kind=kind)
        return
    if not answer.cut and (breach := _breach(ground.envelope, body)):
        got = f"{answer.status} {answer.text[:160]}"
        yield Found("envelope", Level.MUST, breach, got, kind="envelope")
    if media not in ground.error_content_types:
        yield Found("content-type", Level.MUST, list(ground.error_content_types), media or "none")


def _successes(matter: Matter, body: Any) -> Iterator[Found]:
    status, operation = matter.answer.status, matter.operation
    schema = operation.responses.get(status)
    if schema is None or matter.answer.cut:
        return
    if body is None:
        got = f"{status} {header(matter.answer.headers, 'Content-Type') or ''}: {matter.answer.text[:120]}"
        yield Found("schema", Level.MUST, "a JSON body", got, kind="not JSON")
        return
    breaches = list(validator(schema).iter_errors(body))
    for error in breaches[:_MANY]:
        where = "/" + "/".join("*" if isinstance(step, int) else str(step) for step in error.instance_path)
        yield Found("schema", Level.MUST, f"{where}: {_told(error)}", _brief(error.instance), kind=where)
    if not breaches and matter.sort is Sort.VALID:
        yield from _echoes(matter, body)


def _told(error: Any) -> str:
    return f"{error.kind.name} {getattr(error.kind, 'value', '')}".strip()


def _echoes(matter: Matter, body: Any) -> Iterator[Found]:
    query = dict(matter.probe.query)
    for one in matter.operation.among("query"):
        if one.schema.get("type") != "integer" or one.name not in query:
            continue
        sent = int(query[one.name])
        for pointer in one.bounds:
            for items in find(body, pointer):
                if isinstance(items, list) and len(items) > sent:
                    got = f"{len(items)} items at {one.name}={sent}"
                    yield Found("effect", Level.MUST, f"at most {one.name} items", got, kind=pointer)
        for shown in find(body, one.echo) if one.echo else ():
            if shown != sent:
                got = f"{shown} at {one.name}={sent}"
                yield Found("effect", Level.SHOULD, f"{one.echo} as sent", got, kind=one.echo)


def _rows(matter: Matter, body: Any) -> Iterator[Found]:
    if matter.answer.status < 400:
        return
    for message in messages(body):
        if not message:
            continue
        alike = [row for row in matter.ground.documented if row.message is not None and row.message.fullmatch(message)]
        here = [row for row in alike if applies(row, matter.operation)]
        if not alike or (not here and matter.sort is Sort.OPEN):
            continue
        if not here:
            yield Found("message", Level.MUST, "the reason for this request", message, f"belongs to {_names(alike)}")
        elif not any(row.status == matter.answer.status for row in here):
            if matter.sort is Sort.OPEN:
                continue  # where the documents are silent on the input, any refusal will do
            wanted = sorted({row.status for row in here})
            yield Found("status", Level.MUST, wanted, matter.answer.status, f"{message!r} belongs to {_names(here)}")
        elif matter.sort is not Sort.OPEN and not any(_can_apply(row, matter) for row in here):
            detail = f"nothing that {_names(here)} is about was wrong"
            yield Found("message", Level.MUST, "the reason for this request", message, detail, kind=_names(here))


def _can_apply(row: DocumentedAnswer, matter: Matter) -> bool:
    sorts = [part(matter.operation, matter.probe, name) for name in row.touches]
    is_wrong = any(one is not None and one is not Sort.VALID for one in sorts)
    is_about = not row.touches or is_wrong or _is_missing(row, matter)
    return is_about and (row.applies is None or row.applies(matter.request))


def _is_missing(row: DocumentedAnswer, matter: Matter) -> bool:
    """A row may also be about a required part that was left out, or a body that is none."""
    sent = {f"query.{name}" for name, _ in matter.probe.query}
    required = {f"query.{one.name}" for one in matter.operation.among("query") if one.required}
    bodily = any(not name.startswith(("query.", "path.")) for name in row.touches)
    return bool((row.touches & required) - sent) or (bodily and matter.sort is not Sort.VALID)


def _leaks(matter: Matter) -> Iterator[Found]:
    answer = matter.answer
    if answer.status < 400:
        return
    if (trace := stack_trace(answer)) is not None:
        yield Found("leak", Level.MUST, "no stack trace in a body", trace, kind="trace")
    for name, value in matter.ground.headers:
        if len(value) >= 8 and value in answer.text and name.lower() not in ("accept", "user-agent", "content-type"):
            yield Found("leak", Level.MUST, "no credential in a body", f"the value of {name}")


def _breach(schema: Mapping[str, Any], body: Any) -> str:
    error = next(iter(validator(schema).iter_errors(body)), None)
    if error is None:
        return ""
    where = "/" + "/".join(map(str, error.instance_path))
    return f"{where}: {_told(error)}"


def _names(rows: list[DocumentedAnswer]) -> str:
    return ", ".join(dict.fromkeys(row.row for row in rows))


def _brief(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 120 else text[:120] + "…"
