"""Runs two targets side by side: each request is sent to both before the next is sent to either."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.audit.folder import write_target_folder
from conformance.audit.jobs import AuditOptions, Job, build_jobs, find_profiles, load_job_contract
from conformance.audit.pair import Pairing, compare_pair, format_pair
from conformance.audit.worker import build_target_runner, load_job_target
from conformance.client.rate_limit import RateLimiter
from conformance.contract.contract import Contract
from conformance.engine.context import RequestSender
from conformance.errors import ConfigError, Problem
from conformance.files import write_text
from conformance.http import Exchange, Request
from conformance.quantities import Pace
from conformance.results.model import Results
from conformance.session.target_runner import TargetRunner

_WAIT_SECONDS = 30.0
"""Seconds that one target waits for the other's request; then both continue alone until the next row."""


class Lockstep:
    """Synchronizes two senders: each sends its next request only with the other's, or after the other's row has ended.

    If the two share a pace, `pacer` keeps it.
    """

    def __init__(self, patience: float = _WAIT_SECONDS, pacer: RateLimiter | None = None) -> None:
        self._pacer = pacer
        self._meeting = threading.Barrier(2, timeout=patience)
        self._meeting.abort()  # no waiting outside of rows

    def begin(self) -> None:
        """Start waiting for each other, at the beginning of a row."""
        self._meeting.reset()

    def end(self) -> None:
        """Stop waiting for each other, because one of them has finished the row."""
        self._meeting.abort()

    @contextmanager
    def step(self) -> Iterator[None]:
        """Wait for the other sender and the pace, then send one request within the block."""
        with suppress(threading.BrokenBarrierError):
            self._meeting.wait()
        with self._pacer.request() if self._pacer else nullcontext():
            yield


class _LockstepSender:
    """A session that sends each request in step with the other target's session."""

    def __init__(self, session: RequestSender, lockstep: Lockstep) -> None:
        self._session, self._lockstep = session, lockstep

    def send(self, request: Request, **how: Any) -> Exchange:
        with self._lockstep.step():
            return self._session.send(request, **how)

    @property
    def sent(self) -> int:
        return self._session.sent

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


def run_side_by_side(jobs: tuple[Job, Job], shared: Pace | None = None) -> tuple[Results, Results]:
    """Run every row on both targets at once, both together within the `shared` pace; raise ConfigError."""
    if jobs[0].contract != jobs[1].contract:
        what = "the two are for different contracts"
        raise ConfigError([Problem("--pair", what, "give two profiles for one contract")])
    lockstep = Lockstep(pacer=RateLimiter(shared) if shared else None)
    runners = tuple(_build_runner(job, lockstep) for job in jobs)
    try:
        with ThreadPoolExecutor(2, thread_name_prefix="pair") as pool:
            _run(pool, runners, lockstep)
    finally:
        for runner in runners:
            runner.close()
    first, second = (runner.results() for runner in runners)
    return first, second


def _run(pool: ThreadPoolExecutor, runners: Sequence[TargetRunner], lockstep: Lockstep) -> None:
    def row(runner: TargetRunner, name: str) -> None:
        try:
            runner.row(name)
        finally:
            lockstep.end()

    rows, _ = [each.result() for each in [pool.submit(runner.begin) for runner in runners]]
    try:
        for name in rows:
            lockstep.begin()
            for each in [pool.submit(row, runner, name) for runner in runners]:
                each.result()
    except KeyboardInterrupt:
        for runner in runners:
            runner.stop("interrupted")


def _build_runner(job: Job, lockstep: Lockstep) -> TargetRunner:
    contract, target = load_job_contract(job.contract, job.contract_digest), load_job_target(job)
    unexcused = replace(target, expectations=())
    return build_target_runner(job, contract, unexcused, lambda session: _LockstepSender(session, lockstep))


def run_pair(
    pair: tuple[Path, Path],
    options: AuditOptions,
    output: Path,
    contracts: Mapping[str, Contract],
    language: str | None = None,
) -> tuple[Pairing, bool]:
    """Run two targets side by side; write both reports, `pair.json` and `pair.html`.

    Returns the differences, and whether the run was interrupted. Raises ConfigError.
    """
    jobs = build_jobs([path for one in pair for path in find_profiles([one])], contracts, options, output)
    if len(jobs) != 2:
        raise ConfigError([Problem("--pair", "these are not two profiles", "give two files")])
    if problems := [Problem(str(output), job.problem) for job in jobs if job.problem]:
        raise ConfigError(problems)
    results = run_side_by_side(*_share_pace(*jobs))
    for job, own in zip(jobs, results, strict=True):
        write_target_folder(output / job.folder, own, language=language)
    pairing = compare_pair(*results, (jobs[0].name, jobs[1].name))
    write_text(output / "pair.json", format_pair(pairing, "json"))
    write_text(output / "pair.html", format_pair(pairing, "html", language))
    return pairing, any(own.partial for own in results)


def _share_pace(first: Job, second: Job) -> tuple[tuple[Job, Job], Pace | None]:
    """Return the jobs, and the pace that they share if they are in one group; each then has half of it as its own."""
    if first.pace is None or first.pace_group != second.pace_group:
        return (first, second), None
    count, seconds = first.pace
    half = Pace(count // 2, seconds) if count > 1 else Pace(1, seconds * 2)
    return (replace(first, pace=half), replace(second, pace=half)), first.pace
