"""Members of bodies that the profile names and the target does not know, or whose valid value it refuses."""

import json
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from itertools import combinations
from typing import Any

from conformance.checks.model import Finding
from conformance.engine.journal import has_run_name
from conformance.messages import Message
from conformance.session.causes.model import Call, RunCause, RunEvidence, members


def find_fields(run: RunEvidence) -> Iterator[RunCause]:
    named = _named_members(run)
    if not named or not (run.blames or run.has_doubts):
        return
    bodies = [one.body for one in run.calls if one.succeeded]
    shown = set[str]().union(*map(members, bodies))
    theirs = set[str]().union(*(members(body) for body in bodies if not has_run_name(body)))
    sent = set[str]().union(*(members(one.exchange.request.body or "") for one in run.calls))
    known = shown.intersection(named.values())
    if sent & shown - theirs - known:  # it shows whatever it was sent: only what others have made tells what it has
        lacking = {value for key, value in named.items() if key.endswith(".name")} - theirs
        shown -= lacking if len(lacking) == 1 else set()
    for key, value in named.items():
        name = key.rpartition(".")[0]
        using = [one for one in run.calls if _sends(one, value)]
        valid = [one for one in using if one.is_valid and one.status]
        unmatched = [one for one in run.calls if key.endswith(".mismatch") and one.must_refuse(value)]
        affects = partial(_sends, value=value)
        is_checked = any(one.shows(value) for one in using if not one.succeeded)
        if known and using and value not in shown and not (is_checked and any(one.succeeded for one in valid)):
            text = Message("{key}: no answer of the target has a member {value}", key=key, value=value)
            yield RunCause(key, text, affects, value)
        elif len(unmatched) > 1 and all(one.succeeded for one in unmatched) and f"{name}.pattern" not in named:
            text = Message("{key}: {value} was accepted each time, and no pattern tells why not", key=key, value=value)
            yield RunCause(key, text, partial(Call.has_text, value=value))
        elif valid and not any(one.succeeded for one in valid) and any(one.shows(value) for one in valid):
            text = Message("{name}: every valid request with {value} was refused for it", name=name, value=value)
            yield RunCause(name, text, affects, value)


def find_exchanged_texts(run: RunEvidence) -> Iterator[RunCause]:
    """Texts of two members that all messages show in each other's place, or one that is no other's."""
    by_field: dict[str, list[Finding]] = {}
    for row in run.results:
        if row.expected is not None and row.expected.field is not None:
            by_field.setdefault(row.expected.field, []).extend(one for one in row.findings if one.check == "message")
    named = _named_members(run)
    shown: dict[str, tuple[str, str]] = {}
    for place, value in named.items():
        about = f"{place.rpartition('.')[0]}.name"
        texts = {_text_in_place_of(value, one) for one in by_field.get(named.get(about, ""), ()) if place != about}
        if len(texts) == 1 and (text := next(iter(texts))):
            shown[place] = value, text
    for (place, (value, text)), (other, theirs) in combinations(shown.items(), 2):
        if theirs == (text, value):
            exchanged = Message(
                "{first} and {second} stand in the place of each other: each is shown where the other is expected",
                first=place,
                second=other,
            )
            yield RunCause(place, exchanged, partial(_shows_any, values=(value, text)), check="message")
    known = {value for value, _ in shown.values()}
    for place, (value, text) in shown.items():
        if text not in known:
            other = Message(
                "{key}: all messages show {text} in the place of {value}", key=place, text=text, value=value
            )
            yield RunCause(place, other, lambda _: False)


def _text_in_place_of(value: str, finding: Finding) -> str | None:
    """What a message shows where an expected one has `value`; None where it is otherwise none of those."""
    actual = str(finding.actual)
    for wording in finding.expected if isinstance(finding.expected, list | tuple) else [finding.expected]:
        before, is_in, after = str(wording).partition(value)
        if is_in and len(actual) > len(before + after) and actual.startswith(before) and actual.endswith(after):
            return actual[len(before) : len(actual) - len(after)]
    return None


def _shows_any(call: Call, values: Collection[str]) -> bool:
    return call.is_firm and any(map(call.shows, values))


def _sends(call: Call, value: str) -> bool:
    return call.has_text(value) and value in members(call.exchange.request.body or "")


def _named_members(run: RunEvidence) -> dict[str, str]:
    return dict(
        _nested_texts("fixtures", {key: each for key, each in run.fixtures.items() if isinstance(each, Mapping)})
    )


def _nested_texts(place: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every text or number inside of objects, as JSON writes it in quotes, with its place."""
    for key, each in value.items() if isinstance(value, Mapping) else ():
        if isinstance(each, str | int):
            yield f"{place}.{key}", json.dumps(str(each), ensure_ascii=False)[1:-1]
        yield from _nested_texts(f"{place}.{key}", each)
