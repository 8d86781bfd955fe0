"""Times to come, in as few words as a person needs."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.model import Finding, Level
from conformance.report.evidence import proof_exchanges
from conformance.report.sanitize import clip_text, format_json, to_one_line
from conformance.report.translation import Phrases, translate
from conformance.results.model import Exploration, RecordedExchange, RowResult

__all__ = [
    "format_answer",
    "format_choice",
    "format_duration",
    "format_exploration_finding",
    "format_finding",
    "format_promise",
    "format_reason",
    "format_repeat_command",
    "format_row_lines",
]


def format_duration(seconds: float) -> str:
    """`40 s`, `12 min`, `3 h 20 min`."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


_LONGEST = 300


def format_promise(row: RowResult) -> str:
    """`400 "Limit: must be no less than 0."`, with code and field where the row names them."""
    if row.expected is None:
        return "an answer that the table does not detail"
    expected = row.expected
    parts = [str(expected.status), " or ".join(format_json(message) for message in expected.messages)]
    parts += [f"code {expected.code}"] if expected.code is not None else []
    parts += [f"field {expected.field}"] if expected.field is not None else []
    return to_one_line(clip_text(" ".join(part for part in parts if part), _LONGEST))


def format_answer(exchange: RecordedExchange) -> str:
    """What came back in a few words: the status and the start of the body, or why nothing came."""
    if exchange.response is not None:
        return to_one_line(clip_text(f"{exchange.response.status} {exchange.response.body}".rstrip(), _LONGEST))
    if exchange.failure is not None:
        return to_one_line(
            clip_text(f"no answer: {exchange.failure.kind} {exchange.failure.detail}".rstrip(), _LONGEST)
        )
    return "no answer"


def format_choice(answer: str, language: str = "en") -> str:
    """What a target made of an open choice; several answers stand between commas."""
    said = [translate("choice.accepted", language) if one == "accepted" else one for one in answer.split(", ")]
    return to_one_line(", ".join(said))


def format_finding(finding: Finding, language: str = "en") -> str:
    """One line, such as `status at limit=min-1: expected 400, got 200 (2 of 5 times). Why it matters.`.

    The words of the finding itself are in `language` already, as `spoken_row` gives them.
    """
    expected, actual = (clip_text(format_json(value), _LONGEST) for value in (finding.expected, finding.actual))
    times = translate("line.times", language, times=_in(language, f"{finding.times} times")) if finding.times else ""
    held = {"check": finding.check, "where": finding.where, "expected": expected, "actual": actual, "times": times}
    detail = f" {finding.detail}" if finding.detail else ""
    smallest = " " + translate("line.smallest", language, input=finding.smallest) if finding.smallest else ""
    return to_one_line(f"{translate('line.finding', language, **held)}{detail}{smallest}")


def format_reason(row: RowResult, language: str = "en") -> str:
    """Why a row has its verdict, in one line; what it lacks comes with it, once.

    The words of the row itself are in `language` already, as `spoken_row` gives them.
    """
    lacking = ", ".join(row.lacks)
    grave = [finding for finding in row.findings if finding.level is Level.MUST] or list(row.findings)
    said = [row.reason] if row.reason else [format_finding(grave[0], language)] if grave else []
    if lacking:
        lacks = f"lacks {lacking}" if language == "en" else Phrases().sentence(f"lacks {lacking}")
        said = [*(text for text in said if text != lacks), translate("line.lacks", language, names=lacking)]
    return to_one_line(" ".join(said))


def format_repeat_command(row: RowResult) -> str:
    """The command that repeats the gravest finding; empty where nothing was recorded."""
    proof = proof_exchanges(row)
    return proof.curl if proof else ""


def format_exploration_finding(one: Exploration) -> str:
    """What exploration found of an operation, in one line: its gravest finding, or why there is none."""
    found = min(one.findings, key=lambda it: list(Level).index(it.level), default=None)
    said = one.reason or ""
    if found:
        expected, actual = (clip_text(format_json(value), _LONGEST) for value in (found.expected, found.actual))
        said = f"{found.check}: expected {expected}, got {actual}. {found.detail}"
    return to_one_line(f"{one.operation} {one.method} {one.path}: {said}".rstrip(": "))


def _in(language: str, answer: str) -> str:
    return answer if language == "en" else Phrases().answer(answer)


def format_row_lines(row: RowResult) -> Iterator[str]:
    """Everything that is known of a row but its exchanges, a line each."""
    yield f"{to_one_line(row.id)}: {to_one_line(row.cause)}"
    yield f"promised: {format_promise(row)}"
    if row.reason:
        yield f"reason: {to_one_line(row.reason)}"
    for finding in row.findings:
        yield f"{finding.level}: {format_finding(finding)}"
    for lack in row.lacks:
        yield f"lacks: {to_one_line(lack)}"
    for warning in row.warnings:
        yield f"warning: {to_one_line(warning)}"
    if row.known:
        yield to_one_line(f"known: {row.known.reason} {row.known.link} {row.known.expires}".rstrip())
    if curl := format_repeat_command(row):
        yield f"repeat: {to_one_line(curl)}"
