"""Runs one job of an audit (one target against one contract) in a thread or worker process."""

import json
import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from conformance.audit.jobs import Job, JobOutcome, load_job_contract
from conformance.contract.contract import Contract
from conformance.contract.loader import digest_files
from conformance.errors import ConfigError, ConformanceError, InternalError, Problem
from conformance.messages import Message
from conformance.plan.budget import parse_budget
from conformance.session.target_runner import RunOptions, SenderWrapper, TargetRunner
from conformance.target.loader import Target, read_profile, target_from_mapping
from conformance.target.selection import check_target

_LOG = logging.getLogger(__name__)
_POLL_SECONDS = 0.1
"""Seconds between checks whether the run must stop."""


def run_job(job: Job, stop_signal: threading.Event | None = None) -> JobOutcome:
    """Run and explore a job within its time. Never raises; an error becomes the `problem` of the outcome."""
    try:
        contract = load_job_contract(job.contract, job.contract_digest)
        runner = build_target_runner(job, contract, load_job_target(job))
        with closing(runner), _stopping_in_time(job, runner, stop_signal or threading.Event()):
            runner.run(runner.begin(), contract.explored_operations if job.options.explore else ())
        return JobOutcome(job.name, runner.results(), runner.stopped)
    except ConformanceError as error:
        return JobOutcome(job.name, problem=str(error), exit_code=error.exit_code)
    except Exception as error:  # noqa: BLE001 - a failing job must not end the others
        _LOG.debug("a job failed", exc_info=True)
        what = Message("a fault of the suite itself: {error}", error=type(error).__name__)
        return JobOutcome(job.name, problem=what, exit_code=InternalError.exit_code)


def load_job_target(job: Job) -> Target:
    """Return the target of a job with credentials from this machine; raise ConfigError."""
    path, allow = Path(job.profile), job.options.allow
    if digest_files(path) == job.profile_digest:
        target = read_profile(path, environ=os.environ, allow=allow)
    elif job.document is None:
        what = "the worker has no such profile, and it does not travel, for a secret may stand in it"
        raise ConfigError([Problem(job.profile, what, "put the values of credentials into the environment")])
    else:
        profile = {"name": job.name} | json.loads(job.document)
        target = target_from_mapping(profile, where=job.profile, environ=os.environ, allow=allow)
    return replace(target, pace=job.pace) if job.pace else target


def build_target_runner(
    job: Job, contract: Contract, target: Target, through: SenderWrapper | None = None
) -> TargetRunner:
    """Return a runner with the options of a job; raise ConfigError."""
    check_target(target, contract)
    output = Path(job.output) if job.output else None
    options = job.options
    budget = parse_budget(options.budget) if options.budget else None
    run_options = RunOptions(
        options.depth, options.seed, relative_to=Path.cwd(), output=output, through=through, budget=budget
    )
    return TargetRunner(contract, target, run_options)


@contextmanager
def _stopping_in_time(job: Job, runner: TargetRunner, stop_signal: threading.Event) -> Iterator[None]:
    """Stop the run within the block when the job's time is over or the signal is set."""
    is_over, seconds = threading.Event(), job.options.seconds
    end = time.monotonic() + seconds

    def watch() -> None:
        while not runner.stopped and not is_over.wait(_POLL_SECONDS):
            if stop_signal.is_set():
                runner.stop(Message("interrupted"))
            elif time.monotonic() > end:
                runner.stop(Message("broken off after {seconds:g} s", seconds=seconds))

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        is_over.set()
