"""A row that is run again alone, and what both runs come to."""

from __future__ import annotations

from dataclasses import replace

from conformance.checks.model import Level, Verdict
from conformance.engine.cleanup import describe_left
from conformance.engine.row import NEVER_EXPLAINED, FinishedRow
from conformance.messages import Message
from conformance.results.model import FIRM, BeyondPlan, RowResult

_LEFT = describe_left("", "").template
"""What must be said of either run: the target may still hold what it has made."""


def is_doubtful(result: RowResult) -> bool:
    """Whether something else than the answers to faulty requests was wrong, which another's write may explain."""
    roles = {item.n: item.role for item in result.exchanges}
    wrong = [item for item in result.findings if item.level is Level.MUST]
    elsewhere = any(item.check == "effect" or roles.get(item.exchange or 0) not in FIRM for item in wrong)
    return elsewhere or result.verdict is Verdict.INCONCLUSIVE


def is_unsettled(result: RowResult) -> bool:
    """Whether a row that was answered is not green at smoke, so that a standard run has to tell what is wrong."""
    answered = any(item.response is not None for item in result.exchanges)
    return answered and result.verdict in (Verdict.VIOLATES, Verdict.INCONCLUSIVE)


def _was_served(result: RowResult) -> bool:
    """Whether a faulty request was answered with a success."""
    return any(item.check == "status" and item.actual in range(200, 300) for item in result.findings)


def _was_only_refused(result: RowResult) -> bool:
    """Whether all that was wrong was said by refusals of faulty requests."""
    refused = {one.n for one in result.exchanges if one.role in FIRM and one.response and one.response.status >= 400}
    wrong = [item for item in result.findings if item.level is Level.MUST]
    return all(item.exchange in refused and item.check not in NEVER_EXPLAINED for item in wrong)


def _refuses_valid(result: RowResult) -> bool:
    """Whether a row is inconclusive because valid requests were refused."""
    valid = [one.response.status for one in result.exchanges if one.role in {"control", "step"} and one.response]
    return result.verdict is Verdict.INCONCLUSIVE and any(400 <= status < 500 for status in valid)


def combine_runs(first: FinishedRow, again: FinishedRow, between: int = 0, *, disturbed: bool = False) -> FinishedRow:
    """The run that is kept, with the requests of both and of `between`; those of the second one are beyond the plan.

    The second run is kept, unless the first one found a violation that it did not see: a target that is wrong now and
    then is wrong, and what was deleted is not deleted twice. What was `disturbed`, though, somebody else's write may
    explain, and what was only refused for the wrong reason is explained where valid requests are refused, too.
    """
    explained = (disturbed and is_doubtful(first.result)) or (
        _was_only_refused(first.result) and _refuses_valid(again.result)
    )
    violated = first.result.verdict is Verdict.VIOLATES and not explained
    worse = violated and again.result.verdict is not Verdict.VIOLATES
    kept = first if worse or (violated and _was_served(first.result) and not _was_served(again.result)) else again
    other = first if kept is again else again
    notes = [each for each in other.result.warnings if getattr(each, "template", "") == _LEFT]
    notes += [Message("run again alone, the row did not violate")] if worse else []
    more = between + again.result.requests
    result = replace(
        kept.result,
        requests=first.result.requests + more,
        planned=first.result.planned,
        beyond_plan=first.result.beyond_plan + BeyondPlan(confirmed=more),
        seconds=round(first.result.seconds + again.result.seconds, 4),
        warnings=(*kept.result.warnings, *notes),
    )
    return replace(kept, result=result)
