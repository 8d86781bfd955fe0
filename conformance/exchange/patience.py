"""Whether a try that was not answered as a case asks is repeated, and after how long."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from conformance.exchange.limits import Limits
from conformance.exchange.transport import Try
from conformance.wire import Answer, SilenceKind, header

__all__ = ["UNASKED", "Patience", "retry_after"]

UNASKED = frozenset({429, 502, 503, 504})
REFUSED_WHOLE = frozenset({429, 503})
"""Statuses that say that nothing was done; 502 and 504 come from something in between, which cannot know."""
BACKOFF = (0.2, 0.5, 1.0, 2.0, 4.0)
HARMLESS = frozenset({SilenceKind.REFUSED, SilenceKind.UNRESOLVED, SilenceKind.TLS})
TIMEOUTS = 3


@dataclass(slots=True)
class Patience:
    """For one request: what has been tried and waited so far.

    What is not `repeatable` is repeated only where nothing of it was sent, or where its status says it was refused.
    """

    limits: Limits
    asked_for: frozenset[int]
    repeatable: bool
    chance: random.Random
    waited: float = 0.0
    tries: int = 0
    silences: int = 0

    def pause(self, last: Try, when: datetime | None = None) -> float | None:
        """Seconds to wait before the request is repeated; None where the last try stands."""
        self.tries += 1
        reply = last.reply
        if isinstance(reply, Answer):
            wait = self._after_answer(reply, when) if self._unasked(reply) else self._after_truncated(last)
        else:
            wait = self._after_silence(last, reply.kind)
        if wait is None or self.waited + wait > self.limits.patience:
            return None
        self.waited += wait
        return wait

    def _unasked(self, answer: Answer) -> bool:
        return answer.status in UNASKED and answer.status not in self.asked_for

    def _after_answer(self, answer: Answer, when: datetime | None) -> float | None:
        if not self.repeatable and answer.status not in REFUSED_WHOLE:
            return None
        # A window of ten seconds outlasts four tries: 429 is repeated for as long as there is patience.
        if answer.status != 429 and self.tries >= self.limits.tries:
            return None
        told = retry_after(answer, when)
        return self._backoff() if told is None else told

    def _after_truncated(self, last: Try) -> float | None:
        return self._backoff() if last.truncated and self._again(last) else None

    def _after_silence(self, last: Try, kind: SilenceKind) -> float | None:
        if kind in HARMLESS:
            return self._backoff() if self.tries < self.limits.tries else None
        if kind is SilenceKind.TIMEOUT:
            self.silences += 1
            return self._backoff() if self.silences < TIMEOUTS and self._again(last) else None
        if kind is SilenceKind.RESET:
            return self._backoff() if self._again(last) else None
        return None

    def _again(self, last: Try) -> bool:
        answer = last.reply if isinstance(last.reply, Answer) else last.reply.answer
        refused = answer is not None and 400 <= answer.status < 500
        return (self.repeatable or refused or not last.left) and self.tries < self.limits.tries

    def _backoff(self) -> float:
        return BACKOFF[min(self.tries, len(BACKOFF)) - 1] * self.chance.uniform(0.8, 1.2)


def retry_after(answer: Answer, when: datetime | None = None) -> float | None:
    """The seconds that an answer asks to wait, as a number or as a date; None where it does not, or not readably."""
    value = (header(answer.headers, "retry-after") or "").strip()
    if value.isascii() and value.replace(".", "", 1).isdecimal() and len(value) < 10:
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - (when or datetime.now(UTC))).total_seconds())
