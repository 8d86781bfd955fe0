"""An answer held against an expectation: every aspect looked at, every finding kept. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from conformance.contract.model import Page, Wording
from conformance.contract.placeholders import Missing, fill_text
from conformance.contract.wording import Told, matches, resembles, rows_of
from conformance.judge.expectation import Expectation
from conformance.judge.finding import Finding, Level
from conformance.judge.rules import Fault, Rules, faults_of, point, stack_trace, validator
from conformance.judge.schemas import differences
from conformance.wire import Answer, header

__all__ = ["brief", "editions", "findings", "has_must", "told_by"]

NOTHING = object()


def findings(answer: Answer, wanted: Expectation, rules: Rules, where: str) -> tuple[Finding, ...]:
    """Everything in which an answer differs from what was promised."""
    return tuple(_findings(answer, wanted, rules, where))


def _findings(answer: Answer, wanted: Expectation, rules: Rules, where: str) -> Iterator[Finding]:
    if answer.status not in wanted.statuses:
        yield Finding("status", Level.MUST, _one_or_all(wanted.statuses), answer.status, where, detail=_fault(answer))
    yield from leaks(answer, rules, where)
    error = answer.status >= 400
    body = _json(answer)
    if error and wanted.envelope:
        yield from envelope(answer, body, rules, where)
    if answer.status in wanted.statuses or (error and wanted.envelope):
        yield from _told(body, wanted, rules, where)
    if answer.status in wanted.statuses:
        yield from _whole_body(answer, body, wanted, where)


def has_must(found: Sequence[Finding]) -> bool:
    """Whether any of them makes a violation."""
    return any(item.level is Level.MUST for item in found)


# --- what holds for every error answer ---------------------------------------------------------------------------------


def envelope(answer: Answer, body: Any, rules: Rules, where: str) -> Iterator[Finding]:
    """The documented form of an error, and that it says so."""
    said = rules.envelope
    if answer.size == 0 or not answer.body.strip():
        level = Level.SHOULD if said.body_may_lack else Level.MUST
        yield Finding("envelope", level, "an error body", "an empty body", where)
        return
    if body is NOTHING:
        got = f"{header(answer.headers, 'Content-Type') or 'no Content-Type'}: {answer.text[:120]}"
        yield Finding("envelope", Level.MUST, "a JSON body", got, where)
        return
    for should, got, place in islice(differences(rules.shape, body), 1):
        yield Finding("envelope", Level.MUST, should, got, where, detail=f"at {place} of {answer.text[:200]}")
    for pointer in said.expected:
        if not point(body, pointer)[0]:
            yield Finding("envelope", Level.SHOULD, f"a member {pointer}", "absent", where)
    yield from content_type(answer, rules, where)


def content_type(answer: Answer, rules: Rules, where: str) -> Iterator[Finding]:
    """A JSON body says that it is one."""
    said = header(answer.headers, "Content-Type")
    wanted = rules.contract.file.content_types
    if said is None:
        yield Finding("content-type", Level.SHOULD, wanted[0], "absent", where)
        return
    kind = said.partition(";")[0].strip().lower()
    if kind not in wanted and not kind.endswith("+json"):
        yield Finding("content-type", Level.MUST, wanted[0], said, where)


def leaks(answer: Answer, rules: Rules, where: str) -> Iterator[Finding]:
    """No credential and no stack trace in an answer; what a success may well hold (an e-mail address) is none."""
    error = answer.status >= 400
    spoken = "\n".join([answer.text, *(value for _, value in answer.headers)]) if error else answer.text
    for name in rules.leaks(spoken):
        if not error and name not in rules.keys:
            continue
        yield Finding("leak", Level.MUST, "no credential in an answer", f"the value of {name}", where)
    if error and (trace := stack_trace(answer)):
        yield Finding("leak", Level.MUST, "no stack trace in an answer", trace, where)


# --- what the row promises ---------------------------------------------------------------------------------------------


def _told(body: Any, wanted: Expectation, rules: Rules, where: str) -> Iterator[Finding]:
    """Code, field and message; the fault that fits best is the one that is judged."""
    if not (wanted.wordings or wanted.codes or wanted.field) or body is NOTHING:
        return
    faults = faults_of(rules, body)
    if not faults:
        if rules.envelope.faults:
            yield Finding("fault", Level.MUST, "the fault that the row names", body, where)
        elif wanted.wordings:
            yield _lacking(wanted, rules, where)
        return
    yield from min(
        (list(_one_fault(fault, wanted, rules, where)) for fault in faults),
        key=lambda found: [sum(item.level is level for item in found) for level in Level],
    )


def _one_fault(fault: Fault, wanted: Expectation, rules: Rules, where: str) -> Iterator[Finding]:
    if wanted.codes and fault.code not in wanted.codes:
        yield Finding("code", Level.MUST, _one_or_all(wanted.codes), fault.code, where)
    if wanted.field is not None and fault.field != wanted.field:
        yield Finding("field", Level.MUST, wanted.field, fault.field, where)
    if wanted.wordings:
        yield from _message(fault, wanted, rules, where)


def _message(fault: Fault, wanted: Expectation, rules: Rules, where: str) -> Iterator[Finding]:
    if not fault.has_message:
        yield _lacking(wanted, rules, where)
        return
    message = fault.message
    if not isinstance(message, str):
        yield Finding("message", Level.MUST, _texts(wanted), message, where)
        return
    own = [wording for wording in wanted.wordings if _speaks(wording, wanted.language)]
    if any(_fits(wording, message, wanted) for wording in own):
        return
    other = [wording for wording in wanted.wordings if wording not in own and resembles(wording, message)]
    if other and not any(resembles(wording, message) for wording in own):
        spoken = other[0].language
        detail = f"the wording in {spoken}, where {wanted.language} was asked for"
        yield Finding("language", Level.MUST, _texts(wanted, own), message, where, detail=detail)
        return
    told = rules.wordings.told(message)
    others = tuple(item for item in told if item.row != wanted.row and _is(item.wording, message, wanted))
    mine = not others and (wanted.row in rows_of(told) or any(resembles(wording, message) for wording in own))
    told = others or told
    if told and not mine:
        detail = f"the message of {', '.join(rows_of(told))}: rejected for another reason"
        yield Finding("message", Level.MUST, _texts(wanted, own), message, where, detail=detail)
        return
    yield Finding("message", wanted.message_level, _texts(wanted, own), message, where)


def _lacking(wanted: Expectation, rules: Rules, where: str) -> Finding:
    level = Level.SHOULD if rules.envelope.body_may_lack else wanted.message_level
    return Finding("message", level, _texts(wanted), "absent", where)


def _speaks(wording: Wording, language: str | None) -> bool:
    return language is None or wording.language is None or wording.language == language


def _fits(wording: Wording, message: str, wanted: Expectation) -> bool:
    try:
        return matches(wording, message, wanted.lookup)
    except Missing:
        return resembles(wording, message)


def _is(wording: Wording, message: str, wanted: Expectation) -> bool:
    """Whether a message is a wording to the letter, with the names of this target in it."""
    try:
        return matches(wording, message, wanted.lookup)
    except Missing:
        return False


def _whole_body(answer: Answer, body: Any, wanted: Expectation, where: str) -> Iterator[Finding]:
    if wanted.body is None and wanted.equals is None and not wanted.absent and wanted.page is None:
        return
    if answer.status >= 400 and min(wanted.statuses) < 400:
        return  # what is said of the body is said of the success; a refusal is allowed beside it
    if body is NOTHING:
        yield Finding("body", wanted.body_level, "a JSON body", answer.text[:120] or "an empty body", where)
        return
    if wanted.body is not None:
        for should, got, place in differences(validator(wanted.body), body):
            yield Finding("body", wanted.body_level, should, got, where, detail=f"at {place}")
    for pointer, value in (wanted.equals or {}).items():
        there, got = point(body, pointer)
        if not there or got != value:
            yield Finding("body", wanted.body_level, value, got if there else "absent", where, detail=f"at {pointer}")
    if wanted.page is not None:
        yield from _page(body, wanted.page, where)
    for pointer in wanted.absent:
        there, got = point(body, pointer)
        if there:
            yield Finding("body", Level.MUST, f"no member {pointer}", got, where)


def _page(body: Any, page: Page, where: str) -> Iterator[Finding]:
    """As many items as there are, within limit and offset; nothing is said where the body does not tell the total."""
    _, items = point(body, page.items)
    _, total = point(body, page.total)
    if not isinstance(items, list) or not isinstance(total, int) or isinstance(total, bool):
        return
    wanted = min(page.limit, max(0, total - page.offset))
    if len(items) != wanted:
        detail = f"of {total} in all, with limit {page.limit} and offset {page.offset}"
        yield Finding("body", Level.MUST, f"{wanted} items", f"{len(items)} items", where, detail=detail)


# --- what an answer says, in short -------------------------------------------------------------------------------------


def told_by(answer: Answer, rules: Rules) -> tuple[Told, ...]:
    """Whose rows' wordings the messages of an answer are."""
    faults = faults_of(rules, body) if (body := _json(answer)) is not NOTHING else ()
    return tuple(
        told for fault in faults if isinstance(fault.message, str) for told in rules.wordings.told(fault.message)
    )


def editions(answer: Answer, wanted: Expectation, rules: Rules) -> tuple[str, ...]:
    """The editions of the wordings that the answer speaks, where the contract tells editions apart."""
    body = _json(answer)
    faults = faults_of(rules, body) if body is not NOTHING else ()
    spoken = [
        wording.edition
        for fault in faults
        for wording in wanted.wordings
        if wording.edition and _speaks(wording, wanted.language) and isinstance(fault.message, str)
        if _fits(wording, fault.message, wanted)
    ]
    return tuple(dict.fromkeys(spoken))


def brief(answer: Answer, rules: Rules) -> str:
    """An answer in a few words: the status, and what it says."""
    body = _json(answer)
    faults = faults_of(rules, body) if body is not NOTHING and answer.status >= 400 else ()
    said = "; ".join(
        " ".join(str(part) for part in (fault.code, fault.field, fault.message) if part not in (None, ""))
        for fault in faults
    )
    if not said and answer.status >= 400:
        said = " ".join(answer.text.split())
    return f"{answer.status} {said[:160]}".rstrip()


def _json(answer: Answer) -> Any:
    try:
        return answer.json()
    except ValueError:
        return NOTHING


def _texts(wanted: Expectation, chosen: Sequence[Wording] | None = None) -> Any:
    texts: list[str] = []
    for wording in chosen or wanted.wordings:
        try:
            texts.append(fill_text(wording.text, wanted.lookup))
        except Missing:
            texts.append(wording.text)
    return _one_or_all(tuple(dict.fromkeys(texts)))


def _one_or_all(values: Sequence[Any]) -> Any:
    return values[0] if len(values) == 1 else list(values)


def _fault(answer: Answer) -> str:
    return "; ".join(answer.faults)
