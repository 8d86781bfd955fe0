"""What is said of a row in plain lines: the same words in the terminal, Markdown, JUnit and SARIF."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.report.evidence import proof_of
from conformance.report.harmless import as_json, clip, one_line
from conformance.report.phrases import Phrases
from conformance.report.words import say
from conformance.results.model import Exploration, Finding, Level, RecordedExchange, RowResult

__all__ = ["answer_of", "choice_said", "finding_line", "lines_of", "promise_of", "reason_of", "repeat_of", "stray_line"]

_LONGEST = 300


def promise_of(row: RowResult) -> str:
    """`400 "Limit: must be no less than 0."`, with code and field where the row names them."""
    if row.wanted is None:
        return "an answer that the table does not detail"
    wanted = row.wanted
    parts = [str(wanted.status), " or ".join(as_json(message) for message in wanted.messages)]
    parts += [f"code {wanted.code}"] if wanted.code is not None else []
    parts += [f"field {wanted.field}"] if wanted.field is not None else []
    return one_line(clip(" ".join(part for part in parts if part), _LONGEST))


def answer_of(exchange: RecordedExchange) -> str:
    """What came back in a few words: the status and the start of the body, or why nothing came."""
    if exchange.response is not None:
        return one_line(clip(f"{exchange.response.status} {exchange.response.body}".rstrip(), _LONGEST))
    if exchange.silence is not None:
        return one_line(clip(f"no answer: {exchange.silence.kind} {exchange.silence.detail}".rstrip(), _LONGEST))
    return "no answer"


def choice_said(answer: str, language: str = "en") -> str:
    """What a target made of an open choice; several answers stand between commas."""
    said = [say("choice.accepted", language) if one == "accepted" else one for one in answer.split(", ")]
    return one_line(", ".join(said))


def finding_line(finding: Finding, language: str = "en") -> str:
    """One line, such as `status at limit=min-1: wanted 400, got 200 (2 of 5 times). Why it matters.`.

    The words of the finding itself are in `language` already, as `spoken_row` gives them.
    """
    wanted, got = (clip(as_json(value), _LONGEST) for value in (finding.wanted, finding.got))
    times = say("line.times", language, times=_in(language, f"{finding.times} times")) if finding.times else ""
    held = {"aspect": finding.aspect, "where": finding.where, "wanted": wanted, "got": got, "times": times}
    detail = f" {finding.detail}" if finding.detail else ""
    smallest = " " + say("line.smallest", language, input=finding.smallest) if finding.smallest else ""
    return one_line(f"{say('line.finding', language, **held)}{detail}{smallest}")


def reason_of(row: RowResult, language: str = "en") -> str:
    """Why a row has its verdict, in one line; what it lacks comes with it, once.

    The words of the row itself are in `language` already, as `spoken_row` gives them.
    """
    lacking = ", ".join(row.lacks)
    grave = [finding for finding in row.findings if finding.level is Level.MUST] or list(row.findings)
    said = [row.reason] if row.reason else [finding_line(grave[0], language)] if grave else []
    if lacking:
        lacks = f"lacks {lacking}" if language == "en" else Phrases().sentence(f"lacks {lacking}")
        said = [*(text for text in said if text != lacks), say("line.lacks", language, names=lacking)]
    return one_line(" ".join(said))


def repeat_of(row: RowResult) -> str:
    """The command that repeats the gravest finding; empty where nothing was recorded."""
    proof = proof_of(row)
    return proof.curl if proof else ""


def stray_line(one: Exploration) -> str:
    """What exploration found of an operation, in one line: its gravest finding, or why there is none."""
    found = min(one.findings, key=lambda it: list(Level).index(it.level), default=None)
    said = one.reason or ""
    if found:
        wanted, got = (clip(as_json(value), _LONGEST) for value in (found.wanted, found.got))
        said = f"{found.aspect}: wanted {wanted}, got {got}. {found.detail}"
    return one_line(f"{one.operation} {one.method} {one.path}: {said}".rstrip(": "))


def _in(language: str, answer: str) -> str:
    return answer if language == "en" else Phrases().answer(answer)


def lines_of(row: RowResult) -> Iterator[str]:
    """Everything that is known of a row but its exchanges, a line each."""
    yield f"{one_line(row.id)}: {one_line(row.cause)}"
    yield f"promised: {promise_of(row)}"
    if row.reason:
        yield f"reason: {one_line(row.reason)}"
    for finding in row.findings:
        yield f"{finding.level}: {finding_line(finding)}"
    for lack in row.lacks:
        yield f"lacks: {one_line(lack)}"
    for warning in row.warnings:
        yield f"warning: {one_line(warning)}"
    if row.known:
        yield one_line(f"known: {row.known.reason} {row.known.link} {row.known.expires}".rstrip())
    if curl := repeat_of(row):
        yield f"repeat: {one_line(curl)}"
