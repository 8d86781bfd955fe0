"""What running a row needs: contract, target, session, builder, rules; and what the rows of a run share."""

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
from conformance.http import Exchange, Request, Response
from conformance.messages import Message
from conformance.results.model import Exploration, OutsideRows, RowResult
from conformance.results.redaction import Redactor
from conformance.target.loader import Target


class RequestSender(Protocol):
    """Sends one request; the session, or what wraps it to renew credentials or to limit how many are under way."""

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


_OTHERS = Message(
    "somebody else writes to what refused writes must not change: what came late of those was looked for by name alone"
)


@dataclass(slots=True)
class SharedState:
    """What rows of one run share, so that no request is spent twice. Guarded by `lock`."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    passed: dict[str, str] = field(default_factory=dict)
    """Where each control passed, by its key, at smoke each single call, too; only of runs of rows that were kept."""
    left: dict[tuple[object, ...], LedgerEntry] = field(default_factory=dict)
    """What a sequence leaves to later ones, or to the end of the run, by the key of the request that deletes it."""
    undeletable: dict[str, str] = field(default_factory=dict)
    """Why what an operation had created could not be deleted, by operation: it is not called again."""
    deleted: dict[str, str] = field(default_factory=dict)
    """Names of things whose deletion was answered with a success, each with the operation that had created it."""
    made: dict[str, bool] = field(default_factory=dict)
    """IDs that the target gave for what this run created; True once one was seen to be that: see `ownership`."""
    named: dict[str, dict[str, datetime]] = field(default_factory=dict)
    """For each name that this run created something under, the IDs that the target gave, each with when it did."""
    shown: dict[tuple[str, str], set[frozenset[str]]] = field(default_factory=dict)
    """For each operation and name of something that it created, the IDs of each thing that was listed by that name."""
    listed: dict[str, datetime] = field(default_factory=dict)
    """IDs that an answer showed without a name of this run, each with when one first did."""
    foreign: set[str] = field(default_factory=set)
    """IDs that the target gave for what this run created, although they belong to something else."""
    first_reads: dict[str, Response] = field(default_factory=dict)
    """The first answers to reads that show what rows set back, by the keys of these steps."""
    written_by_others: set[str] = field(default_factory=set)
    """Keys of reads that showed a change while nothing was sent: somebody else writes to what they read."""
    warnings: dict[str, None] = field(default_factory=dict)
    """Warnings of the whole run, such as what could not be cleaned up."""
    outside_rows: OutsideRows = field(default_factory=OutsideRows)
    refuses_us: bool | None = None
    """Whether every valid request was refused for its credential; None before the first is answered."""
    wrong: dict[str, Message] = field(default_factory=dict)
    """Fixtures that are not used as they are not what they should be (`fixtures.name`), each with the reason."""
    kept: dict[str, RowResult | Exploration] = field(default_factory=dict)
    """Results by row ID or operation: those that are done, and those broken off that had found a violation."""
    on_kept: Callable[[RowResult | Exploration], None] = field(default=lambda _: None)
    """Called with each result that is kept, on the thread that keeps it."""
    stopping: threading.Event = field(default_factory=threading.Event)
    """Once set, rows begin nothing new and only clean up."""

    def keep(self, result: RowResult | Exploration, *, broken_off: bool = False) -> None:
        """Keep a result that is done, or what a row or an exploration found before it, or the run, was broken off."""
        if broken_off or self.stopping.is_set():
            if result.verdict is not Verdict.VIOLATES:
                return
            if isinstance(result, RowResult):
                warning = Message("the row was broken off: this is what it had found by then")
                result = replace(result, warnings=(*result.warnings, warning))
        with self.lock:
            self.kept[result.id] = result
        self.on_kept(result)

    def is_in_doubt(self) -> bool:
        """Whether a row or an exploration violates, or is inconclusive."""
        return any(one.verdict in (Verdict.VIOLATES, Verdict.INCONCLUSIVE) for one in self.kept.values())

    def warn(self, warnings: Iterable[str]) -> None:
        """Keep warnings for the run's report, each once."""
        found = list(warnings)
        with self.lock:
            self.warnings |= dict.fromkeys(found)

    def note_others(self, key: str) -> None:
        """Note that somebody else writes to what the read with this key shows; no late effects are waited for there."""
        self.written_by_others.add(key)
        self.warn([_OTHERS])

    def forget_others(self) -> None:
        """Forget who else was seen to write: what changed by itself until now, a refused write may have done late."""
        self.written_by_others.clear()
        self.warnings.pop(_OTHERS, None)

    def count_outside_rows(self, sent: Evidence) -> None:
        """Count requests that no row has sent: those of the set-up before all rows, and of the clean-up after them."""
        with self.lock:
            known, beyond = self.outside_rows, self.outside_rows.beyond_plan + sent.beyond_plan
            self.outside_rows = OutsideRows(known.requests + sent.requests, known.planned + sent.planned, beyond)


@dataclass(frozen=True, slots=True)
class RunContext:
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
        resources = self.contract.file.created_resources.values()
        return frozenset(step.call for resource in resources for step in resource.undo)

    def close(self) -> None:
        """Close the ledger, and the connections of the session where it has any."""
        self.ledger.close()
        close: Callable[[], None] | None = getattr(self.session, "close", None)
        if close is not None:
            close()
