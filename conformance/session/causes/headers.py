"""Rules for headers: credentials with which every call was refused, hooks that the target does not know."""

from collections.abc import Collection, Iterator, Sequence
from functools import partial

from conformance.checks.model import Verdict
from conformance.http import FailureKind
from conformance.messages import Message
from conformance.results.redaction import CLOSE, OPEN
from conformance.session.causes.model import (
    LEAST,
    Call,
    RunCause,
    RunEvidence,
    describe_exchange,
    members,
    shows_what_works,
    statuses_of_valid,
)


def find_credentials(run: RunEvidence) -> Iterator[RunCause]:
    """Credentials with which every call was refused, from the beginning or from some time on."""
    used: dict[str, list[Call]] = {}
    for one in filter(shows_what_works, run.calls):
        for name in dict.fromkeys(_credentials_of(one)) if one.is_valid or one.is_firm else ():
            if one.is_valid or not (one.succeeded and _holds_one_of_several(one, name)):
                used.setdefault(name, []).append(one)
    named = [set(calls) for name, calls in used.items() if not name.isupper()]
    for name, calls in used.items():
        valid = {one for one in calls if one.is_valid}
        if name.isupper() and valid and any(valid <= each for each in named):
            continue  # one of several values of a credential
        if _is_refused_as_others(run, name, calls):
            continue  # the path is that of something else
        statuses = statuses_of_valid(calls) or _status_of_unknown(run, name, calls)
        what = _describe_credential(name)
        known = [one.exchange.started for one in calls if one.status not in {401, 403}]
        worked = max(known, default="") if any(one.succeeded for one in calls) else ""
        since = [one for one in calls if one.exchange.started > worked]
        late = {one.status for one in since}
        again = {one.step for one in since} & {one.step for one in calls if one.succeeded}
        if worked and again and len(late) == 1 and late <= {401, 403} and sum(one.is_valid for one in since) >= LEAST:
            text = Message(
                "from {time} on every call with {what} was answered {status}: it may have been replaced meanwhile",
                time=min(one.exchange.started for one in since),
                what=what,
                status=next(iter(late)),
            )
            yield RunCause(f"credentials.{name}", text, partial(_uses_credential, names=(name,), since=worked))
        elif len(statuses) == 1 and statuses <= {401, 403}:
            text = Message("every call with {what} was answered {status}", what=what, status=next(iter(statuses)))
            names = [
                name,
                *(each for each, others in used.items() if all(one.succeeded and one.finding for one in others)),
            ]
            if len(names) > 1:
                text = describe_exchange(f"credentials.{name}", f"credentials.{names[1]}")
            yield RunCause(f"credentials.{name}", text, partial(_uses_credential, names=names))


def _is_refused_as_others(run: RunEvidence, name: str, calls: Sequence[Call]) -> bool:
    """Whether a credential was sent to one path of the profile alone, and refused as other paths refuse without it."""
    paths = {one.asked_for[1] for one in calls}
    answers = {(one.status, one.body) for one in calls if one.is_valid}
    others = [one for one in run.calls if one.asked_for[1] not in paths and name not in _credentials_of(one)]
    is_of_profile = len(paths) == 1 and any(calls[0].is_in_path(each) for each in run.plain().values() if "/" in each)
    return is_of_profile and len(answers) == 1 and answers <= {(one.status, one.body) for one in others if one.reason}


def find_permissions(run: RunEvidence) -> Iterator[RunCause]:
    """Credentials with which some operations were always refused, and others were not after that."""
    unsettled = {Verdict.VIOLATES, Verdict.INCONCLUSIVE}
    doubtful = {
        one for row, each in zip(run.rows, run.results, strict=True) if each.verdict in unsettled for one in row
    }
    used: dict[str, dict[str, list[Call]]] = {}
    for one in (one for row in run.rows for one in row if one.is_valid and shows_what_works(one)):
        for name in dict.fromkeys(_credentials_of(one)):
            used.setdefault(name, {}).setdefault(one.step, []).append(one)
    for name, steps in used.items():
        lacking = {step: calls for step, calls in steps.items() if all(one.status == 403 for one in calls)}
        refused = [one for calls in lacking.values() for one in calls]
        worked = max(
            (each.exchange.started for calls in steps.values() for each in calls if each.succeeded), default=""
        )
        if not doubtful.isdisjoint(refused) and worked > min(one.exchange.started for one in refused):
            text = Message(
                "{operations} was answered 403 each time with {what}, which may lack a permission for it",
                operations=", ".join(lacking),
                what=_describe_credential(name),
            )
            reasons = {one.reason for one in refused}
            yield RunCause(f"credentials.{name}", text, partial(_lacks_permission, name=name, reasons=reasons))


def _lacks_permission(call: Call, name: str, reasons: Collection[tuple[int, str] | None]) -> bool:
    return name in _credentials_of(call) and call.reason in reasons


def _describe_credential(name: str) -> str:
    """What a credential is called; a secret from the environment is recorded by the name of its variable."""
    return f"${name}" if name.isupper() else f"credentials.{name}"


def _status_of_unknown(run: RunEvidence, name: str, calls: Sequence[Call]) -> set[int]:
    """401 where all requests with a credential were refused so, against the promise, and others without it alike."""
    if not all(one.finding and one.status == 401 for one in calls):
        return set()
    without = {one.reason for one in run.calls if one.status == 401 and name not in _credentials_of(one)}
    return {401} if all(one.reason in without for one in calls) else set()


def _credentials_of(call: Call, before: str = f"{OPEN}secret:") -> Iterator[str]:
    """The names of the credentials that a request carried, or of variables that hold one."""
    return (name if name.isupper() else name.partition(".")[0] for name in _secrets_of(call, before))


def _secrets_of(call: Call, before: str = f"{OPEN}secret:") -> Iterator[str]:
    """The names of the secrets that a request carried, from the markers in their place; `before` stands in front."""
    request = call.exchange.request
    for value in (*(value for _, value in request.headers), request.body or ""):
        yield from (piece.partition(CLOSE)[0] for piece in value.split(before)[1:])


def _holds_one_of_several(call: Call, name: str) -> bool:
    """Whether a request held one value of a credential that has several; where it must be refused, another is wrong."""
    return any(each.startswith(f"{name}.") for each in _secrets_of(call))


def _uses_credential(call: Call, names: Collection[str], since: str = "") -> bool:
    """Whether a request rests on a credential, must be refused as it has almost its value, or was not even sent."""
    rests_on_it = any(one in names for one in _credentials_of(call, "secret:"))
    return call.failure_kind == FailureKind.NOT_SENT or (rests_on_it and call.exchange.started >= since)


def find_hooks(run: RunEvidence) -> Iterator[RunCause]:
    """Hooks with whose headers each request is answered as without them: the target does not know them."""
    for name, form in (run.target.get("hooks") or {}).items() if run.blames else ():
        headers = frozenset(each.lower() for each in form.get("headers") or {})
        firm = [one for one in run.calls if one.is_firm and _sends_headers(one, headers)]
        plain = [one for one in run.calls if one.succeeded and not _sends_headers(one, headers)]
        if len({one.asked_for for one in firm}) > 1 and all(
            any(_is_answered_as(one, each) for each in plain) for one in firm
        ):
            text = Message("hooks.{name}: the target answers as without its headers", name=name)
            yield RunCause(f"hooks.{name}", text, partial(_sends_headers, names=headers))


def _sends_headers(call: Call, names: frozenset[str]) -> bool:
    return any(name.lower() in names for name, _ in call.exchange.request.headers)


def _is_answered_as(one: Call, other: Call) -> bool:
    """Whether two requests for the same have the same answer, but for members of what there is more of in one."""
    first, second = members(one.body), members(other.body)
    is_alike = one.status == other.status and one.asked_for == other.asked_for
    return is_alike and (first <= second or second <= first)
