"""Credentials renewed in the middle of a run: printed anew by their command, or obtained anew by logging in.

A token that expires makes a target answer 401 to everything. Then the credential is renewed, and the request that was
refused is sent again, once; later requests go out with the new value from the start. A new value that was refused, too,
leaves a 401 to be the target's answer, for a minute. One that was accepted may expire again at any time: then a log-in
is made at once, and a command run when a minute is over.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.engine.context import RequestSender, RunContext
from conformance.engine.evidence import Evidence
from conformance.http import Exchange, FailureKind, NoResponse, Request
from conformance.messages import Message
from conformance.plan.setup import setup_steps
from conformance.setup.credentials import obtain_value
from conformance.target.credentials import CommandFailedError, Credential

_PAUSE = 60.0
"""Seconds between two renewals of one credential, but for log-ins that helped."""
_EXPIRED = Message("the credential has expired, and may not be renewed again yet")


def with_renewal(context: RunContext, obtained: frozenset[str]) -> RunContext:
    """The same context with a session that renews credentials; `obtained` are those that a log-in has given.

    One that is written in the profile is renewed by a log-in, too, once it has worked.
    """

    def renew(credential: Credential) -> str | None:
        value: str | None = None
        if credential.command is None:
            value = _obtain_anew(context, credential.name)
        else:
            with suppress(CommandFailedError):
                value = credential.command.value()
        if value is not None:
            context.redactor.learn(credential.name, value)
            name = f"credentials.{credential.name}"
            context.shared.warn([Message("{name} was refused in the middle of the run, and renewed", name=name)])
        return value

    def wait(seconds: float) -> bool:
        if seconds <= context.target.patience[0]:
            time.sleep(seconds)  # also while the run is stopping, so that it can clean up
            return True
        return False

    contract, target = context.contract, context.target
    written = {
        name
        for name, named in contract.file.credentials.items()
        if named.obtain and name not in obtained and not setup_steps(contract, target, "obtain", name).missing
    }
    renewable = {
        credential.values[""].value: credential
        for name, credential in target.credentials.items()
        if credential.header is not None and (credential.command or name in obtained or name in written)
    }
    sender = RenewingSender(context.session, renewable, renew, wait, written=frozenset(written))
    return replace(context, session=sender) if renewable else context


def _obtain_anew(context: RunContext, name: str) -> str | None:
    evidence = Evidence(context.redactor)
    with evidence.count_as("repeated"):
        value, _ = obtain_value(context, evidence, name)
    context.shared.count_outside_rows(evidence)
    return value or None


@dataclass(slots=True)
class RenewingSender:
    """Sends through a session; what is refused with 401 goes out once more with a renewed credential."""

    session: RequestSender
    renewable: dict[str, Credential] = field(repr=False)
    """Credentials by the value that they had when the run began."""
    renew: Callable[[Credential], str | None]
    """Gives the new value of a credential; None where there is none."""
    wait: Callable[[float], bool] = field(default=lambda _: False)
    """Waits so many seconds; False where nobody has the patience."""
    written: frozenset[str] = frozenset()
    """The names of those that must have worked before: a wrong one is to be told."""
    clock: Callable[[], float] = time.monotonic
    _current: dict[str, str] = field(default_factory=dict, repr=False)
    _renewed_at: dict[str, float] = field(default_factory=dict, repr=False)
    _helped: set[str] = field(default_factory=set, repr=False)
    """Credentials whose last value was accepted."""
    _worked: set[str] = field(default_factory=set, repr=False)
    """Those whose first value was."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __getattr__(self, name: str) -> Any:
        """Whatever else the session itself says and does."""
        return getattr(self.session, name)

    def send(self, request: Request, **options: Any) -> Exchange:
        """As the session itself; the tries of both requests are counted together."""
        original = self._find_value(request)
        current = request if original is None else self._with_current(request, original)
        exchange = self.session.send(current, **options)
        if original is None or exchange.response is None or exchange.response.status != 401:
            if original is not None and exchange.response is not None and exchange.response.status < 400:
                self._worked.add(original)
            return exchange
        if not self._renew(original, current):
            if original not in self._helped:
                return exchange
            return replace(exchange, outcome=NoResponse(FailureKind.UNAVAILABLE, _EXPIRED, exchange.response))
        again = self.session.send(self._with_current(request, original), **options)
        if again.response is not None:
            (self._helped.discard if again.response.status == 401 else self._helped.add)(original)
        return replace(again, tries=exchange.tries + again.tries)

    def _find_value(self, request: Request) -> str | None:
        """The value of a renewable credential that a request was built with."""
        return next((value for _, value in request.headers if value in self.renewable), None)

    def _with_current(self, request: Request, original: str) -> Request:
        current = self._current.get(original, original)
        headers = tuple((name, current if value == original else value) for name, value in request.headers)
        return replace(request, headers=headers)

    def _renew(self, original: str, refused: Request) -> bool:
        """Whether there is another value than the one that was refused; several threads renew it once."""
        with self._lock:
            current = self._current.get(original, original)
            if all(value != current for _, value in refused.headers):
                return True
            helped, credential = original in self._helped, self.renewable[original]
            left = self._renewed_at.get(original, -_PAUSE) + _PAUSE - self.clock()
            if credential.name in self.written and original not in self._worked:
                return False
            is_due = left <= 0 or (helped and (not credential.command or self.wait(left)))
            if not is_due:
                return False
            self._renewed_at[original] = self.clock()
            value = self.renew(credential)
            if value is None or value == current:
                return False
            self._current[original] = value
            return True
