"""A whole run of one contract against one target: every row planned first, then run in order or by several workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from conformance.contract.contract import Contract, Row
from conformance.exchange.binding import Binder
from conformance.exchange.pacing import Pace
from conformance.exchange.session import Access, Limits, Session
from conformance.judge.rules import Rules
from conformance.plan.attempts import RowPlan
from conformance.plan.planning import Depth, plan_row
from conformance.results.model import RowResult
from conformance.results.redaction import Redactor
from conformance.run.ground import Ground
from conformance.run.preparing import put_away
from conformance.run.rows import run_row
from conformance.target.quantities import pace as read_pace
from conformance.target.target import Target

__all__ = ["Runner", "plan_all", "prepare"]


def plan_all(contract: Contract, target: Target, rows: Iterable[Row], depth: Depth, seed: int) -> dict[str, RowPlan]:
    """The plan of each row by its ID, drawn values included; nothing is sent."""
    plans = {row.id: plan_row(contract, target, row, depth) for row in rows}
    if any(probe.slot for plan in plans.values() for probe in plan.probes) or any(
        control.draw for plan in plans.values() for control in plan.controls
    ):
        from conformance.run.drawing import completed  # noqa: PLC0415 - Hypothesis is loaded only where it draws

        plans = {name: completed(plan, seed) for name, plan in plans.items()}
    return plans


def prepare(
    contract: Contract, target: Target, depth: Depth, seed: int, *, relative_to: Path | None = None, share: int = 1
) -> Ground:
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
            tiers=frozenset({"read", *target.allow}),
            ca_bundle=str(target.ca_bundle) if target.ca_bundle else None,
            client_cert=str(target.client_cert[0]) if target.client_cert else None,
        ),
        Limits(connect=target.timeout, read=target.timeout, whole=target.timeout),
        pace,
        Pace(said[0], said[1] * share) if said else None,
        seed,
    )
    return Ground(
        contract=contract,
        target=target,
        session=session,
        binder=Binder(contract, target, seed),
        rules=Rules(contract, redactor.found_in, keys),
        redactor=redactor,
        depth=depth,
        seed=seed,
        relative_to=relative_to or Path.cwd(),
    )


class Runner:
    """Runs planned rows against one target; each row once, whoever asks for it first."""

    def __init__(self, ground: Ground, plans: dict[str, RowPlan], workers: int = 1) -> None:
        self.ground, self.plans = ground, plans
        self._workers = workers
        self._done: dict[str, RowResult] = {}
        self._under_way: dict[str, Future[RowResult]] = {}
        self._pools: list[ThreadPoolExecutor] = []

    def start(self, order: Sequence[str]) -> None:
        """Begin with these rows, in this order; rows that only read side by side, all others one after the other."""
        if self._workers <= 1:
            return
        reading = ThreadPoolExecutor(self._workers, thread_name_prefix="reads")
        writing = ThreadPoolExecutor(1, thread_name_prefix="writes")
        self._pools = [reading, writing]
        last = [name for name in order if self.plans[name].row.case.last]
        for name in order:
            if name not in last:
                pool = reading if self.plans[name].tiers <= {"read"} else writing
                self._under_way[name] = pool.submit(self._run, name)

    def result(self, name: str) -> RowResult:
        """The result of a row; runs it now where it is not under way."""
        if name not in self._done:
            future = self._under_way.get(name)
            if future is None:
                self._drain()
                self._done[name] = self._run(name)
            else:
                self._done[name] = future.result()
        return self._done[name]

    def close(self) -> None:
        """Start nothing more, clean up, and let go of every connection. May be called twice."""
        self.ground.shared.stopping.set()
        for pool in self._pools:
            pool.shutdown(wait=True, cancel_futures=True)
        self.ground.shared.warn(put_away(self.ground))
        close: Callable[[], None] | None = getattr(self.ground.session, "close", None)
        if close is not None:
            close()

    def _drain(self) -> None:
        """A row that uses something up waits until all others are done."""
        for future in self._under_way.values():
            if not future.cancelled():
                future.exception()

    def _run(self, name: str) -> RowResult:
        return run_row(self.ground, self.plans[name])
