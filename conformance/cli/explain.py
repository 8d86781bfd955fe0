"""`conformance explain`: shows what a row promises, its source, and what is sent for it and why."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from conformance.cli import options
from conformance.cli.contracts import find_row, resolve_targets, with_contracts
from conformance.cli.plan import describe_line
from conformance.contract.contract import Contract, Row
from conformance.contract.messages import list_wordings
from conformance.contract.schema import Depth, Wording
from conformance.contract.templates import show_placeholders
from conformance.engine.context import RunContext
from conformance.messages import format_count
from conformance.plan.model import RowPlan, count_requests
from conformance.plan.planner import plan_row
from conformance.report.sanitize import show_invisible
from conformance.report.words import CONFIDENCES
from conformance.session.contract_run import build_context, plan_rows
from conformance.target.loader import target_from_mapping
from conformance.target.selection import TargetSelection

WHY = {
    "example": "the written example must provoke the row",
    "boundary": "so must every value at and next to an edge of what is allowed",
    "drawn": "so must values that are drawn beyond the edges",
    "open": "the documents are silent on these: any of the answers named below is accepted, and recorded",
    "control": "these must not provoke it: a server that rejects everything conforms to nothing",
    "guard": "a rejected write changes nothing: what it would have changed is read before and after",
    "step": "needed before the row can be tried",
    "clean-up": "what was left behind is taken away again",
}


@click.command("explain")
@click.argument("row")
@with_contracts
@options.depth
@options.seed
def command(
    contracts: Sequence[Contract], selection: TargetSelection, *, row: str, depth: Depth | None, seed: int | None
) -> int:
    """Tell what a ROW promises, in whose words, what is sent for it and why, and what it needs.

    ROW is an ID such as contents-get/limit-below-minimum, or its last part. Nothing is sent.
    """
    found = find_row(contracts, row)
    for (_, entry), (one, resolved) in zip(found, resolve_targets((one for one, _ in found), selection), strict=True):
        context = build_context(one, resolved, depth or "standard", seed or 0)
        plan = plan_rows(one, context.target, [entry], context.depth, context.seed)[entry.id]
        for line in _describe_row(one, entry, context, plan):
            click.echo(show_invisible(line))
    return 0


def _describe_row(contract: Contract, row: Row, context: RunContext, plan: RowPlan) -> Iterator[str]:
    table = next(table for table in contract.tables if table.name == row.table)
    yield f"{row.id}"
    yield f"  {contract.file.title}: {table.title}, row {row.number}  ({_relative_path(row.file)}:{row.line})"
    if row.inherited:
        yield f"  like {row.case.like} in: {', '.join(row.inherited)}"
    yield f"\nWhen\n  {row.case.cause}"
    yield "\nThen"
    yield from (f"  {line}" for line in _describe_promise(contract, row))
    yield "\nIn whose words"
    yield from (f"  {line}" for line in _describe_source(contract, row))
    count = 0 if plan.lacks else count_requests([plan])
    yield f"\nWhat is sent, at {context.depth}: {format_count(count, 'requests')}"
    yield from _describe_requests(context, plan)
    if row.case.open:
        yield "\nOpen choices"
        yield from (f"  {line}" for line in _describe_open_choices(row))
    yield "\nNeeds"
    bare = target_from_mapping({"contract": contract.name, "base_url": "http://127.0.0.1:9"}, where="", environ={})
    yield f"  {', '.join(plan_row(contract, bare, row, 'standard').lacks) or 'a base URL'}\n"


def _describe_promise(contract: Contract, row: Row) -> Iterator[str]:
    expect = row.case.expect
    yield f"status   {' or '.join(map(str, expect.statuses))}  (must)"
    if expect.code is not None:
        yield f"code     {' or '.join(map(str, expect.codes))}  (must)"
    if expect.field is not None:
        yield f"field    {show_placeholders(expect.field)}  (must)"
    level = expect.message_level or contract.file.message_level
    for number, wording in enumerate(list_wordings(row)):
        head, end = ("message ", f"  ({level})") if number == 0 else ("or      ", "")
        yield f"{head} {show_placeholders(wording.text)}{_format_origin(wording)}{end}"
    for name, header in expect.headers.items():
        rules = header.model_dump(exclude_unset=True, exclude={"level"})
        yield f"header   {name}: {', '.join(f'{key} {value}' for key, value in rules.items())}  ({header.level})"
    if expect.no_body:
        yield "body     none  (must)"
    if expect.body is not None:
        yield "body     of a form of its own  (must)"
    if expect.in_envelope:
        yield "body     in the contract's form of an error  (must)"
    yield from (f"absent   {pointer}  (must)" for pointer in expect.absent or ())


def _format_origin(wording: Wording) -> str:
    parts = [part for part in (wording.language, wording.edition and f"edition {wording.edition}") if part]
    return f"  [{', '.join(parts)}]" if parts else ""


def _describe_source(contract: Contract, row: Row) -> Iterator[str]:
    source = row.case.source
    edition = source.edition or contract.file.edition
    language = f", in {source.language}" if source.language else ""
    yield f"{source.document or contract.file.document}, edition {edition}{language}"
    yield CONFIDENCES[source.confidence]
    if source.note:
        yield source.note


def _describe_requests(context: RunContext, plan: RowPlan) -> Iterator[str]:
    if plan.lacks:
        yield f"  nothing: this target lacks {', '.join(plan.lacks)}"
        return
    every = list(plan.schedule())
    for role, why in WHY.items():
        of_role = [request for request in every if request.role == role]
        if of_role:
            yield f"  {role}: {why}"
            yield from (f"    {describe_line(context, request)}" for request in of_role)


def _describe_open_choices(row: Row) -> Iterator[str]:
    meaning = {"accepted": "success", "this": "this row", "any-4xx": "any 4xx", "not-5xx": "anything but a 5xx"}
    for choice in row.case.open:
        accepted = ", ".join(meaning.get(str(each), str(each)) for each in choice.accept)
        for part, values in choice.vary.items():
            yield f"{part}: {', '.join([*values.near_misses, *values.edges])} — accepted: {accepted}"


def _relative_path(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
