"""What went wrong for a whole run at once, such as a wrong key: one cause instead of many rows that blame the target.

A row may blame a target only where what it rests on was seen to work in the same run: the way to the target, its
credential and its fixtures. Where that never worked, the fault is most likely the profile's. `_RULES` lists what is
looked for; a rule must leave alone a target that is wrong for some values, in some rows or some of the time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, unquote

from conformance.checks.model import Finding, Level, Verdict
from conformance.engine.journal import has_run_name
from conformance.http import FAILURE_NAMES, FailureKind, split_url
from conformance.messages import Message
from conformance.results.model import (
    FIRM,
    Exploration,
    ExploredFinding,
    RecordedExchange,
    RecordedNoResponse,
    RowResult,
)
from conformance.results.redaction import CLOSE, OPEN
from conformance.target.schema import parse_duration

Result = TypeVar("Result", bound=RowResult | Exploration)
Calls = list[RecordedExchange]

_VALID: Final = frozenset({"control", "step", "guard"})
"""Roles of requests that a right target with a right profile answers with a success."""
_MISSING: Final = ("missing_", "invited_")
"""What the name of a fixture begins with that the target must not have, or not show."""
_IDENTIFIER: Final = r'"[A-Za-z_]*(?:[iI]d|[uU]rl|By)"\s*:\s*"(?:[^"]*/)?{}"'
"""A member of an answer that says what a thing is called, at the end of its URL perhaps, or who made it."""
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
    """What only findings that rest on this mistake expect, or name; the field that rows are about which rest on it."""


@dataclass(frozen=True, slots=True)
class _Run:
    """What a run has shown."""

    target: Mapping[str, Any]
    """The description of the target in the results."""
    rows: Sequence[RowResult]
    calls: Calls
    """Every exchange; of explorations, what was refused last, as if it were a control."""
    wrong: Mapping[int, Finding]
    """What was wrong with an exchange, by its identity."""

    @property
    def fixtures(self) -> Mapping[str, Any]:
        return self.target.get("fixtures") or {}

    @property
    def way(self) -> str:
        """The entry of the profile that says where every request goes first."""
        return "proxy" if self.target.get("proxy") else "base_url"

    def plain(self) -> dict[str, str]:
        """Fixtures that are a text or a number, as they stand in a request."""
        return {
            name: str(value)
            for name, value in self.fixtures.items()
            if not isinstance(value, bool) and isinstance(value, str | int) and str(value).strip("/")
        }

    def of_path(self, value: str, roles: frozenset[str]) -> Calls:
        """What was called in some roles with a value in its path, and on no path that is written out elsewhere."""
        others = [each for each in self.plain().values() if "/" in each and "{" not in each and each != value]
        calls = (one for one in self.calls if one.role in roles and _in_path(one, value))
        return [one for one in calls if "{" not in value or not any(_in_path(one, each) for each in others)]


def find_causes(
    target: Mapping[str, Any], rows: Sequence[RowResult], explored: Sequence[Exploration] = ()
) -> tuple[RunCause, ...]:
    """The causes that explain answers of a whole run; `target` is the description of it in the results."""
    calls = [one for row in rows for one in row.exchanges]
    calls += [replace(one, role="control") for item in explored for one in _refused_at_last(item)]
    if not calls:
        return ()
    wrong = {id(one): finding for row in rows for one, finding in _with_findings(row)}
    run = _Run(target, rows, calls, wrong)
    of_proxy = tuple(_find_proxy(run))
    if all(map(_is_of_proxy, calls)):
        return of_proxy
    for rule in _FIRST:
        if cause := next(rule(run), None):
            return (cause,)
    run = replace(run, calls=[one for one in calls if not _is_of_proxy(one)])
    found = tuple(cause for rule in _RULES for cause in rule(run))
    return (*of_proxy, *found) or tuple(_find_refused_alike(run))


def apply_causes(results: Iterable[Result], causes: Sequence[RunCause]) -> tuple[Result, ...]:
    """Rows or explorations, inconclusive where all that speaks against the target rests on what never worked.

    What a refusal may not tell, it may not tell whatever it was refused for: of a fixture that is mistaken, too.
    """
    return tuple(_apply(result, causes) for result in results) if causes else tuple(results)


def _apply(result: Result, causes: Sequence[RunCause]) -> Result:
    by_number = {one.n: one for one in result.exchanges}
    against: list[tuple[RecordedExchange | None, Finding | ExploredFinding | None]] = []
    if result.verdict is Verdict.VIOLATES:
        musts = [one for one in result.findings if one.level is Level.MUST]
        told = [one for one in musts if one.check != "leak"] or musts
        against = [(by_number.get(one.exchange or 0), one) for one in told]
    elif result.verdict is Verdict.INCONCLUSIVE:
        against = [(one, None) for one in _refused_at_last(result)]
    if any(one is not None and one.role != "guard" for one, _ in against):
        # What a look shows afterwards follows from a faulty request that was accepted.
        against = [each for each in against if each[0] is None or each[0].role != "guard"]
    # A valid request may be answered 404 as it should, such as a look at what was deleted: one refusal is enough.
    enough = any if result.verdict is Verdict.INCONCLUSIVE else all
    field = result.expected.field if isinstance(result, RowResult) and result.expected is not None else None
    for cause in causes:
        is_about = field is not None and field == cause.names
        if against and (is_about or enough(_explains(cause, one, finding) for one, finding in against)):
            stays = "leak" if cause.key.startswith("fixtures.") else None
            kept = tuple(one for one in result.findings if one.level is not Level.MUST or one.check == stays)
            changes: dict[str, Any] = {"findings": kept}
            if all(one.level is not Level.MUST for one in kept):
                changes |= {"verdict": Verdict.INCONCLUSIVE, "reason": cause.text}
            return replace(result, **changes)
    return result


def _explains(cause: RunCause, exchange: RecordedExchange | None, finding: Finding | ExploredFinding | None) -> bool:
    if cause.names and finding is not None and (finding.expected == cause.names or cause.names in finding.detail):
        return True
    return exchange is not None and cause.affects(exchange)


# --- the way to the target


def _find_silence(run: _Run) -> Iterator[RunCause]:
    failures = [one.failure for one in run.calls if one.failure is not None]
    if failures and not any(one.response is not None for one in run.calls):
        first = next((one for one in failures if one.kind != FailureKind.NOT_SENT), failures[0])
        reason = first.detail or FAILURE_NAMES.get(first.kind, first.kind)
        if _is_gone(first) and isinstance(reason, Message):
            reason = str(reason.values["reason"])
        text = Message("the target answered no request: {reason}", reason=reason)
        yield RunCause(run.way, text, lambda one: one.response is None)


def _find_gone(run: _Run) -> Iterator[RunCause]:
    """From some time on nothing was answered, so that nothing more was sent."""
    answered = max((one.started for one in run.calls if one.response is not None), default="")
    gone = next((one.failure.detail for one in run.calls if one.failure is not None and _is_gone(one.failure)), None)
    if isinstance(gone, Message):
        yield RunCause(
            "base_url",
            gone,
            lambda one: one.failure is not None and (_is_gone(one.failure) or one.started > answered),
        )


def _is_gone(failure: RecordedNoResponse) -> bool:
    """Whether a request was not sent because too many before it had no answer."""
    return failure.kind == FailureKind.NOT_SENT and failure.detail.startswith("the target is gone: ")


def _find_redirect(run: _Run) -> Iterator[RunCause]:
    answers = [one.response for one in run.calls if one.response is not None]
    places = [value for answer in answers for name, value in answer.headers if name.lower() == "location"]
    if places and all(answer.status in {301, 302, 303, 307, 308} for answer in answers):
        parts = split_url(places[0])
        place = f"{parts.scheme}://{parts.netloc}" if parts.netloc else places[0]
        text = Message("the target redirects every request to {place}; requests are never redirected", place=place)
        yield RunCause("base_url", text, lambda one: one.response is not None)


def _find_page(run: _Run) -> Iterator[RunCause]:
    return _find_same_page(run.calls, run.way, [])


def _find_page_of_vantage(run: _Run) -> Iterator[RunCause]:
    for name, form in (run.target.get("vantages") or {}).items():
        if proxy := form.get("proxy"):
            through = [one for one in run.calls if _is_through(one, proxy)]
            yield from _find_same_page(through, f"vantages.{name}", [one for one in run.calls if one not in through])


def _find_same_page(calls: Calls, key: str, others: Calls) -> Iterator[RunCause]:
    """One page whatever is asked, no JSON or none as in `others`: a proxy, a portal or another site answers."""
    answers = {(one.response.status, one.response.body) for one in calls if one.response is not None}
    asked = {(one.request.method, split_url(one.request.url).path) for one in calls}
    for status, body in answers if len(answers) == 1 and len(asked) > 1 else ():
        known = set[str]().union(
            *(_members(one.response.body) for one in others if one.response and not _succeeded(one))
        )
        is_json = body.lstrip().startswith(("{", "["))
        if body.strip() and not (is_json and (_members(body) & known or key == "base_url")):
            text = Message("{key}: every request was answered {status} with the same page", key=key, status=status)
            yield RunCause(key, text, partial(_shows, value=body))


def _find_credentials(run: _Run) -> Iterator[RunCause]:
    used: dict[str, Calls] = {}
    for one in filter(_shows_what_works, run.calls):
        for name in dict.fromkeys(_credentials_of(one)):
            used.setdefault(name, []).append(one)
    for name, calls in used.items():
        statuses = _statuses_of_valid(calls)
        # A secret from the environment is recorded by the name of its variable.
        what = f"${name}" if name.isupper() else f"credentials.{name}"
        known = [one.started for one in calls if one.response is not None and one.response.status not in {401, 403}]
        worked = max(known, default="") if any(map(_succeeded, calls)) else ""
        since = [one for one in calls if one.started > worked]
        late = {one.response.status for one in since if one.response is not None}
        if worked and len(late) == 1 and late <= {401, 403} and sum(one.role in _VALID for one in since) >= _LEAST:
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


def _find_proxy(run: _Run) -> Iterator[RunCause]:
    """Proxies of the profile that answered requests themselves; a 407 is of a proxy, whether one is named or not."""
    forms = {f"vantages.{name}": form.get("proxy") for name, form in (run.target.get("vantages") or {}).items()}
    refused = list(filter(_is_of_proxy, run.calls))
    for key, proxy in {**forms, run.way: run.target.get("proxy") or ""}.items():
        of_this = [one for one in refused if proxy is not None and _is_through(one, proxy)]
        refused = [one for one in refused if one not in of_this]
        reasons = [one.failure.detail for one in of_this if one.failure and one.failure.kind == FailureKind.PROXY]
        if of_this:
            reason = reasons[0] if reasons else Message("our proxy answered 407: it wants a user and a password")
            n = len(reasons or of_this)
            text = Message("{key}: {n} requests did not reach the target: {reason}", key=key, n=n, reason=reason)
            yield RunCause(key, text, _is_of_proxy)


def _is_through(exchange: RecordedExchange, proxy: str) -> bool:
    """Whether a request went through a proxy, the user of which is not shown."""
    return split_url(proxy).netloc in exchange.request.vantage


def _find_short_timeout(run: _Run) -> Iterator[RunCause]:
    """Several rows without an answer in time, where others took nearly as long."""
    unanswered = sum(any(map(_timed_out, row.exchanges)) for row in run.rows)
    slowest = max((one.seconds for one in run.calls if one.response is not None), default=0.0)
    timeout = run.target.get("timeout")
    if unanswered >= _LEAST and timeout and slowest > parse_duration(timeout) / 2:
        text = Message(
            "timeout: in {n} rows no answer was complete within {timeout}, and others took nearly as long",
            n=unanswered,
            timeout=timeout,
        )
        yield RunCause("timeout", text, _timed_out)


def _timed_out(exchange: RecordedExchange) -> bool:
    return exchange.failure is not None and exchange.failure.kind == FailureKind.TIMEOUT


def _find_wrong_path(run: _Run) -> Iterator[RunCause]:
    valid = [one.response.status for one in run.calls if one.role in _VALID and one.response is not None]
    if len(valid) >= _LEAST and set(valid) == {404}:
        text = Message("every valid call was answered 404: the path of base_url may be wrong")
        yield RunCause("base_url", text, lambda one: one.response is not None and one.response.status == 404)


def _find_hooks(run: _Run) -> Iterator[RunCause]:
    """Headers with which each request is answered as without them: the target does not know them."""
    for name, form in (run.target.get("hooks") or {}).items() if run.wrong else ():
        headers = {each.lower() for each in form.get("headers") or {}}
        sends = partial(_sends_headers, names=headers)
        firm = [one for one in run.calls if headers and one.role in FIRM and sends(one)]
        plain = [one for one in run.calls if _succeeded(one) and not sends(one)]
        if len(set(map(_asked_for, firm))) > 1 and all(
            any(_is_answered_as(one, each) for each in plain) for one in firm
        ):
            text = Message("hooks.{name}: the target answers as without its headers", name=name)
            yield RunCause(f"hooks.{name}", text, sends)


def _sends_headers(exchange: RecordedExchange, names: Collection[str]) -> bool:
    return any(name.lower() in names for name, _ in exchange.request.headers)


def _asked_for(exchange: RecordedExchange) -> tuple[str, str]:
    return exchange.request.method, split_url(exchange.request.url).path


def _is_answered_as(one: RecordedExchange, other: RecordedExchange) -> bool:
    """Whether two requests for the same have the same answer, but for members of what there is more of in one."""
    if one.response is None or other.response is None or _asked_for(one) != _asked_for(other):
        return False
    first, second = _members(one.response.body), _members(other.response.body)
    return one.response.status == other.response.status and (first <= second or second <= first)


# --- fixtures


def _find_fixtures(run: _Run) -> Iterator[RunCause]:
    """Fixtures with which nothing ever worked, as if there were no such thing."""
    failing: dict[str, tuple[str, int, Calls]] = {}
    for name, value in run.plain().items():
        calls = [one for one in run.calls if _shows_what_works(one) and _names_value(one, value)]
        statuses = _statuses_of_valid(calls) - {401, 403}  # these come before all else and tell nothing of a fixture
        resting = [one for one in calls if one.role in _VALID]
        in_path = any(_in_path(one, value) for one in calls)
        enough = not resting and len(calls) >= (2 if in_path else 1)
        firm = [one for one in calls if one.role in FIRM]
        if enough and firm and all(map(partial(_is_of_no_route, run), firm)):
            # No valid request uses it (at smoke), and each faulty one was refused as if there were no such thing.
            resting, statuses = calls, {one.response.status for one in calls if one.response is not None}
        if len(statuses) != 1 or not statuses <= {404, 405} or any(value == each for each, *_ in failing.values()):
            continue
        if in_path or not any(_succeeded(one) and _shows_name(one, value) for one in run.calls):
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
        yield RunCause(f"fixtures.{name}", text, partial(_uses_value, value=value))


def _find_unlisted_urls(run: _Run) -> Iterator[RunCause]:
    """URLs of things that are listed under another one: asked for by the end of it, they are not shown."""
    for name, value in run.plain().items() if run.wrong else ():
        folder, _, file = value.partition("?")[0].rpartition("/")
        is_url = "://" in folder and not name.startswith(_MISSING)
        asked = [one.response for one in run.calls if is_url and _names_value(one, file)]
        answers = [one for one in asked if one is not None and not one.cut]
        if answers and not any(f'"{value}"' in one.body.replace("\\/", "/") for one in answers):
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


def _is_of_no_route(run: _Run, exchange: RecordedExchange) -> bool:
    """Whether a faulty request was refused with another status, or with none of the codes that stand for a reason."""
    finding = run.wrong.get(id(exchange))
    return finding is not None and (finding.check == "status" or (finding.check == "code" and finding.actual is None))


def _find_parent(run: _Run, failing: Mapping[str, tuple[str, int, Calls]]) -> RunCause | None:
    """A fixture whose answers lack what they should show, and below which another was not found."""
    for name, value in run.plain().items():
        below = [key for key, (*_, calls) in failing.items() if all(_in_path(one, value) for one in calls)]
        valid = [one for one in run.calls if one.role in _VALID and _in_path(one, value)]
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
    return (exchange.role not in FIRM and _in_path(exchange, value)) or _is_below(exchange, below)


def _find_what_is_there(run: _Run) -> Iterator[RunCause]:
    """What should be missing, and was found each time: listed elsewhere, or where other values were refused."""
    for name, value in run.plain().items():
        found: Calls = []
        refused = 0
        for row in run.rows if run.wrong and name.startswith(_MISSING) else ():
            firm = [one for one in row.exchanges if one.role in FIRM]
            mine = [one for one in firm if _uses_value(one, value)]
            found += mine
            for pattern in {_describe_others(one, value) for one in mine}:
                alike = [one for one in firm if one not in mine and re.fullmatch(pattern, _describe_request(one))]
                refused += sum(not _succeeded(one) and id(one) not in run.wrong for one in alike)
        if not found or not all(map(_succeeded, found)):
            continue
        if (len(found) > 1 and refused > 1) or any(_lists(one, value) for one in run.calls):
            text = Message("fixtures.{name}: {value} is there: it was answered with a success", name=name, value=value)
            yield RunCause(f"fixtures.{name}", text, partial(_must_refuse, value=value))


def _find_exchanged(run: _Run) -> Iterator[RunCause]:
    """What should be missing is what works, and what should work is what is missing."""
    named = run.plain() if run.wrong else {}
    for missing, name in ((each, other) for each in named for other in named if each.endswith(f"_{other}")):
        valid, firm = run.of_path(named[name], _VALID), run.of_path(named[missing], FIRM)
        if valid and len(firm) > 1 and all(map(_succeeded, firm)) and not any(map(_succeeded, valid)):
            text = Message(
                "fixtures.{name} and fixtures.{missing} stand in the place of each other: "
                "the first was always refused, the second never",
                name=name,
                missing=missing,
            )
            values = named[name], named[missing]
            yield RunCause(f"fixtures.{name}", text, partial(_is_below, values=values))


def _find_exchanged_words(run: _Run) -> Iterator[RunCause]:
    """Valid requests to one path are refused in the words that are promised for another, which never uses these."""
    paths = {name: value for name, value in run.plain().items() if "/" in value} if run.wrong else {}
    for name, value in paths.items():
        found = [run.wrong.get(id(one)) for one in run.of_path(value, FIRM)]
        promised = {str(one.expected) for one in found if one is not None and one.check == "message"}
        if len(found) < 2 or None in found or len(promised) != 1:
            continue
        for other, second in paths.items():
            valid = run.of_path(second, _VALID) if other != name else []
            if valid and all(not _succeeded(one) and _shows(one, *promised) for one in valid):
                text = Message(
                    "fixtures.{name} and fixtures.{other} stand in the place of each other: "
                    "valid requests to the second are refused in the words of the first",
                    name=name,
                    other=other,
                )
                yield RunCause(f"fixtures.{name}", text, partial(_is_below, values=(value, second)))


def _find_answered_alike(run: _Run) -> Iterator[RunCause]:
    """A path that answers whatever is sent with the same success, which lacks what valid requests should be given."""
    for name, value in run.plain().items() if run.wrong else ():
        valid = run.of_path(value, _VALID) if "/" in value else []
        answers = {
            (one.response.status, one.response.body) if one.response is not None else None
            for one in (*valid, *run.of_path(value, FIRM))
        }
        lacking = any(id(one) in run.wrong and run.wrong[id(one)].check == "effect" for one in valid)
        if lacking and len(answers) == 1 and all(map(_succeeded, valid)):
            text = Message(
                "fixtures.{name}: {value} answers every request alike, and valid ones without what they should give",
                name=name,
                value=value,
            )
            yield RunCause(f"fixtures.{name}", text, partial(_is_below, values=[value]))


def _find_refused_alike(run: _Run) -> Iterator[RunCause]:
    """A path on which every valid request was refused in the same words: those words tell nothing of a faulty one.

    Nor of a valid one, where they are of no field and the profile has a path that should be refused like that.
    """
    named = run.plain() if run.wrong else {}
    for name, value in named.items():
        valid = run.of_path(value, _VALID) if "/" in value else []
        reasons = {_reason_of(one) for one in valid}
        if len(reasons) == 1 and None not in reasons:
            text = Message(
                "fixtures.{name}: every valid request to {value} was refused in the same words", name=name, value=value
            )
            has_missing = any(each.endswith(f"_{name}") for each in named)
            of_path = has_missing and not any(_shows(one, '"field"') for one in valid)
            explains = partial(_is_refused_for, value=value, reasons=reasons, valid=of_path)
            yield RunCause(f"fixtures.{name}", text, explains)


def _find_deletion(run: _Run) -> Iterator[RunCause]:
    """A path that should do something else, and after which what it was called on is gone each time."""
    for name, value in run.plain().items() if run.wrong else ():
        gone = [
            _is_gone_after(row.exchanges, index)
            for row in run.rows
            for index, one in enumerate(row.exchanges)
            if "{" in value and id(one) in run.wrong and _succeeded(one) and _in_path(one, value)
        ]
        if len(gone) > 1 and all(gone):
            text = Message(
                "fixtures.{name}: whatever {value} was called on was gone afterwards: it deletes",
                name=name,
                value=value,
            )
            deleted = {
                _thing_of(one)
                for other in run.plain().values()
                if "{" in other and other != value
                for one in run.of_path(other, frozenset({"step", "clean-up"}))
                if one.request.method != "GET" and _succeeded(one)
            }
            yield RunCause(f"fixtures.{name}", text, partial(_follows_deletion, value=value, deleted=deleted))


def _follows_deletion(exchange: RecordedExchange, value: str, deleted: Collection[str]) -> bool:
    """Whether an exchange is on a path that deletes, finds what is gone, or finds what another path did not delete."""
    is_gone = exchange.role not in FIRM and exchange.response is not None and exchange.response.status == 404
    return is_gone or _in_path(exchange, value) or _thing_of(exchange) in deleted


def _thing_of(exchange: RecordedExchange) -> str:
    """The last segment of a path: what a request is sent to."""
    return split_url(exchange.request.url).path.rpartition("/")[2]


def _is_gone_after(exchanges: Sequence[RecordedExchange], index: int) -> bool:
    """Whether each later answer that names what a request was sent to says that there is no such thing."""
    thing = _thing_of(exchanges[index])
    later = [one.response.status for one in exchanges[index + 1 :] if one.response is not None and _in_path(one, thing)]
    return bool(thing) and set(later) == {404}


def _find_fields(run: _Run) -> Iterator[RunCause]:
    """Members of bodies that the profile names, and that the target does not know, or whose valid value it refuses."""
    blocks = {key: each for key, each in run.fixtures.items() if isinstance(each, Mapping)}
    named = dict(_nested_texts("fixtures", blocks))
    if not named or not (run.wrong or any(row.verdict is Verdict.INCONCLUSIVE for row in run.rows)):
        return
    bodies = [one.response.body for one in run.calls if one.response and _succeeded(one)]
    shown = set[str]().union(*map(_members, bodies))
    theirs = set[str]().union(*(_members(body) for body in bodies if not has_run_name(body)))
    sent = set[str]().union(*(_members(one.request.body or "") for one in run.calls))
    known = shown.intersection(named.values())
    if sent & shown - theirs - known:  # it shows whatever it was sent: only what others have made tells what it has
        lacking = {value for key, value in named.items() if key.endswith(".name")} - theirs
        shown -= lacking if len(lacking) == 1 else set()
    for key, value in named.items():
        name = key.rpartition(".")[0]
        using = [one for one in run.calls if _sends(one, value)]
        valid = [one for one in using if one.role in _VALID and one.response is not None]
        unmatched = [one for one in run.calls if key.endswith(".mismatch") and _must_refuse(one, value)]
        affects = partial(_sends, value=value)
        is_checked = any(_shows(one, value) for one in using if not _succeeded(one))
        if known and using and value not in shown and not (is_checked and any(map(_succeeded, valid))):
            text = Message("{key}: no answer of the target has a member {value}", key=key, value=value)
            yield RunCause(key, text, affects, value)
        elif len(unmatched) > 1 and all(map(_succeeded, unmatched)) and f"{name}.pattern" not in named:
            text = Message("{key}: {value} was accepted each time, and no pattern tells why not", key=key, value=value)
            yield RunCause(key, text, partial(_has_text, value=value))
        elif valid and not any(map(_succeeded, valid)) and any(_shows(one, value) for one in valid):
            text = Message("{name}: every valid request with {value} was refused for it", name=name, value=value)
            yield RunCause(name, text, affects, value)


_Rule = Callable[[_Run], Iterator[RunCause]]
_FIRST: Final[tuple[_Rule, ...]] = (_find_silence, _find_redirect, _find_page, _find_wrong_path, _find_exchanged_words)
"""Where one of these is found, nothing else can be."""
_RULES: Final[tuple[_Rule, ...]] = (
    _find_gone,
    _find_credentials,
    _find_short_timeout,
    _find_hooks,
    _find_page_of_vantage,
    _find_fixtures,
    _find_unlisted_urls,
    _find_what_is_there,
    _find_exchanged,
    _find_answered_alike,
    _find_deletion,
    _find_fields,
)


# --- what is asked of exchanges


def _succeeded(exchange: RecordedExchange) -> bool:
    return exchange.response is not None and exchange.response.status < 400


def _refused_at_last(result: RowResult | Exploration) -> Calls:
    """What made a result inconclusive: valid requests that were refused or not answered, else what was refused last."""
    if result.verdict is not Verdict.INCONCLUSIVE:
        return []
    if isinstance(result, Exploration):
        return list(result.exchanges[-1:])
    valid = [one for one in result.exchanges if one.role in _VALID and not _succeeded(one)]
    unanswered = [one for one in result.exchanges if one.response is None]
    return valid or unanswered or [one for one in result.exchanges if not _succeeded(one)][-1:]


def _with_findings(row: RowResult) -> Iterator[tuple[RecordedExchange, Finding]]:
    by_number = {one.exchange: one for one in reversed(row.findings) if one.level is Level.MUST}
    return ((one, by_number[one.n]) for one in row.exchanges if one.n in by_number)


def _reason_of(exchange: RecordedExchange) -> tuple[int, str] | None:
    """Why a request was refused: by codes and fields where there are any, as words are others in each language."""
    response = exchange.response
    if response is None or not 400 <= response.status < 500:
        return None
    codes = re.findall(r'"(?:code|field|type)"\s*:\s*"([^"]*)"', response.body)
    return response.status, " ".join(codes) or response.body


def _statuses_of_valid(calls: Calls) -> set[int]:
    """How the valid calls were answered, and any call that succeeded; a faulty one may be refused before all else."""
    statuses = {(one.role, one.response.status) for one in calls if one.response is not None}
    return {status for role, status in statuses if role in _VALID or status < 300}


def _shows_what_works(exchange: RecordedExchange) -> bool:
    """Whether an answer depends on credential and fixtures: not one from elsewhere, of a fault, or of a limit."""
    response = exchange.response
    return response is not None and not exchange.request.vantage and response.status < 500 and response.status != 429


def _is_of_proxy(exchange: RecordedExchange) -> bool:
    """Whether a proxy answered itself, or nothing was sent any more as it had done so again and again."""
    failure, response = exchange.failure, exchange.response
    is_failure = failure is not None and (failure.kind == FailureKind.PROXY or "our proxy" in failure.detail)
    return is_failure or (response is not None and response.status == 407)


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


def _uses_value(exchange: RecordedExchange, value: str) -> bool:
    return _names_value(exchange, value) or _has_text(exchange, value)


def _has_text(exchange: RecordedExchange, value: str) -> bool:
    """Whether a value is a text in the body of a request."""
    return f'"{value}"' in (exchange.request.body or "")


def _names_value(exchange: RecordedExchange, value: str) -> bool:
    """Whether a value stands in the path of a request, as whole segments, or is a value of its query."""
    query = split_url(exchange.request.url).query
    in_query = not value.isdigit() and value in (each for _, each in parse_qsl(query, keep_blank_values=True))
    return in_query or _in_path(exchange, value)


def _in_path(exchange: RecordedExchange, value: str) -> bool:
    """Whether a value stands in the path as whole segments; a path with placeholders, or of several, to its end."""
    segments = [re.escape(each) for each in value.strip("/").split("/")]
    pattern = "/".join("[^/]+" if "\\{" in each else each for each in segments)
    end = "$" if len(segments) > 1 else ""
    return re.search(f"/{pattern}/{end}", f"/{unquote(split_url(exchange.request.url).path).strip('/')}/") is not None


def _is_below(exchange: RecordedExchange, values: Iterable[str]) -> bool:
    return any(_in_path(exchange, each) for each in values)


def _must_refuse(exchange: RecordedExchange, value: str) -> bool:
    return exchange.role in FIRM and _uses_value(exchange, value)


def _is_refused_for(
    exchange: RecordedExchange, value: str, reasons: Iterable[tuple[int, str] | None], *, valid: bool
) -> bool:
    meant = valid or exchange.role not in _VALID
    return meant and _in_path(exchange, value) and _reason_of(exchange) in reasons


def _describe_others(exchange: RecordedExchange, value: str) -> str:
    """A pattern of the same request with another value, and with other parameters behind it."""
    method, url, body = map(re.escape, _describe_request(exchange).split(" ", 2))
    return rf"{method}\ {url}(?:&\S*)?\ {body}".replace(re.escape(value), '[^/&"]+')


def _describe_request(exchange: RecordedExchange) -> str:
    request = exchange.request
    url = unquote(request.url).replace(" ", "+")
    return f"{request.method} {url} {request.body or ''}"


def _sends(exchange: RecordedExchange, value: str) -> bool:
    return _has_text(exchange, value) and value in _members(exchange.request.body or "")


def _members(body: str) -> frozenset[str]:
    """The names of all members in a JSON text; those of a text that is cut, as far as they can be seen."""
    strings = re.finditer(r'"((?:[^"\\]|\\.)*)"(\s*:)?', body, re.DOTALL)
    return frozenset(each[1] for each in strings if each[2])


def _shows(exchange: RecordedExchange, value: str) -> bool:
    return exchange.response is not None and value in exchange.response.body


def _shows_name(exchange: RecordedExchange, value: str) -> bool:
    """Whether a value stands in an answer as a whole, or as the end of a URL."""
    return _shows(exchange, f'"{value}"') or _shows(exchange, f'/{value}"')


def _lists(exchange: RecordedExchange, value: str) -> bool:
    """Whether a thing is shown by its identifier to a request that does not name it."""
    body = exchange.response.body if exchange.response is not None and _succeeded(exchange) else ""
    return not _uses_value(exchange, value) and re.search(_IDENTIFIER.format(re.escape(value)), body) is not None


def _nested_texts(place: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every text or number inside of objects, as JSON writes it in quotes, with its place."""
    for key, each in value.items() if isinstance(value, Mapping) else ():
        if isinstance(each, str | int):
            yield f"{place}.{key}", json.dumps(str(each), ensure_ascii=False)[1:-1]
        yield from _nested_texts(f"{place}.{key}", each)
