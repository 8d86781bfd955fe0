"""A comparison for a terminal or a mail: plain lines, nothing in them that a terminal obeys."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.compare.format import HEADINGS, explain_not_blamed, format_headline, format_turn, list_sections
from conformance.compare.model import Comparison, OurChange, RowChange
from conformance.compare.tables import INPUT, NOW, THEN, ChangeTable, list_our_changes, list_tables, list_wordings
from conformance.messages import Message, join_messages
from conformance.report.translation import Translator, check_language
from conformance.report.words import SYMBOLS, VERDICTS

_LONGEST = 400
_IN_LINE = 4
"""Cells of a row that stand in one line, unless they stand below each other to be compared."""


def format_comparison(comparison: Comparison, language: str | None = None) -> str:
    """The headline, then what each target does otherwise, then what we did otherwise."""
    return "\n".join(_Text(Translator(check_language(language), comparison.labels_ja)).lines(comparison)) + "\n"


class _Text:
    def __init__(self, say: Translator) -> None:
        self._say = say

    def lines(self, comparison: Comparison) -> Iterator[str]:
        say = self._say
        yield say(format_headline(comparison))
        yield say(Message("then: {old}   now: {new}", old=comparison.old.started, new=comparison.new.started))
        for run in comparison.runs:
            if run.changed:
                yield ""
                verdicts = join_messages(" → ", [VERDICTS[run.old], VERDICTS[run.new]])
                yield say(Message("{run}: {verdicts}", run=run.name, verdicts=verdicts))
                for kind, rows in list_sections(run):
                    yield f"  {say(HEADINGS[kind])}"
                    for row in rows:
                        yield from self._row(row, (*comparison.ours, *run.ours))
                for table in (*list_wordings(run), *list_tables(run)):
                    yield from self._table(table, "  ")
        for table in list_our_changes(comparison):
            yield ""
            yield from self._table(table, "")

    def _row(self, row: RowChange, changes: tuple[OurChange, ...]) -> Iterator[str]:
        say = self._say
        symbol = SYMBOLS[row.new] if row.new else "−"  # noqa: RUF001 - a minus sign, as wide as the others
        cause = f". {say.choose(row.cause, row.cause_ja)}" if row.cause else ""
        yield f"    {symbol} {say(row.id)}: {say(format_turn(row))}{cause}"
        if row.was != row.now:
            yield from self._below(THEN, row.was)
            yield from self._below(NOW, row.now)
        if row.why:
            yield from self._below(Message("Why"), row.why)
        if excuse := explain_not_blamed(row, changes):
            yield f"        {say(excuse)}"
        if row.repeat:
            yield f"        {say(Message('repeat'))}: {say(row.repeat)}"

    def _table(self, table: ChangeTable, indent: str) -> Iterator[str]:
        """The first cells of each row in one line, what is compared and whatever follows it below."""
        say = self._say
        yield f"{indent}{say(table.title)}"
        for row in table.rows:
            cells = list(zip(table.heads, row, strict=True))
            beside = 2 if INPUT in table.heads else 3 if len(cells) > _IN_LINE else len(cells)
            texts = (say(cell.text, _LONGEST) for _, cell in cells[:beside])
            yield f"{indent}  {' '.join(filter(None, texts))}"
            for head, cell in cells[beside:]:
                if cell.text or head in (THEN, NOW):
                    yield from self._below(head, cell.text)

    def _below(self, head: Message, text: str) -> Iterator[str]:
        say = self._say
        yield f"        {say(head)}: {say(text, _LONGEST) or say(Message('(nothing)'))}"
