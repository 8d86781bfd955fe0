"""Runs a row, or its writes, again alone, and combines the results of both runs."""

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from conformance.checks.model import Level, Verdict
from conformance.engine.cleanup import describe_left, run_steps
from conformance.engine.context import RunContext
from conformance.engine.evidence import Evidence
from conformance.engine.journal import draw_run_id
from conformance.engine.row import NEVER_EXPLAINED, FinishedRow, RowRunner, run_row
from conformance.messages import Message
from conformance.plan.model import RowPlan, reads_own
from conformance.results.model import FIRM, BeyondPlan, RowResult

NO_REQUESTS = Message("it was not run again: the budget has no requests left for it")
_LEFT = describe_left("", "").template
"""The warning that is kept of the other run, too: the target may still hold what that has created."""


PlanAgain = Callable[[str], RowPlan | None]
"""Plans a row, by its ID, to be run again; None where the budget has no requests left for it."""
Alone = Callable[[], AbstractContextManager[None]]
"""A block in which nothing else runs."""


def is_doubtful(result: RowResult) -> bool:
    """Whether a row is inconclusive, or has findings of effects or valid requests: others' writes may explain these."""
    roles = {item.n: item.role for item in result.exchanges}
    wrong = [item for item in result.findings if item.level is Level.MUST]
    elsewhere = any(item.check == "effect" or roles.get(item.exchange or 0) not in FIRM for item in wrong)
    return elsewhere or result.verdict is Verdict.INCONCLUSIVE


def is_unsettled(result: RowResult) -> bool:
    """Whether an answered row violates or is inconclusive at smoke, so that it is run again at standard."""
    answered = any(item.response is not None for item in result.exchanges)
    return answered and result.verdict in (Verdict.VIOLATES, Verdict.INCONCLUSIVE)


def _was_served(result: RowResult) -> bool:
    """Whether a faulty request was answered with a success."""
    return any(item.check == "status" and item.actual in range(200, 300) for item in result.findings)


def _was_only_refused(result: RowResult) -> bool:
    """Whether each violation is of the refusal of a faulty request, other than an effect or a leak."""
    refused = {one.n for one in result.exchanges if one.role in FIRM and one.response and one.response.status >= 400}
    wrong = [item for item in result.findings if item.level is Level.MUST]
    return all(item.exchange in refused and item.check not in NEVER_EXPLAINED for item in wrong)


def _refuses_valid(result: RowResult) -> bool:
    """Whether a row is inconclusive because valid requests were refused."""
    valid = [one.response.status for one in result.exchanges if one.role in {"control", "step"} and one.response]
    return result.verdict is Verdict.INCONCLUSIVE and any(400 <= status < 500 for status in valid)


def combine_runs(first: FinishedRow, again: FinishedRow, between: int = 0, *, disturbed: bool = False) -> FinishedRow:
    """The run that is kept, with the requests of both and of `between`; those of the second one are beyond the plan.

    The second run is kept, unless the first one found a violation that it did not see: a target that is wrong now and
    then is wrong, and what was deleted is not deleted twice. What was `disturbed`, though, somebody else's write may
    explain, and what was only refused for the wrong reason is explained where valid requests are refused, too.
    """
    explained = (disturbed and is_doubtful(first.result)) or (
        _was_only_refused(first.result) and _refuses_valid(again.result)
    )
    violated = first.result.verdict is Verdict.VIOLATES and not explained
    worse = violated and again.result.verdict is not Verdict.VIOLATES
    kept = first if worse or (violated and _was_served(first.result) and not _was_served(again.result)) else again
    other = first if kept is again else again
    notes = [each for each in other.result.warnings if getattr(each, "template", "") == _LEFT]
    notes += [Message("run again alone, the row did not violate")] if worse else []
    more = between + again.result.requests
    result = replace(
        kept.result,
        requests=first.result.requests + more,
        planned=first.result.planned,
        beyond_plan=first.result.beyond_plan + BeyondPlan(confirmed=more),
        seconds=round(first.result.seconds + again.result.seconds, 4),
        warnings=(*kept.result.warnings, *notes),
    )
    return replace(kept, result=result)


def run_again(
    context: RunContext,
    run: FinishedRow,
    plan_again: PlanAgain,
    alone: Alone,
    *,
    captures: Mapping[str, Any] = {},
    disturbed: bool = False,
) -> FinishedRow:
    """Run a row at `standard`, after setting back what its first run changed; others may have `disturbed` that one."""
    plan = plan_again(run.result.id)
    if plan is None:
        return replace(run, result=replace(run.result, warnings=(*run.result.warnings, NO_REQUESTS)))
    if context.shared.stopping.is_set() or plan.lacks:
        return run
    if not disturbed:
        context.shared.keep(run.result, broken_off=True)
    evidence = Evidence(context.redactor)
    with alone():
        again = run_row(*_begin_again(context, evidence, plan, captures))
    return combine_runs(run, again, evidence.requests, disturbed=disturbed)


def try_writes_again(
    context: RunContext, runner: RowRunner, plan: RowPlan, keys: Collection[str], *, creating: bool = False
) -> bool:
    """Send the writes of a row that were refused once more, with the reads of these keys; whether one had an effect.

    Each has the time in which it may be carried out although it was refused. What is found is the row's. With
    `creating`, only what would make something is sent, and the set-up only where it needs that.
    """
    operations = frozenset(context.contract.file.created_resources if creating else context.contract.operations)
    sent = {outcome.probe.label for outcome in runner.outcomes}
    changed = {index for index, guard in enumerate(plan.guards) if guard.key in keys}
    watched = [replace(probe, guards=tuple(changed.intersection(probe.guards))) for probe in plan.probes]
    writes = tuple(
        probe
        for probe in watched
        if probe.role != "open" and probe.guards and probe.label in sent and probe.operation in operations
    )
    if context.shared.stopping.is_set() or plan.lacks or not writes:
        return False
    evidence = Evidence(context.redactor)
    with runner.evidence.count_as("confirmed"):
        context.shared.stopping.wait(context.target.late_effects)
        plan = replace(plan, probes=writes, controls=(), mistaken=())
        context, plan = _begin_again(context, evidence, plan, runner.captures)
        requests = [*(one.request for one in writes), *(plan.guards[index].step.request for index in changed)]
        if creating and not any(reads_own(request, plan.before) for request in requests):
            plan = replace(plan, before=(), after=())
        again = RowRunner(context, plan, patience=context.target.late_effects)
        try:
            if again.set_up():
                again.send_probes()
                again.read_own()
        finally:
            again.restore()
            evidence.adopt(again.evidence)
            evidence.attempts, evidence.findings = [], [item for item in evidence.findings if item.check == "effect"]
            evidence.doubts += [seen.doubt for seen in again.guard.unexplained.values() if seen.doubt]
            runner.evidence.adopt(evidence)
            runner.guard.taken_by |= again.guard.taken_by
    return bool(evidence.findings)


def _begin_again(
    context: RunContext, evidence: Evidence, plan: RowPlan, captures: Mapping[str, Any]
) -> tuple[RunContext, RowPlan]:
    """Set back what a row may have changed and not made; return what it is run again with, which has other words."""
    context = replace(context, depth="standard", builder=replace(context.builder, trial=draw_run_id()))
    steps, label = [step for step in plan.after if step.permission != "delete"], Message("set back")
    salt = f"{plan.row.id}/set back"
    run_steps(context, evidence, steps, dict(captures), label=label, role="clean-up", salt=salt)
    probes = tuple(replace(probe, words_of=f"{probe.salt}, again") for probe in plan.probes)
    return context, replace(plan, probes=probes, closing=())
