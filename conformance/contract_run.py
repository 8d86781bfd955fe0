"""A whole run of one contract against one target: every row planned first, then run in order or by several workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.checks.context import ResponseRules
from conformance.client.builder import RequestBuilder
from conformance.client.policy import Access, ClientCertificate, Limits
from conformance.client.rate_limit import Pace
from conformance.client.session import Session
from conformance.contract.contract import Contract, Row
from conformance.contract.schema import Depth
from conformance.engine.context import RunContext
from conformance.engine.journal import draw_run_id
from conformance.engine.lanes import Lanes, Turns
from conformance.engine.row import run_row
from conformance.engine.smoke import bands
from conformance.engine.working import Explored, Work
from conformance.plan.model import RowPlan
from conformance.plan.planner import SharedCalls, plan_row
from conformance.plan.smoke_groups import plan_smoke_rows
from conformance.results.model import RowResult
from conformance.results.redaction import Redactor
from conformance.setup import clean_up_target
from conformance.target.loader import Target
from conformance.target.schema import parse_pace as read_pace

__all__ = ["ContractRun", "build_context", "plan_rows"]


def plan_rows(contract: Contract, target: Target, rows: Iterable[Row], depth: Depth, seed: int) -> dict[str, RowPlan]:
    """The plan of each row by its ID, drawn values included; nothing is sent."""
    if depth == "smoke":
        return plan_smoke_rows(contract, target, rows)
    plans: dict[str, RowPlan] = {}
    passed: set[str] = set()
    for row in rows:
        plans[row.id] = plan_row(contract, target, row, depth, SharedCalls(frozenset(passed)))
        passed |= {control.key for control in plans[row.id].controls if control.free}
    if any(probe.slot for plan in plans.values() for probe in plan.probes) or any(
        control.draw for plan in plans.values() for control in plan.controls
    ):
        from conformance.engine.generate import fill_drawn_values  # noqa: PLC0415 - Hypothesis is loaded only where it draws

        plans = {name: fill_drawn_values(plan, seed) for name, plan in plans.items()}
    return plans


def build_context(
    contract: Contract, target: Target, depth: Depth, seed: int, *, relative_to: Path | None = None, share: int = 1
) -> RunContext:
    """Open a session and compile the rules. `share`: how many processes keep the target's pace together."""
    redactor = Redactor(target.secrets)
    pace = Pace(target.pace[0], target.pace[1] * share) if target.pace else None
    said = read_pace(contract.file.pace) if contract.file.pace else None
    keys = frozenset(
        secret.name for given in target.credentials.values() if given.header for secret in given.values.values()
    )
    session = Session(
        Access(
            base_url=target.base_url,
            permissions=frozenset({"read", *target.allow}),
            ca_bundle=str(target.ca_bundle) if target.ca_bundle else None,
            client_certificate=_client_certificate(target),
        ),
        Limits(connect=target.timeout, read=target.timeout, whole=target.timeout),
        pace,
        Pace(said[0], said[1] * share) if said else None,
        seed,
    )
    return RunContext(
        contract=contract,
        target=target,
        session=session,
        binder=RequestBuilder(contract, target, seed, draw_run_id()),
        rules=ResponseRules(contract, redactor.found_in, keys),
        redactor=redactor,
        depth=depth,
        seed=seed,
        relative_to=relative_to or Path.cwd(),
    )


def _client_certificate(target: Target) -> ClientCertificate | None:
    if target.client_cert is None:
        return None
    cert, key = target.client_cert
    return ClientCertificate(str(cert), str(key) if key else None)


EXPLORE = "explore "
CREW = 8
"""Threads for each worker that send what goes side by side."""


class ContractRun:
    """Runs planned rows against one target, and explores; each row once, whoever asks for it first."""

    def __init__(self, context: RunContext, plans: dict[str, RowPlan], workers: int = 1) -> None:
        self.context, self.plans = context, plans
        self._workers = workers
        self._done: dict[str, RowResult] = {}
        self._under_way: dict[str, Future[Any]] = {}
        self._lanes: Lanes | None = None
        self._crew: ThreadPoolExecutor | None = None
        self._bands = bands(context, plans)

    def start(self, order: Sequence[str], operations: Sequence[str] = ()) -> None:
        """Begin with these rows and explorations; all that may go side by side does."""
        if self._workers <= 1:
            return
        # More than can send at the same time: who goes first is for the turns to say, and no queue stands before them.
        self._crew = ThreadPoolExecutor(CREW * self._workers, thread_name_prefix="probes")
        self.context = replace(self.context, session=Turns(self.context.session, self._workers), crew=self._crew)
        self._bands = bands(self.context, self.plans)
        work = Work(self.context, self.plans, lambda name: self._bands[name].run(name), self._explore)
        rows = [name for name in order if not self.plans[name].row.case.last]
        self._lanes = work.start(rows, {f"{EXPLORE}{name}": name for name in operations}, self._workers)
        self._under_way = self._lanes.start()

    def result(self, name: str) -> RowResult:
        """The result of a row; runs it now where it is not under way."""
        if name not in self._done:
            future = self._under_way.get(name)
            if future is None:
                self._drain()
                self._done |= self._run_now(name)
            else:
                self._done[name] = self._collected(name, future)
        return self._done[name]

    def explored(self, operation: str) -> Explored:
        """What exploring an operation found; explores it now where that is not under way."""
        future = self._under_way.get(f"{EXPLORE}{operation}")
        found: Explored = self._explore(operation) if future is None else future.result()
        return found

    def close(self) -> None:
        """Start nothing more, clean up, and let go of every connection. May be called twice."""
        self.context.shared.stopping.set()
        if self._lanes is not None:
            self._lanes.stop()
        if self._crew is not None:
            self._crew.shutdown()
        self.context.shared.warn(clean_up_target(self.context))
        close: Callable[[], None] | None = getattr(self.context.session, "close", None)
        if close is not None:
            close()

    def _drain(self) -> None:
        """A row that uses something up waits until all others are done."""
        for future in self._under_way.values():
            if not future.cancelled():
                future.exception()

    def _run_now(self, name: str) -> dict[str, RowResult]:
        """The result of a row and of those that run together with it."""
        band = self._bands.get(name)
        if band is None:
            return {name: run_row(self.context, self.plans[name])}
        for row in band.rows:
            band.run(row)
        return {row: band.result(row) for row in band.rows}

    def _collected(self, name: str, future: Future[Any]) -> RowResult:
        """The result of a row that another thread runs."""
        band = self._bands.get(name)
        for row in band.rows if band else ():
            self._under_way[row].result()
        result: RowResult = band.result(name) if band else future.result()
        return result

    def _explore(self, operation: str) -> Explored:
        from conformance.explore.results import explore_operation  # noqa: PLC0415 - Schemathesis is loaded only where it explores

        return explore_operation(self.context, operation)
