"""Credentials renewed in the middle of a run: printed anew by their command, or obtained anew by logging in.

A token that expires makes a target answer 401 to everything. Then the credential is renewed, at most once a minute, and
the request that was refused is sent again, once; later requests go out with the new value from the start.
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
from conformance.http import Exchange, Request
from conformance.messages import Message
from conformance.setup.credentials import obtain_value
from conformance.target.credentials import CommandFailedError, Credential

_PAUSE = 60.0
"""Seconds between two renewals of one credential."""


def with_renewal(context: RunContext, obtained: frozenset[str]) -> RunContext:
    """The same context with a session that renews credentials; `obtained` are those that a log-in has given."""

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

    renewable = {
        credential.values[""].value: credential
        for name, credential in context.target.credentials.items()
        if credential.header is not None and (credential.command or name in obtained)
    }
    return replace(context, session=RenewingSender(context.session, renewable, renew)) if renewable else context


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
    clock: Callable[[], float] = time.monotonic
    _current: dict[str, str] = field(default_factory=dict, repr=False)
    _renewed_at: dict[str, float] = field(default_factory=dict, repr=False)
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
            return exchange
        if not self._renew(original, current):
            return exchange
        again = self.session.send(self._with_current(request, original), **options)
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
            now = self.clock()
            if now - self._renewed_at.get(original, -_PAUSE) < _PAUSE:
                return False
            self._renewed_at[original] = now
            value = self.renew(self.renewable[original])
            if value is None or value == current:
                return False
            self._current[original] = value
            return True
