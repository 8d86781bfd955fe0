"""The unit of work: one target held against one contract, where the worker runs. Never raises for anything."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from time import perf_counter
from typing import Any

from conformance.assemble import assemble_run, build_results, utc_now
from conformance.audit.job import Job, JobOutcome, digest_file
from conformance.audit.stop import StopSignal
from conformance.contract.contract import Contract
from conformance.contract.loader import read_contract
from conformance.errors import ConfigError, ConformanceError, InternalError, Problem
from conformance.results.model import Exploration, Results, RowResult, Undocumented
from conformance.results.serialization import format_results, parse_results
from conformance.session import RunOptions, RunSession, SenderWrapper
from conformance.target.loader import Target, read_profile, target_from_mapping
from conformance.target.selection import TargetSelection

__all__ = ["TargetRunner", "load_job_contract", "load_job_target", "run_job"]

_LOG = logging.getLogger(__name__)
_READING = threading.Lock()


def run_job(order: Job, halt: StopSignal | None = None) -> JobOutcome:
    """Run every row of an order and explore, within its time; what is wrong with the order or with us is told."""
    try:
        contract = load_job_contract(order.contract, order.contract_digest)
        return _done(order, TargetRunner(order, contract, load_job_target(order)), halt or StopSignal())
    except ConformanceError as error:
        return JobOutcome(order.name, problem=str(error), exit_code=error.exit_code)
    except Exception as error:  # noqa: BLE001 - whatever it is, it costs this line only
        _LOG.debug("a unit of work failed", exc_info=True)
        what = f"a fault of the suite itself: {type(error).__name__}"
        return JobOutcome(order.name, problem=what, exit_code=InternalError.exit_code)


def load_job_contract(folder: str, expected: str = "") -> Contract:
    """The contract, read once in each process; raises Unusable where it is not the one that was ordered."""
    with _READING:
        return _contract(folder, expected)


@lru_cache(maxsize=16)
def _contract(folder: str, expected: str) -> Contract:
    path = Path(folder)
    if expected and digest_file(path) != expected:
        what = "the worker has another edition of this contract" if path.is_dir() else "the worker has no such contract"
        raise ConfigError([Problem(folder, what, "give every worker the same cases, in the same place")])
    return read_contract(path)


def load_job_target(order: Job) -> Target:
    """The target of an order, its credentials from this machine; raises Unusable."""
    path, allow = Path(order.profile), order.manner.allow
    if digest_file(path) == order.profile_digest:
        target = read_profile(path, environ=os.environ, allow=allow)
    elif order.document is None:
        what = "the worker has no such profile, and it does not travel, for a secret may stand in it"
        raise ConfigError([Problem(order.profile, what, "put the values of credentials into the environment")])
    else:
        profile = {"name": order.name} | json.loads(order.document)
        target = target_from_mapping(profile, where=order.profile, environ=os.environ, allow=allow)
    return replace(target, pace=order.pace) if order.pace else target


class TargetRunner:
    """One target under way: whoever drives it asks for rows and operations, and for the results at any time."""

    def __init__(self, order: Job, contract: Contract, target: Target, through: SenderWrapper | None = None) -> None:
        manner = order.manner
        output = Path(order.output) if order.output else None
        how = RunOptions(manner.depth, manner.seed, relative_to=Path.cwd(), output=output, through=through)
        self._manner, self.contract = manner, contract
        self._campaign = RunSession(TargetSelection(target, None, None, ()), how, _nothing_offered)
        self._started, self._clock = utc_now(), perf_counter()
        self._rows: list[RowResult] = []
        self._explored: list[Exploration] = []
        self._undocumented: list[Undocumented] = []
        self.stopped = ""
        """Why nothing new is begun any more."""

    def begin(self) -> tuple[str, ...]:
        """Plan; the rows, those last that use something up. Raises Unusable."""
        rows = sorted(self.contract.rows, key=lambda row: row.case.last)
        self._campaign.begin(self.contract, [row.id for row in rows])
        return tuple(row.id for row in rows)

    def row(self, row: str) -> None:
        """Run one row, unless stopped."""
        if self.stopped:
            return
        found = self._campaign.row(self.contract.name, row)
        if not self.stopped:  # a row that was broken off may not say that all is well
            self._rows.append(found)

    def explore(self) -> None:
        """Explore every operation, unless stopped."""
        for operation in self.contract.file.operations:
            if self.stopped:
                return
            found, pairs = self._campaign.explore(self.contract.name, operation)
            self._explored.append(found)
            self._undocumented += pairs

    def stop(self, why: str) -> None:
        """Begin nothing new; what is under way cleans up."""
        self.stopped = self.stopped or why
        self._campaign.stop()

    def close(self) -> None:
        """Let go of every connection."""
        self._campaign.close()

    def results(self) -> Results:
        """What is known so far, without the secrets that were only captured on the way."""
        name = self.contract.name
        run = assemble_run(self._campaign.run(name), self._rows, self._explored, self._undocumented)
        whole = build_results(
            [run],
            seed=self._manner.seed,
            depth=self._manner.depth,
            started=self._started,
            seconds=perf_counter() - self._clock,
            why_partial=self.stopped,
        )
        text = format_results(whole)
        clean = self._campaign.redacted(name, text)
        return whole if clean == text else parse_results(clean, "results.json")


def _done(order: Job, work: TargetRunner, halt: StopSignal) -> JobOutcome:
    try:
        with _heeding(order, work, halt):
            rows = work.begin()
            late = [row for row in rows if (found := work.contract.row(row)) is not None and found.case.last]
            for row in rows[: len(rows) - len(late)]:
                work.row(row)
            if order.manner.explore:
                work.explore()
            for row in late:
                work.row(row)
    finally:
        work.close()
    return JobOutcome(order.name, work.results(), work.stopped)


@contextmanager
def _heeding(order: Job, work: TargetRunner, halt: StopSignal) -> Iterator[None]:
    """While the block lasts, its time and the one who waits for it may stop it."""
    seconds = order.manner.seconds
    alarm = threading.Timer(seconds, work.stop, (f"broken off after {seconds:g} s",))
    alarm.daemon = True
    alarm.start()
    try:
        with halt.heard(lambda: work.stop("interrupted")):
            yield
    finally:
        alarm.cancel()


def _nothing_offered(contract: str) -> Mapping[str, Any]:
    raise ConfigError([Problem(contract, "an audit needs a profile of each target", "give profiles")])
