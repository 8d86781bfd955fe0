"""A whole run of one contract against one target: every row planned first, then run in order or by several workers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path

from conformance.checks.context import ResponseRules
from conformance.checks.model import Verdict
from conformance.client.allowance import AllowanceWatch
from conformance.client.builder import RequestBuilder
from conformance.client.large_bodies import share_freed_memory
from conformance.client.session import Session
from conformance.contract.contract import Contract, Row
from conformance.contract.schema import Depth
from conformance.engine.confirm import combine_runs, is_doubtful, is_unsettled, run_again
from conformance.engine.context import RunContext
from conformance.engine.journal import draw_run_id
from conformance.engine.row import FinishedRow, run_row
from conformance.engine.scheduler import (
    LimitedSender,
    ScheduledJob,
    Scheduler,
    is_isolated,
    resources_of_operation,
    resources_of_row,
)
from conformance.engine.writing_rows import WritingRows
from conformance.plan.budget import Budget, note_untried
from conformance.plan.model import RowPlan, count_requests
from conformance.plan.planner import SharedCalls, plan_row, without_drawn_values
from conformance.plan.power import order_rows
from conformance.plan.shared_reads import place_closing_reads
from conformance.plan.smoke import plan_smoke_rows, plan_within_budget
from conformance.quantities import Pace, read_pace
from conformance.results.model import BeyondPlan, Exploration, RowResult
from conformance.results.redaction import Redactor
from conformance.session.causes.apply import apply_causes
from conformance.session.causes.find import find_causes
from conformance.setup.prepare import clean_up_target, renew_fixtures
from conformance.target.loader import Target


def plan_rows(contract: Contract, target: Target, rows: Iterable[Row], depth: Depth, seed: int) -> dict[str, RowPlan]:
    """The plan of each row by its ID, drawn values included; nothing is sent."""
    if depth == "smoke":
        return plan_smoke_rows(contract, target, order_rows(contract, rows))
    plans: dict[str, RowPlan] = {}
    passed: set[str] = set()
    for row in order_rows(contract, rows):
        plans[row.id] = plan_row(contract, target, row, depth, SharedCalls(frozenset(passed)))
        passed |= {control.key for control in plans[row.id].controls if not control.needs}
    if any(probe.slot for plan in plans.values() for probe in plan.probes) or any(
        control.draw for plan in plans.values() for control in plan.controls
    ):
        from conformance.engine.generate import fill_drawn_values  # noqa: PLC0415 - Hypothesis is loaded only where it draws

        plans = {name: fill_drawn_values(plan, seed) for name, plan in plans.items()}
    return place_closing_reads(plans)


def plan_run(
    contract: Contract, target: Target, rows: Iterable[Row], depth: Depth, seed: int, *, budget: Budget | None
) -> tuple[Depth, dict[str, RowPlan]]:
    """The plan of each row; as at smoke if a budget is too small for the depth, and ConfigError if it is none."""
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
    documented = read_pace(contract.file.pace)
    allowances = _watch_allowances(contract, target, documented)
    session = Session(target, None, documented, allowances, is_own_answer=rules.is_own_answer)
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


def _watch_allowances(contract: Contract, target: Target, documented: Pace | None) -> AllowanceWatch:
    """Of the credential that requests have by default, and of those that rows use until they are refused."""
    limited = {row.case.request.credential for row in contract.rows if row.case.repeat}
    known = [one for name, one in target.credentials.items() if name in {contract.file.credential, *limited}]
    paces = {one.name: one.allowance or documented for one in known if one.name in limited}
    return AllowanceWatch(known, {name: pace for name, pace in paces.items() if pace is not None}, documented)


EXPLORE = "explore "
"""Prefix of the names of jobs that explore an operation."""
SMOKE = "rows that write"
SET_UP, PROBE = "set up", "probe "
"""The job that sets up all rows that write, and the prefix of the names of the jobs that send their probes."""
LOOK = "look at what is guarded"
"""The job after the probes of all rows that write, and before the jobs that finish these rows."""

_ROWS_OF_CAUSE = 3
"""Rows that have one cause before others with it are not run again."""
_OTHERS_MAY_CAUSE = frozenset(["effect", "state", "stability"])
"""Findings of an exploration that the write of somebody else may have led to."""


class ContractRun:
    """Runs planned rows against one target, and explores; each row once, whoever asks for it first.

    With one worker a row runs when its result is asked for, after the rows whose controls it relies on. With several,
    `start` begins with all of them. Runs of rows that are not green may take `most_again` requests where it is given.
    """

    def __init__(
        self, context: RunContext, plans: Mapping[str, RowPlan], workers: int = 1, most_again: int | None = None
    ) -> None:
        self.context, self.plans = context, plans
        self._left_again = most_again
        self.to_clean_up = sum(len(entry.steps) for entry in context.shared.left.values())
        """How many requests will delete what was made before the rows."""
        self._workers = workers
        self._results: dict[str, RowResult] = {}
        self._explored: dict[str, Exploration] = {}
        self._operations: tuple[str, ...] = ()
        self._scheduler: Scheduler | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._jobs = {job.name: job for job in _undisturbed(list(self._make_jobs()))}
        self._ran: dict[str, BaseException | None] = {}
        """What each job that was run, or is running, was ended by."""

    @property
    def planned(self) -> int:
        """How many requests are planned, those of the explorations given to `start` included."""
        return count_requests(self.plans.values()) + count_exploration(self.context, self._operations)

    def start(self, rows: Sequence[str], operations: Sequence[str] = ()) -> None:
        """Begin with these rows and explorations where there are several workers."""
        self._operations = tuple(operations)
        if self._workers <= 1:
            return
        share_freed_memory()
        self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="probes")
        self.context = replace(
            self.context, session=LimitedSender(self.context.session, self._workers), pool=self._pool
        )
        others = self.plans.keys() - set(rows) | {name for name, plan in self.plans.items() if plan.row.case.last}
        jobs = [job for name, job in self._jobs.items() if name not in others]
        jobs += [self._explore_job(operation) for operation in operations]
        # Rows that are run as a whole need not keep the others, which wait for each other, from their set-ups.
        jobs = [replace(job, after=job.after | {SET_UP} - {job.name}) if job.writes else job for job in jobs]
        self._scheduler = Scheduler(sorted(_undisturbed(jobs), key=_priority), self._workers)
        self._scheduler.start()

    def result(self, name: str) -> RowResult:
        """The result of a row; runs it now where it has not begun."""
        if name not in self._results:
            self._finish(self._jobs.get(name) or self._jobs[SMOKE])
        return self._results[name]

    def explored(self, operation: str) -> Exploration:
        """What exploring an operation found; explores it now where that has not begun."""
        if operation not in self._explored:
            self._finish(self._explore_job(operation))
        return self._explored[operation]

    def _finish(self, job: ScheduledJob) -> None:
        """Wait for a job that was begun. One that was not uses something up, and is run once all others are done."""
        futures = self._scheduler.futures if self._scheduler else {}
        if (future := futures.get(job.name)) is not None:
            future.result()
            return
        for other in futures.values():
            if not other.cancelled():
                other.exception()
        self._run_now(job)

    def _run_now(self, job: ScheduledJob) -> None:
        """Run a job after those that it relies on, unless it was run; raises what ended it, also the next time."""
        if job.name in self._ran:
            if (error := self._ran[job.name]) is not None:
                raise error
            return
        self._ran[job.name] = None
        left = job.after - self._ran.keys()
        try:
            for earlier in [other for name, other in self._jobs.items() if name in left] if left else ():
                self._run_now(earlier)
            job.run()
        except BaseException as error:
            self._ran[job.name] = error
            raise

    def close(self) -> None:
        """Start nothing more, clean up, and let go of every connection. May be called twice."""
        self.context.shared.stopping.set()
        if self._scheduler is not None:
            self._scheduler.stop()
        if self._pool is not None:
            self._pool.shutdown()
        self._writing.abandon()
        self.context.shared.warn(clean_up_target(self.context))
        self.context.close()

    # --- jobs

    def _make_jobs(self) -> Iterator[ScheduledJob]:
        """A job for each row, at smoke one for all that write; these are set up, probed, looked at, then finished."""
        senders: dict[str, str] = {}
        together = self._rows_together()
        order = sorted(self.plans, key=lambda name: name in together)
        jobs = {name: self._row_job(self.plans[name], senders) for name in order}
        resources = frozenset[str]().union(*(jobs[name].resources for name in together))
        if together and self.context.depth == "smoke":
            after = frozenset[str]().union(*(jobs[name].after for name in together)) - frozenset(together)
            jobs = {name: job for name, job in jobs.items() if name not in together}
            run = partial(self._run_together, together)
            jobs[SMOKE] = ScheduledJob(SMOKE, run, resources, writes=True, after=after)
        elif together:
            probed = frozenset(f"{PROBE}{name}" for name in together)
            jobs[SET_UP] = ScheduledJob(SET_UP, partial(self._set_up, together), resources, writes=True)
            jobs[LOOK] = ScheduledJob(LOOK, self._look, resources, writes=True, after=probed)
            last = frozenset(f"{PROBE}{name}" for name in together if self.plans[name].closing)
            for name in together:
                job, own, run = jobs[name], f"{PROBE}{name}", partial(self._send_probes, name)
                after = frozenset([SET_UP]) | (probed - last if own in last else frozenset())
                jobs[own] = ScheduledJob(own, run, job.resources, writes=True, after=after)
                isolated = is_isolated(self.context.contract, self.plans[name])
                run, after = partial(self._finish_row, name), job.after | {LOOK}
                jobs[name] = replace(job, run=run, after=after, isolated=isolated)
        yield from jobs.values()

    def _rows_together(self) -> list[str]:
        """The rows that write to what must not change between the probes of any of them and the look at it.

        Others are run as a whole: what a log-in gives may be good for a short time only.
        """
        writing = [name for name, plan in self.plans.items() if plan.writes and not plan.row.case.last]
        if self.context.depth == "smoke":
            return writing
        used = {name: resources_of_row(self.context.contract, self.plans[name]) for name in writing}
        looking = [name for name in writing if self.plans[name].shared_guards or self.plans[name].late_guards]
        looked_at = frozenset[str]().union(*(used[name] for name in looking))
        return [name for name in writing if name in looking or looked_at & used[name]]

    def _row_job(self, plan: RowPlan, senders: dict[str, str]) -> ScheduledJob:
        """The job of one row; it begins after the rows that send the controls that it shares."""
        name = plan.row.id
        free = [control for control in plan.controls if not control.needs]
        after = frozenset(senders[control.key] for control in free if control.shared and control.key in senders)
        for control in free:
            senders.setdefault(control.key, name)
        resources = resources_of_row(self.context.contract, plan)
        return ScheduledJob(name, partial(self._run_row, name), resources, writes=plan.writes, after=after - {name})

    def _explore_job(self, operation: str) -> ScheduledJob:
        contract = self.context.contract
        writes = contract.operations[operation].permission != "read"
        resources = resources_of_operation(contract, operation)
        run, after = partial(self._explore, operation), frozenset([LOOK] if writes else [])
        return ScheduledJob(f"{EXPLORE}{operation}", run, resources, writes=writes, after=after)

    # --- what jobs do

    def _run_row(self, name: str) -> None:
        plan = self.plans[name]
        if self.context.depth == "smoke" and not plan.row.case.last:
            run = run_row(self.context, plan)
            if is_unsettled(run.result) and not self._is_refused_like_others(run.result):
                disturbed = self._may_be_disturbed(name)
                run = run_again(self.context, run, self._plan_again, self._alone, disturbed=disturbed)
        else:
            run = run_row(self.context, plan, patient=plan.row.case.last)
            if self._may_be_disturbed(name) and not plan.writes and is_doubtful(run.result):
                with self._alone():
                    run = combine_runs(run, run_row(self.context, plan), disturbed=True)
        self._keep(run)

    def _is_refused_like_others(self, result: RowResult) -> bool:
        """Whether a row is inconclusive as several before it, for a key or a base URL with which nothing works."""
        rows = [result, *(one for one in list(self._results.values()) if one.verdict is Verdict.INCONCLUSIVE)]
        if result.verdict is not Verdict.INCONCLUSIVE or len(rows) < _ROWS_OF_CAUSE:
            return False
        causes = find_causes(self.context.target.described, [result, *self._results.values()])
        causes = tuple(one for one in causes if one.key == "base_url" or one.key.startswith("credentials."))
        explained = [one for one in apply_causes(rows, causes) if one.reason in {each.text for each in causes}]
        return len(explained) >= _ROWS_OF_CAUSE and explained[0].id == result.id

    def _keep(self, run: FinishedRow) -> None:
        self.context.shared.passed |= run.passed
        self.context.shared.keep(run.result)
        self._results[run.result.id] = run.result

    @cached_property
    def _writing(self) -> WritingRows:
        return WritingRows(self.context, self._plan_again, self._alone, renew_fixtures)

    def _look(self) -> None:
        self._writing.look()  # which is made once the context has its pool

    def _set_up(self, names: Sequence[str]) -> None:
        """Set up the first row alone, as it shows whether what is made can be deleted, isolated ones side by side."""
        beside = [name for name in names[1:] if self._pool and is_isolated(self.context.contract, self.plans[name])]
        for name in names:
            if name not in beside:
                self._writing.set_up(self.plans[name])
        if self._pool:
            list(self._pool.map(self._writing.set_up, map(self.plans.__getitem__, beside)))

    def _send_probes(self, name: str) -> None:
        self._writing.send_probes(self.plans[name])

    def _finish_row(self, name: str) -> None:
        if self._scheduler is not None:
            self._scheduler.futures[LOOK].result()  # raises what went wrong there
        elif error := self._ran[LOOK]:
            raise error
        self._keep(self._writing.finish(self.plans[name]))

    def _run_together(self, names: Sequence[str]) -> None:
        for name in names:
            self._writing.set_up(self.plans[name])
            self._writing.send_probes(self.plans[name])
        self._writing.look()
        for name in names:
            self._keep(self._writing.finish(self.plans[name]))

    def _plan_again(self, name: str) -> RowPlan | None:
        """The plan by which a row of a smoke run is run again; None where it takes more requests than are left."""
        plan = self.plans[name]
        standard = plan_row(self.context.contract, self.context.target, plan.row, "standard")
        again = without_drawn_values(standard)
        once = {probe.label for probe in plan.probes if not probe.repeatable}  # what may be sent once only was sent
        again = replace(again, probes=tuple(probe for probe in again.probes if probe.label not in once))
        if self._left_again is not None:
            with self.context.shared.lock:
                left = self._left_again - count_requests([again])
                if left < 0:
                    return None
                self._left_again = left
        return again

    def _explore(self, operation: str) -> None:
        """Explore an operation, again and alone where somebody else may have caused what was found."""
        from conformance.explore.driver import explore_operation  # noqa: PLC0415 - Schemathesis is loaded only where it explores

        found = explore_operation(self.context, operation)
        caused = any(item.check in _OTHERS_MAY_CAUSE for item in found.findings)
        if caused and self._may_be_disturbed(f"{EXPLORE}{operation}"):
            sent = found.requests
            with self._alone():
                found = explore_operation(self.context, operation)
            beyond = found.beyond_plan + BeyondPlan(confirmed=sent)
            found = replace(found, requests=found.requests + sent, beyond_plan=beyond)
        self._explored[operation] = found
        self.context.shared.keep(found)

    def _may_be_disturbed(self, job: str) -> bool:
        """Whether another job may have written to what this one reads, so that it has to be run again alone."""
        if self.context.shared.stopping.is_set() or self._scheduler is None:
            return False
        return self._scheduler.was_disturbed(job)

    def _alone(self) -> AbstractContextManager[None]:
        """Keep everything else from running."""
        return self._scheduler.alone() if self._scheduler else nullcontext()


def count_exploration(context: RunContext, operations: Iterable[str]) -> int:
    """How many requests the exploration of some operations sends at most where it finds nothing."""
    names = tuple(operations)
    if not names or context.depth == "smoke":
        return 0
    from conformance.explore.driver import count_requests as count_explored  # noqa: PLC0415 - loads Schemathesis

    return sum(count_explored(context, name) for name in names)


def _undisturbed(jobs: Sequence[ScheduledJob]) -> Iterator[ScheduledJob]:
    """The jobs, so that rows read after the set-ups of rows that write, and before their controls."""
    look = next((job for job in jobs if job.name == LOOK), None)
    if look is None:
        yield from jobs
        return
    finishing = frozenset(job.name for job in jobs if LOOK in job.after)
    reading = frozenset(
        job.name for job in jobs if not job.writes and look.shares_resource(job) and not job.after & finishing
    )
    for job in jobs:
        more = {SET_UP} if job.name in reading else reading if job.name in finishing else set[str]()
        yield replace(job, after=job.after | more)


def _priority(job: ScheduledJob) -> tuple[bool, bool, int]:
    """Sort key: rows that write first, those with most resources before others, as they keep others waiting longest."""
    return not job.writes, job.name.startswith(EXPLORE), -len(job.resources)
