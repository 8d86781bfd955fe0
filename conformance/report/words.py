"""The names of verdicts, checks, roles and levels in reports."""

from collections.abc import Mapping
from typing import Final

from conformance.checks.model import Verdict
from conformance.http import FAILURE_NAMES
from conformance.messages import Message

WORST_FIRST: Final = tuple(reversed(Verdict))
SYMBOLS: Final[Mapping[str, str]] = {
    "conforms": "✓",
    "drifts": "≈",
    "violates": "✗",
    "inconclusive": "?",
    "not-exercised": "○",
    "as-promised": "✓",
    "drift": "≈",
    "violation": "✗",
    "no-answer": "?",
    "recorded": "•",
}
"""Symbols of verdicts and outcomes, because colour must not be the only difference."""

VERDICTS: Final[Mapping[str, Message]] = {
    Verdict.CONFORMS: Message("conforms"),
    Verdict.DRIFTS: Message("drifts"),
    Verdict.VIOLATES: Message("violates"),
    Verdict.INCONCLUSIVE: Message("inconclusive"),
    Verdict.NOT_EXERCISED: Message("not exercised"),
}
VERDICT_MEANINGS: Final[Mapping[str, Message]] = {
    Verdict.CONFORMS: Message("Every answer was as the vendor's table promises, and the control was not rejected."),
    Verdict.DRIFTS: Message(
        "Every firm promise holds; something softer, such as the wording of a message, is different."
    ),
    Verdict.VIOLATES: Message(
        "At least one answer breaks a firm promise: the status, the form of the body, or the reason for the rejection."
    ),
    Verdict.INCONCLUSIVE: Message(
        "It was tried, and it cannot be decided: no answer came, the control was refused, or a precondition "
        "was not met."
    ),
    Verdict.NOT_EXERCISED: Message(
        "It was not tried; the row says what the target profile lacks. It is never counted as good."
    ),
}
CONFIDENCES: Final[Mapping[str, Message]] = {
    "documented": Message("documented: the vendor's own words"),
    "observed": Message("observed: a third party's record of live behaviour"),
    "inferred": Message("inferred: it follows from what is documented"),
}


def name_of(key: str) -> str:
    """Return the name of a verdict, check, role, level, outcome or kind of failure; `key` itself if it has none."""
    return _NAMES.get(key, key)


_SELF_NAMED = (
    *(Message("must"), Message("should"), Message("note")),
    *(Message("status"), Message("message"), Message("code"), Message("field"), Message("language"), Message("header")),
    *(Message("envelope"), Message("content-type"), Message("leak"), Message("body"), Message("fault")),
    *(Message("effect"), Message("choice"), Message("schema"), Message("stability"), Message("state"), Message("pair")),
    *(Message("allowance"), Message("boundary"), Message("drawn"), Message("control"), Message("step")),
    *(Message("guard"), Message("clean-up"), Message("violation"), Message("recorded")),
)
_NAMES: Final[Mapping[str, Message]] = {
    **{str(name): name for name in _SELF_NAMED},
    "documented-status": Message("documented status"),
    "invalid-data": Message("invalid data"),
    "valid-data": Message("valid data"),
    "as-promised": Message("as promised"),
    "drift": Message("wording differs"),
    "no-answer": Message("no answer"),
    "example": Message("written example"),
    "open": Message("open choice"),
    **FAILURE_NAMES,
    **VERDICTS,
}
