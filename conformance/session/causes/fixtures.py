"""Fixtures with which nothing ever worked, or that stand in the place of each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Final
from urllib.parse import parse_qsl, unquote

from conformance.http import split_url
from conformance.messages import Message
from conformance.results.model import FIRM, RecordedExchange
from conformance.session.causes.exchanges import (
    VALID,
    Calls,
    is_below,
    is_in_path,
    must_refuse,
    names_value,
    shows,
    shows_what_works,
    statuses_of_valid,
    succeeded,
    uses_value,
)
from conformance.session.causes.model import RunCause, RunEvidence

_MISSING: Final = ("missing_", "invited_")
"""What the name of a fixture begins with that the target must not have, or not show."""


_IDENTIFIER: Final = r'"[A-Za-z_]*(?:[iI]d|[uU]rl|By)"\s*:\s*"(?:[^"]*/)?{}"'
"""A member of an answer that says what a thing is called, at the end of its URL perhaps, or who made it."""


def find_fixtures(run: RunEvidence) -> Iterator[RunCause]:
    """Fixtures with which nothing ever worked, as if there were no such thing."""
    failing: dict[str, tuple[str, int, Calls]] = {}
    for name, value in run.plain().items():
        calls = [one for one in run.calls if shows_what_works(one) and names_value(one, value)]
        statuses = statuses_of_valid(calls) - {401, 403}  # these come before all else and tell nothing of a fixture
        resting = [one for one in calls if one.role in VALID]
        in_path = any(is_in_path(one, value) for one in calls)
        enough = not resting and len(calls) >= (2 if in_path else 1)
        firm = [one for one in calls if one.role in FIRM]
        if enough and firm and all(map(partial(_is_of_no_route, run), firm)):
            # No valid request uses it (at smoke), and each faulty one was refused as if there were no such thing.
            resting, statuses = calls, {one.response.status for one in calls if one.response is not None}
        if len(statuses) != 1 or not statuses <= {404, 405} or any(value == each for each, *_ in failing.values()):
            continue
        if in_path or not any(succeeded(one) and _shows_name(one, value) for one in run.calls):
            failing[name] = value, next(iter(statuses)), resting
    if (parent := _find_parent(run, failing)) is not None:
        yield parent
        failing = {name: each for name, each in failing.items() if not all(map(parent.affects, each[-1]))}
    for name, (value, status, calls) in failing.items():
        used = set(map(id, calls))
        if any(used < set(map(id, other)) for *_, other in failing.values()):
            continue  # it was never asked for without another fixture that does not work either
        text = Message(
            "fixtures.{name}: {value} was answered {status} by every operation that uses it",
            name=name,
            value=value,
            status=status,
        )
        yield RunCause(f"fixtures.{name}", text, partial(uses_value, value=value))


def find_unlisted_urls(run: RunEvidence) -> Iterator[RunCause]:
    """URLs of things that are listed under another one: asked for by the end of it, only that other one is shown."""
    for name, value in run.plain().items() if run.wrong else ():
        folder, _, file = value.partition("?")[0].rpartition("/")
        is_url = "://" in folder and not name.startswith(_MISSING)
        asked = [one.response for one in run.calls if is_url and succeeded(one) and names_value(one, file)]
        bodies = [one.body.replace("\\/", "/") for one in asked if one is not None and not one.cut]
        is_listed = any(f'/{file}"'.casefold() in body.casefold() for body in bodies)
        if is_listed and not any(f'"{value}"' in body for body in bodies):
            text = Message(
                "fixtures.{name}: {value} is not what is shown where {file} is asked for",
                name=name,
                value=value,
                file=file,
            )
            yield RunCause(f"fixtures.{name}", text, partial(_asks_below, folder=folder))


def _asks_below(exchange: RecordedExchange, folder: str) -> bool:
    """Whether a value of the query is a URL in a folder, or of it."""
    query = parse_qsl(split_url(exchange.request.url).query)
    return any(value.startswith(folder) for _, value in query)


def _is_of_no_route(run: RunEvidence, exchange: RecordedExchange) -> bool:
    """Whether a faulty request was refused with another status, or with none of the codes that stand for a reason."""
    finding = run.wrong.get(id(exchange))
    return finding is not None and (finding.check == "status" or (finding.check == "code" and finding.actual is None))


def _find_parent(run: RunEvidence, failing: Mapping[str, tuple[str, int, Calls]]) -> RunCause | None:
    """A fixture whose answers lack what they should show, and below which another was not found."""
    for name, value in run.plain().items():
        below = [key for key, (*_, calls) in failing.items() if all(is_in_path(one, value) for one in calls)]
        valid = [one for one in run.calls if one.role in VALID and is_in_path(one, value)]
        lacking = [one for one in valid if id(one) in run.wrong and run.wrong[id(one)].check == "effect"]
        if name not in failing and below and lacking:
            text = Message(
                "fixtures.{name}: {value} answers, but {below} are not found below it: it may be of another kind",
                name=name,
                value=value,
                below=", ".join(below),
            )
            values = [str(run.fixtures[key]) for key in below]
            return RunCause(f"fixtures.{name}", text, partial(_rests_on, value=value, below=values))
    return None


def _rests_on(exchange: RecordedExchange, value: str, below: Sequence[str]) -> bool:
    """Whether an exchange may be a valid one with this value, or is any with one of those below it."""
    return (exchange.role not in FIRM and is_in_path(exchange, value)) or is_below(exchange, below)


def find_what_is_there(run: RunEvidence) -> Iterator[RunCause]:
    """What should be missing, and was found each time: listed elsewhere, or where other values were refused."""
    for name, value in run.plain().items():
        found: Calls = []
        refused = 0
        for row in run.rows if run.wrong and name.startswith(_MISSING) else ():
            firm = [one for one in row.exchanges if one.role in FIRM]
            mine = [one for one in firm if uses_value(one, value)]
            found += mine
            for pattern in {_describe_others(one, value) for one in mine}:
                alike = [one for one in firm if one not in mine and re.fullmatch(pattern, _describe_request(one))]
                refused += sum(not succeeded(one) and id(one) not in run.wrong for one in alike)
        if not found or not all(map(succeeded, found)):
            continue
        if (len(found) > 1 and refused > 1) or any(_lists(one, value) for one in run.calls):
            text = Message("fixtures.{name}: {value} is there: it was answered with a success", name=name, value=value)
            yield RunCause(f"fixtures.{name}", text, partial(must_refuse, value=value))


def find_exchanged(run: RunEvidence) -> Iterator[RunCause]:
    """What should be missing is what works, and what should work is what is missing."""
    named = run.plain() if run.wrong else {}
    for missing, name in ((each, other) for each in named for other in named if each.endswith(f"_{other}")):
        valid, firm = run.of_path(named[name], VALID), run.of_path(named[missing], FIRM)
        if valid and len(firm) > 1 and all(map(succeeded, firm)) and not any(map(succeeded, valid)):
            text = Message(
                "fixtures.{name} and fixtures.{missing} stand in the place of each other: "
                "the first was always refused, the second never",
                name=name,
                missing=missing,
            )
            values = named[name], named[missing]
            yield RunCause(f"fixtures.{name}", text, partial(is_below, values=values))


def _describe_others(exchange: RecordedExchange, value: str) -> str:
    """A pattern of the same request with another value, and with other parameters behind it."""
    method, url, body = map(re.escape, _describe_request(exchange).split(" ", 2))
    return rf"{method}\ {url}(?:&\S*)?\ {body}".replace(re.escape(value), '[^/&"]+')


def _describe_request(exchange: RecordedExchange) -> str:
    request = exchange.request
    url = unquote(request.url).replace(" ", "+")
    return f"{request.method} {url} {request.body or ''}"


def _shows_name(exchange: RecordedExchange, value: str) -> bool:
    """Whether a value stands in an answer as a whole, or as the end of a URL."""
    return shows(exchange, f'"{value}"') or shows(exchange, f'/{value}"')


def _lists(exchange: RecordedExchange, value: str) -> bool:
    """Whether a thing is shown by its identifier to a request that does not name it."""
    body = exchange.response.body if exchange.response is not None and succeeded(exchange) else ""
    return not uses_value(exchange, value) and re.search(_IDENTIFIER.format(re.escape(value)), body) is not None
