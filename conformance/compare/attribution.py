"""Attributes a change of a row to the target, or to us, if we sent or judged differently.

A different response to the same input is the target's change, whatever else changed. The same response with another
verdict is ours. An input that was not tried before shows no change, unless nothing changed on our side. A changed
address of the target is reported but explains nothing, because comparing two servers is a purpose of a comparison.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final, Literal
from urllib.parse import unquote

from conformance.checks.model import Level, Verdict
from conformance.compare.model import OurChange
from conformance.jsontools import walk_values
from conformance.messages import Message
from conformance.results.matching import RequestKey, request_key
from conformance.results.model import Results, RowResult, TargetRun
from conformance.results.normalize import Normalizer

_JUDGES: Final = ("suite", "contract edition", "expected answer")
"""Changes that affect how responses are judged."""
_GROUPS: Final = ("fixtures", "vantages", "hooks")
_DECIDES: Final = (*_JUDGES, "depth", "seed", "allow", *_GROUPS)
"""Changes that affect which requests are sent and how their responses are judged."""
_LANGUAGE: Final = re.compile(r" \[(?:[^\[\]]*[=: ])?([A-Za-z-]+)\]")
"""The end of a label that says in which language its request was sent."""
_NOT_OURS: Final = frozenset({"contract", "name"})

Trials = dict[str, set[tuple[str, str]]]


def session_changes(old: Results, new: Results) -> tuple[OurChange, ...]:
    """Return the changes of suite, depth, seed, and whether a run was broken off."""
    pairs = (
        (Message("suite"), f"{old.suite.name} {old.suite.version}", f"{new.suite.name} {new.suite.version}"),
        (Message("depth"), old.depth, new.depth),
        (Message("seed"), old.seed, new.seed),
        (Message("broken off"), old.partial, new.partial),
    )
    return _list_changes(pairs)


def run_changes(old: TargetRun, new: TargetRun) -> tuple[OurChange, ...]:
    """Return the changes of the contract's edition and of the profile; fixtures, vantages and hooks by name."""
    pairs: list[tuple[str, Any, Any]] = [(Message("contract edition"), old.contract.edition, new.contract.edition)]
    for key in dict.fromkeys((*old.target, *new.target)):
        if key in _NOT_OURS:
            continue
        before, after = old.target.get(key), new.target.get(key)
        if key in _GROUPS:
            then, now = before or {}, after or {}
            pairs += [(f"{key}.{name}", then.get(name), now.get(name)) for name in dict.fromkeys((*then, *now))]
        elif key == "allow":
            pairs.append((key, sorted(before or ()), sorted(after or ())))
        else:
            pairs.append((key, before, after))
    return _list_changes(pairs)


def row_changes(old: RowResult, new: RowResult) -> tuple[OurChange, ...]:
    """Return the changes of the row's expectation and of its known deviation in the profile."""
    pairs = (
        (Message("expected answer"), old.expected and asdict(old.expected), new.expected and asdict(new.expected)),
        (Message("known deviation"), old.known and old.known.reason, new.known and new.known.reason),
    )
    return tuple(OurChange(one.what, one.old, one.new, new.id) for one in _list_changes(pairs))


def changes_that_decide(
    changes: Iterable[OurChange], *, judging: bool = False, patience: bool = False
) -> tuple[str, ...]:
    """Return the names of the changes that affect what is sent and how it is judged.

    With `judging`, only how it is judged; with `patience`, also waiting times and an early end of the run.
    """
    names = _JUDGES if judging else _DECIDES
    names = (*names, "pace", "pace_group", "timeout", "broken off") if patience else names
    return tuple(dict.fromkeys(one.what for one in changes if one.what.partition(".")[0] in names))


def given_by_profile(target: Mapping[str, Any], lack: str) -> bool | None:
    """Return whether a profile provides what a row lacked (`fixtures.member_id`, `allow: write`).

    Returns None if results do not show it, because credentials are not in them.
    """
    if lack.startswith("allow"):
        return lack.partition(":")[2].strip() in (target.get("allow") or ())
    group, _, path = lack.partition(".")
    if group not in _GROUPS:
        return None
    value: Any = target.get(group)
    for name in path.split("."):
        if not isinstance(value, Mapping) or name not in value:
            return False
        value = value[name]
    return True


def _list_changes(pairs: Iterable[tuple[str, Any, Any]]) -> tuple[OurChange, ...]:
    return tuple(OurChange(what, old, new) for what, old, new in pairs if old != new)


def explain_change(
    old: RowResult, new: RowResult, runs: tuple[TargetRun, TargetRun], changes: tuple[OurChange, ...]
) -> tuple[str, ...]:
    """Return the names of our changes that explain the row's new verdict; none if the target changed."""
    if Verdict.NOT_EXERCISED in {old.verdict, new.verdict}:
        return _explain_exercising(old, new, runs, changes)
    changes = tuple(one for one in changes if _may_affect(one, old, new))
    doubtful = Verdict.INCONCLUSIVE in {old.verdict, new.verdict}
    if not (possible := changes_that_decide(changes, patience=doubtful)):
        return ()
    worse = new if list(Verdict).index(new.verdict) >= list(Verdict).index(old.verdict) else old
    answers = _compare_attempts(old, new, worse, runs) + _compare_requests(worse, runs)
    if "differs" in answers:
        return ()
    if "same" in answers and not doubtful:
        return changes_that_decide(changes, judging=True)
    return possible if doubtful or _failing_labels(worse) else changes_that_decide(changes, judging=True)


def _compare_attempts(
    old: RowResult, new: RowResult, worse: RowResult, runs: tuple[TargetRun, TargetRun]
) -> list[Literal["same", "differs"]]:
    """Compare the responses of both runs to the inputs (by label) whose findings led to the worse verdict."""
    before, after = collect_trials(old, Normalizer(runs[0].target)), collect_trials(new, Normalizer(runs[1].target))
    labels = {label for where in _failing_labels(worse) for label in (where, where.removeprefix("control "))}
    found: list[Literal["same", "differs"]] = []
    for label in labels & before.keys() & after.keys():
        if _answered_otherwise(before[label], after[label]):
            found.append("differs")
        elif before[label] & after[label]:
            found.append("same")
    return [*found, "differs"] if _differs_in_each_language(before, after, labels) else found


def _differs_in_each_language(before: Trials, after: Trials, labels: Iterable[str]) -> bool:
    """Whether inputs that changed their languages got another status, in two languages at least.

    Where the profile names its languages in another order, each input is tried in another one than before.
    """
    then = _statuses_without_language(before)
    known = [label for label in labels if label in after and label not in before]
    changed = [
        _LANGUAGE.findall(label)
        for label in known
        if (statuses := then.get(_LANGUAGE.sub("", label))) and statuses.isdisjoint(_statuses(after[label]))
    ]
    return len({language for each in changed for language in each}) > 1


def _statuses_without_language(trials: Trials) -> dict[str, set[str]]:
    """Return the statuses that each label had, in whatever language."""
    found: dict[str, set[str]] = {}
    for label, answers in trials.items():
        found.setdefault(_LANGUAGE.sub("", label), set()).update(_statuses(answers))
    return found


def _statuses(answers: Iterable[tuple[str, str]]) -> set[str]:
    return {answer.partition(" ")[0] for _, answer in answers}


def _compare_requests(worse: RowResult, runs: tuple[TargetRun, TargetRun]) -> list[Literal["same", "differs"]]:
    """Compare the responses of both runs to the requests whose findings led to the worse verdict, in any row.

    All rows are searched, because requests that rows have in common are sent once. If the verdict is inconclusive, all
    requests of the row count.
    """
    weighs = Level.MUST if worse.verdict is Verdict.VIOLATES else Level.SHOULD
    against = {finding.exchange: finding.where for finding in worse.findings if finding.level is weighs}
    exchanges = [one for one in worse.exchanges if one.n in against and one.label.startswith(against[one.n])]
    if worse.verdict is Verdict.INCONCLUSIVE:
        exchanges = list(worse.exchanges)
    before, after = map(_answers_by_request, runs)
    normalizers = [Normalizer(run.target) for run in runs]
    keys = {request_key(one, normalizer) for one in exchanges for normalizer in normalizers}
    sent_twice = [key for key in keys if key in before and key in after]
    return ["same" if before[key] & after[key] else "differs" for key in sent_twice]


def _answers_by_request(run: TargetRun) -> dict[RequestKey, set[str]]:
    """Return the responses to each request: status and body of errors, only the status of successes."""
    normalizer = Normalizer(run.target)
    answers: dict[RequestKey, set[str]] = {}
    for exchange in (exchange for row in run.rows for exchange in row.exchanges):
        if (response := exchange.response) is not None:
            body = normalizer.normalize(response.body) if response.status >= 400 else ""
            answers.setdefault(request_key(exchange, normalizer), set()).add(f"{response.status} {body}")
    return answers


def _may_affect(change: OurChange, old: RowResult, new: RowResult) -> bool:
    """Return whether a change may affect a row: a fixture only if a request contains its value, others always."""
    if not change.what.startswith("fixtures."):
        return True
    for row, value in ((old, change.old), (new, change.new)):
        sent = [f"{unquote(one.request.url)}\n{one.request.body or ''}" for one in row.exchanges]
        values = [str(one) for _, one in walk_values(value) if one is not None and not isinstance(one, dict | list)]
        if any(text in request for text in values for request in sent):
            return True
    return False


def collect_trials(row: RowResult, normalizer: Normalizer) -> Trials:
    """Return the pairs of sent value and response of each label, normalized for comparison across targets."""
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
    """Return whether some value was sent in both runs and never got the same response."""
    return bool({value for value, _ in before} & {value for value, _ in after} - {value for value, _ in before & after})


def _failing_labels(row: RowResult) -> set[str]:
    weighs = Level.MUST if row.verdict is Verdict.VIOLATES else Level.SHOULD
    return {finding.where for finding in row.findings if finding.level is weighs}


def _explain_exercising(
    old: RowResult, new: RowResult, runs: tuple[TargetRun, TargetRun], changes: tuple[OurChange, ...]
) -> tuple[str, ...]:
    """Return what a row lacked, if only one profile has it or results do not show that, or else our changes."""
    lacking = new if new.verdict is Verdict.NOT_EXERCISED else old
    before, after = (run.target for run in runs)
    given = {lack: (given_by_profile(before, lack), given_by_profile(after, lack)) for lack in lacking.lacks}
    lost = tuple(lack for lack, (then, now) in given.items() if then != now or then is None)
    return lost or changes_that_decide(changes, patience=True)
