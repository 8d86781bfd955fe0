"""Runs one job: one target against one contract, in the process of the worker."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

from conformance.assemble import assemble_run, build_results, utc_now
from conformance.audit.jobs import Job, JobOutcome, digest_file, load_job_contract
from conformance.audit.stop import StopSignal
from conformance.contract.contract import Contract
from conformance.errors import ConfigError, ConformanceError, InternalError, Problem
from conformance.messages import Message
from conformance.results.model import Exploration, Results, RowResult, Undocumented
from conformance.results.serialization import format_results, parse_results
from conformance.session import RunOptions, RunSession, SenderWrapper
from conformance.target.loader import Target, read_profile, target_from_mapping
from conformance.target.selection import TargetSelection

__all__ = ["TargetRunner", "load_job_target", "run_job"]

_LOG = logging.getLogger(__name__)


def run_job(job: Job, stop_signal: StopSignal | None = None) -> JobOutcome:
    """Run every row of a job and explore, within its time. Never raises: what goes wrong is the outcome's problem."""
    try:
        contract = load_job_contract(job.contract, job.contract_digest)
        return _run(job, TargetRunner(job, contract, load_job_target(job)), stop_signal or StopSignal())
    except ConformanceError as error:
        return JobOutcome(job.name, problem=str(error), exit_code=error.exit_code)
    except Exception as error:  # noqa: BLE001 - whatever it is, it costs this line only
        _LOG.debug("a unit of work failed", exc_info=True)
        what = Message("a fault of the suite itself: {error}", error=type(error).__name__)
        return JobOutcome(job.name, problem=what, exit_code=InternalError.exit_code)


def load_job_target(job: Job) -> Target:
    """The target of a job, its credentials from this machine; raises ConfigError."""
    path, allow = Path(job.profile), job.options.allow
    if digest_file(path) == job.profile_digest:
        target = read_profile(path, environ=os.environ, allow=allow)
    elif job.document is None:
        what = "the worker has no such profile, and it does not travel, for a secret may stand in it"
        raise ConfigError([Problem(job.profile, what, "put the values of credentials into the environment")])
    else:
        profile = {"name": job.name} | json.loads(job.document)
        target = target_from_mapping(profile, where=job.profile, environ=os.environ, allow=allow)
    return replace(target, pace=job.pace) if job.pace else target


class TargetRunner:
    """One target: runs rows and operations as they are asked for; its results can be had at any time."""

    def __init__(self, job: Job, contract: Contract, target: Target, through: SenderWrapper | None = None) -> None:
        options = job.options
        output = Path(job.output) if job.output else None
        run_options = RunOptions(options.depth, options.seed, relative_to=Path.cwd(), output=output, through=through)
        self._options, self.contract = options, contract
        self._run_session = RunSession(TargetSelection(target, None, None, ()), run_options, _refuse_embedded_server)
        self._started, self._clock = utc_now(), perf_counter()
        self._rows: list[RowResult] = []
        self._explored: list[Exploration] = []
        self._undocumented: list[Undocumented] = []
        self.stopped = ""
        """Why nothing new is begun any more."""

    def begin(self) -> tuple[str, ...]:
        """Plan; the rows, those last that use something up. Raises ConfigError."""
        rows = sorted(self.contract.rows, key=lambda row: row.case.last)
        self._run_session.begin(self.contract, [row.id for row in rows])
        return tuple(row.id for row in rows)

    def row(self, row: str) -> None:
        """Run one row, unless stopped."""
        if self.stopped:
            return
        found = self._run_session.row(self.contract.name, row)
        if not self.stopped:  # a row that was broken off may not say that all is well
            self._rows.append(found)

    def explore(self) -> None:
        """Explore every operation, unless stopped."""
        for operation in self.contract.file.operations:
            if self.stopped:
                return
            found, pairs = self._run_session.explore(self.contract.name, operation)
            self._explored.append(found)
            self._undocumented += pairs

    def stop(self, why: str) -> None:
        """Begin nothing new; what is under way cleans up."""
        self.stopped = self.stopped or why
        self._run_session.stop()

    def close(self) -> None:
        """Let go of every connection."""
        self._run_session.close()

    def results(self) -> Results:
        """What is known so far, without the secrets that were only captured on the way."""
        name = self.contract.name
        run = assemble_run(self._run_session.run(name), self._rows, self._explored, self._undocumented)
        whole = build_results(
            [run],
            seed=self._options.seed,
            depth=self._options.depth,
            started=self._started,
            seconds=perf_counter() - self._clock,
            why_partial=self.stopped,
        )
        text = format_results(whole)
        clean = self._run_session.redacted(name, text)
        return whole if clean == text else parse_results(clean, "results.json")


def _run(job: Job, runner: TargetRunner, stop_signal: StopSignal) -> JobOutcome:
    try:
        with _stopping_in_time(job, runner, stop_signal):
            rows = runner.begin()
            late = [row for row in rows if (found := runner.contract.row(row)) is not None and found.case.last]
            for row in rows[: len(rows) - len(late)]:
                runner.row(row)
            if job.options.explore:
                runner.explore()
            for row in late:
                runner.row(row)
    finally:
        runner.close()
    return JobOutcome(job.name, runner.results(), runner.stopped)


@contextmanager
def _stopping_in_time(job: Job, runner: TargetRunner, stop_signal: StopSignal) -> Iterator[None]:
    """Inside the block, the end of the job's time or the signal stops the run."""
    seconds = job.options.seconds
    alarm = threading.Timer(seconds, runner.stop, (Message("broken off after {seconds:g} s", seconds=seconds),))
    alarm.daemon = True
    alarm.start()
    try:
        with stop_signal.listening(lambda: runner.stop(Message("interrupted"))):
            yield
    finally:
        alarm.cancel()


def _refuse_embedded_server(contract: str) -> Mapping[str, Any]:
    raise ConfigError([Problem(contract, "an audit needs a profile of each target", "give profiles")])
