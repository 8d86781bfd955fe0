"""Causes on the way to the target: silence, redirects, a page of something else, a proxy, a timeout, a wrong path."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from conformance.http import FAILURE_NAMES, FailureKind, split_url
from conformance.messages import Message
from conformance.quantities import parse_duration
from conformance.results.model import RecordedExchange, RecordedNoResponse
from conformance.session.causes.exchanges import VALID, Calls, members, shows, succeeded
from conformance.session.causes.model import LEAST, RunCause, RunEvidence


def find_silence(run: RunEvidence) -> Iterator[RunCause]:
    failures = [one.failure for one in run.calls if one.failure is not None]
    if failures and not any(one.response is not None for one in run.calls):
        first = next((one for one in failures if one.kind != FailureKind.NOT_SENT), failures[0])
        reason = first.detail or FAILURE_NAMES.get(first.kind, first.kind)
        if _is_gone(first) and isinstance(reason, Message):
            reason = str(reason.values["reason"])
        text = Message("the target answered no request: {reason}", reason=reason)
        yield RunCause(run.way, text, lambda one: one.response is None)


def find_gone(run: RunEvidence) -> Iterator[RunCause]:
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


def find_redirect(run: RunEvidence) -> Iterator[RunCause]:
    answers = [one.response for one in run.calls if one.response is not None]
    places = [value for answer in answers for name, value in answer.headers if name.lower() == "location"]
    if places and all(answer.status in {301, 302, 303, 307, 308} for answer in answers):
        parts = split_url(places[0])
        place = f"{parts.scheme}://{parts.netloc}" if parts.netloc else places[0]
        text = Message("the target redirects every request to {place}; requests are never redirected", place=place)
        yield RunCause("base_url", text, lambda one: one.response is not None)


def find_page(run: RunEvidence) -> Iterator[RunCause]:
    return _find_same_page(run.calls, run.way, [])


def find_page_of_vantage(run: RunEvidence) -> Iterator[RunCause]:
    for name, form in (run.target.get("vantages") or {}).items():
        if proxy := form.get("proxy"):
            through = [one for one in run.calls if _is_through(one, proxy)]
            yield from _find_same_page(through, f"vantages.{name}", [one for one in run.calls if one not in through])


def _find_same_page(calls: Calls, key: str, others: Calls) -> Iterator[RunCause]:
    """One page whatever is asked, no JSON or none as in `others`: a proxy, a portal or another site answers."""
    answers = {(one.response.status, one.response.body) for one in calls if one.response is not None}
    asked = {(one.request.method, split_url(one.request.url).path) for one in calls}
    for status, body in answers if len(answers) == 1 and len(asked) > 1 else ():
        known = set[str]().union(*(members(one.response.body) for one in others if one.response and not succeeded(one)))
        is_json = body.lstrip().startswith(("{", "["))
        if body.strip() and not (is_json and (members(body) & known or key == "base_url")):
            text = Message("{key}: every request was answered {status} with the same page", key=key, status=status)
            yield RunCause(key, text, partial(shows, value=body))


def find_proxy(run: RunEvidence) -> Iterator[RunCause]:
    """Proxies of the profile that answered requests themselves; a 407 is of a proxy, whether one is named or not."""
    forms = {f"vantages.{name}": form.get("proxy") for name, form in (run.target.get("vantages") or {}).items()}
    refused = list(filter(is_of_proxy, run.calls))
    for key, proxy in {**forms, run.way: run.target.get("proxy") or ""}.items():
        of_this = [one for one in refused if proxy is not None and _is_through(one, proxy)]
        refused = [one for one in refused if one not in of_this]
        reasons = [one.failure.detail for one in of_this if one.failure and one.failure.kind == FailureKind.PROXY]
        if of_this:
            reason = reasons[0] if reasons else Message("our proxy answered 407: it wants a user and a password")
            n = len(reasons or of_this)
            text = Message("{key}: {n} requests did not reach the target: {reason}", key=key, n=n, reason=reason)
            yield RunCause(key, text, is_of_proxy)


def _is_through(exchange: RecordedExchange, proxy: str) -> bool:
    """Whether a request went through a proxy, the user of which is not shown."""
    return split_url(proxy).netloc in exchange.request.vantage


def find_short_timeout(run: RunEvidence) -> Iterator[RunCause]:
    """Several rows without an answer in time, where others took nearly as long."""
    unanswered = sum(any(map(_timed_out, row.exchanges)) for row in run.rows)
    slowest = max((one.seconds for one in run.calls if one.response is not None), default=0.0)
    timeout = run.target.get("timeout")
    if unanswered >= LEAST and timeout and slowest > parse_duration(timeout) / 2:
        text = Message(
            "timeout: in {n} rows no answer was complete within {timeout}, and others took nearly as long",
            n=unanswered,
            timeout=timeout,
        )
        yield RunCause("timeout", text, _timed_out)


def _timed_out(exchange: RecordedExchange) -> bool:
    return exchange.failure is not None and exchange.failure.kind == FailureKind.TIMEOUT


def find_wrong_path(run: RunEvidence) -> Iterator[RunCause]:
    valid = [one.response.status for one in run.calls if one.role in VALID and one.response is not None]
    if len(valid) >= LEAST and set(valid) == {404}:
        text = Message("every valid call was answered 404: the path of base_url may be wrong")
        yield RunCause("base_url", text, lambda one: one.response is not None and one.response.status == 404)


def is_of_proxy(exchange: RecordedExchange) -> bool:
    """Whether a proxy answered itself, or nothing was sent any more as it had done so again and again."""
    failure, response = exchange.failure, exchange.response
    is_failure = failure is not None and (failure.kind == FailureKind.PROXY or "our proxy" in failure.detail)
    return is_failure or (response is not None and response.status == 407)
