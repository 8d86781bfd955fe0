"""What went wrong for a whole run at once, such as a wrong key: one cause instead of many rows that blame the target.

A row may blame a target only where what it rests on was seen to work in the same run: the way to the target, its
credential and its fixtures. Where that never worked, the fault is most likely the profile's. `_RULES` lists what is
looked for; a rule must leave alone a target that is wrong for some values, in some rows or some of the time.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from conformance.checks.model import Level
from conformance.results.model import FIRM, Exploration, RowResult
from conformance.session.causes.apply import refused_at_last
from conformance.session.causes.fields import find_exchanged_texts, find_fields
from conformance.session.causes.fixtures import (
    find_exchanged,
    find_fixtures,
    find_foreign_urls,
    find_unlisted_urls,
    find_unspoken_languages,
    find_what_is_there,
)
from conformance.session.causes.headers import find_credentials, find_hooks, find_permissions
from conformance.session.causes.model import Call, RunCause, RunEvidence
from conformance.session.causes.paths import (
    find_answered_alike,
    find_deletion,
    find_exchanged_words,
    find_refused_alike,
)
from conformance.session.causes.reachability import (
    find_exchanged_allowance,
    find_foreign_address,
    find_gone,
    find_ignored_query,
    find_page,
    find_page_at_times,
    find_page_of_vantage,
    find_proxy,
    find_redirect,
    find_redirected,
    find_short_timeout,
    find_silence,
    find_wrong_path,
    is_of_proxy,
)


def find_causes(
    target: Mapping[str, Any], rows: Sequence[RowResult], explored: Sequence[Exploration] = ()
) -> tuple[RunCause, ...]:
    """The causes that explain answers of a whole run; `target` is the description of it in the results."""
    of_rows = [list(_calls_of(row)) for row in rows]
    calls = [one for row in of_rows for one in row]
    calls += [Call(replace(one, role="control")) for item in explored for one in refused_at_last(item)]
    if not calls:
        return ()
    run = RunEvidence(target, of_rows, calls, rows)
    of_proxy = tuple(find_proxy(run))
    if all(map(is_of_proxy, calls)):
        return of_proxy
    for rule in _FIRST:
        if cause := next(rule(run), None):
            return (cause,)
    run = replace(run, calls=[one for one in calls if not is_of_proxy(one)])
    found = tuple(cause for rule in _RULES for cause in rule(run))
    return (*of_proxy, *found) or tuple(find_refused_alike(run)) or tuple(find_ignored_query(run))


Rule = Callable[[RunEvidence], Iterator[RunCause]]

_FIRST: Final[tuple[Rule, ...]] = (find_silence, find_redirect, find_page, find_wrong_path, find_exchanged_words)
"""Where one of these is found, nothing else can be."""


_RULES: Final[tuple[Rule, ...]] = (
    find_exchanged_allowance,
    find_gone,
    find_credentials,
    find_permissions,
    find_short_timeout,
    find_hooks,
    find_redirected,
    find_page_at_times,
    find_page_of_vantage,
    find_fixtures,
    find_unlisted_urls,
    find_foreign_urls,
    find_what_is_there,
    find_exchanged,
    find_answered_alike,
    find_deletion,
    find_fields,
    find_exchanged_texts,
    find_foreign_address,
    find_unspoken_languages,
)


def _calls_of(row: RowResult) -> Iterator[Call]:
    """The calls of a row; what a limit has not refused yet is like a valid request."""
    by_number = {one.exchange: one for one in reversed(row.findings) if one.level is Level.MUST}
    is_burst = row.expected is not None and row.expected.status == 429
    for one in row.exchanges:
        is_below = is_burst and one.role in FIRM and one.response is not None and one.response.status != 429
        yield Call(replace(one, role="control") if is_below else one, by_number.get(one.n))
