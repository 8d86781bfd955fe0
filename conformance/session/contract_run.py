"""A whole run of one contract against one target: every row planned first, then run in order or by several workers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

from conformance.checks.context import ResponseRules
from conformance.client.builder import RequestBuilder
from conformance.client.policy import Access, Limits
from conformance.client.session import Session
from conformance.contract.contract import Contract, Row
from conformance.contract.schema import Depth
from conformance.engine.confirm import combine_runs, is_doubtful
from conformance.engine.context import Explored, RunContext
from conformance.engine.journal import draw_run_id
from conformance.engine.row import run_row
from conformance.engine.scheduler import (
    LimitedSender,
    ScheduledJob,
    Scheduler,
    resources_of_operation,
    resources_of_row,
)
from conformance.engine.smoke import SmokeRows
from conformance.plan.budget import Budget, note_untried
from conformance.plan.model import RowPlan, count_requests
from conformance.plan.planner import SharedCalls, plan_row, without_drawn_values
from conformance.plan.power import order_rows
from conformance.plan.smoke import plan_smoke_rows, plan_within_budget
from conformance.results.model import BeyondPlan, RowResult
from conformance.results.redaction import Redactor
from conformance.setup.prepare import clean_up_target
from conformance.target.loader import Target
from conformance.target.schema import read_pace

__all__ = ["ContractRun", "build_context", "count_exploration", "plan_rows", "plan_run"]


def plan_rows(contract: Contract, target: Target, rows: Iterable[Row], depth: Depth, seed: int) -> dict[str, RowPlan]:
    """The plan of each row by its ID, drawn values included; nothing is sent."""
    if depth == "smoke":
        return plan_smoke_rows(contract, target, order_rows(contract, rows))
    plans: dict[str, RowPlan] = {}
    passed: set[str] = set()
    for row in order_rows(contract, rows):
        plans[row.id] = plan_row(contract, target, row, depth, SharedCalls(frozenset(passed)))
        passed |= {control.key for control in plans[row.id].controls if control.free}
    if any(probe.slot for plan in plans.values() for probe in plan.probes) or any(
        control.draw for plan in plans.values() for control in plan.controls
    ):
        from conformance.engine.generate import fill_drawn_values  # noqa: PLC0415 - Hypothesis is loaded only where it draws

        plans = {name: fill_drawn_values(plan, seed) for name, plan in plans.items()}
    return plans


def plan_run(
    contract: Contract, target: Target, rows: Iterable[Row], depth: Depth, seed: int, *, budget: Budget | None
) -> tuple[Depth, dict[str, RowPlan]]:
    """The plan of each row, and as what it is run: where the depth does not fit into the budget, the way of smoke.

    Raises ConfigError for a budget that is no number of requests on this target.
    """
    selected = list(rows)
    whole = plan_rows(contract, target, selected, depth, seed)
    if budget is None:
        return depth, whole
    most = budget.count(contract, target)
    if sum(len(list(plan.schedule())) for plan in whole.values()) <= most:
        return depth, whole
    described = target.described
    tried = budget.last_tried(contract.name, str(described.get("name") or described.get("base_url") or ""))
    plans = plan_within_budget(contract, target, order_rows(contract, selected), most, tried)
    return "smoke", note_untried(plans, whole)


def build_context(
    contract: Contract,
    target: Target,
    depth: Depth,
    seed: int,
    *,
    relative_to: Path | None = None,
) -> RunContext:
    """Open a session and compile the rules."""
    redactor = Redactor(target.secrets)
    keys = frozenset(
        secret.name
        for given in target.credentials.values()
        for member, secret in given.values.items()
        if given.header or member == "password"
    )
    rules = ResponseRules(contract, redactor.found_in, keys)
    session = Session(
        Access(
            base_url=target.base_url,
            permissions=frozenset({"read", *target.allow}),
            ca_bundle=str(target.ca_bundle) if target.ca_bundle else None,
            client_certificate=target.client_cert,
            proxy=target.proxy,
            headers=target.headers,
            request_ids=target.request_ids,
        ),
        Limits(
            connect=target.timeout,
            read=target.timeout,
            whole=target.timeout,
            longest_wait=target.patience[0],
            request_patience=target.patience[0],
            patience=target.patience[1],
        ),
        target.pace,
        read_pace(contract.file.pace),
        seed,
        is_own_answer=rules.is_own_answer,
    )
    return RunContext(
        contract=contract,
        target=target,
        session=session,
        builder=RequestBuilder(contract, target, seed, draw_run_id()),
        rules=rules,
        redactor=redactor,
        depth=depth,
        seed=seed,
        relative_to=relative_to or Path.cwd(),
    )


def _without(sent: RowPlan, plan: RowPlan) -> RowPlan:
    """The plan of a row that was sent once already, without what may be sent once only."""
    once = {probe.label for probe in sent.probes if not probe.repeatable}
    return replace(plan, probes=tuple(probe for probe in plan.probes if probe.label not in once))


EXPLORE = "explore "
"""What the names of jobs that explore begin with."""
SMOKE = "rows that write"
"""The job of all rows that write at smoke."""

_OTHERS_MAY_CAUSE = frozenset(["effect", "state", "stability"])
"""Findings of an exploration that the write of somebody else may have led to."""


class ContractRun:
    """Runs planned rows against one target, and explores; each row once, whoever asks for it first.

    With one worker a row runs when its result is asked for, after the rows whose controls it relies on. With several,
    `start` begins with all of them.
    """

    def __init__(self, context: RunContext, plans: Mapping[str, RowPlan], workers: int = 1) -> None:
        self.context, self.plans = context, plans
        self.to_clean_up = sum(len(entry.steps) for entry in context.shared.left.values())
        """How many requests will delete what was made before the rows."""
        self._workers = workers
        self._results: dict[str, RowResult] = {}
        self._explored: dict[str, Explored] = {}
        self._operations: tuple[str, ...] = ()
        self._scheduler: Scheduler | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._jobs = {job.name: job for job in self._make_jobs()}

    @property
    def planned(self) -> int:
        """How many requests are planned, those of the explorations given to `start` included."""
        return count_requests(self.plans.values()) + count_exploration(self.context, self._operations)

    def start(self, rows: Sequence[str], operations: Sequence[str] = ()) -> None:
        """Begin with these rows and explorations where there are several workers."""
        self._operations = tuple(operations)
        if self._workers <= 1:
            return
        self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="probes")
        self.context = replace(
            self.context, session=LimitedSender(self.context.session, self._workers), pool=self._pool
        )
        names = {self._job_of(name) for name in rows if not self.plans[name].row.case.last}
        jobs = [job for name, job in self._jobs.items() if name in names]
        jobs += [self._explore_job(operation) for operation in operations]
        self._scheduler = Scheduler(sorted(jobs, key=_priority), self._workers)
        self._scheduler.start()

    def result(self, name: str) -> RowResult:
        """The result of a row; runs it now where it has not begun."""
        if name not in self._results:
            job = self._jobs[self._job_of(name)]
            future = self._scheduler.futures.get(job.name) if self._scheduler else None
            if future is not None:
                self._results |= future.result()
            else:
                self._wait_for_all()
                for earlier in sorted(job.after & self._jobs.keys(), key=list(self._jobs).index):
                    self.result(self._rows_of(earlier)[0])
                self._results |= job.run()
        return self._results[name]

    def explored(self, operation: str) -> Explored:
        """What exploring an operation found; explores it now where that has not begun."""
        name = f"{EXPLORE}{operation}"
        future = self._scheduler.futures.get(name) if self._scheduler else None
        if operation not in self._explored:
            self._explored[operation] = self._explore_job_run(operation) if future is None else future.result()
        return self._explored[operation]

    def close(self) -> None:
        """Start nothing more, clean up, and let go of every connection. May be called twice."""
        self.context.shared.stopping.set()
        if self._scheduler is not None:
            self._scheduler.stop()
        if self._pool is not None:
            self._pool.shutdown()
        self.context.shared.warn(clean_up_target(self.context))
        self.context.close()

    # --- jobs

    def _make_jobs(self) -> Iterator[ScheduledJob]:
        """A job for each row; at smoke one for all rows that write."""
        senders: dict[str, str] = {}
        smoke = self.context.depth == "smoke"
        together = [name for name, plan in self.plans.items() if smoke and plan.writes and not plan.row.case.last]
        order = [name for name in self.plans if name not in together]
        for name in order:
            yield self._row_job(self.plans[name], senders)
        if together:
            jobs = [self._row_job(self.plans[name], senders) for name in together]
            resources = frozenset[str]().union(*(job.resources for job in jobs))
            after = frozenset[str]().union(*(job.after for job in jobs)) - frozenset(together)
            yield ScheduledJob(SMOKE, self._run_writing_rows, resources, writes=True, after=after)

    def _row_job(self, plan: RowPlan, senders: dict[str, str]) -> ScheduledJob:
        """The job of one row; it begins after the rows that send the controls that it shares."""
        name = plan.row.id
        free = [control for control in plan.controls if control.free]
        after = frozenset(senders[control.key] for control in free if control.shared and control.key in senders)
        for control in free:
            senders.setdefault(control.key, name)
        resources = resources_of_row(self.context.contract, plan)
        return ScheduledJob(name, partial(self._run_row, name), resources, writes=plan.writes, after=after - {name})

    def _explore_job(self, operation: str) -> ScheduledJob:
        contract = self.context.contract
        writes = contract.operations[operation].permission != "read"
        resources = resources_of_operation(contract, operation)
        return ScheduledJob(
            f"{EXPLORE}{operation}", partial(self._explore_job_run, operation), resources, writes=writes
        )

    def _job_of(self, name: str) -> str:
        return name if name in self._jobs else SMOKE

    def _rows_of(self, job: str) -> list[str]:
        return [job] if job in self.plans else [name for name in self.plans if self._job_of(name) == job]

    def _wait_for_all(self) -> None:
        """A row that uses something up waits until all others are done."""
        for future in self._scheduler.futures.values() if self._scheduler else ():
            if not future.cancelled():
                future.exception()

    # --- what jobs do

    def _run_row(self, name: str) -> dict[str, RowResult]:
        plan = self.plans[name]
        if self.context.depth == "smoke" and not plan.row.case.last:
            rows = SmokeRows(self.context, self._plan_again, self._alone)
            run = rows.run_reading(plan, partial(self._may_be_disturbed, name))
        else:
            run = run_row(self.context, plan)
            if self._may_be_disturbed(name) and not plan.writes and is_doubtful(run.result):
                with self._alone():
                    run = combine_runs(run, run_row(self.context, plan), disturbed=True)
        self.context.shared.publish(run.passed)
        self.context.shared.keep(run.result)
        return {name: run.result}

    def _plan_again(self, name: str) -> RowPlan:
        """The plan by which a row of a smoke run is run again."""
        plan = self.plans[name]
        standard = plan_row(self.context.contract, self.context.target, plan.row, "standard")
        return _without(plan, without_drawn_values(standard))

    def _run_writing_rows(self) -> dict[str, RowResult]:
        rows = SmokeRows(self.context, self._plan_again, self._alone)
        runs = rows.run_writing([self.plans[name] for name in self._rows_of(SMOKE)])
        for run in runs.values():
            self.context.shared.publish(run.passed)
        return {name: run.result for name, run in runs.items()}

    def _explore_job_run(self, operation: str) -> Explored:
        found = self._explore_settled(operation)
        self.context.shared.keep_explored(found)
        return found

    def _explore_settled(self, operation: str) -> Explored:
        """Explore an operation, again and alone where somebody else may have caused what was found."""
        first = self._explore(operation)
        caused = any(item.check in _OTHERS_MAY_CAUSE for item in first[0].findings)
        if not caused or not self._may_be_disturbed(f"{EXPLORE}{operation}"):
            return first
        with self._alone():
            found, undocumented = self._explore(operation)
        beyond = found.beyond_plan + BeyondPlan(confirmed=first[0].requests)
        return replace(found, requests=found.requests + first[0].requests, beyond_plan=beyond), undocumented

    def _may_be_disturbed(self, job: str) -> bool:
        """Whether another job may have written to what this one reads, so that it has to be run again alone."""
        if self.context.shared.stopping.is_set() or self._scheduler is None:
            return False
        return self._scheduler.was_disturbed(job)

    def _alone(self) -> AbstractContextManager[None]:
        """Keep everything else from running."""
        return self._scheduler.alone() if self._scheduler else nullcontext()

    def _explore(self, operation: str) -> Explored:
        from conformance.explore.driver import explore_operation  # noqa: PLC0415 - Schemathesis is loaded only where it explores

        return explore_operation(self.context, operation)


def count_exploration(context: RunContext, operations: Iterable[str]) -> int:
    """How many requests the exploration of some operations sends at most where it finds nothing."""
    names = tuple(operations)
    if not names or context.depth == "smoke":
        return 0
    from conformance.explore.driver import count_requests as count_explored  # noqa: PLC0415 - loads Schemathesis

    return sum(count_explored(context, name) for name in names)


def _priority(job: ScheduledJob) -> tuple[bool, bool, int]:
    """Rows that write begin first, those that need most resources before all: others wait for them the longest."""
    return not job.writes, job.name.startswith(EXPLORE), -len(job.resources)
