"""Measures the power of a contract's cases on a conforming target: its responses are recorded and made faulty."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conformance.checks.model import Verdict
from conformance.contract.contract import Contract
from conformance.engine.context import RunContext, SharedState
from conformance.engine.journal import Ledger, open_ledger
from conformance.engine.repeat import BURSTS
from conformance.engine.row import run_row
from conformance.http import Exchange
from conformance.plan.model import RowPlan
from conformance.prove.model import verdicts_that_count
from conformance.prove.mutations import Mutation, Recorded, derive_mutations
from conformance.prove.replay import RecordingSender, ReplayingSender
from conformance.report.words import SYMBOLS
from conformance.results.model import RowResult
from conformance.results.recording import record_exchange
from conformance.session.causes.apply import apply_causes
from conformance.session.causes.find import find_causes
from conformance.session.contract_run import build_context, plan_rows
from conformance.session.target_runner import RunOptions
from conformance.setup.prepare import clean_up_target, prepare_target
from conformance.target.loader import Target


@dataclass(frozen=True, slots=True)
class RowPower:
    """A row with its result on the real target, and the faults that were tried on its recorded responses."""

    result: RowResult
    faults: tuple[Mutation, ...] = ()

    @property
    def verdict(self) -> Verdict:
        return self.result.verdict

    @property
    def caught(self) -> int:
        return sum(one.caught for one in self.faults)


def measure_target(contract: Contract, target: Target, options: RunOptions) -> Iterator[RowPower]:
    """Measure every row of a contract on a target, which is prepared before and cleaned up afterwards.

    Sends the requests of a run at this depth, without exploration; at smoke, where rows share requests, each row is
    planned alone. Raises ConfigError.
    """
    context = build_context(contract, target, options.depth, options.seed, relative_to=options.relative_to)
    ledger, _ = open_ledger(options.output, target.base_url)
    context = prepare_target(replace(context, ledger=ledger))
    try:
        rows = [[row] for row in contract.rows] if options.depth == "smoke" else [contract.rows]
        plans: dict[str, RowPlan] = {}
        for together in rows:
            plans |= plan_rows(contract, context.target, together, options.depth, options.seed)
        yield from measure_power(context, sorted(plans.values(), key=lambda plan: plan.row.case.last))
    finally:
        clean_up_target(context)


def measure_power(context: RunContext, plans: Sequence[RowPlan]) -> Iterator[RowPower]:
    """Run each row once, then again on its recorded responses with one fault at a time.

    Nothing is sent for the faults. Rows that neither conform nor drift are not measured, because their verdict on a
    faulty response would not show anything.
    """
    for plan in plans:
        passed = dict(context.shared.passed)
        recorder = RecordingSender(context.session)
        run = run_row(replace(context, session=recorder), plan)
        context.shared.passed |= run.passed
        power = RowPower(context.redactor.redact(run.result))
        if power.verdict in {Verdict.CONFORMS, Verdict.DRIFTS}:
            recorded = _with_roles(context, recorder, run.result)
            power = replace(power, faults=measure_mutations(context, plan, recorded, passed))
        yield power


def measure_mutations(
    context: RunContext, plan: RowPlan, recorded: Sequence[Recorded], passed: Mapping[str, str]
) -> tuple[Mutation, ...]:
    """Try each fault on a row's recorded responses; `passed` has the controls that passed in earlier rows."""
    shared = any(control.shared for control in plan.controls)
    mutations = derive_mutations(context.contract, plan.row, recorded, controls_elsewhere=shared)
    replay = replace(context, shared=SharedState(passed=dict(passed)), ledger=Ledger())
    plan = replace(plan, read_by_next=frozenset())  # in a replay, no next row reads for it
    if plan.allowance is not None:
        plan = replace(plan, allowance=plan.allowance._replace(seconds=0.0))  # nothing has to be waited for
    exchanges = [one.exchange for one in recorded]
    return tuple(_try_mutation(replay, plan, exchanges, mutation) for mutation in mutations)


def _try_mutation(context: RunContext, plan: RowPlan, exchanges: Sequence[Exchange], mutation: Mutation) -> Mutation:
    if not mutation.changed:
        return mutation  # the case sends nothing that could show it
    shared = SharedState(passed=dict(context.shared.passed))
    # An allowance that does not hold is used up again.
    starts = range(0, (BURSTS if plan.repeat else 1) * len(exchanges), len(exchanges))
    changed = {start + n: made for start in starts for n, made in mutation.changed.items()}
    sender = ReplayingSender([*exchanges] * len(starts), changed)
    verdict = run_row(replace(context, session=sender, shared=shared), plan).result.verdict
    counting = verdicts_that_count(wording_only=mutation.wording_only, refuses=mutation.refuses)
    caught = verdict in counting or (mutation.wording_only and verdict is Verdict.VIOLATES)
    return replace(mutation, caught=caught)


def _with_roles(context: RunContext, recorder: RecordingSender, result: RowResult) -> list[Recorded]:
    """Return the recorded exchanges with their roles and labels from the row's evidence."""
    left = list(result.exchanges)
    recorded = []
    for exchange in recorder.exchanges:
        shown = record_exchange(exchange, 0, "", "", context.redactor)
        match = next((one for one in left if one.request == shown.request and one.response == shown.response), None)
        if match is not None:
            left.remove(match)
        recorded.append(Recorded(exchange, match.role if match else "", str(match.label) if match else ""))
    return recorded


def format_power(powers: Sequence[RowPower], target: Mapping[str, Any]) -> Iterator[str]:
    """Yield lines for a terminal: each row with its caught and missed faults and advice, and a summary at the end.

    `target` is the description of the target in results. Rows that fail for a common cause are reported once, first.
    """
    results = [power.result for power in powers]
    causes = find_causes(target, results)
    yield from (f"! {cause.text}" for cause in causes)
    for power, result in zip(powers, apply_causes(results, causes), strict=True):
        head, reason = f"{SYMBOLS[result.verdict]} {result.id}", f": {result.reason}" if result.reason else ""
        if result.reason in {cause.text for cause in causes}:
            continue
        if not power.faults:
            yield f"{head}: {result.verdict}, so its power cannot be measured{reason}"
            continue
        yield f"{head}: {power.caught} of {len(power.faults)} faults caught"
        for one in power.faults:
            if not one.caught:
                missed = "missed" if one.changed else "not looked for"
                yield f"    {missed}: {one.name}: {one.sentence} It would take {one.advice}."
    faults, caught = sum(len(one.faults) for one in powers), sum(one.caught for one in powers)
    measured, requests = sum(bool(one.faults) for one in powers), sum(one.result.requests for one in powers)
    share = f" ({caught * 100 // faults} %)" if faults else ""
    headline = f"{caught} of {faults} faults caught{share}, {measured} of {len(powers)} rows measured"
    yield f"{headline}, {requests} requests sent"
