"""Rules for fixtures with which nothing ever worked, or that stand in the place of each other."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from posixpath import commonpath
from typing import Final
from urllib.parse import parse_qsl, unquote

from conformance.http import split_url
from conformance.messages import Message
from conformance.session.causes.model import (
    LEAST,
    Call,
    RunCause,
    RunEvidence,
    describe_exchange,
    shows_what_works,
    statuses_of_valid,
)

_MISSING: Final = ("missing_", "invited_")
"""What the name of a fixture begins with that the target must not have, or not show."""
_IDENTIFIER: Final = r'"[A-Za-z_]*(?:[iI]d|[uU]rl|By)"\s*:\s*"(?:[^"]*/)?{}"'
"""A member of an answer that says what a thing is called, at the end of its URL perhaps, or who made it."""

_URL: Final = r'"\w*[uU]rl"\s*:\s*"(https?://[^"]*)"'
"""A member of an answer that is the URL of a thing."""


def find_fixtures(run: RunEvidence) -> Iterator[RunCause]:
    """Fixtures with which nothing ever worked, as if there were no such thing."""
    failing: dict[str, tuple[str, int, list[Call]]] = {}
    for name, value in run.plain().items():
        uses = run.users(value)
        calls = [one for one in run.calls if shows_what_works(one) and one.names(value) and uses(one)]
        statuses = statuses_of_valid(calls) - {401, 403}  # these come before all else and tell nothing of a fixture
        resting = [one for one in calls if one.is_valid]
        in_path = any(one.is_in_path(value) for one in calls)
        enough = not resting and in_path and len(calls) > 1
        firm = [one for one in calls if one.is_firm]
        if enough and firm and all(map(_is_of_no_route, firm)):
            # No valid request uses it (at smoke), and each faulty one was refused as if there were no such thing.
            resting, statuses = calls, {one.status for one in calls}
        if len(statuses) != 1 or not statuses <= {404, 405} or any(value == each for each, *_ in failing.values()):
            continue
        if in_path or not _is_shown_there(run, value, resting):
            failing[name] = value, next(iter(statuses)), resting
    if (parent := _find_parent(run, failing)) is not None:
        yield parent
        failing = {name: each for name, each in failing.items() if not all(map(parent.affects, each[-1]))}
    exchanged = {cause.key for cause in find_exchanged(run)}
    for name, (value, status, calls) in failing.items():
        if f"fixtures.{name}" in exchanged or any(_rests_on_other(calls, value, *each) for each in failing.values()):
            continue  # it was never asked for without another fixture that does not work either
        names = " or ".join(each for each, same in run.plain().items() if same == value)
        text = Message(
            "fixtures.{name}: {value} was answered {status} by every operation that uses it",
            name=names,
            value=value,
            status=status,
        )
        if name.startswith(_MISSING):
            text = Message(
                "fixtures.{name}: {value} was answered {status} without a reason: it may lead nowhere",
                name=names,
                value=value,
                status=status,
            )
        yield RunCause(f"fixtures.{name}", text, run.users(value))


def _is_shown_there(run: RunEvidence, value: str, calls: Sequence[Call]) -> bool:
    """Whether the target shows a value where calls that name it are sent, if by another version of the path."""
    ends = {_last_segment(one) for one in calls}
    there = [one for one in run.calls if one.succeeded and _last_segment(one) in ends]
    return any(one.shows(f'{mark}{value}"') for one in there for mark in '"/')


def _last_segment(call: Call) -> str:
    return call.asked_for[1].rpartition("/")[2]


def _rests_on_other(calls: Sequence[Call], value: str, other: str, _status: int, others: Sequence[Call]) -> bool:
    """Whether a fixture was asked for with another one alone, which was asked for without it or comes before it."""
    used, path = set(calls), f"{unquote(calls[0].asked_for[1])}/"
    is_above = 0 <= path.find(f"/{other}/") < path.find(f"/{value}/")
    return used < set(others) or (used == set(others) and is_above)


def find_unlisted_urls(run: RunEvidence) -> Iterator[RunCause]:
    """URLs of things that are listed under another one: asked for by the end of it, only that other one is shown."""
    for name, value in run.plain().items() if run.blames else ():
        folder, _, file = value.partition("?")[0].rpartition("/")
        is_url = "://" in folder and not name.startswith(_MISSING)
        asked = [one for one in run.calls if is_url and one.succeeded and one.names(file)]
        bodies = [
            one.body.replace("\\/", "/") for one in asked if one.exchange.response and not one.exchange.response.cut
        ]
        is_listed = any(f'/{file}"'.casefold() in body.casefold() for body in bodies)
        if is_listed and not any(f'"{value}"' in body for body in bodies):
            text = Message(
                "fixtures.{name}: {value} is not what is shown where {file} is asked for",
                name=name,
                value=value,
                file=file,
            )
            yield RunCause(f"fixtures.{name}", text, partial(_asks_below, folder=folder))


def find_foreign_urls(run: RunEvidence) -> Iterator[RunCause]:
    """URLs of what should be missing, of another host or service than all that the target shows, and refused as wrong.

    A right target refuses them with 400. Another answer is judged, as the target may have others beside those it shows.
    """
    missing = {name: each for name, each in run.plain().items() if name.startswith(_MISSING) and "://" in each}
    bodies = [one.body.replace("\\/", "/") for one in run.calls if one.succeeded] if run.blames and missing else []
    shown = {url for body in bodies for url in re.findall(_URL, body)}
    for name, value in missing.items() if shown else ():
        place = split_url(value)
        paths = [split_url(url).path for url in shown if split_url(url).netloc == place.netloc]
        folders = {f"/{path.lstrip('/').rpartition('/')[0]}" for path in paths}  # a URL may have no path at all
        common = commonpath(folders) if len(folders) > 1 else ""
        affects = partial(Call.must_refuse, value=value)
        answered = {one.status for one in run.calls if affects(one)}
        if answered == {400} and not (folders and place.path.startswith(common)):
            text = Message(
                "fixtures.{name}: {value} is of another host or service than all that the target shows",
                name=name,
                value=value,
            )
            yield RunCause(f"fixtures.{name}", text, affects)


def find_unspoken_languages(run: RunEvidence) -> Iterator[RunCause]:
    """A language of the profile in which no message came that was asked for in it, while all others came as asked."""
    listed = run.fixtures.get("languages")
    wrong = [[one for one in row if one.finding and one.finding.check == "language"] for row in run.rows]
    for language in listed if isinstance(listed, list) else ():
        asked = re.compile(rf"\[(?:[^\]]*[=: ])?{re.escape(str(language))}\]")
        rows = [row for row, found in zip(run.rows, wrong, strict=True) if found]
        firm = [one for row in rows for one in row if one.is_firm and one.status and asked.search(one.exchange.label)]
        if len(rows) >= LEAST and firm and set(firm) == {one for found in wrong for one in found}:
            text = Message(
                "fixtures.languages: no message was in {language} where that was asked for", language=language
            )
            reasons = {each for one in firm if one.reason for each in one.reason[1].split()}
            yield RunCause("fixtures.languages", text, partial(_asks_in, asked=asked, reasons=reasons))


def _asks_in(call: Call, asked: re.Pattern[str], reasons: Collection[str]) -> bool:
    """Whether a request for a language was refused in another one, if it is an open one for reasons that others had."""
    if call.finding is None or asked.search(call.exchange.label) is None:
        return False
    is_known = call.reason is not None and set(call.reason[1].split()) <= set(reasons)
    return call.finding.check == "language" or (call.finding.check == "choice" and is_known)


def _asks_below(call: Call, folder: str) -> bool:
    """Whether a value of the query is a URL in a folder, or of it."""
    query = parse_qsl(split_url(call.exchange.request.url).query)
    return any(value.startswith(folder) for _, value in query)


def _is_of_no_route(call: Call) -> bool:
    """Whether a faulty request was refused with another status, or with none of the codes that stand for a reason."""
    finding = call.finding
    return finding is not None and (finding.check == "status" or (finding.check == "code" and finding.actual is None))


def _find_parent(run: RunEvidence, failing: Mapping[str, tuple[str, int, list[Call]]]) -> RunCause | None:
    """A fixture whose answers lack what they should show, and below which another was not found."""
    for name, value in run.plain().items():
        below = [key for key, (*_, calls) in failing.items() if all(one.is_in_path(value) for one in calls)]
        lacking = any(one.lacks_effect for one in run.calls if one.is_valid and one.is_in_path(value))
        if name not in failing and below and lacking and "{" not in value:
            text = Message(
                "fixtures.{name}: {value} answers, but {below} are not found below it: it may be of another kind",
                name=name,
                value=value,
                below=", ".join(below),
            )
            values = [str(run.fixtures[key]) for key in below]
            return RunCause(f"fixtures.{name}", text, partial(_rests_on, value=value, below=values))
    return None


def _rests_on(call: Call, value: str, below: Sequence[str]) -> bool:
    """Whether a call may be a valid one with this value, or is any with one of those below it."""
    return (not call.is_firm and call.is_in_path(value)) or call.is_below(below)


def find_what_is_there(run: RunEvidence) -> Iterator[RunCause]:
    """What should be missing, and was found each time: listed elsewhere, or where other values were refused."""
    for name, value in run.plain().items():
        found: list[Call] = []
        refused = 0
        for row in run.rows if run.blames and name.startswith(_MISSING) else ():
            firm = [one for one in row if one.is_firm]
            mine = [one for one in firm if one.uses(value)]
            found += mine
            for pattern in {_describe_others(one, value) for one in mine}:
                alike = [one for one in firm if one not in mine and re.fullmatch(pattern, _describe_request(one))]
                refused += sum(not one.succeeded and one.finding is None for one in alike)
        written = min((one.exchange.started for one in run.calls if one.has_text(value) and one.succeeded), default="~")
        listed = [one.exchange.started < written for one in run.calls if found and _lists(one, value)]
        is_found = found and all(one.succeeded for one in found)
        if (is_found and ((len(found) > 1 and refused > 1) or listed)) or (
            any(one.finding for one in found) and any(listed)
        ):
            text = Message("fixtures.{name}: {value} is there: it was answered with a success", name=name, value=value)
            yield RunCause(f"fixtures.{name}", text, partial(_finds, value=value))


def _finds(call: Call, value: str) -> bool:
    return call.succeeded and call.uses(value)


def find_exchanged(run: RunEvidence) -> Iterator[RunCause]:
    """What should be missing is what works, and what should work is what is missing."""
    named = run.plain() if run.blames else {}
    for missing, name in ((each, other) for each in named for other in named if each.endswith(f"_{other}")):
        valid = [one.succeeded for one in run.of_path(named[name]) if one.is_valid]
        firm = [one.succeeded for one in run.of_path(named[missing]) if one.is_firm]
        if valid and firm and all(firm) and not any(valid):
            text = describe_exchange(f"fixtures.{name}", f"fixtures.{missing}")
            yield RunCause(f"fixtures.{name}", text, partial(_uses_any, values=(named[name], named[missing])))


def _uses_any(call: Call, values: Iterable[str]) -> bool:
    return any(map(call.uses, values))


def _describe_others(call: Call, value: str) -> str:
    """A pattern of the same request with another value, and with other parameters around it."""
    method, url, body = map(re.escape, _describe_request(call).split(" ", 2))
    path, mark, query = url.replace(re.escape(value), "[^/&]+").partition(r"\?")
    more = rf"{mark}(?:\S*&)?{query}(?:&\S*)?" if mark else ""
    return rf"{method}\ {path}{more}\ " + body.replace(re.escape(value), '[^/&"]+')


def _describe_request(call: Call) -> str:
    request = call.exchange.request
    url = unquote(request.url).replace(" ", "+")
    return f"{request.method} {url} {request.body or ''}"


def _lists(call: Call, value: str) -> bool:
    """Whether a thing is shown by its identifier to a request that does not name it."""
    is_shown = call.succeeded and not call.uses(value)
    return is_shown and re.search(_IDENTIFIER.format(re.escape(value)), call.body) is not None
