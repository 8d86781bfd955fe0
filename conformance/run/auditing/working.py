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

from conformance.contract.contract import Contract
from conformance.contract.reading import read_contract
from conformance.errors import ConformanceError, Internal, Problem, Unusable
from conformance.results.model import Exploration, Results, RowResult, Undocumented
from conformance.results.reading import read_json, write_json
from conformance.run.aiming import Aim
from conformance.run.assembling import assembled, now, results
from conformance.run.auditing.halting import Halt
from conformance.run.auditing.order import Order, Outcome, digest
from conformance.run.campaign import Campaign, How, Through
from conformance.target.target import Target, from_mapping, read

__all__ = ["Work", "contract_of", "hold", "target_of"]

_LOG = logging.getLogger(__name__)
_READING = threading.Lock()


def hold(order: Order, halt: Halt | None = None) -> Outcome:
    """Run every row of an order and explore, within its time; what is wrong with the order or with us is told."""
    try:
        contract = contract_of(order.contract, order.contract_digest)
        return _done(order, Work(order, contract, target_of(order)), halt or Halt())
    except ConformanceError as error:
        return Outcome(order.name, problem=str(error), exit_code=error.exit_code)
    except Exception as error:  # noqa: BLE001 - whatever it is, it costs this line only
        _LOG.debug("a unit of work failed", exc_info=True)
        what = f"a fault of the suite itself: {type(error).__name__}"
        return Outcome(order.name, problem=what, exit_code=Internal.exit_code)


def contract_of(folder: str, expected: str = "") -> Contract:
    """The contract, read once in each process; raises Unusable where it is not the one that was ordered."""
    with _READING:
        return _contract(folder, expected)


@lru_cache(maxsize=16)
def _contract(folder: str, expected: str) -> Contract:
    path = Path(folder)
    if expected and digest(path) != expected:
        what = "the worker has another edition of this contract" if path.is_dir() else "the worker has no such contract"
        raise Unusable([Problem(folder, what, "give every worker the same cases, in the same place")])
    return read_contract(path)


def target_of(order: Order) -> Target:
    """The target of an order, its credentials from this machine; raises Unusable."""
    path, allow = Path(order.profile), order.manner.allow
    if digest(path) == order.profile_digest:
        target = read(path, environ=os.environ, allow=allow)
    elif order.document is None:
        what = "the worker has no such profile, and it does not travel, for a secret may stand in it"
        raise Unusable([Problem(order.profile, what, "put the values of credentials into the environment")])
    else:
        profile = {"name": order.name} | json.loads(order.document)
        target = from_mapping(profile, where=order.profile, environ=os.environ, allow=allow)
    return replace(target, pace=order.pace) if order.pace else target


class Work:
    """One target under way: whoever drives it asks for rows and operations, and for the results at any time."""

    def __init__(self, order: Order, contract: Contract, target: Target, through: Through | None = None) -> None:
        manner = order.manner
        output = Path(order.output) if order.output else None
        how = How(manner.depth, manner.seed, relative_to=Path.cwd(), output=output, through=through)
        self._manner, self.contract = manner, contract
        self._campaign = Campaign(Aim(target, None, None, ()), how, _nothing_offered)
        self._started, self._clock = now(), perf_counter()
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
        run = assembled(self._campaign.run(name), self._rows, self._explored, self._undocumented)
        whole = results(
            [run],
            seed=self._manner.seed,
            depth=self._manner.depth,
            started=self._started,
            seconds=perf_counter() - self._clock,
            why_partial=self.stopped,
        )
        text = write_json(whole)
        clean = self._campaign.redacted(name, text)
        return whole if clean == text else read_json(clean, "results.json")


def _done(order: Order, work: Work, halt: Halt) -> Outcome:
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
    return Outcome(order.name, work.results(), work.stopped)


@contextmanager
def _heeding(order: Order, work: Work, halt: Halt) -> Iterator[None]:
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
    raise Unusable([Problem(contract, "an audit needs a profile of each target", "give profiles")])
