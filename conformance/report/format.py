"""What pages, files and terminal say of a row, a finding and an answer, in one line each, and of a failure as a text.

What these functions return is English; it is a `Message` wherever it has words of ours, so that a report can translate
it. Text of the target in it may hold anything: whoever writes it passes it through `sanitize`.
"""

from __future__ import annotations

from math import isfinite
from typing import Any

from conformance.checks.model import Finding, Level
from conformance.contract.templates import show_placeholders
from conformance.messages import Message, join_messages
from conformance.report.evidence import (
    Group,
    proof_exchanges,
)
from conformance.report.sanitize import clip_text, format_json
from conformance.report.text_diff import list_statuses, reveal_difference
from conformance.report.translation import Translator
from conformance.report.words import name_of
from conformance.results.model import ExploredFinding, KnownDeviationNote, RecordedExchange, RowResult

_LONGEST, _MOST_LINES = 300, 24
_WORDINGS = 3
_ALTERNATIVES = frozenset({"message", "code", "language"})
"""Checks of which several expected values are documented, any of which would do."""
_SHOWN = 4
"""Groups of findings that say the same which a failure shows; the report holds all."""


def format_duration(seconds: float) -> str:
    """`4.2 ms`, `120 ms`, `5.2 s`, `40 s`, `12 min`, `3 h 20 min`; as it is where a damaged file holds no number."""
    if not isfinite(seconds):
        return str(seconds)
    if seconds < 1:
        return f"{seconds * 1000:.{0 if seconds >= 0.01 or not seconds else 1}f} ms"
    if seconds < 90:
        return f"{seconds:.{0 if seconds >= 10 else 1}f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def format_value(value: Any) -> str:
    """What a finding expected or what came: a message as it is, anything else as JSON of at most 300 characters."""
    value = list_statuses(value)
    return value if isinstance(value, Message) else clip_text(format_json(value), _LONGEST)


def format_values(finding: Finding | ExploredFinding) -> tuple[str, str]:
    """Expected and actual value; of two texts that look alike, with the code points in which they differ."""
    expected, actual = reveal_difference(finding.expected, finding.actual)
    if finding.check in _ALTERNATIVES and isinstance(expected, list):
        return Message("one of {statuses}", statuses=", ".join(map(format_value, expected))), format_value(actual)
    return format_value(expected), format_value(actual)


def format_promise(row: RowResult) -> str:
    """`400 "Limit: must be no less than 0."`, with code and field where the row names them."""
    if row.expected is None:
        return Message("an answer that the table does not detail")
    expected = row.expected
    messages = list(dict.fromkeys(map(show_placeholders, expected.messages)))
    wordings = " / ".join(clip_text(format_json(message), _LONGEST) for message in messages[:_WORDINGS])
    parts: list[str] = [str(expected.status), *([wordings] if wordings else [])]
    if more := len(messages[_WORDINGS:]):
        parts.append(Message("(and {n} more wordings)", n=more))
    parts += [Message("code {code}", code=expected.code)] if expected.code is not None else []
    parts += [Message("field {field}", field=expected.field)] if expected.field is not None else []
    return join_messages(" ", parts)


def format_answer(exchange: RecordedExchange) -> str:
    """What came back in a few words: the status and the start of the body, or why nothing came."""
    if exchange.response is not None:
        return clip_text(f"{exchange.response.status} {exchange.response.body}".rstrip(), _LONGEST)
    if exchange.failure is None:
        return Message("no answer")
    kind, reason = name_of(exchange.failure.kind), exchange.failure.detail
    if reason:
        return Message("no answer ({kind}: {reason})", kind=kind, reason=reason)
    return Message("no answer ({kind})", kind=kind)


def format_choice(answer: str) -> str:
    """What a target made of an open choice; several answers stand between commas."""
    return join_messages(", ", [Message("accepted") if one == "accepted" else one for one in answer.split(", ")])


def format_times(times: str) -> str:
    """`2 of 5` of a finding as a phrase."""
    bad, _, total = times.partition(" of ")
    return Message("{bad} of {all} times", bad=bad, all=total)


def format_finding(finding: Finding) -> str:
    """Such as `status at limit=min-1: expected 400, got 200 (2 of 5 times); why it matters`."""
    expected, actual = format_values(finding)
    values = {"check": name_of(finding.check), "where": finding.where, "expected": expected, "actual": actual}
    if finding.check == "control":  # its place names it already
        del values["check"]
        first = Message("{where}: expected {expected}, got {actual}", **values)
    elif not finding.where:
        del values["where"]
        first = Message("{check}: expected {expected}, got {actual}", **values)
    else:
        first = Message("{check} at {where}: expected {expected}, got {actual}", **values)
    if finding.times:
        first = Message("{finding} ({times})", finding=first, times=format_times(finding.times))
    parts: list[str] = [first]
    parts += [finding.detail] if finding.detail else []
    parts += [Message("smallest failing input: {input}", input=finding.smallest)] if finding.smallest else []
    return join_messages("; ", parts)


def describe_group(group: Group) -> str:
    """The first finding of a group, and at how many more inputs the same was found."""
    more = Message("and at {n} more inputs", n=len(group) - 1)
    return join_messages("; ", [format_finding(group[0]), *([more] if len(group) > 1 else [])])


def format_reason(row: RowResult) -> str:
    """Why a row has its verdict; what the profile lacks comes with it, once."""
    if row.lacks:
        lacks = Message("The profile lacks {names}.", names=", ".join(row.lacks))
        only = Message("lacks {names}", names=", ".join(row.lacks))
        return lacks if row.reason is None or row.reason == only else join_messages(" ", [row.reason, lacks])
    grave = [finding for finding in row.findings if finding.level is Level.MUST] or list(row.findings)
    return row.reason or (format_finding(grave[0]) if grave else "")


def format_repeat_command(row: RowResult) -> str:
    """The command that repeats the gravest finding; empty where nothing was recorded."""
    proof = proof_exchanges(row)
    return proof.curl if proof else ""


def describe_promise(row: RowResult, say: Translator) -> str:
    """`promised: 400 "Limit: must be no less than 0."`."""
    return f"{say(Message('promised'))}: {say(format_promise(row))}"


def describe_known_deviation(known: KnownDeviationNote, say: Translator) -> str:
    """`known deviation: …`."""
    return f"{say(Message('known deviation'))}: {say(format_known_deviation(known))}"


def format_known_deviation(known: KnownDeviationNote) -> str:
    """The reason, link and expiry of a deviation that a profile lists as known."""
    return " ".join(filter(None, (known.reason, known.link, known.expires)))
