"""Whether a row changed because the target did, or because we asked or judged otherwise, by the evidence of both runs.

The same input answered otherwise is the target's doing, whatever else changed. The same answer judged otherwise is
ours. An input that was not tried before tells nothing about a change, unless nothing changed on our side at all.
"""

from __future__ import annotations

from typing import Literal
from urllib.parse import unquote

from conformance.checks.model import Level, Verdict
from conformance.compare import own_changes as ours
from conformance.compare.model import OurChange
from conformance.jsontools import walk_values
from conformance.results.matching import RequestKey, request_key
from conformance.results.model import RowResult, TargetRun
from conformance.results.normalize import Normalizer

Trials = dict[str, set[tuple[str, str]]]


def explain_change(
    old: RowResult, new: RowResult, runs: tuple[TargetRun, TargetRun], changes: tuple[OurChange, ...]
) -> tuple[str, ...]:
    """Names of what we did otherwise that explains the row's new verdict; none where the target did it."""
    if Verdict.NOT_EXERCISED in {old.verdict, new.verdict}:
        return _exercising(old, new, runs, changes)
    changes = tuple(one for one in changes if _touches(one, old, new))
    doubtful = Verdict.INCONCLUSIVE in {old.verdict, new.verdict}
    if not (possible := ours.changes_that_decide(changes, patience=doubtful)):
        return ()
    worse = new if list(Verdict).index(new.verdict) >= list(Verdict).index(old.verdict) else old
    answers = _compare_attempts(old, new, worse, runs) + _compare_requests(worse, runs)
    if "differs" in answers:
        return ()
    if "same" in answers and not doubtful:
        return ours.changes_that_decide(changes, judging=True)
    return possible if doubtful or _failing(worse) else ours.changes_that_decide(changes, judging=True)


def _compare_attempts(
    old: RowResult, new: RowResult, worse: RowResult, runs: tuple[TargetRun, TargetRun]
) -> list[Literal["same", "differs"]]:
    """How the inputs that speak against the target, named by their labels, were answered in the two runs."""
    before, after = collect_trials(old, Normalizer(runs[0].target)), collect_trials(new, Normalizer(runs[1].target))
    labels = {label for where in _failing(worse) for label in (where, where.removeprefix("control "))}
    found: list[Literal["same", "differs"]] = []
    for label in labels & before.keys() & after.keys():
        if _answered_otherwise(before[label], after[label]):
            found.append("differs")
        elif before[label] & after[label]:
            found.append("same")
    return found


def _compare_requests(worse: RowResult, runs: tuple[TargetRun, TargetRun]) -> list[Literal["same", "differs"]]:
    """How the very requests that speak against the target were answered in both runs, whichever row sent them.

    Requests that several rows have in common are sent once, so they are looked for in all rows. Where nothing was found
    but a doubt, every request of the row counts.
    """
    weighs = Level.MUST if worse.verdict is Verdict.VIOLATES else Level.SHOULD
    against = {finding.exchange: finding.where for finding in worse.findings if finding.level is weighs}
    exchanges = [one for one in worse.exchanges if one.n in against and one.label.startswith(against[one.n])]
    if worse.verdict is Verdict.INCONCLUSIVE:
        exchanges = list(worse.exchanges)
    before, after = map(_answers_by_request, runs)
    normalizers = [Normalizer(run.target) for run in runs]
    keys = {request_key(one, normalizer) for one in exchanges for normalizer in normalizers}
    asked_twice = [key for key in keys if key in before and key in after]
    return ["same" if before[key] & after[key] else "differs" for key in asked_twice]


def _answers_by_request(run: TargetRun) -> dict[RequestKey, set[str]]:
    """What came back to each request: of an error all of it, of a success the status, for contents may change."""
    normalizer = Normalizer(run.target)
    answers: dict[RequestKey, set[str]] = {}
    for exchange in (exchange for row in run.rows for exchange in row.exchanges):
        if (response := exchange.response) is not None:
            body = normalizer.normalize(response.body) if response.status >= 400 else ""
            answers.setdefault(request_key(exchange, normalizer), set()).add(f"{response.status} {body}")
    return answers


def _touches(change: OurChange, old: RowResult, new: RowResult) -> bool:
    """Whether a fixture that is not as it was stands in a request of the row; any other change may touch every row."""
    if not change.what.startswith("fixtures."):
        return True
    for row, value in ((old, change.old), (new, change.new)):
        sent = [f"{unquote(one.request.url)}\n{one.request.body or ''}" for one in row.exchanges]
        values = [str(one) for _, one in walk_values(value) if one is not None and not isinstance(one, dict | list)]
        if any(text in request for text in values for request in sent):
            return True
    return False


def collect_trials(row: RowResult, normalizer: Normalizer) -> Trials:
    """For each label what was sent and what came back, without what is particular to a target."""
    trials: Trials = {}
    for attempt in row.attempts:
        sent, actual = normalizer.normalize(attempt.value), normalizer.normalize(attempt.answer)
        trials.setdefault(attempt.label, set()).add((sent, actual))
    for exchange in row.exchanges:
        if exchange.label not in trials and exchange.response is not None:
            body = normalizer.normalize(exchange.response.body)
            trials.setdefault(exchange.label, set()).add(("", f"{exchange.response.status} {body}"))
    return trials


def _answered_otherwise(before: set[tuple[str, str]], after: set[tuple[str, str]]) -> bool:
    """Whether some value was sent both times and never had the same answer."""
    return bool({value for value, _ in before} & {value for value, _ in after} - {value for value, _ in before & after})


def _failing(row: RowResult) -> set[str]:
    weighs = Level.MUST if row.verdict is Verdict.VIOLATES else Level.SHOULD
    return {finding.where for finding in row.findings if finding.level is weighs}


def _exercising(
    old: RowResult, new: RowResult, runs: tuple[TargetRun, TargetRun], changes: tuple[OurChange, ...]
) -> tuple[str, ...]:
    """A row that lacked something: ours if the profile gives it in one run only, or if results cannot tell."""
    lacking = new if new.verdict is Verdict.NOT_EXERCISED else old
    before, after = (run.target for run in runs)
    given = {lack: (ours.given_by_profile(before, lack), ours.given_by_profile(after, lack)) for lack in lacking.lacks}
    lost = tuple(lack for lack, (then, now) in given.items() if then != now or then is None)
    return lost or ours.changes_that_decide(changes, patience=True)
