"""Formats rows, findings and answers in one line each, for pages, files and the terminal.

The functions return English, as a `Message` if it contains our words, so that a report can translate it. Texts of the
target in it are not safe: writers must apply `sanitize`.
"""

from math import isfinite
from typing import Any

from conformance.checks.model import Finding, Level
from conformance.contract.templates import show_placeholders
from conformance.messages import Message, clip_text, join_messages
from conformance.report.evidence import Group, proof_exchanges
from conformance.report.sanitize import format_json
from conformance.report.text_diff import list_statuses, reveal_difference
from conformance.report.translation import Translator
from conformance.report.words import name_of
from conformance.results.model import ExploredFinding, KnownDeviationNote, RecordedExchange, RowResult

_LONGEST = 300
_WORDINGS = 3
_ALTERNATIVES = frozenset({"message", "code", "language"})
"""Checks whose expected value may be a list of documented alternatives."""


def format_duration(seconds: float) -> str:
    """Format `4.2 ms`, `120 ms`, `5.2 s`, `40 s`, `12 min`, `3 h 20 min`; `nan` and `inf` unchanged."""
    if not isfinite(seconds):
        return str(seconds)
    if seconds < 1:
        return f"{seconds * 1000:.{0 if seconds >= 0.01 or not seconds else 1}f} ms"
    if seconds < 90:
        return f"{seconds:.{0 if seconds >= 10 else 1}f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def format_value(value: Any) -> str:
    """Format an expected or actual value: a message unchanged, anything else as JSON of at most 300 characters."""
    value = list_statuses(value)
    return value if isinstance(value, Message) else clip_text(format_json(value), _LONGEST)


def format_values(finding: Finding | ExploredFinding) -> tuple[str, str]:
    """Format expected and actual value; if two texts look alike, with the code points in which they differ."""
    expected, actual = reveal_difference(finding.expected, finding.actual)
    if finding.check in _ALTERNATIVES and isinstance(expected, list):
        return Message("one of {statuses}", statuses=", ".join(map(format_value, expected))), format_value(actual)
    return format_value(expected), format_value(actual)


def format_promise(row: RowResult) -> str:
    """Format what a row promises: `400 "Limit: must be no less than 0."`, with code and field if it has them."""
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
    """Format an answer: the status and the start of the body, or why there is none."""
    if exchange.response is not None:
        return clip_text(f"{exchange.response.status} {exchange.response.body}".rstrip(), _LONGEST)
    if exchange.failure is None:
        return Message("no answer")
    kind, reason = name_of(exchange.failure.kind), exchange.failure.detail
    if reason:
        return Message("no answer ({kind}: {reason})", kind=kind, reason=reason)
    return Message("no answer ({kind})", kind=kind)


def format_choice(answer: str) -> str:
    """Format how a target handled an open choice; `answer` may list several, separated by commas."""
    return join_messages(", ", [Message("accepted") if one == "accepted" else one for one in answer.split(", ")])


def format_times(times: str) -> str:
    """Format the `2 of 5` of a finding as a phrase."""
    bad, _, total = times.partition(" of ")
    return Message("{bad} of {all} times", bad=bad, all=total)


def format_finding(finding: Finding) -> str:
    """Format `status at limit=min-1: expected 400, got 200 (2 of 5 times); detail`."""
    expected, actual = format_values(finding)
    values = {"check": name_of(finding.check), "where": finding.where, "expected": expected, "actual": actual}
    if finding.check == "control":  # `where` begins with it
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
    """Format the first finding of a group, and the number of other inputs with an equal one."""
    more = Message("and at {n} more inputs", n=len(group) - 1)
    return join_messages("; ", [format_finding(group[0]), *([more] if len(group) > 1 else [])])


def format_reason(row: RowResult) -> str:
    """Format why a row has its verdict, including what the profile lacks."""
    if row.lacks:
        lacks = Message("The profile lacks {names}.", names=", ".join(row.lacks))
        only = Message("lacks {names}", names=", ".join(row.lacks))
        return lacks if row.reason is None or row.reason == only else join_messages(" ", [row.reason, lacks])
    grave = [finding for finding in row.findings if finding.level is Level.MUST] or list(row.findings)
    return row.reason or (format_finding(grave[0]) if grave else "")


def format_repeat_command(row: RowResult) -> str:
    """Return the command that reproduces the most severe finding; "" if nothing was recorded."""
    proof = proof_exchanges(row)
    return proof.curl if proof else ""


def describe_promise(row: RowResult, say: Translator) -> str:
    """Return `promised: 400 "Limit: must be no less than 0."` in the translator's language."""
    return f"{say(Message('promised'))}: {say(format_promise(row))}"


def describe_known_deviation(known: KnownDeviationNote, say: Translator) -> str:
    """Return `known deviation: …` in the translator's language."""
    return f"{say(Message('known deviation'))}: {say(format_known_deviation(known))}"


def format_known_deviation(known: KnownDeviationNote) -> str:
    return " ".join(filter(None, (known.reason, known.link, known.expires)))
