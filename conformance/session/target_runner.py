"""Runs one contract against one target: rows and operations as they are asked for, and the results of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from time import perf_counter

from conformance.contract.contract import Contract
from conformance.results.events import Event
from conformance.results.model import Results
from conformance.session.assemble import rebuild_results, utc_now
from conformance.session.run_session import RunOptions, RunSession
from conformance.target.loader import Target
from conformance.target.selection import TargetSelection


class TargetRunner:
    """One target: runs rows and operations as they are asked for; its results can be had at any time."""

    def __init__(self, contract: Contract, target: Target, options: RunOptions) -> None:
        self._options, self.contract = options, contract
        self._run_session = RunSession(TargetSelection(target, None, None, ()), options, lambda _: {})
        self._started, self._clock = utc_now(), perf_counter()
        self.stopped = ""
        """Why nothing new is begun any more."""

    def begin(self, only: Collection[str] = (), operations: Sequence[str] = ()) -> tuple[str, ...]:
        """Plan; the IDs of the rows (those of `only`, if any), with those last that use something up.

        With several workers, the rows and the exploration of these operations begin at once. Raises ConfigError.
        """
        selected = [row for row in self.contract.rows if not only or row.id in only]
        rows = [row.id for row in sorted(selected, key=lambda row: row.case.last)]
        self._run_session.begin(self.contract, rows, operations)
        return self._run_session.order(self.contract.name)

    def row(self, row: str) -> None:
        """Run one row, unless stopped."""
        if not self.stopped:
            self._run_session.row(self.contract.name, row)

    def explore(self) -> None:
        """Explore every operation, unless stopped."""
        for operation in self.contract.explored_operations:
            if not self.stopped:
                self._run_session.explore(self.contract.name, operation)

    def run(self, rows: Sequence[str], *, explore: bool) -> None:
        """Run these rows, and explore before those that use something up, unless stopped."""
        late = {row.id for row in self.contract.rows if row.case.last}
        for row in rows:
            if row not in late:
                self.row(row)
        if explore:
            self.explore()
        for row in rows:
            if row in late:
                self.row(row)

    def stop(self, why: str) -> None:
        """Begin nothing new; what is under way cleans up."""
        self.stopped = self.stopped or why
        self._run_session.stop()

    def close(self) -> None:
        """Let go of every connection."""
        self._run_session.close()

    def results(self) -> Results:
        """What is known so far, without the secrets that were only captured on the way."""
        name, operations, run = self.contract.name, self.contract.explored_operations, self._run_session
        options = self._options
        first = Event("run", name, run.run(name), seed=options.seed, depth=options.depth, started=self._started)
        done = [first, *run.finished(name)]
        done.sort(key=lambda event: operations.index(event.explored.operation) if event.explored else -1)
        end = Event("end", seconds=perf_counter() - self._clock, why_partial=self.stopped)
        results = rebuild_results([*done, end])
        return replace(results, runs=run.redact(name, results.runs))
