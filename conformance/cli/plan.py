"""`conformance plan`: every request that a run would send; none is sent."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack

import click

from conformance.cli import options
from conformance.cli.contracts import read_contracts
from conformance.contract.contract import Contract
from conformance.contract.schema import Depth
from conformance.contract_run import build_context, plan_rows
from conformance.engine.context import RunContext
from conformance.engine.describe import describe_request
from conformance.plan.model import PlannedRequest, RowPlan
from conformance.reference.embedded import EmbeddedServers
from conformance.report.format import format_duration
from conformance.report.sanitize import to_one_line
from conformance.target.selection import TargetSelection, resolve_target, select_target

__all__ = ["command"]


@click.command("plan")
@options.target
@options.contract
@options.depth
@options.allow
@options.seed
@click.option("--no-explore", is_flag=True, help="Leave exploration beyond the tables out.")
def command(
    target: str | None,
    contract: str | None,
    depth: Depth | None,
    allow: tuple[str, ...],
    seed: int | None,
    *,
    no_explore: bool,
) -> int:
    """List every request that a run would send: method, URL, what it is for, and the permission that it needs.

    Nothing is sent. A run sends no more than this, unless a request has to be repeated (429, a reset) or a value that
    failed is made smaller. What only an answer can tell stands in braces.
    """
    contracts, problems = read_contracts(None)
    aimed = select_target(target, contract, allow, os.environ, [one.name for one in contracts])
    with ExitStack() as stack:
        offer = stack.enter_context(EmbeddedServers())
        for one in contracts:
            if aimed.takes(one.name):
                held = build_context(one, resolve_target(one, aimed, offer, os.environ), depth or "standard", seed or 0)
                for line in _describe_plan(one, held, aimed, explore=not no_explore):
                    click.echo(line)
    for problem in problems if contract is None else ():
        click.echo(str(problem), err=True)
    return 4 if problems and contract is None else 0


def _describe_plan(contract: Contract, context: RunContext, aimed: TargetSelection, *, explore: bool) -> Iterator[str]:
    target = context.target
    where = target.base_url if aimed.target or aimed.url else "the embedded server"
    plans = plan_rows(contract, target, contract.rows, context.depth, context.seed)
    yield f"{contract.file.title} · {to_one_line(where)} · {context.depth} · seed {context.seed}"
    yield f"allowed: {', '.join(sorted(target.allow)) or 'reading only'}"
    for table in contract.tables:
        yield f"\n{table.title}"
        for row in table.rows:
            yield from _describe_row(context, plans[row.id])
    yield "\nrequests"
    for table in contract.tables:
        yield f"  {_count(plans[row.id] for row in table.rows):5}  {table.name}"
    total = _count(plans.values())
    if explore and context.depth != "smoke":
        count, operations = _count_exploration(contract, context)
        total += count
        yield f"  {count:5}  exploration of {operations} operations"
    yield f"  {total:5}  in all{_describe_time(context, total)}"
    conditional = sum(bool(request.condition) for plan in plans.values() for request in plan.schedule())
    if conditional:
        yield f"         of which {conditional} only after a certain answer: each says which"
    yield ""


def _describe_row(context: RunContext, plan: RowPlan) -> Iterator[str]:
    if plan.lacks:
        yield f"  {plan.row.id}: not exercised, lacks {', '.join(plan.lacks)}"
        return
    yield f"  {plan.row.id}: {_count([plan])} requests"
    yield from (f"    {_describe_line(context, request)}" for request in plan.schedule())
    for lack in plan.skipped:
        yield f"    left out: {to_one_line(lack)}"


def _count(plans: Iterable[RowPlan]) -> int:
    return sum(1 for plan in plans for _ in plan.schedule())


def _describe_line(context: RunContext, request: PlannedRequest) -> str:
    method, url = describe_request(context, request)
    shown = url if len(url) <= 160 else f"{url[:140]}… ({len(url)} characters)"
    permission = "" if request.permission == "read" else f"  [{request.permission}]"
    condition = f", {request.condition}" if request.condition else ""
    return to_one_line(f"{method:6} {shown}  — {request.role}: {request.label}{condition}{permission}")


def _count_exploration(contract: Contract, context: RunContext) -> tuple[int, int]:
    """How many requests exploration sends at most, and on how many operations."""
    from conformance.explore.driver import count_requests  # noqa: PLC0415 - loads Schemathesis

    names = [name for name in contract.file.operations if contract.operations[name].spec.explore]
    return sum(count_requests(context, name) for name in names), len(names)


def _describe_time(context: RunContext, total: int) -> str:
    pace = context.target.pace
    return f"; {format_duration(total * pace[1] / pace[0])} at {pace[0]}/{pace[1]:g}s" if pace else ""
