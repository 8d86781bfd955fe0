"""What went wrong for a whole run at once, such as a wrong key: one cause instead of many rows that blame the target.

A row may blame a target only where what it rests on was seen to work in the same run: the way to the target, its
credential and its fixtures. Where that never worked, the fault is most likely the profile's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar
from urllib.parse import unquote, urlsplit

from conformance.checks.model import Level, Verdict
from conformance.http import FAILURE_NAMES, FailureKind
from conformance.messages import Message
from conformance.results.model import Exploration, RecordedExchange, RowResult
from conformance.results.redaction import CLOSE, OPEN

__all__ = ["RunCause", "apply_causes", "find_causes"]

Result = TypeVar("Result", RowResult, Exploration)

_VALID: Final = frozenset({"control", "step", "guard"})
"""Roles of requests that a right target with a right profile answers with a success."""
_LEAST: Final = 3
"""Calls that must have failed alike before the base URL, or a fixture of faulty calls alone, is suspected."""


@dataclass(frozen=True, slots=True)
class RunCause:
    """One cause; `key` is the entry of the profile to check, such as `fixtures.endpoint`."""

    key: str
    text: Message
    affects: Callable[[RecordedExchange], bool]
    """Whether an exchange rests on what never worked."""


def find_causes(
    target: Mapping[str, Any], rows: Sequence[RowResult], explored: Sequence[Exploration] = ()
) -> tuple[RunCause, ...]:
    """The causes that explain answers of a whole run; `target` is the description of it in the results."""
    exchanges = [one for row in rows for one in row.exchanges]
    exchanges += [replace(one, role="control") for item in explored for one in _refused_at_last(item)]
    if not exchanges:
        return ()
    for find in (_find_silence, _find_redirect):
        if cause := find(exchanges):
            return (cause,)
    causes = [*_find_credentials(exchanges), *_find_proxy(exchanges)]
    if not causes and (cause := _find_wrong_path(exchanges)):
        return (cause,)
    unexpected = {id(one) for row in rows for one in _with_wrong_status(row)}
    return (*causes, *_find_fixtures(target.get("fixtures") or {}, exchanges, unexpected))


def apply_causes(results: Iterable[Result], causes: Sequence[RunCause]) -> tuple[Result, ...]:
    """Rows or explorations, inconclusive where all that speaks against the target rests on what never worked."""
    return tuple(_apply(result, causes) for result in results) if causes else tuple(results)


def _apply(result: Result, causes: Sequence[RunCause]) -> Result:
    by_number = {one.n: one for one in result.exchanges}
    if result.verdict is Verdict.VIOLATES:
        numbers = [one.exchange for one in result.findings if one.level is Level.MUST]
        against = [by_number[number] for number in numbers if number in by_number]
        if not against or len(against) < len(numbers):
            return result
    elif result.verdict is Verdict.INCONCLUSIVE:
        if isinstance(result, Exploration):
            against = _refused_at_last(result)
        else:
            against = [one for one in result.exchanges if one.role in _VALID or one.response is None][-1:]
    else:
        return result
    for cause in causes:
        if against and all(map(cause.affects, against)):
            kept: tuple[Any, ...] = tuple(one for one in result.findings if one.level is not Level.MUST)
            return replace(result, verdict=Verdict.INCONCLUSIVE, reason=cause.text, findings=kept)
    return result


def _refused_at_last(exploration: Exploration) -> list[RecordedExchange]:
    """What ended an exploration that is inconclusive: a valid request that was refused, or not answered."""
    return list(exploration.exchanges[-1:]) if exploration.verdict is Verdict.INCONCLUSIVE else []


def _find_silence(exchanges: Sequence[RecordedExchange]) -> RunCause | None:
    failures = [one.failure for one in exchanges if one.failure is not None]
    if any(one.response is not None for one in exchanges) or not failures:
        return None
    first = next((one for one in failures if one.kind != FailureKind.NOT_SENT), failures[0])
    reason = first.detail or FAILURE_NAMES.get(first.kind, first.kind)
    text = Message("the target answered no request: {reason}", reason=reason)
    return RunCause("base_url", text, lambda one: one.response is None)


def _find_redirect(exchanges: Sequence[RecordedExchange]) -> RunCause | None:
    answers = [one.response for one in exchanges if one.response is not None]
    if not answers or not all(answer.status in {301, 302, 303, 307, 308} for answer in answers):
        return None
    places = [value for answer in answers for name, value in answer.headers if name.lower() == "location"]
    if not places:
        return None
    parts = urlsplit(places[0])
    place = f"{parts.scheme}://{parts.netloc}" if parts.netloc else places[0]
    text = Message("the target redirects every request to {place}; requests are never redirected", place=place)
    return RunCause("base_url", text, lambda one: one.response is not None)


def _find_credentials(exchanges: Sequence[RecordedExchange]) -> Iterator[RunCause]:
    used: dict[str, list[RecordedExchange]] = {}
    for one in filter(_shows_what_works, exchanges):
        for name in dict.fromkeys(_credentials_of(one)):
            used.setdefault(name, []).append(one)
    for name, calls in used.items():
        statuses = _statuses_of_valid(calls)
        if len(statuses) == 1 and statuses <= {401, 403}:
            # A secret from the environment is recorded by the name of its variable.
            what = f"${name}" if name.isupper() else f"credentials.{name}"
            text = Message("every call with {what} was answered {status}", what=what, status=next(iter(statuses)))
            yield RunCause(f"credentials.{name}", text, _uses_credential(name))


def _find_proxy(exchanges: Sequence[RecordedExchange]) -> Iterator[RunCause]:
    if any(one.response is not None and one.response.status == 407 for one in exchanges):
        text = Message("a proxy of the profile answered 407: it asks for a user and a password")
        yield RunCause("vantages", text, lambda one: one.response is not None and one.response.status == 407)


def _find_wrong_path(exchanges: Sequence[RecordedExchange]) -> RunCause | None:
    valid = [one.response.status for one in exchanges if one.role in _VALID and one.response is not None]
    if len(valid) < _LEAST or set(valid) != {404}:
        return None
    text = Message("every valid call was answered 404: the path of base_url may be wrong")
    return RunCause("base_url", text, lambda one: one.response is not None and one.response.status == 404)


def _find_fixtures(
    fixtures: Mapping[str, Any], exchanges: Sequence[RecordedExchange], unexpected: AbstractSet[int]
) -> Iterator[RunCause]:
    """Fixtures with which nothing ever worked; `unexpected` are the exchanges, by identity, of a wrong status."""
    failing: dict[str, tuple[str, int, list[RecordedExchange]]] = {}
    for name, value in fixtures.items():
        if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip("/"):
            continue
        calls = [one for one in exchanges if _shows_what_works(one) and _names_value(one, str(value))]
        statuses = _statuses_of_valid(calls) - {401, 403}  # these come before all else and tell nothing of a fixture
        resting = [one for one in calls if one.role in _VALID]
        if not resting and len(calls) >= _LEAST and all(id(one) in unexpected for one in calls):
            # No valid request uses it (at smoke), and each faulty one was refused as if there were no such path.
            resting, statuses = calls, {one.response.status for one in calls if one.response is not None}
        if len(statuses) == 1 and statuses <= {404, 405}:
            (status,) = statuses
            failing[name] = str(value), status, resting
    for name, (value, status, calls) in failing.items():
        others = [
            set(map(id, other)) for key, (*_, other) in failing.items() if key != name and len(other) > len(calls)
        ]
        if any(set(map(id, calls)) <= other for other in others):
            continue  # it was never asked for without another fixture that does not work either
        text = Message(
            "fixtures.{name}: {value} was answered {status} by every operation that uses it",
            name=name,
            value=value,
            status=status,
        )
        yield RunCause(f"fixtures.{name}", text, _uses_value(value))


def _with_wrong_status(row: RowResult) -> Iterator[RecordedExchange]:
    numbers = {one.exchange for one in row.findings if one.level is Level.MUST and one.check == "status"}
    return (one for one in row.exchanges if one.n in numbers)


def _statuses_of_valid(calls: Sequence[RecordedExchange]) -> set[int]:
    """How the valid calls were answered, and any call that succeeded; a faulty one may be refused before all else."""
    statuses = {(one.role, one.response.status) for one in calls if one.response is not None}
    return {status for role, status in statuses if role in _VALID or status < 300}


def _shows_what_works(exchange: RecordedExchange) -> bool:
    """Whether an answer depends on credential and fixtures: not one from elsewhere, of a fault, or of a limit."""
    response = exchange.response
    return response is not None and not exchange.request.vantage and response.status < 500 and response.status != 429


def _credentials_of(exchange: RecordedExchange) -> Iterator[str]:
    """The names of the profile's secrets that a request carried: their values were replaced by markers."""
    body = exchange.request.body
    for value in (*(value for _, value in exchange.request.headers), body if isinstance(body, str) else ""):
        for piece in value.split(f"{OPEN}secret:")[1:]:
            name = piece.partition(CLOSE)[0]
            yield name if name.isupper() else name.partition(".")[0]


def _uses_credential(name: str) -> Callable[[RecordedExchange], bool]:
    return lambda one: name in _credentials_of(one)


def _uses_value(value: str) -> Callable[[RecordedExchange], bool]:
    return lambda one: _names_value(one, value)


def _names_value(exchange: RecordedExchange, value: str) -> bool:
    """Whether a value stands in the path of a request, as whole segments."""
    path = f"/{unquote(urlsplit(exchange.request.url).path).strip('/')}/"
    return f"/{value.partition('{')[0].strip('/')}/" in path
