"""Two targets side by side: the same seeded requests, each sent to both before the next is sent to either."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.audit.folder import write_target_folder
from conformance.audit.jobs import AuditOptions, Job, build_jobs, load_job_contract
from conformance.audit.pair import Pairing, compare_pair, format_json_pair, render_pair
from conformance.audit.profiles import ProfileSummary, find_profiles, summarize_profiles
from conformance.audit.worker import build_target_runner, load_job_target
from conformance.client.rate_limit import RateLimiter
from conformance.contract.contract import Contract
from conformance.engine.context import RequestSender
from conformance.errors import ConfigError, Problem
from conformance.files import write_text
from conformance.http import Exchange, Request
from conformance.results.model import Results
from conformance.session.target_runner import TargetRunner
from conformance.target.schema import Pace

_PATIENCE = 30.0
"""Seconds that one waits for the other's answer; then it goes on alone, and they meet again at the next request."""


class Lockstep:
    """Keeps two senders in step: neither sends its next request before the other has sent as many, or is done.

    Where the two share a pace, `pacer` keeps it.
    """

    def __init__(self, patience: float = _PATIENCE, pacer: RateLimiter | None = None) -> None:
        self._pacer = pacer
        self._turn = threading.Condition()
        self._seconds_to_wait = patience
        self._far = [0, 0]
        self._under_way = [False, False]

    def begin(self) -> None:
        """Both begin a row."""
        with self._turn:
            self._far, self._under_way = [0, 0], [True, True]

    @contextmanager
    def row(self, side: int) -> Iterator[None]:
        """One of them does its row; when it is done, the other need not wait for it."""
        try:
            yield
        finally:
            with self._turn:
                self._under_way[side] = False
                self._turn.notify_all()

    @contextmanager
    def step(self, side: int) -> Iterator[None]:
        """One request of one of them."""
        other = 1 - side
        with self._turn:
            self._turn.wait_for(
                lambda: not self._under_way[other] or self._far[side] <= self._far[other], timeout=self._seconds_to_wait
            )
        try:
            with self._pacer.request() if self._pacer else nullcontext():
                yield
        finally:
            with self._turn:
                self._far[side] += 1
                self._turn.notify_all()


class _LockstepSender:
    """A session that sends each request at the same time as the other target's session."""

    def __init__(self, session: RequestSender, lockstep: Lockstep, side: int) -> None:
        self._session, self._lockstep, self._side = session, lockstep, side

    def send(self, request: Request, **how: Any) -> Exchange:
        with self._lockstep.step(self._side):
            return self._session.send(request, **how)

    @property
    def sent(self) -> int:
        return self._session.sent

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


def run_side_by_side(jobs: tuple[Job, Job], shared: Pace | None = None) -> tuple[Results, Results]:
    """Run every row on both at once, and both together within the `shared` pace; raises ConfigError."""
    if jobs[0].contract != jobs[1].contract:
        what = "the two are for different contracts"
        raise ConfigError([Problem("--pair", what, "give two profiles for one contract")])
    lockstep = Lockstep(pacer=RateLimiter(shared) if shared else None)
    runners = tuple(_run_jobs(job, lockstep, side) for side, job in enumerate(jobs))
    try:
        with ThreadPoolExecutor(2, thread_name_prefix="pair") as pool:
            _run(pool, runners, lockstep)
    finally:
        for runner in runners:
            runner.close()
    first, second = (runner.results() for runner in runners)
    return first, second


def _run(pool: ThreadPoolExecutor, runners: Sequence[TargetRunner], lockstep: Lockstep) -> None:
    def row(side: int, name: str) -> None:
        with lockstep.row(side):
            runners[side].row(name)

    rows, _ = [each.result() for each in [pool.submit(runner.begin) for runner in runners]]
    try:
        for name in rows:
            lockstep.begin()
            for each in [pool.submit(row, side, name) for side in range(len(runners))]:
                each.result()
    except KeyboardInterrupt:
        for runner in runners:
            runner.stop("interrupted")


def _run_jobs(job: Job, lockstep: Lockstep, side: int) -> TargetRunner:
    def through(session: RequestSender) -> RequestSender:
        return _LockstepSender(session, lockstep, side)

    contract = load_job_contract(job.contract, job.contract_digest)
    target = load_job_target(job)
    return build_target_runner(job, contract, replace(target, expectations=()), through)


def run_pair(
    pair: tuple[Path, Path],
    options: AuditOptions,
    output: Path,
    contracts: Mapping[str, tuple[Contract, str]],
    language: str | None = None,
) -> tuple[Pairing, bool]:
    """Run two targets side by side, write both reports, `pair.json` and `pair.html`.

    Returns where the two differ, and whether the run was interrupted. Raises ConfigError.
    """
    both = summarize_profiles([path for one in pair for path in find_profiles([one])])
    if len(both) != 2:
        raise ConfigError([Problem("--pair", "these are not two profiles", "give two files")])
    job_list = build_jobs(both, contracts, options, output)
    if job_list.unusable:
        raise ConfigError([Problem(str(output), one.problem) for one in job_list.unusable])
    results = run_side_by_side(*_share_pace(both, [job_list.jobs[one.name] for one in both]))
    for one, own in zip(both, results, strict=True):
        write_target_folder(output / one.folder, own, language=language)
    pairing = compare_pair(*results, (both[0].name, both[1].name))
    write_text(output / "pair.json", format_json_pair(pairing))
    write_text(output / "pair.html", render_pair(pairing, language))
    return pairing, any(own.partial for own in results)


def _share_pace(both: tuple[ProfileSummary, ...], jobs: list[Job]) -> tuple[tuple[Job, Job], Pace | None]:
    """The jobs, and the pace that two targets of one group share; each has half of it for its own requests."""
    first, second = jobs
    if both[0].pace_group is None or both[0].pace_group != both[1].pace_group or first.pace is None:
        return (first, second), None
    count, seconds = first.pace
    half = Pace(count // 2, seconds) if count > 1 else Pace(1, seconds * 2)
    return (replace(first, pace=half), replace(second, pace=half)), first.pace
