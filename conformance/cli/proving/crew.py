"""Processes that each try one server after the other; the server and the suite live in the same process."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

from conformance import reference
from conformance.cli.proving.subjects import Subject
from conformance.contract.contract import Contract
from conformance.contract.model import Depth
from conformance.contract.reading import read_contract
from conformance.results.proof import Blame
from conformance.run.trying import tried

__all__ = ["Trial", "Way", "trials", "try_one"]


@dataclass(frozen=True, slots=True)
class Way:
    """How every server is tried."""

    depth: Depth
    seed: int
    thrifty: bool = False
    """Run only the rows that a fault belongs to: enough to tell whether it is caught, not what else complains."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A server that was tried: who was blamed, how many requests that took, how long."""

    subject: Subject
    blames: tuple[Blame, ...]
    requests: int
    seconds: float


def trials(subjects: Sequence[Subject], way: Way, workers: int) -> Iterator[Trial]:
    """Try all of them, as they are done. Whoever stops listening ends what has not begun."""
    context = get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_deaf) as pool:
        waiting = [pool.submit(try_one, subject, way) for subject in subjects]
        try:
            for future in as_completed(waiting):
                yield future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def try_one(subject: Subject, way: Way) -> Trial:
    """Start the server, run the rows against it, end it. A conforming server's seed moves the suite's draws, too."""
    contract = _contract(subject.folder)
    faults = [subject.fault] if subject.fault is not None else []
    rows = _own(contract, subject) if way.thrifty and faults else None
    began = perf_counter()
    with reference.start(subject.contract, faults=faults, freedoms=subject.choices()) as server:
        seed = way.seed if subject.freedoms is None else subject.freedoms
        blames, requests = tried(contract, server.profile, way.depth, seed, rows)
    return Trial(subject, blames, requests, round(perf_counter() - began, 3))


def _own(contract: Contract, subject: Subject) -> frozenset[str]:
    fault = next(fault for fault in reference.faults(subject.contract) if fault.name == subject.fault)
    return frozenset(row.id for row in contract.rows if (row.table, row.number) in fault.rows)


@cache
def _contract(folder: Path) -> Contract:
    return read_contract(folder)


def _deaf() -> None:
    """Ctrl-C is for the process that started these."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
