"""What an answer says, in short. Pure."""

from __future__ import annotations

from conformance.judge.expectation import Expectation
from conformance.judge.faults import fits, speaks
from conformance.judge.rules import NOTHING, Rules, faults_of, json_of
from conformance.wire import Answer

__all__ = ["brief", "coded", "editions"]


def editions(answer: Answer, wanted: Expectation, rules: Rules) -> tuple[str, ...]:
    """The editions of the wordings that the answer speaks, where the contract tells editions apart."""
    body = json_of(answer)
    faults = faults_of(rules, body) if body is not NOTHING else ()
    spoken = [
        wording.edition
        for fault in faults
        for wording in wanted.wordings
        if wording.edition and speaks(wording, wanted.language) and isinstance(fault.message, str)
        if fits(wording, fault.message, wanted)
    ]
    return tuple(dict.fromkeys(spoken))


def coded(answer: Answer, rules: Rules) -> str:
    """The codes and fields of an error answer; empty where it has none."""
    body = json_of(answer)
    faults = faults_of(rules, body) if body is not NOTHING and answer.status >= 400 else ()
    return "; ".join(f"{fault.code} {fault.field or ''}".strip() for fault in faults if isinstance(fault.code, str))


def brief(answer: Answer, rules: Rules) -> str:
    """An answer in a few words: the status, and what it says."""
    body = json_of(answer)
    faults = faults_of(rules, body) if body is not NOTHING and answer.status >= 400 else ()
    said = "; ".join(
        " ".join(str(part) for part in (fault.code, fault.field, fault.message) if part not in (None, ""))
        for fault in faults
    )
    if not said and answer.status >= 400:
        said = " ".join(answer.text.split())
    return f"{answer.status} {said[:160]}".rstrip()
