"""Rules for the way to the target: silence, redirects, a page of another site, a proxy, a timeout, a wrong path."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from conformance.client.allowance import EXCHANGED
from conformance.http import FAILURE_NAMES, FailureKind, header, split_url
from conformance.messages import Message
from conformance.quantities import parse_duration
from conformance.results.recording import WITHHELD
from conformance.session.causes.model import LEAST, Call, RunCause, RunEvidence, members

_GONE: Final = "the target is gone: "
"""What the reason begins with for which a request was not sent because too many before it had no answer."""
_QUERIES: Final = 10
"""Different queries of one path with one answer, before it is said that nothing looks at them."""

_LOGIN_OF_NETWORK: Final = 511
"""The status of a network that lets nobody through before a log-in; no target may answer it."""
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


def find_silence(run: RunEvidence) -> Iterator[RunCause]:
    failures = [one.exchange.failure for one in run.calls if one.exchange.failure is not None]
    if failures and not any(one.status for one in run.calls):
        first = next((one for one in failures if one.kind != FailureKind.NOT_SENT), failures[0])
        reason = first.detail or FAILURE_NAMES.get(first.kind, first.kind)
        if reason.startswith(_GONE) and isinstance(reason, Message):
            reason = str(reason.values["reason"])
        if any(find_exchanged_allowance(run)):
            return
        text = Message("the target answered no request: {reason}", reason=reason)
        yield RunCause(run.way, text, lambda one: not one.status)


def find_gone(run: RunEvidence) -> Iterator[RunCause]:
    """From some time on nothing was answered, so that nothing more was sent."""
    answered = max((one.exchange.started for one in run.calls if one.status), default="")
    gone = next((one.detail for one in run.calls if one.detail.startswith(_GONE)), None)
    if isinstance(gone, Message) and not any(find_exchanged_allowance(run)):
        yield RunCause(
            "base_url",
            gone,
            lambda one: not one.status and (one.detail.startswith(_GONE) or one.exchange.started > answered),
        )


def find_exchanged_allowance(run: RunEvidence) -> Iterator[RunCause]:
    """A credential that was refused within the allowance of another one, for which the rest was not sent."""
    details = (one.detail for one in run.calls if isinstance(one.detail, Message))
    for one in (detail.values.get("reason", detail) for detail in details):
        if isinstance(one, Message) and one.template == EXCHANGED:
            yield RunCause(f"credentials.{one.values['name']}", one, lambda one: not one.status)
            return


def find_redirect(run: RunEvidence) -> Iterator[RunCause]:
    answers = [one.exchange.response for one in run.calls if one.exchange.response is not None]
    places = [value for answer in answers if (value := header(answer.headers, "location")) is not None]
    if places and all(answer.status in _REDIRECTS for answer in answers):
        parts = split_url(places[0])
        place = f"{parts.scheme}://{parts.netloc}" if parts.netloc else places[0]
        text = Message("the target redirects every request to {place}; requests are never redirected", place=place)
        yield RunCause("base_url", text, lambda one: one.status > 0)


def find_redirected(run: RunEvidence) -> Iterator[RunCause]:
    """Redirects to another host or scheme that valid requests for different things met, too: they tell nothing."""
    own = split_url(str(run.target.get("base_url") or ""))
    places = {one: _place_of_redirect(one) for one in run.calls}
    for place in dict.fromkeys(places.values()) - {None: None}.keys():
        found = [one for one, leads_to in places.items() if leads_to == place]
        if place != f"{own.scheme}://{own.netloc}" and _are_of_the_way(run, found):
            text = Message(
                "{n} requests were redirected to {place}, valid ones among them; requests are never redirected",
                n=len(found),
                place=place,
            )
            yield RunCause("base_url", text, partial(_leads_to, place=place))


def _place_of_redirect(call: Call) -> str | None:
    """The scheme and host to which a call was redirected; None where it was not, or stayed where it was."""
    response = call.exchange.response
    place = header(response.headers, "location") if response and response.status in _REDIRECTS else None
    parts = split_url(place or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else None


def find_page_at_times(run: RunEvidence) -> Iterator[RunCause]:
    """One page, no JSON, instead of what valid requests for different things are given at other times."""
    working = {one.asked_for for one in run.calls if one.succeeded and one.body.lstrip().startswith(("{", "["))}
    pages = dict.fromkeys(one.body for one in run.calls if one.is_valid and one.succeeded and _is_page(one.body))
    for body in pages:
        found = [one for one in run.calls if _has_body(one, body)]
        if _are_of_the_way(run, [one for one in found if one.asked_for in working]):
            text = Message(
                "{n} requests were answered {status} with the same page, valid ones among them: it is not the target's",
                n=len(found),
                status=found[0].status,
            )
            yield RunCause("base_url", text, partial(_has_body, body=body))


def _leads_to(call: Call, place: str | None) -> bool:
    return _place_of_redirect(call) == place


def _has_body(call: Call, body: str) -> bool:
    return call.succeeded and call.body == body


def _are_of_the_way(run: RunEvidence, calls: Sequence[Call]) -> bool:
    """Whether requests for different things, valid ones among them, met something that most faulty ones did not."""
    valid = {one.asked_for for one in calls if one.is_valid}
    firm = [one for one in run.calls if one.is_firm and one.status]
    is_rare = 2 * sum(one.is_firm for one in calls) < len(firm)
    return len(valid) > 1 or (len(valid) == 1 and is_rare and len({one.asked_for for one in calls}) > 1)


def _is_page(body: str) -> bool:
    return body.lstrip().startswith("<")


def find_page(run: RunEvidence) -> Iterator[RunCause]:
    return _find_same_page(run.calls, run.way, [])


def find_page_of_vantage(run: RunEvidence) -> Iterator[RunCause]:
    for name, form in (run.target.get("vantages") or {}).items():
        if proxy := form.get("proxy"):
            through = [one for one in run.calls if _is_through(one, proxy)]
            yield from _find_same_page(through, f"vantages.{name}", [one for one in run.calls if one not in through])


def find_foreign_address(run: RunEvidence) -> Iterator[RunCause]:
    """Vantages with an address from which this machine cannot send."""
    for name, form in (run.target.get("vantages") or {}).items():
        address = form.get("source_address")
        calls = [one for one in run.calls if address and one.exchange.request.vantage == f"from {address}"]
        elsewhere = {one.detail for one in run.calls if one not in calls}
        if calls and all(one.failure_kind == FailureKind.NOT_SENT and one.detail not in elsewhere for one in calls):
            text = Message("{key}: nothing was sent: {reason}", key=f"vantages.{name}", reason=calls[0].detail)
            yield RunCause(f"vantages.{name}", text, lambda one: one.failure_kind == FailureKind.NOT_SENT)


def _find_same_page(calls: Sequence[Call], key: str, others: Sequence[Call]) -> Iterator[RunCause]:
    """One page whatever is asked, no JSON or none as in `others`: a proxy, a portal or another site answers.

    Of an answer that is not shown, as it gives a secret away, nobody can say that.
    """
    answers = {(one.status, one.body) for one in calls if one.status}
    asked = {one.asked_for for one in calls}
    for status, body in answers if len(answers) == 1 and len(asked) > 1 else ():
        known = frozenset[str]().union(*(members(one.body) for one in others if not one.succeeded))
        is_page = body.strip() and not body.startswith(WITHHELD)
        is_json = body.lstrip().startswith(("{", "["))
        if is_page and not (is_json and (members(body) & known or key == "base_url")):
            text = Message("{key}: every request was answered {status} with the same page", key=key, status=status)
            yield RunCause(key, text, partial(Call.shows, value=body))


def find_proxy(run: RunEvidence) -> Iterator[RunCause]:
    """Proxies of the profile that answered requests themselves; 407 and 511 are, whether one is named or not."""
    forms = {f"vantages.{name}": form.get("proxy") for name, form in (run.target.get("vantages") or {}).items()}
    refused = list(filter(is_of_proxy, run.calls))
    for key, proxy in {**forms, run.way: run.target.get("proxy") or ""}.items():
        of_this = [one for one in refused if proxy is not None and _is_through(one, proxy)]
        refused = [one for one in refused if one not in of_this]
        reasons = [one.detail for one in of_this if one.failure_kind == FailureKind.PROXY]
        if of_this:
            reason: str = Message("our proxy answered 407: it wants a user and a password")
            if of_this[0].status == _LOGIN_OF_NETWORK:
                reason = Message("a network on the way answered 511: it wants a log-in")
            reason = reasons[0] if reasons else reason
            n = len(reasons or of_this)
            text = Message("{key}: {n} requests did not reach the target: {reason}", key=key, n=n, reason=reason)
            yield RunCause(key, text, is_of_proxy)


def _is_through(call: Call, proxy: str) -> bool:
    """Whether a request went through a proxy, the user of which is not shown."""
    return split_url(proxy).netloc in call.exchange.request.vantage


def find_short_timeout(run: RunEvidence) -> Iterator[RunCause]:
    """Several rows without an answer in time, where others took nearly as long."""
    unanswered = sum(any(map(_timed_out, row)) for row in run.rows)
    slowest = max((one.exchange.seconds for one in run.calls if one.status), default=0.0)
    timeout = run.target.get("timeout")
    if unanswered >= LEAST and timeout and slowest > parse_duration(timeout) / 2:
        text = Message(
            "timeout: in {n} rows no answer was complete within {timeout}, and others took nearly as long",
            n=unanswered,
            timeout=timeout,
        )
        yield RunCause("timeout", text, _timed_out)


def _timed_out(call: Call) -> bool:
    return call.failure_kind == FailureKind.TIMEOUT


def find_ignored_query(run: RunEvidence) -> Iterator[RunCause]:
    """A path that gave several queries one answer, and a valid one not its effect; nothing tells who ignores them."""
    read = [one for one in run.calls if one.succeeded and one.body and one.asked_for[0] == "GET"]
    for one in (each for each in read if each.is_valid and each.lacks_effect):
        path = one.asked_for[1]
        alike = {each.exchange.request.url for each in read if each.asked_for[1] == path and each.body == one.body}
        if len(alike) >= _QUERIES:
            text = Message(
                "base_url: {n} queries of {path} had one answer: the target ignores them, or a cache before it",
                n=len(alike),
                path=path,
            )
            yield RunCause("base_url", text, lambda _: False)
            return


def find_wrong_path(run: RunEvidence) -> Iterator[RunCause]:
    valid = [one for one in run.calls if one.is_valid and one.status]
    if len(valid) >= LEAST and {one.status for one in valid} == {404}:
        text = Message("every valid call was answered 404: the path of base_url may be wrong")
        names = [f"fixtures.{name}" for name, each in run.plain().items() if all(one.is_in_path(each) for one in valid)]
        if names:
            text = Message(
                "every valid call was answered 404: the path of base_url or {names} may be wrong",
                names=" or ".join(names),
            )
        yield RunCause("base_url", text, lambda one: one.status > 0)


def is_of_proxy(call: Call) -> bool:
    """Whether a proxy answered itself, or nothing was sent any more as it had done so again and again."""
    return (
        call.status in {407, _LOGIN_OF_NETWORK} or call.failure_kind == FailureKind.PROXY or "our proxy" in call.detail
    )
