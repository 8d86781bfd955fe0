"""The way to the target: within a budget, with a ledger of what requests create, and stopped where no answer comes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from time import monotonic

from conformance.client.builder import PlaceholderScope
from conformance.contract.schema import CreatedResource
from conformance.engine.cleanup import (
    describe_left,
    had_no_effect,
    read_created,
    record_created,
    record_intent,
    strike,
    take_back,
    undo_key,
)
from conformance.engine.evidence import Evidence
from conformance.engine.journal import LedgerEntry
from conformance.engine.stale_reads import draw_unseen_parameter, is_from_cache, settle_seconds
from conformance.explore.context import ExploreContext
from conformance.explore.openapi import DocumentedOperation
from conformance.explore.probes import ExploreProbe, build_probe, request_of_probe
from conformance.http import Exchange, FailureKind, NoResponse, Request
from conformance.messages import Message

__all__ = ["BudgetExhausted", "BudgetedSender", "TargetStopped"]

_STATE = ("step", "guard")
"""Roles of requests that show what earlier ones have done."""
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
    reserve: int = 0
    """Requests kept back for clean-up."""
    found: bool = False
    requests: int = 0
    """What has left this machine, repetitions included."""
    warnings: list[str] = field(default_factory=list)
    _sent: int = 0
    _confirming: int = 0
    _unanswered: int = 0
    _last_write: float = float("-inf")
    _created: list[LedgerEntry] = field(default_factory=list)

    @property
    def left(self) -> int:
        """How many requests may still be sent, without those kept back for clean-up."""
        return (self.context.budget if self.found else self.planned) - self.reserve - self._sent

    @property
    def has_created(self) -> bool:
        """Whether something that was created is still there."""
        return bool(self._created)

    def send(
        self,
        operation: DocumentedOperation,
        probe: ExploreProbe,
        *,
        permission: str = "",
        reserved: bool = False,
        confirming: bool = False,
    ) -> Exchange:
        """Send a probe; BudgetExhausted where the budget is, TargetStopped where the target has fallen silent.

        `reserved` may use what is kept back for clean-up, `confirming` what is kept for confirming an effect.
        """
        self._spend(reserved=reserved, confirming=confirming)
        built = build_probe(self.context, operation, probe, permission)
        entry = self._record_intent(operation, probe) if self.context.creates(operation) else None
        exchange = self._read_state(operation, probe, built) if probe.role in _STATE else self.send_request(built)
        if entry is not None:
            self._record_outcome(entry, exchange)
        self._forget_deleted(exchange)
        self._check_answered(exchange, stop=not reserved)
        return exchange

    def send_head(self, request: Request) -> Exchange:
        """Send the HEAD of a request that was answered before."""
        self._spend()
        return self.send_request(replace(request, method="HEAD"))

    def send_request(self, request: Request) -> Exchange:
        """Send a request as it is; one that may have an effect is not repeated when its answer is lost."""
        asked_for = frozenset([429]) if request.permission == "exhaust" else frozenset[int]()
        repeatable = request.method in ("GET", "HEAD")
        exchange = self.context.run.session.send(request, asked_for=asked_for, repeatable=repeatable)
        self.requests += exchange.tries
        if not repeatable:
            self._last_write = monotonic()
        return exchange

    def _read_state(self, operation: DocumentedOperation, probe: ExploreProbe, built: Request) -> Exchange:
        """Send a request; a read that shows state only once the target has settled, and past any cache.

        TargetStopped where even a read past the cache is answered from it.
        """
        if built.method != "GET":
            return self.send_request(built)
        settled = self._last_write + settle_seconds(self.context.run)
        self.context.run.shared.stopping.wait(max(0.0, settled - monotonic()))
        exchange = self.send_request(built)
        if exchange.response is None or not is_from_cache(exchange.response):
            return exchange
        past_cache = replace(probe, query=(*probe.query, draw_unseen_parameter()))
        fresh = self.send_request(build_probe(self.context, operation, past_cache))
        if fresh.response is None or fresh.response.status >= 400:
            fresh = exchange  # the target does not take the parameter
        if fresh.response is not None and is_from_cache(fresh.response):
            raise TargetStopped(Message("{operation} was answered from a cache every time", operation=operation.id))
        return fresh

    def delete_created(self) -> None:
        """Delete what was created and is still there, the last first; what may be left is a warning."""
        run = self.context.run
        while self._created:
            entry, evidence = self._created.pop(), Evidence(run.redactor)
            why = take_back(run, evidence, entry)
            self.requests += evidence.requests
            self._sent += evidence.requests
            if why:
                self.warnings.append(describe_left(entry.operation, why))

    def _spend(self, *, reserved: bool = False, confirming: bool = False) -> None:
        if self.context.run.shared.stopping.is_set() and not reserved:
            raise TargetStopped(Message("the run is being stopped"))
        if confirming:
            self._confirming += 1
            if self._confirming > _CONFIRMING:
                raise BudgetExhausted
            return
        if (self.left if not reserved else self.left + self.reserve) <= 0:
            raise BudgetExhausted
        self._sent += 1

    def _record_intent(self, operation: DocumentedOperation, probe: ExploreProbe) -> LedgerEntry:
        """Written before the request leaves, so that a killed run can be cleaned up."""
        return record_intent(
            self.context.run,
            operation.id,
            request_of_probe(self.context, operation, probe),
            self._resource(operation.id).undo,
            row=f"explore {self.context.operation.id}",
            scope=PlaceholderScope(),
        )

    def _record_outcome(self, entry: LedgerEntry, exchange: Exchange) -> None:
        run, response = self.context.run, exchange.response
        if had_no_effect(exchange):
            strike(run, entry)
            return
        if response is not None and response.status < 300:
            entry = record_created(run, entry, read_created(run, entry.operation, response))
        self._created.append(entry)

    def _forget_deleted(self, exchange: Exchange) -> None:
        """What exploration has deleted itself needs no clean-up; a 404 does not prove that."""
        response, request = exchange.response, exchange.request
        if request.permission != "delete" or response is None or response.status >= 300:
            return
        for entry in list(self._created):
            if entry.made and (undo_key(self.context.run, entry) or ())[:2] == (request.method, request.url):
                strike(self.context.run, entry)
                self._created.remove(entry)

    def _resource(self, operation: str) -> CreatedResource:
        return self.context.run.contract.file.created_resources[operation]

    def _check_answered(self, exchange: Exchange, *, stop: bool) -> None:
        failure = exchange.outcome
        if not isinstance(failure, NoResponse):
            self._unanswered = 0
            return
        self._unanswered += 1
        if stop and (failure.kind is FailureKind.NOT_SENT or self._unanswered >= _UNANSWERED):
            detail = f"{failure.kind.value} {failure.detail}".strip()
            raise TargetStopped(Message("no answer: {detail}", detail=detail))
