"""Open choices: which of the answers that are accepted did the target choose? Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conformance.judge.answering import findings, has_must
from conformance.judge.expectation import Expectation
from conformance.judge.finding import Finding, Level
from conformance.judge.form import leaks
from conformance.judge.rules import Rules
from conformance.judge.telling import brief
from conformance.wire import Answer

__all__ = ["choice_of"]


def choice_of(
    answer: Answer,
    accept: Sequence[str | int],
    own: Expectation,
    others: Mapping[str, Expectation],
    rules: Rules,
    *,
    where: str,
) -> tuple[str, tuple[Finding, ...]]:
    """The choice in a word, and what is wrong with the answer: no findings where it is one that is accepted.

    A row whose very wording came is preferred to one that only shares the status.
    """
    if answer.status < 300 and "accepted" in accept:
        return "accepted", tuple(leaks(answer, rules, where))
    rows = {**({own.row: own} if "this" in accept else {}), **others}
    held = {name: findings(answer, wanted, rules, where) for name, wanted in rows.items()}
    for name, found in sorted(held.items(), key=lambda item: len(item[1])):
        if not has_must(found):
            return name, ()
    plain = _plain(answer, accept, rules, where)
    if plain is not None:
        return brief(answer, rules), plain
    wanted = [own.row if item == "this" else item for item in accept]
    detail = f"the documents are silent here, but none of them allows {brief(answer, rules)}"
    return brief(answer, rules), (Finding("choice", Level.MUST, wanted, answer.status, where, detail=detail),)


def _plain(answer: Answer, accept: Sequence[str | int], rules: Rules, where: str) -> tuple[Finding, ...] | None:
    """Answers that are accepted for their status alone; an error among them still has its form."""
    fourhundreds = 400 <= answer.status < 500
    if answer.status not in accept and not (
        ("any-4xx" in accept and fourhundreds) or ("not-5xx" in accept and answer.status < 500)
    ):
        return None
    if not fourhundreds:
        return tuple(leaks(answer, rules, where))
    bare = Expectation("", (answer.status,), (), lambda *_: None, Level.SHOULD)
    found = findings(answer, bare, rules, where)
    return tuple(item for item in found if item.level is Level.MUST)
