"""The one way to a target: permissions, pace, repetition and the breaker around each request."""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from conformance.client.adapter import HttpTransport, OutgoingRequest, TransportResult
from conformance.client.limits import Access, Limits
from conformance.client.policy import (
    UNASKED,
    CircuitBreaker,
    PermissionGate,
    RequestBlocked,
    RetryPolicy,
    parse_retry_after,
)
from conformance.client.rate_limit import Pace, RateLimiter
from conformance.errors import ConfigError, Problem
from conformance.http import Exchange, FailureKind, NoResponse, Outcome, Request, Response
from conformance.messages import Message, error_message

__all__ = ["Access", "Limits", "Pace", "Session"]

NOTHING: frozenset[int] = frozenset()


class Session:
    """Sends requests to one target. Several threads may use it at once.

    `pace` holds from the start; `documented` from the first 429 on that nothing had asked for. `seed` makes the jitter
    of the waits repeatable. Raises Unusable where the base URL or a PEM file cannot be used.
    """

    def __init__(
        self,
        access: Access,
        limits: Limits | None = None,
        pace: Pace | None = None,
        documented: Pace | None = None,
        seed: int = 0,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        _check_files(access)
        # The debug lines of the library hold whole URLs, and those may hold a token.
        logging.getLogger("urllib3").setLevel(logging.INFO)
        self.limits = limits or Limits()
        self._gate = PermissionGate.of(access)
        self._transport = HttpTransport(access, self.limits)
        self._pacer = RateLimiter(pace, sleep=sleep) if pace else None
        self._documented = RateLimiter(documented, sleep=sleep) if documented else None
        self._throttled = False
        self._breaker = CircuitBreaker()
        self._chance = random.Random(seed)  # noqa: S311 - jitter
        self._sleep = sleep
        self._lock = threading.Lock()
        self._sent = 0
        self._hold = 0.0
        self._cuts_short = False

    def send(
        self,
        request: Request,
        *,
        asked_for: frozenset[int] = NOTHING,
        unpaced: bool = False,
        repeatable: bool = True,
    ) -> Exchange:
        """Sends a request and gives its answer, or says why there is none; never raises for what a target does.

        A status of `asked_for` is an answer where it would otherwise be waited out; `unpaced` does not wait for the
        pace; a request that is not `repeatable` is sent again only when it certainly had no effect.
        """
        try:
            outgoing = self._gate.pass_on(request, fresh=not repeatable)
        except RequestBlocked as shut:
            return Exchange(request, NoResponse(FailureKind.NOT_SENT, error_message(shut)), tries=0)
        if self._breaker.gone:
            return Exchange(request, self._gone(), tries=0)
        patience = RetryPolicy(self.limits, asked_for, repeatable, self._chance)
        last = self._repeat(outgoing, patience, unpaced=unpaced)
        outcome = self._final(last, patience)
        if not (request.source_address or request.proxy):
            self._breaker.saw(outcome)
        return Exchange(request, outcome, last.seconds, patience.tries, last.started)

    @property
    def sent(self) -> int:
        """How many requests left this machine, repetitions included."""
        return self._sent

    @property
    def gone(self) -> str | None:
        """Why nothing is sent any more; None while the target is there."""
        return self._breaker.gone

    def close(self) -> None:
        """Closes every connection."""
        self._transport.close()

    def _repeat(self, outgoing: OutgoingRequest, patience: RetryPolicy, *, unpaced: bool) -> TransportResult:
        while True:
            last = self._once(outgoing, unpaced=unpaced)
            if last.truncated and self._cuts_short:
                patience.tries += 1
                return last
            with self._lock:
                pause = patience.pause(last)
            self._learn(last, pause, patience)
            if pause is None or self._breaker.gone:
                return last
            self._sleep(pause)

    def _once(self, outgoing: OutgoingRequest, *, unpaced: bool) -> TransportResult:
        self._wait(unpaced=unpaced)
        last = self._transport.send(outgoing)
        self._count(last)
        if last.stale:
            # The target had closed an idle connection, as it may at any time.
            self._wait(unpaced=unpaced)
            last = self._transport.send(replace(outgoing, fresh=True))
            self._count(last)
        return last

    def _wait(self, *, unpaced: bool) -> None:
        hold = 0.0 if unpaced else self._hold - time.monotonic()
        if hold > 0:
            self._sleep(hold)
        for pacer, kept in ((self._pacer, True), (self._documented, self._throttled)):
            if pacer is None:
                continue
            if kept and not unpaced:
                pacer.wait()
            else:
                pacer.note()

    def _count(self, last: TransportResult) -> None:
        if last.left:
            with self._lock:
                self._sent += 1

    def _learn(self, last: TransportResult, pause: float | None, patience: RetryPolicy) -> None:
        outcome = last.outcome
        if last.truncated and pause is None and patience.repeatable and not last.early:
            self._cuts_short = True  # every time, so it is the target's way: no more waiting for better
        if isinstance(outcome, Response) and outcome.status == 429 and outcome.status not in patience.asked_for:
            self._throttled = True
            if pause is not None and parse_retry_after(outcome, datetime.now(UTC)) is not None:
                self._hold = max(self._hold, time.monotonic() + pause)

    def _final(self, last: TransportResult, patience: RetryPolicy) -> Outcome:
        outcome = last.outcome
        if not isinstance(outcome, Response):
            return outcome
        if outcome.status in UNASKED and outcome.status not in patience.asked_for:
            detail = Message("answered {status}, which nothing had asked for", status=outcome.status)
            return NoResponse(FailureKind.UNAVAILABLE, detail, outcome)
        if last.truncated and not last.early and not self._cuts_short:
            # It may not be asked for again, and a network can cut an answer as well as a target.
            return NoResponse(FailureKind.RESET, outcome.faults[-1], outcome)
        return outcome

    def _gone(self) -> NoResponse:
        return NoResponse(FailureKind.NOT_SENT, Message("the target is gone: {reason}", reason=self._breaker.gone))


def _check_files(access: Access) -> None:
    named = (("ca_bundle", access.ca_bundle), ("client_cert", access.client_cert))
    missing = [name for name, path in named if path and not os.path.exists(path)]  # noqa: PTH110 - also a folder
    if missing:
        raise ConfigError(Problem(name, "the file does not exist", "give the path of a PEM file") for name in missing)
