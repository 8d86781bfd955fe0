"""The one way to a target: permissions, pace, repetition and the circuit breaker around each request."""

import logging
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

from conformance.client.adapter import Transport, TransportResult
from conformance.client.allowance import AllowanceWatch
from conformance.client.policy import SAFE_METHODS, Limits, OutgoingRequest, PermissionGate, RequestBlocked
from conformance.client.rate_limit import LearntLimiter, RateLimiter
from conformance.client.retry import UNCERTAIN, CircuitBreaker, RetryPolicy, WaitBudget, parse_retry_after
from conformance.http import Exchange, FailureKind, NoResponse, Outcome, Request, Response
from conformance.messages import Message, error_message
from conformance.quantities import Pace
from conformance.target.loader import Target


class Session:
    """Sends requests to one target. Several threads may use it at once.

    Its own pace holds from the start, a `documented` one for some time after a 429 that nothing had asked for.
    `allowances` notices a credential that is refused with 429 in the place of another one.
    `is_own_answer` says of a 429, 502, 503 or 504 that it is the target's answer and no gateway's, so that it is not
    waited out. Raises ConfigError where the base URL or a file of certificates cannot be used.
    """

    def __init__(
        self,
        target: Target,
        limits: Limits | None = None,
        documented: Pace | None = None,
        allowances: AllowanceWatch | None = None,
        *,
        is_own_answer: Callable[[Response], bool] = lambda _: False,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        # The debug lines of the library hold whole URLs, and those may hold a token.
        logging.getLogger("urllib3").setLevel(logging.INFO)
        self.limits = limits or Limits(target.timeout, longest_wait=target.patience[0], patience=target.patience[1])
        self._target, self._is_own_answer = target, is_own_answer
        self._gate = PermissionGate(target)
        self._transport = Transport(target, self.limits)
        self._pacer = RateLimiter(target.pace, sleep=sleep, target=target.base_url) if target.pace else None
        self._documented = LearntLimiter(documented, sleep=sleep) if documented else None
        self._allowances = allowances or AllowanceWatch((), {}, documented)
        self._breaker = CircuitBreaker()
        self._waits = WaitBudget(self.limits.patience, clock)
        self._sleep, self._clock = sleep, clock
        self._lock = threading.Lock()
        self._sent = 0
        self._hold = 0.0
        self._cuts_short = False

    def send(
        self,
        request: Request,
        *,
        asked_for: frozenset[int] = frozenset(),
        unpaced: bool = False,
        repeatable: bool = True,
    ) -> Exchange:
        """Sends a request and gives its response, or says why there is none; never raises for what a target does.

        A status of `asked_for` is a response where it would otherwise be waited out; `unpaced` does not wait for the
        pace; a request that is not `repeatable` is sent again only when it certainly had no effect.
        """
        request = self._complete(request)
        try:
            shares = repeatable and (request.shares_connection or request.method in SAFE_METHODS)
            outgoing = self._gate.admit(request, fresh=not shares)
        except RequestBlocked as blocked:
            return Exchange(request, NoResponse(FailureKind.NOT_SENT, error_message(blocked)), tries=0)
        if self._breaker.reason:
            detail = Message("the target is gone: {reason}", reason=self._breaker.reason)
            return Exchange(request, NoResponse(FailureKind.NOT_SENT, detail), tries=0)
        credential = self._allowances.find_name(request.headers)
        policy = RetryPolicy(self.limits, outgoing, asked_for, repeatable, self._is_own_answer, credential)
        last = self._repeat(outgoing, policy, unpaced=unpaced)
        outcome = self._settle(last, policy)
        if credential is not None and isinstance(outcome, Response) and outcome.status != 429:
            exchanged = self._allowances.note_served(credential)
            outcome = NoResponse(FailureKind.UNAVAILABLE, exchanged) if exchanged is not None else outcome
        if not (request.source_address or request.proxy != self._target.proxy):
            self._breaker.record(outcome)
        return Exchange(request, outcome, last.seconds, policy.tries, last.started, policy.maybe_done)

    @property
    def sent(self) -> int:
        """How many requests left this machine, repetitions included."""
        return self._sent

    def close(self) -> None:
        """Closes every connection, and lets go of the pace that is shared with other processes."""
        self._transport.close()
        if self._pacer is not None:
            self._pacer.close()

    def _complete(self, request: Request) -> Request:
        """The request with the headers that every request has, and on the way that every request goes."""
        named = {name.lower() for name, _ in request.headers}
        more = [item for item in self._target.headers if item[0].lower() not in named]
        if self._target.request_ids and "x-request-id" not in named:
            more.append(("X-Request-Id", str(uuid.uuid4())))
        proxy = request.proxy if request.proxy or request.source_address else self._target.proxy
        return replace(request, headers=(*request.headers, *more), proxy=proxy)

    def _repeat(self, outgoing: OutgoingRequest, policy: RetryPolicy, *, unpaced: bool) -> TransportResult:
        is_asked_to_wait = False
        while True:
            began = self._clock()
            last = self._try_once(outgoing, policy, unpaced=unpaced)
            # A turn at the pace, made necessary by a refusal, is waiting, too; less than a tenth is none for a turn.
            held = max(0.0, (self._clock() - began - last.seconds) // 0.1 / 10) if is_asked_to_wait else 0.0
            if self._documented is not None and self._documented.refuses:
                held = max(held, last.paced or 0.0)
            policy.waited += held
            if last.truncated and self._cuts_short:
                policy.tries += 1
                return last
            with self._lock:
                pause = policy.pause(last)
            self._learn(last, pause, policy)
            if self._breaker.reason:
                return last
            lost = last.seconds if isinstance(last.outcome, NoResponse) else 0.0
            if not self._waits.take(lost + (pause or 0.0), held):
                self._breaker.open(self._describe_waits(last, policy, pause or 0.0))
                return last
            if pause is None:
                return last
            is_asked_to_wait = isinstance(last.outcome, Response) and policy.is_busy(last.outcome)
            self._sleep(pause)

    def _try_once(self, outgoing: OutgoingRequest, policy: RetryPolicy, *, unpaced: bool) -> TransportResult:
        last = self._send_paced(outgoing, unpaced=unpaced)
        if last.stale:
            # The target had closed an idle connection, as it may at any time.
            policy.tries += 1
            policy.maybe_done = policy.maybe_done or outgoing.method not in SAFE_METHODS
            last = self._send_paced(replace(outgoing, fresh=True), unpaced=unpaced)
        return last

    def _send_paced(self, outgoing: OutgoingRequest, *, unpaced: bool) -> TransportResult:
        hold = 0.0 if unpaced else self._hold - self._clock()
        if hold > 0:
            self._sleep(hold)
        paced = None
        with ExitStack() as stack:
            if self._pacer is not None:
                stack.enter_context(self._pacer.request(wait=not unpaced))
            if self._documented is not None:
                paced = stack.enter_context(self._documented.request(wait=not unpaced))
            last = replace(self._transport.try_once(outgoing), paced=paced)
        if last.left:
            with self._lock:
                self._sent += 1
        return last

    def _learn(self, last: TransportResult, pause: float | None, policy: RetryPolicy) -> None:
        outcome = last.outcome
        if last.truncated and pause is None and policy.repeatable and not last.early:
            self._cuts_short = True  # every time, so it is the target's way: no more waiting for better
        if isinstance(outcome, Response) and outcome.status == 429 and policy.is_busy(outcome):
            if policy.credential is not None and (exchanged := self._allowances.note_refused(policy.credential)):
                self._breaker.open(exchanged)
            if self._documented is not None:
                self._documented.slow_down(held=last.paced is not None)
            if pause is not None and parse_retry_after(outcome) is not None:
                self._hold = max(self._hold, self._clock() + pause)

    def _settle(self, last: TransportResult, policy: RetryPolicy) -> Outcome:
        """The outcome of all tries: what counts as no response, and why."""
        outcome = last.outcome
        if not isinstance(outcome, Response):
            return outcome
        if policy.is_busy(outcome):
            detail = Message("answered {status}, which nothing had asked for", status=outcome.status)
            if policy.refused_wait is not None:
                detail = Message(
                    "answered {status} and asked to wait {seconds:,.0f} s: no wait is longer than {longest:g} s",
                    status=outcome.status,
                    seconds=policy.refused_wait,
                    longest=self.limits.longest_wait,
                )
            return NoResponse(FailureKind.UNAVAILABLE, detail, outcome)
        if last.truncated and not last.early and not self._cuts_short:
            # It may not be asked for again, and a network can cut a response as well as a target.
            return NoResponse(FailureKind.RESET, outcome.faults[-1], outcome)
        if outcome.cut:
            detail = Message("the answer is too large to be checked: {n:,} bytes were read", n=outcome.size)
            return NoResponse(FailureKind.TOO_LARGE, detail, outcome)
        if policy.maybe_done and outcome.status in UNCERTAIN:
            detail = Message(
                "the answer to the first try was lost, and the {status} to its repetition tells nothing",
                status=outcome.status,
            )
            return NoResponse(FailureKind.RESET, detail, outcome)
        return outcome

    def _describe_waits(self, last: TransportResult, policy: RetryPolicy, pause: float) -> Message:
        asked: str
        if not isinstance(last.outcome, Response):
            asked = last.outcome.summary
        elif policy.is_busy(last.outcome):
            asked = Message(
                "it answered {status} and asked to wait {seconds:,.0f} s more",
                status=last.outcome.status,
                seconds=pause,
            )
        elif pause:
            asked = last.outcome.faults[-1]
        else:
            asked = Message("it answers 429 so often that requests have to wait for their turn at the pace")
        return Message(
            "the {patience:g} s that a run waits in all are over: {reason}",
            patience=self.limits.patience,
            reason=asked,
        )
