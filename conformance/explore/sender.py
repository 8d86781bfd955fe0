"""The way to the target: within a budget, with a ledger of what requests create, and stopped where no answer comes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from time import monotonic

from conformance.client.builder import PlaceholderScope
from conformance.engine.cleanup import describe_left, take_back
from conformance.engine.entries import (
    created_resource,
    read_created,
    record_intent,
    record_outcome,
    strike,
    undo_key,
)
from conformance.engine.evidence import Evidence
from conformance.engine.journal import LedgerEntry
from conformance.engine.stale_reads import draw_unseen_parameter, is_from_cache
from conformance.explore.context import ExploreContext
from conformance.explore.openapi import DocumentedOperation
from conformance.explore.probes import ExploreProbe, build_probe, request_of_probe
from conformance.http import Exchange, FailureKind, NoResponse, Request
from conformance.messages import Message

__all__ = ["BudgetExhausted", "BudgetedSender", "TargetStopped"]

_STATE = ("step", "guard")
"""Roles of requests that show what earlier ones have done."""
_GONE = (404, 410)
_UNANSWERED = 3
"""So many requests in a row without an answer end an exploration."""
_CONFIRMING = 60
"""Requests beyond the budget that may be spent on finding out which write had an effect."""


class BudgetExhausted(Exception):
    """The budget is used up; what was found stands."""


class TargetStopped(Exception):
    """Exploration cannot go on; the text says why."""


@dataclass(slots=True)
class BudgetedSender:
    """Sends probes, counts them, and deletes what they created.

    Where nothing is found, no more than `planned` requests are sent; a finding opens the whole budget.
    """

    context: ExploreContext
    planned: int
    reserve: int
    """Requests kept back for setting back and for the end."""
    evidence: Evidence
    """Counts the requests, and keeps the warnings."""
    found: bool = False
    _confirming: bool = False
    _unanswered: int = 0
    _last_write: float = float("-inf")
    _created: list[LedgerEntry] = field(default_factory=list)

    @property
    def left(self) -> int:
        """How many requests may still be sent, without those kept back."""
        return (self.context.budget if self.found else self.planned) - self.reserve - self.evidence.planned

    @contextmanager
    def confirming(self) -> Iterator[None]:
        """Requests in this block make sure of an effect, and are beyond the budget."""
        self._confirming = True
        try:
            yield
        finally:
            self._confirming = False

    def send(self, operation: DocumentedOperation, probe: ExploreProbe) -> Exchange:
        """Send a probe; BudgetExhausted where the budget is, TargetStopped where the target has fallen silent.

        What sets back may use what is kept back, and is sent though the run is being stopped.
        """
        sets_back = probe.role == "clean-up"
        if self.context.run.shared.stopping.is_set() and not sets_back:
            raise TargetStopped(Message("the run is being stopped"))
        self._spend(self.left + self.reserve if sets_back else self.left)
        built = build_probe(self.context, operation, probe)
        entry = self._record_intent(operation, probe) if self.context.creates(operation) else None
        is_state = probe.role in _STATE and built.method == "GET"
        exchange = self._read_state(operation, probe, built) if is_state else self._send(built)
        if entry is not None:
            self._record_outcome(entry, exchange)
        self._forget_deleted(exchange)
        self._check_answered(exchange, stop=not sets_back)
        return exchange

    def send_head(self, request: Request) -> Exchange:
        """Send the HEAD of a request that was answered before."""
        self._spend(self.left)
        return self._send(replace(request, method="HEAD"))

    def delete_created(self) -> None:
        """Delete what was created and is still there, the last first; what may be left is a warning."""
        while self._created:
            entry = self._created.pop()
            why = take_back(self.context.run, self.evidence, entry)
            if why:
                self.evidence.warnings.append(describe_left(entry.operation, why))

    def _spend(self, left: int) -> None:
        if (_CONFIRMING - self.evidence.confirmed if self._confirming else left) <= 0:
            raise BudgetExhausted
        self.evidence.confirmed += int(self._confirming)

    def _send(self, request: Request) -> Exchange:
        """Send a request as it is; one that may have an effect is not repeated when its answer is lost."""
        repeatable = request.method in ("GET", "HEAD")
        exchange = self.context.run.session.send(request, repeatable=repeatable)
        self.evidence.requests += exchange.tries
        self.evidence.repeated += exchange.tries - 1
        if not repeatable:
            self._last_write = monotonic()
        return exchange

    def _read_state(self, operation: DocumentedOperation, probe: ExploreProbe, built: Request) -> Exchange:
        """Send a read that shows state only once the target has settled, and past any cache.

        TargetStopped where even a read past the cache is answered from it.
        """
        settled = self._last_write + self.context.run.target.settle
        self.context.run.shared.stopping.wait(max(0.0, settled - monotonic()))
        exchange = self._send(built)
        if exchange.response is None or not is_from_cache(exchange.response):
            return exchange
        past_cache = replace(probe, query=(*probe.query, draw_unseen_parameter()))
        with self.evidence.count_as("repeated"):
            fresh = self._send(build_probe(self.context, operation, past_cache))
        if fresh.response is None or (fresh.response.status >= 400 and fresh.response.status not in _GONE):
            fresh = exchange  # the target does not take the parameter
        if fresh.response is not None and is_from_cache(fresh.response):
            raise TargetStopped(Message("{operation} was answered from a cache every time", operation=operation.id))
        return fresh

    def _record_intent(self, operation: DocumentedOperation, probe: ExploreProbe) -> LedgerEntry:
        """Written before the request leaves, so that a killed run can be cleaned up."""
        resource = created_resource(self.context.run.contract, operation.id)
        return record_intent(
            self.context.run,
            operation.id,
            request_of_probe(self.context, operation, probe),
            resource.undo if resource else (),
            row=f"explore {self.context.operation.id}",
            scope=PlaceholderScope(),
        )

    def _record_outcome(self, entry: LedgerEntry, exchange: Exchange) -> None:
        run, response = self.context.run, exchange.response
        succeeded = response is not None and response.status < 300
        created = read_created(run, entry.operation, response) if succeeded else None
        made = record_outcome(run, entry, exchange, created)
        if made is not None:
            self._created.append(made)

    def _forget_deleted(self, exchange: Exchange) -> None:
        """What exploration has deleted itself needs no clean-up; a 404 does not prove that."""
        response, request = exchange.response, exchange.request
        if request.permission != "delete" or response is None or response.status >= 300:
            return
        for entry in list(self._created):
            if entry.made and (undo_key(self.context.run, entry) or ())[:2] == (request.method, request.url):
                strike(self.context.run, entry)
                self._created.remove(entry)

    def _check_answered(self, exchange: Exchange, *, stop: bool) -> None:
        failure = exchange.outcome
        if not isinstance(failure, NoResponse):
            self._unanswered = 0
            return
        self._unanswered += 1
        if stop and (failure.kind is FailureKind.NOT_SENT or self._unanswered >= _UNANSWERED):
            detail = f"{failure.kind.value} {failure.detail}".strip()
            raise TargetStopped(Message("no answer: {detail}", detail=detail))
