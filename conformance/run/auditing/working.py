"""The unit of work: one target held against one contract, where the worker runs. Never raises for anything."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
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
from conformance.run.campaign import Campaign, How
from conformance.target.target import Target, from_mapping, read

__all__ = ["contract_of", "hold", "target_of"]

_LOG = logging.getLogger(__name__)
_READING = threading.Lock()


def hold(order: Order, halt: Halt | None = None) -> Outcome:
    """Run every row of an order and explore, within its time; what is wrong with the order or with us is told."""
    try:
        contract = contract_of(order.contract, order.contract_digest)
        return _Work(order, contract, target_of(order)).done(halt or Halt())
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


@dataclass(slots=True)
class _Work:
    """One use."""

    order: Order
    contract: Contract
    target: Target
    rows: list[RowResult] = field(default_factory=list)
    explored: list[Exploration] = field(default_factory=list)
    undocumented: list[Undocumented] = field(default_factory=list)
    stopped: str = ""
    """Why nothing new is begun any more."""

    def done(self, halt: Halt) -> Outcome:
        manner, started, clock = self.order.manner, now(), perf_counter()
        output = Path(self.order.output) if self.order.output else None
        how = How(manner.depth, manner.seed, relative_to=Path.cwd(), output=output)
        campaign = Campaign(Aim(self.target, None, None, ()), how, _nothing_offered)
        try:
            with self._heeding(campaign, halt):
                self._run(campaign)
        finally:
            campaign.close()
        run = assembled(campaign.run(self.contract.name), self.rows, self.explored, self.undocumented)
        lasted = perf_counter() - clock
        whole = results(
            [run], seed=manner.seed, depth=manner.depth, started=started, seconds=lasted, why_partial=self.stopped
        )
        return Outcome(self.order.name, _redacted(whole, campaign, self.contract.name), self.stopped)

    def _run(self, campaign: Campaign) -> None:
        wanted = list(self.contract.rows)
        last = [row.id for row in wanted if row.case.last]
        campaign.begin(self.contract, [row.id for row in wanted])
        for row in (row.id for row in wanted if not row.case.last):
            self._row(campaign, row)
        if self.order.manner.explore:
            for operation in self.contract.file.operations:
                self._explore(campaign, operation)
        for row in last:
            self._row(campaign, row)

    def _row(self, campaign: Campaign, row: str) -> None:
        if self.stopped:
            return
        found = campaign.row(self.contract.name, row)
        if not self.stopped:  # a row that was broken off may not say that all is well
            self.rows.append(found)

    def _explore(self, campaign: Campaign, operation: str) -> None:
        if self.stopped:
            return
        found, pairs = campaign.explore(self.contract.name, operation)
        self.explored.append(found)
        self.undocumented += pairs

    @contextmanager
    def _heeding(self, campaign: Campaign, halt: Halt) -> Iterator[None]:
        def stop(why: str) -> None:
            self.stopped = self.stopped or why
            campaign.stop()

        seconds = self.order.manner.seconds
        alarm = threading.Timer(seconds, stop, (f"broken off after {seconds:g} s",))
        alarm.daemon = True
        alarm.start()
        try:
            with halt.heard(lambda: stop("interrupted")):
                yield
        finally:
            alarm.cancel()


def _redacted(whole: Results, campaign: Campaign, contract: str) -> Results:
    """Without the secrets that were only captured on the way, such as a token of a login."""
    text = write_json(whole)
    clean = campaign.redacted(contract, text)
    return whole if clean == text else read_json(clean, "results.json")


def _nothing_offered(contract: str) -> Mapping[str, Any]:
    raise Unusable([Problem(contract, "an audit needs a profile of each target", "give profiles")])
