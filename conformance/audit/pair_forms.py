"""A pairing as text, JSON and a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Final

from conformance.audit.pair import PairDifference, Pairing, RightSide
from conformance.messages import Message, plural_message
from conformance.report.page import render_page
from conformance.report.translation import Translator, check_language
from conformance.results.serialization import format_json_text

_FORMAT: Final = 1


def format_pair(pairing: Pairing, language: str | None = None) -> str:
    """Plain lines: who is right, then each difference."""
    return "\n".join(_lines(pairing, Translator(check_language(language)))) + "\n"


def format_json_pair(pairing: Pairing) -> str:
    """JSON: every field of the pairing under its own name."""
    return format_json_text({"format": _FORMAT, **asdict(pairing)})


def render_pair(pairing: Pairing, language: str | None = None) -> str:
    """The page of a pairing; for `language` see `render_page`."""
    return render_page(
        "conformance.audit",
        "pairing.html.jinja",
        title=_headline(pairing),
        language=language,
        pairing=pairing,
        notes=_notes(pairing),
        right_side=lambda difference: _right_side(difference, pairing),
    )


def _headline(pairing: Pairing) -> Message:
    names = {"first": pairing.first, "second": pairing.second, "total": pairing.compared}
    if not pairing.compared:
        return Message(
            "{first} and {second} have answered nothing that was sent to both: nothing is compared.", **names
        )
    if not pairing.differences:
        return Message("{first} and {second} answer the same to all {total} requests that were sent to both.", **names)
    return plural_message(
        len(pairing.differences),
        "{first} and {second} answer {n} of {total} requests that were sent to both differently.",
        "{first} and {second} answer {n} of {total} requests that were sent to both differently.",
        **names,
    )


def _notes(pairing: Pairing) -> list[Message]:
    """What is not compared, and why."""
    alone = plural_message(
        pairing.alone,
        "{n} request was sent to one of them only and is not compared.",
        "{n} requests were sent to one of them only and are not compared.",
    )
    unanswered = plural_message(
        pairing.unanswered,
        "{n} request was answered by neither and is not compared.",
        "{n} requests were answered by neither and are not compared.",
    )
    return [note for count, note in ((pairing.alone, alone), (pairing.unanswered, unanswered)) if count]


def _right_side(one: PairDifference, pairing: Pairing) -> Message:
    return {
        RightSide.FIRST: Message("{name} is right", name=pairing.first),
        RightSide.SECOND: Message("{name} is right", name=pairing.second),
        RightSide.NEITHER: Message("neither is right"),
        RightSide.BOTH: Message("both answers are allowed"),
    }[one.right]


def _lines(pairing: Pairing, say: Translator) -> Iterator[str]:
    yield say(_headline(pairing))
    yield from map(say, _notes(pairing))
    for one in pairing.differences:
        yield f"  {say(one.row)} {say(Message('at'))} {say(one.label)}: {say(_right_side(one, pairing))}"
        yield f"    {say(pairing.first)}: {say(one.first)}"
        yield f"    {say(pairing.second)}: {say(one.second)}"
        yield from (f"    {say(why)}" for why in one.why)
