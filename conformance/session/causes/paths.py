"""Rules for paths of the profile that lead to something else than they should."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from conformance.messages import Message, clip_text
from conformance.session.causes.model import Call, RunCause, RunEvidence, members

_FIELD: Final = r'"field"\s*:\s*"([^"]*)"'


def find_exchanged_words(run: RunEvidence) -> Iterator[RunCause]:
    """Valid requests to one path are refused in the words that are promised for another, which never uses these."""
    paths = {name: value for name, value in run.plain().items() if "/" in value} if run.blames else {}
    for name, value in paths.items():
        found = [one.finding for one in run.of_path(value) if one.is_firm]
        promised = {str(one.expected) for one in found if one is not None and one.check == "message"}
        if len(found) < 2 or None in found or len(promised) != 1:
            continue
        for other, second in paths.items():
            valid = [one for one in run.of_path(second) if one.is_valid and other != name]
            if valid and all(not one.succeeded and one.shows(*promised) for one in valid):
                text = Message(
                    "fixtures.{name} and fixtures.{other} stand in the place of each other: "
                    "valid requests to the second are refused in the words of the first",
                    name=name,
                    other=other,
                )
                yield RunCause(f"fixtures.{name}", text, partial(Call.is_below, values=(value, second)))


def find_answered_alike(run: RunEvidence) -> Iterator[RunCause]:
    """A path that answers whatever is sent with the same success, which lacks what valid requests should be given."""
    for name, value in run.plain().items() if run.blames else ():
        calls = run.of_path(value) if "/" in value else []
        valid = [one for one in calls if one.is_valid]
        answers = {(one.status, one.body) for one in calls if one.is_valid or one.is_firm}
        lacking = any(one.lacks_effect for one in valid)
        if lacking and len(answers) == 1 and all(one.succeeded for one in valid):
            text = Message(
                "fixtures.{name}: {value} answers every request alike, and valid ones without what they should give",
                name=name,
                value=value,
            )
            yield RunCause(f"fixtures.{name}", text, partial(Call.is_below, values=[value]))


def find_refused_alike(run: RunEvidence) -> Iterator[RunCause]:
    """A path on which every valid request was refused in the same words, which then tell nothing of a faulty one."""
    named = run.plain() if run.blames or run.has_doubts else {}
    passed = {
        one
        for row in run.rows
        for place, one in enumerate(row)
        if one.exchange.role == "step" and not one.succeeded and any(later.is_firm for later in row[place:])
    }  # refused as the set-up expects, such as a look without a token
    for name, value in named.items():
        valid = [one for one in run.of_path(value) if one.is_valid and "/" in value and one not in passed]
        reasons = {one.reason for one in valid}
        reason = next(iter(reasons), None)
        if len(reasons) == 1 and reason is not None:
            text = Message(
                "fixtures.{name}: every valid request to {value} was refused in the same words: {status} {words}",
                name=name,
                value=value,
                status=reason[0],
                words=clip_text(reason[1], 100),
            )
            fields, key = re.findall(_FIELD, valid[0].body), f"fixtures.{name}"
            lacking = [
                each for each in fields if not any(each in members(one.exchange.request.body or "") for one in valid)
            ]
            groups = [each for each, group in run.fixtures.items() if isinstance(group, Mapping)]
            if lacking and groups:
                key = f"fixtures.{groups[0]}"
                text = Message(
                    "{key}: every valid request to {value} was refused for lack of {field}",
                    key=key,
                    value=value,
                    field=lacking[0],
                )
            has_missing = any(each.endswith(f"_{name}") for each in named)
            of_path = has_missing and not any(one.shows('"field"') for one in valid)
            explains = partial(_is_refused_for, value=value, reasons=reasons, valid=of_path)
            yield RunCause(key, text, explains)


def find_deletion(run: RunEvidence) -> Iterator[RunCause]:
    """A path that should do something else, and after which what it was called on is gone each time."""
    for name, value in run.plain().items() if run.blames else ():
        gone = [
            _is_gone_after(row, index)
            for row in run.rows
            for index, one in enumerate(row)
            if "{" in value and one.finding is not None and one.succeeded and one.is_in_path(value)
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
                for one in run.of_path(other)
                if one.exchange.role in {"step", "clean-up"} and one.asked_for[0] != "GET" and one.succeeded
            }
            yield RunCause(f"fixtures.{name}", text, partial(_follows_deletion, value=value, deleted=deleted))


def _follows_deletion(call: Call, value: str, deleted: Collection[str]) -> bool:
    """Whether a call is on a path that deletes, finds what is gone, or finds what another path did not delete."""
    is_gone = not call.is_firm and call.status == 404
    return is_gone or call.is_in_path(value) or _thing_of(call) in deleted


def _thing_of(call: Call) -> str:
    """The last segment of a path: what a request is sent to."""
    return call.asked_for[1].rpartition("/")[2]


def _is_gone_after(calls: Sequence[Call], index: int) -> bool:
    """Whether each later answer that names what a request was sent to says that there is no such thing."""
    thing = _thing_of(calls[index])
    later = {one.status for one in calls[index + 1 :] if one.status and one.is_in_path(thing)}
    return bool(thing) and later == {404}


def _is_refused_for(call: Call, value: str, reasons: Iterable[tuple[int, str] | None], *, valid: bool) -> bool:
    return (valid or not call.is_valid or call.finding is None) and call.is_in_path(value) and call.reason in reasons
