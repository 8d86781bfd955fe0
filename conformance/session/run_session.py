"""Contracts held against targets in one process: plans first, then rows as they are asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from conformance.contract.contract import Contract
from conformance.contract.schema import Depth
from conformance.engine.context import Explored, RequestSender
from conformance.engine.journal import open_ledger
from conformance.errors import Problem
from conformance.messages import Message, join_messages
from conformance.plan.budget import Budget
from conformance.results.events import Event
from conformance.results.model import RowResult, TargetRun
from conformance.results.redaction import Redactor
from conformance.session.assemble import describe_run, mark_known_deviation
from conformance.session.contract_run import ContractRun, build_context, plan_run
from conformance.setup.prepare import prepare_target
from conformance.target.loader import Target
from conformance.target.selection import TargetSelection, resolve_target

T = TypeVar("T")

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


class RunSession:
    """Every contract of a session; each is planned before its first byte is sent. `offer` starts embedded servers."""

    def __init__(
        self, selection: TargetSelection, options: RunOptions, offer: Callable[[str], Mapping[str, Any]]
    ) -> None:
        self._selection, self._options, self._offer = selection, options, offer
        self._targets: dict[str, Target] = {}
        self._held: dict[str, ContractRun] = {}
        self.on_kept: Callable[[Event], None] | None = None
        """Is told of each result as soon as it is kept, by whichever thread keeps it; to be set before `begin`."""

    def target(self, contract: Contract) -> Target:
        """The target of a contract; raises ConfigError."""
        if contract.name not in self._targets:
            self._targets[contract.name] = resolve_target(contract, self._selection, self._offer, os.environ)
        return self._targets[contract.name]

    def begin(self, contract: Contract, rows: Sequence[str], operations: Sequence[str] = ()) -> None:
        """Plan these rows; several workers begin with them and the explorations at once. Raises ConfigError."""
        target, options = self.target(contract), self._options
        expected = [row for name in rows if (row := contract.row(name)) is not None]
        context = build_context(contract, target, options.depth, options.seed, relative_to=options.relative_to)
        if self._selection.real:
            ledger, notes = open_ledger(options.output, target.base_url)
            context.shared.warn(notes)
            context = prepare_target(replace(context, ledger=ledger))
        if options.through is not None:
            context = replace(context, session=options.through(context.session))
        depth, plans = plan_run(contract, context.target, expected, options.depth, options.seed, budget=options.budget)
        context = replace(context, depth=depth)
        most_again = options.budget.count(contract, context.target) if options.budget else None
        runner = ContractRun(context, plans, options.workers, most_again)
        self._held[contract.name] = runner
        if (tell := self.on_kept) is not None:
            context.shared.on_kept = lambda result: tell(self._event(contract.name, result))
        runner.start(rows, operations)

    def order(self, contract: str) -> tuple[str, ...]:
        """The IDs of the planned rows in the order of sending."""
        return tuple(self._held[contract].plans)

    def row(self, contract: str, row: str) -> RowResult:
        """The result of a row, with a note that its deviation is known where the profile says so."""
        return self._as_reported(contract, self._held[contract].result(row))

    def finished(self, contract: str) -> tuple[Event, ...]:
        """The rows and explorations that are done, asked for or not, and those broken off that found a violation."""
        with (shared := self._held[contract].context.shared).lock:
            done = list(shared.kept.values())
        return tuple(self._event(contract, result) for result in done)

    def _event(self, contract: str, result: RowResult | Explored) -> Event:
        if isinstance(result, RowResult):
            return Event("row", contract, run=self.run(contract), row=self._as_reported(contract, result))
        found, undocumented = self.redact(contract, result)
        return Event("explored", contract, run=self.run(contract), explored=found, undocumented=undocumented)

    def _as_reported(self, contract: str, row: RowResult) -> RowResult:
        expectations = self._held[contract].context.target.expectations
        return mark_known_deviation(self.redact(contract, row), expectations, datetime.now(UTC).date())

    def explore(self, contract: str, operation: str) -> Explored:
        """What an operation answers beyond the tables."""
        return self.redact(contract, self._held[contract].explored(operation))

    def redact(self, contract: str, value: T) -> T:
        """A result without any secret of the contract's target, those that were captured on the way included."""
        held = self._held.get(contract)
        return held.context.redactor.redact(value) if held else value

    def planned(self, contract: str) -> int:
        """How many requests are planned, those before and after the rows and exploration included.

        Those that depend on an answer are not counted.
        """
        held = self._held.get(contract)
        return held.planned + held.context.shared.outside_rows.planned + held.to_clean_up if held else 0

    def sent(self) -> int:
        """How many requests have left this machine."""
        return sum(held.context.session.sent for held in self._held.values())

    def without_secrets(self, text: str) -> str:
        """A text without the secrets of any target of this session, and without what was captured on the way."""
        for target in self._targets.values():
            text = Redactor(target.secrets).text(text)
        for held in self._held.values():
            text = held.context.redactor.text(text)
        return text

    def run(self, contract: str) -> TargetRun:
        """Whose contract and whose target, without rows."""
        context, budget = self._held[contract].context, self._options.budget
        most = budget.count(context.contract, context.target) if budget else None
        run = replace(describe_run(context.contract, context.target.described), budget=most)
        warnings = [*map(_warning, context.target.warnings), *context.shared.warnings]
        outside = context.shared.outside_rows
        return replace(run, warnings=self.redact(contract, tuple(warnings)), outside_rows=outside)

    def runs(self) -> Iterable[TargetRun]:
        """Every run that was begun, without rows."""
        return [self.run(contract) for contract in self._held]

    def stop(self) -> None:
        """Rows that are under way begin nothing new and only clean up; may be called from another thread."""
        for held in tuple(self._held.values()):
            held.context.shared.stopping.set()

    def close(self) -> None:
        """Start nothing more and let go of every connection."""
        for held in self._held.values():
            held.close()


def _warning(problem: Problem) -> str:
    what = Message("{where}: {what}", where=problem.where, what=problem.what)
    return join_messages("; ", [what, *([problem.hint] if problem.hint else [])])
