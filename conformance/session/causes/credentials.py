"""Credentials with which every call was refused, from the beginning or from some time on."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from conformance.messages import Message
from conformance.results.model import RecordedExchange
from conformance.results.redaction import CLOSE, OPEN
from conformance.session.causes.exchanges import VALID, Calls, shows_what_works, statuses_of_valid, succeeded
from conformance.session.causes.model import LEAST, RunCause, RunEvidence


def find_credentials(run: RunEvidence) -> Iterator[RunCause]:
    used: dict[str, Calls] = {}
    for one in filter(shows_what_works, run.calls):
        for name in dict.fromkeys(_credentials_of(one)):
            used.setdefault(name, []).append(one)
    for name, calls in used.items():
        statuses = statuses_of_valid(calls)
        # A secret from the environment is recorded by the name of its variable.
        what = f"${name}" if name.isupper() else f"credentials.{name}"
        known = [one.started for one in calls if one.response is not None and one.response.status not in {401, 403}]
        worked = max(known, default="") if any(map(succeeded, calls)) else ""
        since = [one for one in calls if one.started > worked]
        late = {one.response.status for one in since if one.response is not None}
        if worked and len(late) == 1 and late <= {401, 403} and sum(one.role in VALID for one in since) >= LEAST:
            text = Message(
                "from {time} on every call with {what} was answered {status}: it may have been replaced meanwhile",
                time=min(one.started for one in since),
                what=what,
                status=next(iter(late)),
            )
            yield RunCause(f"credentials.{name}", text, partial(_uses_credential, name=name, since=worked))
        elif len(statuses) == 1 and statuses <= {401, 403}:
            text = Message("every call with {what} was answered {status}", what=what, status=next(iter(statuses)))
            yield RunCause(f"credentials.{name}", text, partial(_uses_credential, name=name))


def _credentials_of(exchange: RecordedExchange, before: str = f"{OPEN}secret:") -> Iterator[str]:
    """The names of the profile's secrets that a request carried: their values were replaced by markers.

    `before` stands before a name in a marker: `secret:` also where a part of a value stood, as in what is almost a key.
    """
    for value in (*(value for _, value in exchange.request.headers), exchange.request.body or ""):
        for piece in value.split(before)[1:]:
            name = piece.partition(CLOSE)[0]
            yield name if name.isupper() else name.partition(".")[0]


def _uses_credential(exchange: RecordedExchange, name: str, since: str = "") -> bool:
    """Whether a request rests on a credential, or is one that must be refused as it has almost its value."""
    return name in _credentials_of(exchange, "secret:") and exchange.started >= since
