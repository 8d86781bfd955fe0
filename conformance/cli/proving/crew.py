"""Processes that each try one server after the other; the server and the suite live in the same process."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context, parent_process
from pathlib import Path
from time import perf_counter

from conformance import reference
from conformance.cli.proving.subjects import Subject, refuses
from conformance.contract.contract import Contract
from conformance.contract.model import Depth
from conformance.contract.reading import read_contract
from conformance.results.proof import Blame, counting_verdicts
from conformance.run.trying import Suspects, tried

__all__ = ["Trial", "Way", "trials", "try_one"]


@dataclass(frozen=True, slots=True)
class Way:
    """How every server is tried."""

    depth: Depth
    seed: int


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
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin)
    try:
        for future in as_completed([pool.submit(try_one, subject, way) for subject in subjects]):
            yield future.result()
    finally:
        # Once only: a second call, such as that of `with`, takes the cancelling back.
        pool.shutdown(wait=True, cancel_futures=True)


def try_one(subject: Subject, way: Way) -> Trial:
    """Start the server, run the rows against it, end it. A conforming server's seed moves the suite's draws, too."""
    contract = _contract(subject.folder)
    faults = [subject.fault] if subject.fault is not None else []
    began = perf_counter()
    with reference.start(subject.contract, faults=faults, freedoms=subject.choices()) as server:
        seed = way.seed if subject.freedoms is None else subject.freedoms
        blames, requests = tried(contract, server.profile, way.depth, seed, _suspects(contract, subject))
    return Trial(subject, blames, requests, round(perf_counter() - began, 3))


def _suspects(contract: Contract, subject: Subject) -> Suspects | None:
    """A caught fault needs no more requests; a right server gets them all."""
    fault = next((fault for fault in reference.faults(subject.contract) if fault.name == subject.fault), None)
    if fault is None:
        return None
    rows = frozenset(row.id for row in contract.rows if (row.table, row.number) in fault.rows)
    return Suspects(rows, counting_verdicts(wording_only=fault.wording_only, refuses=refuses(fault)))


@cache
def _contract(folder: Path) -> Contract:
    return read_contract(folder)


def _begin() -> None:
    """Ctrl-C is for the process that started these; when that one is killed, they end too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_outlive_nobody, daemon=True).start()


def _outlive_nobody() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
