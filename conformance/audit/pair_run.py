"""Two targets side by side: the same seeded requests, each sent to both before the next is sent to either."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from conformance.audit.job import Job
from conformance.audit.worker import TargetRunner, load_job_contract, load_job_target
from conformance.client.rate_limit import Pace, RateLimiter
from conformance.engine.context import RequestSender
from conformance.errors import ConfigError, Problem
from conformance.http import Exchange, Request
from conformance.results.model import Results

__all__ = ["Lockstep", "run_side_by_side"]

_PATIENCE = 30.0
"""Seconds that one waits for the other's answer; then it goes on alone, and they meet again at the next request."""


class Lockstep:
    """Keeps two senders together: neither sends its next request before the other is as far, or is done.

    Where the two share a pace, `pacer` keeps it.
    """

    def __init__(self, patience: float = _PATIENCE, pacer: RateLimiter | None = None) -> None:
        self._pacer = pacer
        self._turn = threading.Condition()
        self._patience = patience
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
                lambda: not self._under_way[other] or self._far[side] <= self._far[other], timeout=self._patience
            )
        if self._pacer is not None:
            self._pacer.wait()
        try:
            yield
        finally:
            with self._turn:
                self._far[side] += 1
                self._turn.notify_all()


class _Kept:
    """A session whose requests keep abreast of another's."""

    def __init__(self, session: RequestSender, abreast: Lockstep, side: int) -> None:
        self._session, self._abreast, self._side = session, abreast, side

    def send(self, request: Request, **how: Any) -> Exchange:
        with self._abreast.step(self._side):
            return self._session.send(request, **how)

    @property
    def sent(self) -> int:
        return self._session.sent

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


def run_side_by_side(orders: tuple[Job, Job], shared: Pace | None = None) -> tuple[Results, Results]:
    """Run every row on both at once, and both together within the `shared` pace; raises Unusable."""
    if orders[0].contract != orders[1].contract:
        what = "the two are for different contracts"
        raise ConfigError([Problem("--pair", what, "give two profiles for one contract")])
    abreast = Lockstep(pacer=RateLimiter(shared) if shared else None)
    works = tuple(_work(order, abreast, side) for side, order in enumerate(orders))
    try:
        with ThreadPoolExecutor(2, thread_name_prefix="pair") as pool:
            _run(pool, works, abreast)
    finally:
        for work in works:
            work.close()
    first, second = (work.results() for work in works)
    return first, second


def _run(pool: ThreadPoolExecutor, works: Sequence[TargetRunner], abreast: Lockstep) -> None:
    def row(side: int, name: str) -> None:
        with abreast.row(side):
            works[side].row(name)

    rows, _ = [each.result() for each in [pool.submit(work.begin) for work in works]]
    try:
        for name in rows:
            abreast.begin()
            for each in [pool.submit(row, side, name) for side in range(len(works))]:
                each.result()
    except KeyboardInterrupt:
        for work in works:
            work.stop("interrupted")


def _work(order: Job, abreast: Lockstep, side: int) -> TargetRunner:
    def through(session: RequestSender) -> RequestSender:
        return _Kept(session, abreast, side)

    contract = load_job_contract(order.contract, order.contract_digest)
    target = load_job_target(order)
    return TargetRunner(order, contract, replace(target, expectations=()), through)
