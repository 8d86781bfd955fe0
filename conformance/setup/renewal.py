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
class _State:
    """What is known of one credential."""

    value: str = field(repr=False)
    renewed_at: float = -_PAUSE
    helped: bool = False
    """Whether the last value was accepted."""
    worked: bool = False
    """Whether the first one was."""


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
    _states: dict[str, _State] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __getattr__(self, name: str) -> Any:
        """Whatever else the session itself says and does."""
        return getattr(self.session, name)

    def send(self, request: Request, **options: Any) -> Exchange:
        """As the session itself; the tries of both requests are counted together."""
        original = next((value for _, value in request.headers if value in self.renewable), None)
        if original is None:
            return self.session.send(request, **options)
        state = self._states.setdefault(original, _State(original))
        sent = state.value
        exchange = self.session.send(_with_value(request, original, sent), **options)
        if exchange.response is None or exchange.response.status != 401:
            state.worked |= exchange.response is not None and exchange.response.status < 400
            return exchange
        if not self._renew(state, self.renewable[original], sent):
            outcome = NoResponse(FailureKind.UNAVAILABLE, _EXPIRED, exchange.response)
            return replace(exchange, outcome=outcome) if state.helped else exchange
        again = self.session.send(_with_value(request, original, state.value), **options)
        if again.response is not None:
            state.helped = again.response.status != 401
        return replace(again, tries=exchange.tries + again.tries)

    def _renew(self, state: _State, credential: Credential, refused: str) -> bool:
        """Whether there is another value than the one that was refused; several threads renew it once."""
        with self._lock:
            if state.value != refused:
                return True
            if credential.name in self.written and not state.worked:
                return False
            left = state.renewed_at + _PAUSE - self.clock()
            if left > 0 and not (state.helped and (not credential.command or self.wait(left))):
                return False
            state.renewed_at = self.clock()
            value = self.renew(credential)
            state.value = value or refused
            return state.value != refused


def _with_value(request: Request, original: str, value: str) -> Request:
    return replace(request, headers=tuple((name, value if one == original else one) for name, one in request.headers))
