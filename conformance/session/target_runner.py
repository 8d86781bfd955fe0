"""One contract against one target: planned before its first byte is sent, run as it is asked for."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import perf_counter

from conformance.contract.contract import Contract
from conformance.contract.schema import Depth
from conformance.engine.context import RequestSender
from conformance.engine.journal import open_ledger
from conformance.errors import InternalError, Problem
from conformance.messages import Message, join_messages
from conformance.plan.budget import Budget
from conformance.results.events import Event
from conformance.results.model import Exploration, Results, RowResult, TargetRun
from conformance.results.redaction import Redactor
from conformance.session.assemble import describe_run, mark_known_deviation, rebuild_results, utc_now
from conformance.session.contract_run import ContractRun, build_context, plan_run
from conformance.setup.prepare import prepare_target
from conformance.target.loader import Target

SenderWrapper = Callable[[RequestSender], RequestSender]
"""Wraps the session, so that every request of the rows passes through it."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run, whatever the target."""

    depth: Depth
    seed: int
    workers: int = 1
    relative_to: Path = Path()
    output: Path | None = None
    """The folder of the reports and of the ledger; None where nothing is kept."""
    through: SenderWrapper | None = None
    budget: Budget | None = None
    """The most requests that the rows of each contract may plan; None for all of the depth."""


class TargetRunner:
    """Runs rows and operations of a contract against a target, whose names and values have been checked.

    An `embedded` server of ours is not prepared, and no ledger is kept of what is made on it.
    """

    def __init__(self, contract: Contract, target: Target, options: RunOptions, *, embedded: bool = False) -> None:
        self.contract, self._target, self._options, self._embedded = contract, target, options, embedded
        self._started, self._clock = utc_now(), perf_counter()
        self._run: ContractRun | None = None
        self.on_kept: Callable[[Event], None] | None = None
        """Called with each result as soon as it is kept, on the thread that keeps it; to be set before `begin`."""
        self.stopped = ""
        """Why nothing new is begun any more."""

    def begin(self, rows: Collection[str] | None = None, operations: Sequence[str] = ()) -> tuple[str, ...]:
        """Prepare the target and begin these rows, or all; return their IDs in order. Raises ConfigError."""
        contract, options = self.contract, self._options
        wanted = None if rows is None else frozenset(rows)
        selected = [row for row in contract.rows if wanted is None or row.id in wanted]
        context = build_context(contract, self._target, options.depth, options.seed, relative_to=options.relative_to)
        if not self._embedded:
            ledger, notes = open_ledger(options.output, self._target.base_url)
            context.shared.warn(notes)
            context = prepare_target(replace(context, ledger=ledger))
        if options.through is not None:
            context = replace(context, session=options.through(context.session))
        depth, plans = plan_run(contract, context.target, selected, options.depth, options.seed, budget=options.budget)
        most_again = options.budget.count(contract, context.target) if options.budget else None
        self._run = ContractRun(replace(context, depth=depth), plans, options.workers, most_again)
        if (tell := self.on_kept) is not None:
            context.shared.on_kept = lambda result: tell(self._event(result))
        self._run.start(list(plans), operations)
        return self.order

    @property
    def has_begun(self) -> bool:
        """Whether the target is prepared and everything planned."""
        return self._run is not None

    @property
    def _begun(self) -> ContractRun:
        if self._run is None:
            raise InternalError(f"{self.contract.name} was not begun")
        return self._run

    @property
    def order(self) -> tuple[str, ...]:
        """The IDs of the planned rows in the order of sending, with those last that use something up."""
        return tuple(self._begun.plans)

    @property
    def planned(self) -> int:
        """How many requests are planned for all that is sent, without those that depend on an answer."""
        run = self._begun
        return run.planned + run.context.shared.outside_rows.planned + run.to_clean_up

    @property
    def sent(self) -> int:
        return self._begun.context.session.sent

    def row(self, row: str) -> RowResult:
        """The result of a row, with a note that its deviation is known where the profile says so."""
        return self._as_reported(self._begun.result(row))

    def explore(self, operation: str) -> Exploration:
        return self.redactor.redact(self._begun.explored(operation))

    def run(self, rows: Sequence[str], operations: Sequence[str] = ()) -> None:
        """Run these rows, and explore before those that use something up, until stopped."""
        late = {row.id for row in self.contract.rows if row.case.last}
        steps: list[Callable[[], object]] = [partial(self.row, row) for row in rows if row not in late]
        steps += [partial(self.explore, operation) for operation in operations]
        steps += [partial(self.row, row) for row in rows if row in late]
        for step in steps:
            if not self.stopped:
                step()

    def finished(self) -> tuple[Event, ...]:
        """The rows and explorations that are done, asked for or not, and those broken off that found a violation."""
        with (shared := self._begun.context.shared).lock:
            done = list(shared.kept.values())
        return tuple(map(self._event, done))

    def describe(self) -> TargetRun:
        """The run without rows: contract, target, warnings, and requests outside of rows."""
        context, budget = self._begun.context, self._options.budget
        warnings = (*map(_warning, context.target.warnings), *context.shared.warnings)
        return replace(
            describe_run(self.contract, context.target.described),
            budget=budget.count(self.contract, context.target) if budget else None,
            warnings=context.redactor.redact(warnings),
            outside_rows=context.shared.outside_rows,
        )

    def results(self) -> Results:
        """What is known so far, without the secrets that were only captured on the way."""
        name, operations, options = self.contract.name, self.contract.explored_operations, self._options
        first = Event("run", name, self.describe(), seed=options.seed, depth=options.depth, started=self._started)
        done = [first, *self.finished()]
        done.sort(key=lambda event: operations.index(event.explored.operation) if event.explored else -1)
        end = Event("end", seconds=perf_counter() - self._clock, why_partial=self.stopped)
        results = rebuild_results([*done, end])
        return replace(results, runs=self.redactor.redact(results.runs))

    @property
    def redactor(self) -> Redactor:
        """Knows each secret of the target, also those that it has given so far."""
        return self._begun.context.redactor

    def stop(self, why: str) -> None:
        """Begin nothing new; what is under way only cleans up. May be called from another thread."""
        self.stopped = self.stopped or why
        if self._run is not None:
            self._run.context.shared.stopping.set()

    def close(self) -> None:
        """Start nothing more, clean up, and let go of every connection. May be called twice."""
        if self._run is not None:
            self._run.close()

    def _event(self, result: RowResult | Exploration) -> Event:
        redact = self.redactor.redact
        reported = self._as_reported(result) if isinstance(result, RowResult) else redact(result)
        return Event.of_result(self.contract.name, reported, self.describe())

    def _as_reported(self, row: RowResult) -> RowResult:
        context = self._begun.context
        return mark_known_deviation(context.redactor.redact(row), context.target.expectations, datetime.now(UTC).date())


def _warning(problem: Problem) -> str:
    what = Message("{where}: {what}", where=problem.where, what=problem.what)
    return join_messages("; ", [what, *([problem.hint] if problem.hint else [])])
