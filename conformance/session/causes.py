"""What went wrong for a whole run at once, such as a wrong key: one cause instead of many rows that blame the target.

A row may blame a target only where what it rests on was seen to work in the same run: the way to the target, its
credential and its fixtures. Where that never worked, the fault is most likely the profile's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, unquote

from conformance.checks.model import Finding, Level, Verdict
from conformance.http import FAILURE_NAMES, FailureKind, split_url
from conformance.messages import Message
from conformance.results.model import Exploration, ExploredFinding, RecordedExchange, RowResult
from conformance.results.redaction import CLOSE, OPEN

__all__ = ["RunCause", "apply_causes", "find_causes"]

Result = TypeVar("Result", RowResult, Exploration)

_VALID: Final = frozenset({"control", "step", "guard"})
"""Roles of requests that a right target with a right profile answers with a success."""
_FIRM: Final = frozenset({"example", "boundary", "drawn"})
"""Roles of requests that must be refused."""
_MISSING: Final = "missing_"
"""What the name of a fixture begins with that the target must not have."""
_LEAST: Final = 3
"""Calls that must have failed alike before the base URL, or a fixture of faulty calls alone, is suspected."""


@dataclass(frozen=True, slots=True)
class RunCause:
    """One cause; `key` is the entry of the profile to check, such as `fixtures.endpoint`."""

    key: str
    text: Message
    affects: Callable[[RecordedExchange], bool]
    """Whether an exchange rests on what never worked."""
    names: str = ""
    """What only findings that rest on this mistake expect, or name."""


def find_causes(
    target: Mapping[str, Any], rows: Sequence[RowResult], explored: Sequence[Exploration] = ()
) -> tuple[RunCause, ...]:
    """The causes that explain answers of a whole run; `target` is the description of it in the results."""
    exchanges = [one for row in rows for one in row.exchanges]
    exchanges += [replace(one, role="control") for item in explored for one in _refused_at_last(item)]
    if not exchanges:
        return ()
    for find in (_find_silence, _find_redirect, partial(_find_same_page, key="base_url")):
        if cause := find(exchanges):
            return (cause,)
    causes = [*_find_credentials(exchanges), *_find_proxy(exchanges)]
    for name, form in (target.get("vantages") or {}).items():
        proxy = form.get("proxy")
        through = [one for one in exchanges if proxy and proxy in one.request.vantage]
        if cause := _find_same_page(through, f"vantages.{name}"):
            causes.append(cause)
    if not causes and (cause := _find_wrong_path(exchanges)):
        return (cause,)
    fixtures = target.get("fixtures") or {}
    wrong = {id(one): finding.check for row in rows for one, finding in _with_findings(row)}
    causes += _find_fixtures(fixtures, exchanges, wrong)
    if wrong:
        causes += _find_what_is_there(fixtures, rows, wrong)
    if wrong or any(row.verdict is Verdict.INCONCLUSIVE for row in rows):
        causes += _find_fields(fixtures, exchanges)
    return tuple(causes)


def apply_causes(results: Iterable[Result], causes: Sequence[RunCause]) -> tuple[Result, ...]:
    """Rows or explorations, inconclusive where all that speaks against the target rests on what never worked."""
    return tuple(_apply(result, causes) for result in results) if causes else tuple(results)


def _apply(result: Result, causes: Sequence[RunCause]) -> Result:
    by_number = {one.n: one for one in result.exchanges}
    against: list[tuple[RecordedExchange | None, Finding | ExploredFinding | None]] = []
    if result.verdict is Verdict.VIOLATES:
        musts = [one for one in result.findings if one.level is Level.MUST]
        against = [(by_number.get(one.exchange or 0), one) for one in musts]
    elif result.verdict is Verdict.INCONCLUSIVE:
        against = [(one, None) for one in _refused_at_last(result)]
    if any(one is not None and one.role != "guard" for one, _ in against):
        # What a look shows afterwards follows from a faulty request that was accepted.
        against = [each for each in against if each[0] is None or each[0].role != "guard"]
    # A valid request may be answered 404 as it should, such as a look at what was deleted: one refusal is enough.
    enough = any if result.verdict is Verdict.INCONCLUSIVE else all
    for cause in causes:
        if against and enough(_explains(cause, one, finding) for one, finding in against):
            kept: tuple[Any, ...] = tuple(one for one in result.findings if one.level is not Level.MUST)
            return replace(result, verdict=Verdict.INCONCLUSIVE, reason=cause.text, findings=kept)
    return result


def _explains(cause: RunCause, exchange: RecordedExchange | None, finding: Finding | ExploredFinding | None) -> bool:
    if cause.names and finding is not None and (finding.expected == cause.names or cause.names in finding.detail):
        return True
    return exchange is not None and cause.affects(exchange)


def _succeeded(exchange: RecordedExchange) -> bool:
    return exchange.response is not None and exchange.response.status < 400


def _refused_at_last(result: RowResult | Exploration) -> list[RecordedExchange]:
    """What made a result inconclusive: valid requests that were refused or not answered, else what was refused last."""
    if result.verdict is not Verdict.INCONCLUSIVE:
        return []
    if isinstance(result, Exploration):
        return list(result.exchanges[-1:])
    valid = [one for one in result.exchanges if one.role in _VALID and not _succeeded(one)]
    return valid or [one for one in result.exchanges if not _succeeded(one)][-1:]


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
    parts = split_url(places[0])
    place = f"{parts.scheme}://{parts.netloc}" if parts.netloc else places[0]
    text = Message("the target redirects every request to {place}; requests are never redirected", place=place)
    return RunCause("base_url", text, lambda one: one.response is not None)


def _find_same_page(exchanges: Sequence[RecordedExchange], key: str) -> RunCause | None:
    """One page, no JSON, whatever is asked: a proxy, a portal or another site answers."""
    answers = {(one.response.status, one.response.body) for one in exchanges if one.response is not None}
    asked = {(one.request.method, split_url(one.request.url).path) for one in exchanges}
    if len(answers) != 1 or len(asked) < _LEAST - 1:
        return None
    ((status, body),) = answers
    if not body.strip() or body.lstrip().startswith(("{", "[")):
        return None
    text = Message("{key}: every request was answered {status} with the same page, no JSON", key=key, status=status)
    return RunCause(key, text, partial(_shows_page, status=status, body=body))


def _shows_page(exchange: RecordedExchange, status: int, body: str) -> bool:
    return exchange.response is not None and (exchange.response.status, exchange.response.body) == (status, body)


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
    fixtures: Mapping[str, Any], exchanges: Sequence[RecordedExchange], wrong: Mapping[int, str]
) -> Iterator[RunCause]:
    """Fixtures with which nothing ever worked; `wrong` has the check of each exchange, by identity, that was wrong."""
    failing: dict[str, tuple[str, int, list[RecordedExchange]]] = {}
    for name, value in _plain_fixtures(fixtures):
        calls = [one for one in exchanges if _shows_what_works(one) and _names_value(one, value)]
        statuses = _statuses_of_valid(calls) - {401, 403}  # these come before all else and tell nothing of a fixture
        resting = [one for one in calls if one.role in _VALID]
        in_path = any(_in_path(one, value) for one in calls)
        enough = not resting and len(calls) >= (_LEAST if in_path else 1)
        firm = [one for one in calls if one.role in _FIRM]
        if enough and firm and all(wrong.get(id(one)) == "status" for one in firm):
            # No valid request uses it (at smoke), and each faulty one was refused as if there were no such thing.
            resting, statuses = calls, {one.response.status for one in calls if one.response is not None}
        if len(statuses) != 1 or not statuses <= {404, 405} or any(value == each for each, *_ in failing.values()):
            continue
        if in_path or not any(_succeeded(one) and _shows(one, value) for one in exchanges):
            failing[name] = value, next(iter(statuses)), resting
    if (parent := _find_wrong_parent(fixtures, failing, exchanges, wrong)) is not None:
        yield parent
        failing = {name: each for name, each in failing.items() if not all(map(parent.affects, each[-1]))}
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


def _plain_fixtures(fixtures: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in fixtures.items():
        if not isinstance(value, bool) and isinstance(value, str | int) and str(value).strip("/"):
            yield name, str(value)


def _find_wrong_parent(
    fixtures: Mapping[str, Any],
    failing: Mapping[str, tuple[str, int, list[RecordedExchange]]],
    exchanges: Sequence[RecordedExchange],
    wrong: Mapping[int, str],
) -> RunCause | None:
    """A fixture whose answers lack what they should show, and below which two others were not found."""
    for name, value in _plain_fixtures(fixtures):
        below = [key for key, (*_, calls) in failing.items() if all(_in_path(one, value) for one in calls)]
        valid = [one for one in exchanges if one.role in _VALID and _in_path(one, value)]
        if name in failing or len(below) < _LEAST - 1 or not any(wrong.get(id(one)) == "effect" for one in valid):
            continue
        text = Message(
            "fixtures.{name}: {value} answers, but {below} are not found below it: it may be of another kind",
            name=name,
            value=value,
            below=", ".join(below),
        )
        return RunCause(
            f"fixtures.{name}", text, partial(_rests_on, value=value, below=[fixtures[key] for key in below])
        )
    return None


def _rests_on(exchange: RecordedExchange, value: str, below: Sequence[str]) -> bool:
    """Whether an exchange is a valid one with this value, or any with one of those below it."""
    return (exchange.role in _VALID and _in_path(exchange, value)) or any(
        _in_path(exchange, str(each)) for each in below
    )


def _find_what_is_there(
    fixtures: Mapping[str, Any], rows: Sequence[RowResult], wrong: Mapping[int, str]
) -> Iterator[RunCause]:
    """What should be missing and was found each time, where other values in the same place were refused."""
    for name, value in _plain_fixtures(fixtures):
        if not name.startswith(_MISSING):
            continue
        found: list[RecordedExchange] = []
        refused = 0
        for row in rows:
            firm = [one for one in row.exchanges if one.role in _FIRM]
            mine = [one for one in firm if _must_refuse(one, value)]
            found += mine
            for pattern in {_describe_others(one, value) for one in mine}:
                alike = [one for one in firm if one not in mine and re.fullmatch(pattern, _describe_request(one))]
                refused += sum(not _succeeded(one) and id(one) not in wrong for one in alike)
        if len(found) > 1 and refused > 1 and all(map(_succeeded, found)):
            text = Message("fixtures.{name}: {value} is there: it was answered with a success", name=name, value=value)
            yield RunCause(f"fixtures.{name}", text, partial(_must_refuse, value=value))


def _must_refuse(exchange: RecordedExchange, value: str) -> bool:
    """Whether it is a request with this value that must be refused."""
    return exchange.role in _FIRM and (_names_value(exchange, value) or _has_text(exchange, value))


def _has_text(exchange: RecordedExchange, value: str) -> bool:
    """Whether a value is a text in the body of a request."""
    return f'"{value}"' in (exchange.request.body or "")


def _describe_others(exchange: RecordedExchange, value: str) -> str:
    """A pattern of the same request with another value, and with other parameters behind it."""
    method, url, body = map(re.escape, _describe_request(exchange).split(" ", 2))
    return rf"{method}\ {url}(?:&\S*)?\ {body}".replace(re.escape(value), '[^/&"]+')


def _describe_request(exchange: RecordedExchange) -> str:
    request = exchange.request
    url = unquote(request.url).replace(" ", "+")
    return f"{request.method} {url} {request.body or ''}"


def _find_fields(fixtures: Mapping[str, Any], exchanges: Sequence[RecordedExchange]) -> Iterator[RunCause]:
    """Members of bodies that the profile names, and that the target does not know, or whose valid value it refuses."""
    named = dict(_nested_texts("fixtures", {key: each for key, each in fixtures.items() if isinstance(each, Mapping)}))
    if not named:
        return
    shown = set[str]().union(*(_members(one.response.body) for one in exchanges if one.response and _succeeded(one)))
    known = shown.intersection(named.values())
    for key, value in named.items():
        using = [one for one in exchanges if _sends(one, value)]
        valid = [one for one in using if one.role in _VALID and one.response is not None]
        affects = partial(_sends, value=value)
        if known and using and value not in shown:
            text = Message("{key}: no answer of the target has a member {value}", key=key, value=value)
            yield RunCause(key, text, affects, value)
        elif valid and not any(map(_succeeded, valid)) and all(_shows(one, value) for one in valid):
            name = key.rpartition(".")[0]
            text = Message("{name}: every valid request with {value} was refused for it", name=name, value=value)
            yield RunCause(name, text, affects)


def _sends(exchange: RecordedExchange, value: str) -> bool:
    return f'"{value}"' in (exchange.request.body or "") and value in _members(exchange.request.body or "")


def _nested_texts(place: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every text inside of objects, with its place."""
    for key, each in value.items() if isinstance(value, Mapping) else ():
        if isinstance(each, str):
            yield f"{place}.{key}", each
        yield from _nested_texts(f"{place}.{key}", each)


def _members(body: str) -> frozenset[str]:
    """The names of all members in a JSON text; those of a text that is cut, as far as they can be seen."""
    return frozenset(re.findall(r'"([^"\\\s]+)"\s*:', body))


def _shows(exchange: RecordedExchange, value: str) -> bool:
    return exchange.response is not None and value in exchange.response.body


def _with_findings(row: RowResult) -> Iterator[tuple[RecordedExchange, Finding]]:
    by_number = {one.exchange: one for one in reversed(row.findings) if one.level is Level.MUST}
    return ((one, by_number[one.n]) for one in row.exchanges if one.n in by_number)


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
    return lambda one: _names_value(one, value) or _has_text(one, value)


def _names_value(exchange: RecordedExchange, value: str) -> bool:
    """Whether a value stands in the path of a request, as whole segments, or is a value of its query."""
    if _in_path(exchange, value):
        return True
    query = split_url(exchange.request.url).query
    return not value.isdigit() and value in (each for _, each in parse_qsl(query, keep_blank_values=True))


def _in_path(exchange: RecordedExchange, value: str) -> bool:
    """Whether a value stands in the path as whole segments; a path with placeholders, or of several, to its end."""
    segments = [re.escape(each) for each in value.strip("/").split("/")]
    pattern = "/".join("[^/]+" if "\\{" in each else each for each in segments)
    end = "$" if len(segments) > 1 else ""
    return re.search(f"/{pattern}/{end}", f"/{unquote(split_url(exchange.request.url).path).strip('/')}/") is not None
