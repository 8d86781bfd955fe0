"""`conformance plan`: lists every request that a run would send, without sending any."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import click

from conformance.cli import options
from conformance.cli.contracts import resolve_targets, with_contracts
from conformance.contract.contract import Contract
from conformance.contract.schema import Depth
from conformance.engine.context import RunContext
from conformance.engine.describe import describe_request
from conformance.messages import format_count
from conformance.plan.budget import Budget, read_budget
from conformance.plan.model import BUDGET, PlannedRequest, RowPlan, count_conditional, count_requests
from conformance.plan.setup import SetupPlan, plan_setup
from conformance.report.format import format_duration
from conformance.report.sanitize import show_invisible, to_one_line
from conformance.session.contract_run import build_context, count_exploration, plan_run
from conformance.target.selection import TargetSelection


@click.command("plan")
@with_contracts
@options.depth
@options.budget
@options.allow
@options.seed
@click.option("--no-explore", is_flag=True, help="Leave exploration beyond the tables out.")
def command(
    contracts: Sequence[Contract],
    selection: TargetSelection,
    *,
    depth: Depth | None,
    budget: str | None,
    seed: int | None,
    no_explore: bool,
) -> int:
    """List every request that a run would send: method, URL, what it is for, and the permission that it needs.

    Nothing is sent. A run sends these requests in this order. What it sends beyond them (again after a 429 or a reset,
    to make a failing value smaller, to make sure) is counted in results.json. What only an answer can tell stands in
    braces.
    """
    depth, most = read_budget(budget, depth or "standard")
    for one, resolved in resolve_targets(contracts, selection):
        context = build_context(one, resolved, depth, seed or 0)
        for line in _describe_plan(one, context, selection, explore=not no_explore, budget=most):
            click.echo(show_invisible(line))
    return 0


def _describe_plan(
    contract: Contract, context: RunContext, selection: TargetSelection, *, explore: bool, budget: Budget | None
) -> Iterator[str]:
    set_up = plan_setup(contract, context.target) if selection.real else SetupPlan(context.target)
    target = set_up.target
    context = replace(context, target=target, builder=replace(context.builder, target=target))
    where = target.base_url if selection.real else "the embedded server"
    _, plans = plan_run(contract, target, contract.rows, context.depth, context.seed, budget=budget)
    yield f"{contract.file.title} · {to_one_line(where)} · {context.depth} · seed {context.seed}"
    yield f"allowed: {', '.join(sorted(target.allow)) or 'reading only'}"
    if set_up.before:
        yield "\nbefore the rows"
        yield from (f"  {describe_line(context, request)}" for request in set_up.before)
    yield ""
    for plan in plans.values():
        yield from _describe_row(context, plan)
    if set_up.after:
        yield "\nafter the rows"
        yield from (f"  {describe_line(context, request)}" for request in set_up.after)
    yield "\nrequests"
    outside = len(set_up.before) + len(set_up.after)
    if outside:
        yield f"  {outside:5}  before and after the rows"
    for table in contract.tables:
        yield f"  {count_requests(plans[row.id] for row in table.rows):5}  {table.name}"
    total = outside + count_requests(plans.values())
    operations = contract.explored_operations if explore and budget is None else ()
    if explored := count_exploration(context, operations):
        total += explored
        yield f"  {explored:5}  exploration of {format_count(len(operations), 'operations')}"
    pace = target.pace
    time = f"; {format_duration(total * pace[1] / pace[0])} at {pace[0]}/{pace[1]:g}s" if pace else ""
    yield f"  {total:5}  in all{time}"
    if conditional := count_conditional(plans.values()):
        yield f"  {conditional:5}  more at most, each only after the answer that its line names"
    yield ""


def _describe_row(context: RunContext, plan: RowPlan) -> Iterator[str]:
    if plan.lacks == (BUDGET,):
        yield f"  {plan.row.id}: left out, {len(plan.untried)} probes and controls untried: the budget is spent"
        return
    if plan.lacks:
        yield f"  {plan.row.id}: not exercised, lacks {', '.join(plan.lacks)}"
        return
    more = count_conditional([plan])
    requests = format_count(count_requests([plan]), "requests")
    yield f"  {plan.row.id}: {requests}" + (f", at most {more} more" if more else "")
    yield from (f"    {describe_line(context, request)}" for request in plan.schedule())
    if plan.untried:
        yield f"    for lack of budget not: {to_one_line(', '.join(plan.untried))}"
    for lack in plan.skipped:
        yield f"    left out: {to_one_line(lack)}"


def describe_line(context: RunContext, request: PlannedRequest) -> str:
    """Return a request in one line: method and URL, its purpose, and the permission that it needs."""
    method, url = describe_request(context, request)
    shown = url if len(url) <= 160 else f"{url[:140]}… ({len(url)} characters)"
    permission = "" if request.permission == "read" else f"  [{request.permission}]"
    condition = f", {request.condition}" if request.condition else ""
    label = request.label.removeprefix(request.role).strip()  # a label may begin with the role: example (listContents)
    what = f"{request.role}{': ' if label == request.label else ' '}{label}".rstrip()
    return to_one_line(f"{method:6} {shown}  — {what}{condition}{permission}")
