"""Headers of hooks that the target does not know."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial

from conformance.http import split_url
from conformance.messages import Message
from conformance.results.model import FIRM, RecordedExchange
from conformance.session.causes.exchanges import members, succeeded
from conformance.session.causes.model import RunCause, RunEvidence


def find_hooks(run: RunEvidence) -> Iterator[RunCause]:
    """Headers with which each request is answered as without them: the target does not know them."""
    for name, form in (run.target.get("hooks") or {}).items() if run.wrong else ():
        headers = {each.lower() for each in form.get("headers") or {}}
        sends = partial(_sends_headers, names=headers)
        firm = [one for one in run.calls if headers and one.role in FIRM and sends(one)]
        plain = [one for one in run.calls if succeeded(one) and not sends(one)]
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
    first, second = members(one.response.body), members(other.response.body)
    return one.response.status == other.response.status and (first <= second or second <= first)
