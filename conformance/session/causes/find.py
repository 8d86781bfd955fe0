"""What went wrong for a whole run at once, such as a wrong key: one cause instead of many rows that blame the target.

A row may blame a target only where what it rests on was seen to work in the same run: the way to the target, its
credential and its fixtures. Where that never worked, the fault is most likely the profile's. `_RULES` lists what is
looked for; a rule must leave alone a target that is wrong for some values, in some rows or some of the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from conformance.checks.model import Finding, Level
from conformance.results.model import Exploration, RecordedExchange, RowResult
from conformance.session.causes.credentials import find_credentials
from conformance.session.causes.exchanges import refused_at_last
from conformance.session.causes.fields import find_fields
from conformance.session.causes.fixtures import find_exchanged, find_fixtures, find_unlisted_urls, find_what_is_there
from conformance.session.causes.hooks import find_hooks
from conformance.session.causes.model import Rule, RunCause, RunEvidence
from conformance.session.causes.paths import (
    find_answered_alike,
    find_deletion,
    find_exchanged_words,
    find_refused_alike,
)
from conformance.session.causes.reachability import (
    find_gone,
    find_page,
    find_page_of_vantage,
    find_proxy,
    find_redirect,
    find_short_timeout,
    find_silence,
    find_wrong_path,
    is_of_proxy,
)


def find_causes(
    target: Mapping[str, Any], rows: Sequence[RowResult], explored: Sequence[Exploration] = ()
) -> tuple[RunCause, ...]:
    """The causes that explain answers of a whole run; `target` is the description of it in the results."""
    calls = [one for row in rows for one in row.exchanges]
    calls += [replace(one, role="control") for item in explored for one in refused_at_last(item)]
    if not calls:
        return ()
    wrong = {id(one): finding for row in rows for one, finding in _with_findings(row)}
    run = RunEvidence(target, rows, calls, wrong)
    of_proxy = tuple(find_proxy(run))
    if all(map(is_of_proxy, calls)):
        return of_proxy
    for rule in _FIRST:
        if cause := next(rule(run), None):
            return (cause,)
    run = replace(run, calls=[one for one in calls if not is_of_proxy(one)])
    found = tuple(cause for rule in _RULES for cause in rule(run))
    return (*of_proxy, *found) or tuple(find_refused_alike(run))


_FIRST: Final[tuple[Rule, ...]] = (find_silence, find_redirect, find_page, find_wrong_path, find_exchanged_words)
"""Where one of these is found, nothing else can be."""


_RULES: Final[tuple[Rule, ...]] = (
    find_gone,
    find_credentials,
    find_short_timeout,
    find_hooks,
    find_page_of_vantage,
    find_fixtures,
    find_unlisted_urls,
    find_what_is_there,
    find_exchanged,
    find_answered_alike,
    find_deletion,
    find_fields,
)


def _with_findings(row: RowResult) -> Iterator[tuple[RecordedExchange, Finding]]:
    by_number = {one.exchange: one for one in reversed(row.findings) if one.level is Level.MUST}
    return ((one, by_number[one.n]) for one in row.exchanges if one.n in by_number)
