"""When a request is sent again, after which wait, and when a target is given up."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from conformance.client.adapter import TransportResult
from conformance.client.policy import SAFE_METHODS, Limits, OutgoingRequest
from conformance.http import BUSY, FailureKind, NoResponse, Outcome, Response, header
from conformance.messages import Message

NOT_DONE = frozenset({429, 503})
"""Busy statuses that say that nothing was done; 502 and 504 come from a gateway, which cannot know."""
BACKOFF = (0.2, 0.5, 1.0, 2.0, 4.0)
UNREACHED = frozenset({FailureKind.REFUSED, FailureKind.UNRESOLVED, FailureKind.TLS, FailureKind.PROXY})
"""Failures before a byte of the request had left."""
MOST_TIMEOUTS = 3
"""Tries of one request that may end in a timeout."""
UNCERTAIN = frozenset({401, 404, 409, 410, 412})
"""Statuses that a repetition brings where the first try had its effect already."""


@dataclass(slots=True)
class RetryPolicy:
    """For one request: what has been tried and waited so far, and whether it is sent again.

    A request that may have an effect is sent again only where it is `repeatable`, or where nothing of it was sent, or
    where its status says that it was refused. `maybe_done` says afterwards that an earlier try may have had its effect.
    """

    limits: Limits
    outgoing: OutgoingRequest
    accepted: frozenset[int]
    repeatable: bool
    is_own_answer: Callable[[Response], bool] = lambda _: False
    """Whether a response of a busy status is in the target's own words, so that no gateway on the way made it."""
    credential: str | None = None
    """The credential of the request, where it may be one that is refused with 429 in the place of another."""
    waited: float = 0.0
    tries: int = 0
    timeouts: int = 0
    maybe_done: bool = False
    refused_wait: float | None = None
    """The seconds that the target asked to wait, where that is longer than anyone would."""

    def pause(self, last: TransportResult) -> float | None:
        """Seconds to wait before the request is sent again; None where it is not."""
        self.tries += 1
        wait = self._wait_after(last)
        if wait is None:
            return None
        if self.waited + wait > self.limits.longest_wait:
            self.refused_wait = wait if wait > self.limits.longest_wait else None
            return None
        self.waited += wait
        self.maybe_done = self.maybe_done or self._may_have_effect(last)
        return wait

    def is_busy(self, response: Response) -> bool:
        """Whether a response only says that the target cannot answer now; no expected one, nor one in its own words."""
        return response.status in BUSY and response.status not in self.accepted and not self.is_own_answer(response)

    def _wait_after(self, last: TransportResult) -> float | None:
        outcome = last.outcome
        if isinstance(outcome, Response):
            return self._after_response(last, outcome)
        if outcome.kind in UNREACHED and not last.left:
            return self._backoff() if self.tries < self.limits.tries else None
        if outcome.kind is FailureKind.TIMEOUT:
            self.timeouts += 1
            return self._backoff() if self.timeouts < MOST_TIMEOUTS and self._may_repeat(last) else None
        if outcome.kind in {FailureKind.RESET, FailureKind.TLS}:
            return self._backoff() if self._may_repeat(last) else None
        return None

    def _after_response(self, last: TransportResult, response: Response) -> float | None:
        if not self.is_busy(response):
            return self._backoff() if last.truncated and self._may_repeat(last) else None
        if not self.repeatable and response.status not in NOT_DONE:
            return None
        # A window of ten seconds outlasts four tries: 429 is repeated for as long as there is patience.
        if response.status != 429 and self.tries >= self.limits.tries:
            return None
        asked = parse_retry_after(response)
        # One who asks to wait no time at all would be asked without end.
        return self._backoff() if asked is None else max(asked, BACKOFF[0])

    def _may_repeat(self, last: TransportResult) -> bool:
        response = last.outcome if isinstance(last.outcome, Response) else last.outcome.response
        refused = response is not None and 400 <= response.status < 500
        return (self.repeatable or refused or not last.left) and self.tries < self.limits.tries

    def _may_have_effect(self, last: TransportResult) -> bool:
        """Whether a try that did not bring its response may have done what it asked for."""
        if self.outgoing.method in SAFE_METHODS or not last.left:
            return False
        response = last.outcome if isinstance(last.outcome, Response) else last.outcome.response
        return response is None or not 400 <= response.status < 500

    def _backoff(self) -> float:
        return BACKOFF[min(max(self.tries, 1), len(BACKOFF)) - 1] * random.uniform(0.8, 1.2)  # noqa: S311 - jitter


def parse_retry_after(response: Response, now: datetime | None = None) -> float | None:
    """Seconds that a response asks to wait, by the clock of its `Date` if it names a time; None if unreadable."""
    value = (header(response.headers, "retry-after") or "").strip()[:100]
    if value.isascii() and value.replace(".", "", 1).isdecimal():
        return min(float(value), 1e12)
    until, sent = _parse_date(value), _parse_date(header(response.headers, "date") or "")
    return max(0.0, (until - (sent or now or datetime.now(UTC))).total_seconds()) if until else None


def _parse_date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text[:100])
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


class WaitBudget:
    """How long a session may wait in all; waits of several threads at the same time count once."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._lock = threading.Lock()
        self._waited = 0.0
        self._until = float("-inf")

    def take(self, seconds: float, before: float = 0.0) -> bool:
        """Whether there is time left for this wait, and for the seconds `before` it; if so, they are used up."""
        with self._lock:
            now = self._clock()
            end = max(self._until, now + seconds)
            cost = end - max(self._until, now - before)
            if self._waited + cost > self._seconds:
                return False
            self._waited, self._until = self._waited + cost, end
            return True


MOST_UNREACHED = 3
MOST_UNANSWERED = 5
MOST_LOST = 20
"""Requests in a row without a response that counts, of a target that had answered before."""


class CircuitBreaker:
    """Open (`reason` is not None) after so many requests in a row that came to nothing; it never closes again."""

    def __init__(self) -> None:
        self.reason: str | None = None
        self._lock = threading.Lock()
        self._unreached = self._timeouts = self._lost = 0
        self._answered = False

    def open(self, reason: str) -> None:
        with self._lock:
            self.reason = self.reason or reason

    def record(self, outcome: Outcome) -> None:
        """Counts what finally became of a request."""
        kind = outcome.kind if isinstance(outcome, NoResponse) else None
        if kind is FailureKind.NOT_SENT:
            return
        with self._lock:
            unreached = isinstance(outcome, NoResponse) and kind in UNREACHED and outcome.response is None
            self._unreached = self._unreached + 1 if unreached else 0
            self._timeouts = self._timeouts + 1 if kind is FailureKind.TIMEOUT else 0
            answered = kind is None or kind is FailureKind.TOO_LARGE
            self._lost = 0 if answered else self._lost + 1
            self._answered = self._answered or answered
            if self.reason is None and isinstance(outcome, NoResponse):
                self.reason = self._reason(outcome.detail)

    def _reason(self, detail: str) -> str | None:
        if self._unreached >= MOST_UNREACHED:
            return Message("{n} requests in a row did not reach it: {reason}", n=self._unreached, reason=detail)
        if self._timeouts >= MOST_UNANSWERED:
            return Message("{n} requests in a row were not answered in time: {reason}", n=self._timeouts, reason=detail)
        if self._lost >= (MOST_LOST if self._answered else MOST_UNANSWERED):
            return Message("{n} requests in a row had no answer that counts: {reason}", n=self._lost, reason=detail)
        return None
