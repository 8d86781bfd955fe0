"""What a report says of a row before anything is sent: its source, its expected answer, its planned requests."""

import re
from pathlib import Path

from conformance.checks.model import Verdict
from conformance.client.builder import PlaceholderScope
from conformance.contract.contract import Row
from conformance.contract.messages import list_wordings
from conformance.contract.request_template import format_value
from conformance.contract.templates import PLACEHOLDER, MissingValue
from conformance.engine.context import RunContext
from conformance.messages import Message
from conformance.plan.model import PlannedRequest, RowPlan
from conformance.results.model import ExpectedAnswer, PromiseSource, RowResult
from conformance.target.loader import Target

_QUOTED_PLACEHOLDER = re.compile(r"%7B(fixture\.\w+)%7D")
"""A fixture that is only known once the set-up has found or made it."""


def describe_doubtful_entry(target: Target, key: str) -> Message:
    """A warning that findings rest on an entry of the profile that no answer can confirm."""
    return Message(
        "{where}: {key}: no answer shows whether this is right: the fault is the target's, or this line's",
        where=target.where(*key.split(".")),
        key=key,
    )


def describe_row(context: RunContext, plan: RowPlan) -> RowResult:
    row, source = plan.row, plan.row.case.source
    head, japanese = context.contract.file, context.contract.japanese
    return RowResult(
        id=row.id,
        table=row.table,
        row=row.number,
        verdict=Verdict.NOT_EXERCISED,
        cause=row.case.cause,
        cause_ja=japanese.causes.get(row.id, ""),
        expected=describe_expectation(context, row),
        source=PromiseSource(
            source.document or head.document,
            source.language or "",
            source.edition or head.edition,
            source.confidence,
            source.note or "",
            japanese.notes.get(row.id, ""),
        ),
        file=_relative(row.file, context.relative_to),
        line=row.line,
    )


def describe_expectation(context: RunContext, row: Row) -> ExpectedAnswer:
    """What the row promises, its placeholders filled as far as the profile can."""
    expect = row.case.expect
    status = expect.statuses[0]
    code = next(iter(expect.codes), None)
    builder, scope = context.builder, PlaceholderScope()
    messages = [str(builder.fill_known(each.text, scope, each.text)) for each in list_wordings(row)]
    field = None if expect.field is None else str(builder.fill_known(expect.field, scope, expect.field))
    return ExpectedAnswer(status, tuple(dict.fromkeys(messages)), code, field)


def describe_request(context: RunContext, planned: PlannedRequest) -> tuple[str, str]:
    """Method and path of a planned request; secrets, and what only an answer can tell, are placeholders."""
    scope = PlaceholderScope(planned.captures, planned.language, planned.other_language, planned.salt)
    try:
        request = context.builder.build(planned.operation, planned.request, planned.permission, scope)
    except (MissingValue, KeyError):
        return _unfilled_request(context, planned, scope)
    url = _QUOTED_PLACEHOLDER.sub(r"{\1}", request.url.removeprefix(context.target.base_url))
    return request.method, context.redactor.text(url)


def _unfilled_request(context: RunContext, planned: PlannedRequest, scope: PlaceholderScope) -> tuple[str, str]:
    """With every placeholder filled that has a value before an answer gives the others theirs."""

    def fill(text: str) -> str:
        return PLACEHOLDER.sub(lambda match: str(context.builder.fill_known(match[0], scope, match[0])), text)

    operation, request = context.contract.operations[planned.operation], planned.request
    url = fill(str(request.url or operation.spec.url or operation.path))
    for name, value in request.path.items():
        url = url.replace(f"{{{name}}}", fill(str(value)))
    query = "&".join(f"{name}={fill(format_value(value))}" for name, value in request.query.items())
    return str(request.method or operation.method), context.redactor.text(url + (f"?{query}" if query else ""))


def _relative(path: Path, base: Path) -> str:
    try:
        return path.resolve().relative_to(base.resolve()).as_posix()
    except ValueError:
        return path.name
