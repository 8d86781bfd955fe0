"""What running a row needs: contract, target, session, builder, rules; and what the rows of a run share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from conformance.checks.context import ResponseRules
from conformance.checks.model import Verdict
from conformance.client.builder import RequestBuilder
from conformance.contract.contract import Contract
from conformance.contract.schema import CreatedResource, Depth
from conformance.engine.evidence import Evidence
from conformance.engine.journal import Ledger, LedgerEntry
from conformance.http import Exchange, Request
from conformance.messages import Message
from conformance.results.model import Exploration, OutsideRows, RowResult, Undocumented
from conformance.results.redaction import Redactor
from conformance.target.loader import Target


class RequestSender(Protocol):
    """The session, as far as rows see it."""

    def send(
        self,
        request: Request,
        *,
        asked_for: frozenset[int] = ...,
        unpaced: bool = ...,
        repeatable: bool = ...,
    ) -> Exchange: ...

    @property
    def sent(self) -> int: ...


Explored = tuple[Exploration, tuple[Undocumented, ...]]
"""What was found of one operation, and what no row documents."""


def _verdict_of(result: RowResult | Explored) -> Verdict:
    return (result if isinstance(result, RowResult) else result[0]).verdict


_OTHERS = Message(
    "somebody else writes to what refused writes must not change: what came late of those was looked for by name alone"
)


@dataclass(slots=True)
class SharedState:
    """What rows of one run share, so that no request is spent twice. Guarded by `lock`."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    passed: dict[str, str] = field(default_factory=dict)
    """Controls (at smoke single calls, too) that passed in a run of a row that was kept, by key, and where."""
    left: dict[tuple[object, ...], LedgerEntry] = field(default_factory=dict)
    """What a sequence leaves to later ones, or to the end of the run, by the key of the request that deletes it."""
    undeletable: dict[str, str] = field(default_factory=dict)
    """By operation, why what it made could not be deleted: no more is made by it."""
    deleted: dict[str, str] = field(default_factory=dict)
    """What a deletion was answered for with a success, by its name, and the operation that had made it."""
    made: dict[str, bool] = field(default_factory=dict)
    """IDs that the target gave of what this run made, and whether that is settled: see `ownership`."""
    named: dict[str, str] = field(default_factory=dict)
    """The ID that the target gave of what was made under a name."""
    listed: dict[str, datetime] = field(default_factory=dict)
    """IDs of what was shown without the name of this run, and when first."""
    foreign: set[str] = field(default_factory=set)
    """IDs that the target gave of what this run made, and that are those of something else."""
    written_by_others: set[str] = field(default_factory=set)
    """The keys of reads of what changed while nothing was sent: somebody else writes to it."""
    warnings: dict[str, None] = field(default_factory=dict)
    """What the report has to say outside of any row, such as what could not be cleaned up."""
    outside_rows: OutsideRows = field(default_factory=OutsideRows)
    refuses_us: bool | None = None
    """Whether every valid request was refused for its credential; None before the first is answered."""
    wrong: dict[str, Message] = field(default_factory=dict)
    """Fixtures that are not as they should be and are not used (`fixtures.name`), each with what to say of it."""
    kept: dict[str, RowResult | Explored] = field(default_factory=dict)
    """By ID or operation, what is done, and what was broken off once it had found a violation."""
    on_kept: Callable[[RowResult | Explored], None] = field(default=lambda _: None)
    """Is told of each result that is kept, by whichever thread keeps it."""
    stopping: threading.Event = field(default_factory=threading.Event)
    """Once set, rows begin nothing new and only clean up."""

    def keep(self, result: RowResult | Explored, *, broken_off: bool = False) -> None:
        """Keep a result that is done, or what a row or an exploration found before it, or the run, was broken off."""
        if broken_off or self.stopping.is_set():
            if _verdict_of(result) is not Verdict.VIOLATES:
                return
            if isinstance(result, RowResult):
                warning = Message("the row was broken off: this is what it had found by then")
                result = replace(result, warnings=(*result.warnings, warning))
        with self.lock:
            self.kept[result.id if isinstance(result, RowResult) else result[0].operation] = result
        self.on_kept(result)

    def is_in_doubt(self) -> bool:
        """Whether a row or an exploration violates, or is inconclusive."""
        return any(_verdict_of(one) in (Verdict.VIOLATES, Verdict.INCONCLUSIVE) for one in self.kept.values())

    def warn(self, warnings: Iterable[str]) -> None:
        """Keep warnings for the run's report, each once."""
        found = list(warnings)
        with self.lock:
            self.warnings |= dict.fromkeys(found)

    def note_others(self, key: str) -> None:
        """Somebody else was seen to write to what the read with this key shows: nobody waits for late effects there."""
        self.written_by_others.add(key)
        self.warn([_OTHERS])

    def forget_others(self) -> None:
        """Look for others who write anew: what changed by itself until now, a refused write may have done late."""
        self.written_by_others.clear()
        self.warnings.pop(_OTHERS, None)

    def count_outside_rows(self, sent: Evidence) -> None:
        """Count requests that no row has sent: those of the set-up before all rows, and of the clean-up after them."""
        with self.lock:
            known, beyond = self.outside_rows, self.outside_rows.beyond_plan + sent.beyond_plan
            self.outside_rows = OutsideRows(known.requests + sent.requests, known.planned + sent.planned, beyond)


@dataclass(frozen=True, slots=True)
class RunContext:
    """Everything that running a row needs."""

    contract: Contract
    target: Target
    session: RequestSender
    builder: RequestBuilder
    rules: ResponseRules
    redactor: Redactor
    depth: Depth
    seed: int
    ledger: Ledger = field(default_factory=Ledger)
    shared: SharedState = field(default_factory=SharedState)
    relative_to: Path = field(default_factory=Path.cwd)
    pool: Executor | None = None
    """Sends the probes of a row side by side, where several workers are asked for."""

    def created_resource(self, operation: str) -> CreatedResource | None:
        """What the contract says an operation creates, and how that is found again; None where it says nothing."""
        return self.contract.file.created_resources.get(operation)

    @property
    def deleting_operations(self) -> frozenset[str]:
        """The operations that delete what others create."""
        resources = self.contract.file.created_resources.values()
        return frozenset(step.call for resource in resources for step in resource.undo)

    def close(self) -> None:
        """Let go of the ledger, and of every connection, where the session has any."""
        self.ledger.close()
        close: Callable[[], None] | None = getattr(self.session, "close", None)
        if close is not None:
            close()
