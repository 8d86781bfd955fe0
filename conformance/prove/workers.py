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
from conformance.contract.contract import Contract
from conformance.contract.loader import read_contract
from conformance.contract.schema import Depth
from conformance.prove.model import Blame, verdicts_that_count
from conformance.prove.subjects import Subject, breaks_controls
from conformance.prove.trial import SuspectRows, try_contract

__all__ = ["Trial", "TrialOptions", "run_trial", "run_trials"]


@dataclass(frozen=True, slots=True)
class TrialOptions:
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


def run_trials(subjects: Sequence[Subject], way: TrialOptions, workers: int) -> Iterator[Trial]:
    """Try all of them, as they are done. Whoever stops listening ends what has not begun."""
    context = get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin)
    try:
        for future in as_completed([pool.submit(run_trial, subject, way) for subject in subjects]):
            yield future.result()
    finally:
        # Once only: a second call, such as that of `with`, takes the cancelling back.
        pool.shutdown(wait=True, cancel_futures=True)


def run_trial(subject: Subject, way: TrialOptions) -> Trial:
    """Start the server, run the rows against it, end it. A conforming server's seed moves the suite's draws, too."""
    contract = _contract(subject.folder)
    faults = [subject.fault] if subject.fault is not None else []
    began = perf_counter()
    with reference.start(subject.contract, faults=faults, variants=subject.choices()) as server:
        seed = way.seed if subject.freedoms is None else subject.freedoms
        blames, requests = try_contract(contract, server.profile, way.depth, seed, _suspects(contract, subject))
    return Trial(subject, blames, requests, round(perf_counter() - began, 3))


def _suspects(contract: Contract, subject: Subject) -> SuspectRows | None:
    """A caught fault needs no more requests; a right server gets them all."""
    faults = reference.faults(subject.contract, pending=True)
    fault = next((fault for fault in faults if fault.name == subject.fault), None)
    if fault is None:
        return None
    rows = frozenset(row.id for row in contract.rows if (row.table, row.number) in fault.rows)
    return SuspectRows(rows, verdicts_that_count(wording_only=fault.wording_only, refuses=breaks_controls(fault)))


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
