"""Renews credentials during a run, by their command or by logging in again.

A target answers 401 to everything after a token has expired. The credential is then renewed and the refused request is
sent again, once; later requests use the new value. If the new value is refused as well, a 401 counts as the target's
response for the next minute. A value that was accepted may expire again at any time: a log-in is then repeated at once,
a command only when a minute has passed.
"""

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
"""Seconds between two renewals of one credential, except for log-ins whose value was accepted."""
_EXPIRED = Message("the credential has expired, and may not be renewed again yet")


def with_renewal(context: RunContext, obtained: frozenset[str]) -> RunContext:
    """Return the context with a session that renews credentials: those `obtained`, others after they have worked."""

    def renew(credential: Credential) -> str | None:
        value: str | None = None
        if credential.command is None:
            value = _obtain_again(context, credential.name)
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


def _obtain_again(context: RunContext, name: str) -> str | None:
    evidence = Evidence(context.redactor)
    with evidence.count_as("repeated"):
        value, _ = obtain_value(context, evidence, name)
    context.shared.count_outside_rows(evidence)
    return value or None


@dataclass(slots=True)
class _State:
    value: str = field(repr=False)
    renewed_at: float = -_PAUSE
    helped: bool = False
    """Whether the renewed value was accepted."""
    worked: bool = False
    """Whether any request with the credential succeeded."""


@dataclass(slots=True)
class RenewingSender:
    """A session that sends a request once more with a renewed credential if it was refused with 401."""

    session: RequestSender
    renewable: dict[str, Credential] = field(repr=False)
    """Credentials, by their value at the start of the run."""
    renew: Callable[[Credential], str | None]
    """Returns a new value of a credential, or None."""
    wait: Callable[[float], bool] = field(default=lambda _: False)
    """Waits a number of seconds; returns False, without waiting, if that is more than the profile's patience."""
    written: frozenset[str] = frozenset()
    """Names of credentials that are renewed only after they have worked, so that a wrong one is reported."""
    clock: Callable[[], float] = time.monotonic
    _states: dict[str, _State] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __getattr__(self, name: str) -> Any:
        """Return any other attribute of the underlying session."""
        return getattr(self.session, name)

    def send(self, request: Request, **options: Any) -> Exchange:
        """Send a request, again after a renewal if needed; the tries of both requests are added up."""
        original = next((value for _, value in request.headers if value in self.renewable), None)
        if original is None:
            return self.session.send(request, **options)
        state = self._states.setdefault(original, _State(original))
        value_sent = state.value
        exchange = self.session.send(_replace_value(request, original, value_sent), **options)
        if exchange.response is None or exchange.response.status != 401:
            state.worked |= exchange.response is not None and exchange.response.status < 400
            return exchange
        if not self._renew(state, self.renewable[original], value_sent):
            outcome = NoResponse(FailureKind.UNAVAILABLE, _EXPIRED, exchange.response)
            return replace(exchange, outcome=outcome) if state.helped else exchange
        second = self.session.send(_replace_value(request, original, state.value), **options)
        if second.response is not None:
            state.helped = second.response.status != 401
        return replace(second, tries=exchange.tries + second.tries)

    def _renew(self, state: _State, credential: Credential, refused: str) -> bool:
        """Renew a credential unless another thread has; return whether its value differs from the refused one."""
        with self._lock:
            if state.value != refused:
                return True
            if credential.name in self.written and not state.worked:
                return False
            seconds_left = state.renewed_at + _PAUSE - self.clock()
            if seconds_left > 0 and not (state.helped and (not credential.command or self.wait(seconds_left))):
                return False
            state.renewed_at = self.clock()
            value = self.renew(credential)
            state.value = value or refused
            return state.value != refused


def _replace_value(request: Request, original: str, value: str) -> Request:
    return replace(request, headers=tuple((name, value if one == original else one) for name, one in request.headers))
