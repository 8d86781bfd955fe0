"""A comparison for a terminal or a mail: plain lines, nothing in them that a terminal obeys."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.compare.format import (
    HEADINGS,
    describe_change,
    explain_not_blamed,
    format_headline,
    format_our_names,
    format_turn,
    list_sections,
)
from conformance.compare.model import Comparison, OurChange, RowChange, RunChange
from conformance.messages import Message, join_messages
from conformance.report.format import format_choice, format_value
from conformance.report.translation import Translator, check_language
from conformance.report.words import SYMBOLS, VERDICTS, name_of

_LONGEST = 400


def format_comparison(comparison: Comparison, language: str | None = None) -> str:
    """The headline, then what each target does otherwise, then what we did otherwise."""
    return _Text(Translator(check_language(language), comparison.labels_ja)).write(comparison)


class _Text:
    def __init__(self, say: Translator) -> None:
        self._say = say

    def write(self, comparison: Comparison) -> str:
        return "\n".join(self._lines(comparison)) + "\n"

    def _lines(self, comparison: Comparison) -> Iterator[str]:
        say = self._say
        yield say(format_headline(comparison))
        yield say(Message("then: {old}   now: {new}", old=comparison.old.started, new=comparison.new.started))
        for run in comparison.runs:
            if run.changed:
                yield ""
                verdicts = join_messages(" → ", [VERDICTS[run.old], VERDICTS[run.new]])
                yield say(Message("{run}: {verdicts}", run=run.name, verdicts=verdicts))
                yield from self._run(run, (*comparison.ours, *run.ours))
        yield from self._our_side(comparison)

    def _run(self, run: RunChange, changes: tuple[OurChange, ...]) -> Iterator[str]:
        for kind, rows in list_sections(run):
            yield f"  {self._say(HEADINGS[kind])}"
            for row in rows:
                yield from self._row(row, changes)
        yield from self._wordings(run)
        yield from self._beyond_rows(run)

    def _row(self, row: RowChange, changes: tuple[OurChange, ...]) -> Iterator[str]:
        say = self._say
        symbol = SYMBOLS[row.new] if row.new else "−"  # noqa: RUF001 - a minus sign, as wide as the others
        cause = f". {say.choose(row.cause, row.cause_ja)}" if row.cause else ""
        yield f"    {symbol} {say(row.id)}: {say(format_turn(row))}{cause}"
        if row.was != row.now:
            yield from self._beside(row.was, row.now)
        if row.why:
            yield f"        {say(Message('why'))}: {say(row.why)}"
        if excuse := explain_not_blamed(row, changes):
            yield f"        {say(excuse)}"
        if row.repeat:
            yield f"        {say(Message('repeat'))}: {say(row.repeat)}"

    def _wordings(self, run: RunChange) -> Iterator[str]:
        say = self._say
        if run.wordings:
            yield f"  {say(Message('Wordings that changed'))}"
        for one in run.wordings:
            about = say(name_of(one.about))
            yield f"    {say(one.row)} {about}" + (f" {say(Message('at'))} {say(one.where)}" if one.where else "")
            yield from self._beside(one.old, one.new)

    def _beyond_rows(self, run: RunChange) -> Iterator[str]:
        say = self._say
        if run.choices:
            yield f"  {say(Message('Open choices that changed'))}"
        for choice in run.choices:
            old, new = (say(format_choice(answer), _LONGEST) for answer in (choice.old, choice.new))
            yield f"    {say(choice.row)} {say(choice.input)}: {old} → {new}"
        if run.undocumented:
            yield f"  {say(Message('Undocumented answers'))}"
        for answer in run.undocumented:
            message = say(answer.message, _LONGEST)
            yield f"    {self._since(new=answer.new)}: {say(answer.operation)} {answer.status} {message}"
        if run.explored:
            yield f"  {say(Message('Exploration beyond the tables'))}"
        for found in run.explored:
            expected, actual = (format_value(value) for value in (found.expected, found.actual))
            finding = Message(
                "{check}: expected {expected}, got {actual}",
                check=name_of(found.check),
                expected=expected,
                actual=actual,
            )
            ours = Message("Explained by our side: {changes}", changes=format_our_names(found.ours))
            because = f" ({say(ours)})" if found.ours else ""
            yield f"    {self._since(new=found.new)}: {say(found.operation)} {say(finding)}{because}"

    def _since(self, *, new: bool) -> str:
        return self._say(Message("new") if new else Message("gone"))

    def _beside(self, old: str, new: str) -> Iterator[str]:
        say = self._say
        yield f"        {say(Message('then'))}: {say(old, _LONGEST) or say(Message('(nothing)'))}"
        yield f"        {say(Message('now'))}: {say(new, _LONGEST) or say(Message('(nothing)'))}"

    def _our_side(self, comparison: Comparison) -> Iterator[str]:
        say = self._say
        lines = [self._our(one) for one in comparison.ours]
        lines += [f"{say(run.name)}: {self._our(one)}" for run in comparison.runs for one in run.ours]
        lines += [say(Message("{run}: not in the new run", run=name)) for name in comparison.only_old]
        lines += [say(Message("{run}: not in the old run", run=name)) for name in comparison.only_new]
        if lines:
            yield ""
            yield say(Message("What changed on our side (no target is blamed for it)"))
            yield from (f"  {line}" for line in lines)

    def _our(self, change: OurChange) -> str:
        row = f"{self._say(change.row)} " if change.row else ""
        return f"{row}{self._say(describe_change(change), _LONGEST)}"
