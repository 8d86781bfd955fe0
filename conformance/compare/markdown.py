"""A comparison in GitHub's Markdown: what a job writes into its summary, or as a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.compare.format import HEADINGS, explain_not_blamed, format_headline, format_turn, list_sections
from conformance.compare.model import Comparison, Kind, OurChange, RowChange, RunChange
from conformance.compare.tables import NOW, ROW, THEN, Cell, ChangeTable, list_our_changes, list_tables, list_wordings
from conformance.messages import Message, join_messages
from conformance.report.markdown_text import escape_prose, format_code, format_code_block, format_table_lines
from conformance.report.translation import Translator, check_language
from conformance.report.words import SYMBOLS, VERDICTS

_LONGEST = 300
_MOST_ROWS = 40


def format_markdown_comparison(comparison: Comparison, language: str | None = None) -> str:
    """The headline, a table per kind of change with old and new side by side, and what we did otherwise."""
    say = Translator(check_language(language), comparison.labels_ja)
    return "\n".join(_Markdown(say).lines(comparison)).rstrip() + "\n"


class _Markdown:
    def __init__(self, say: Translator) -> None:
        self._say = say

    def lines(self, comparison: Comparison) -> Iterator[str]:
        say = self._say
        symbol = "✗" if comparison.worse else "≈" if comparison.changed else "✓"
        yield f"# {symbol} {self._prose(format_headline(comparison))}\n"
        then = f"{say(Message('Then'))}: {self._code(comparison.old.started)}"
        yield f"{then} · {say(Message('Now'))}: {self._code(comparison.new.started)}\n"
        for run in comparison.runs:
            if run.changed:
                verdicts = say(join_messages(" → ", [VERDICTS[run.old], VERDICTS[run.new]]))
                yield f"## {self._prose(run.name)}: {verdicts}\n"
                yield from self._run(run, (*comparison.ours, *run.ours))
        for table in list_our_changes(comparison):
            yield from self._table(table)

    def _run(self, run: RunChange, changes: tuple[OurChange, ...]) -> Iterator[str]:
        for kind, rows in list_sections(run):
            yield from self._rows(kind, rows, changes)
        for table in (*list_wordings(run), *list_tables(run)):
            yield from self._table(table)

    def _rows(self, kind: Kind, rows: tuple[RowChange, ...], changes: tuple[OurChange, ...]) -> Iterator[str]:
        heads = (ROW, Message("Verdict"), THEN, NOW, Message("Why"))
        cells = tuple(
            (
                Cell(row.id),
                Cell(join_messages(" ", [SYMBOLS[row.new] if row.new else "", format_turn(row)]), is_code=False),
                Cell(row.was),
                Cell(row.now),
                Cell(explain_not_blamed(row, changes) or row.why, is_code=False),
            )
            for row in rows[:_MOST_ROWS]
        )
        yield from self._table(ChangeTable(HEADINGS[kind], heads, cells))
        if len(rows) > _MOST_ROWS:
            yield self._say(Message("And {n} more.", n=len(rows) - _MOST_ROWS)) + "\n"
        for row in rows:
            if row.worse and row.repeat:
                yield f"{self._say(Message('Repeat it'))} ({self._code(row.id)}):\n\n{format_code_block(row.repeat)}\n"

    def _table(self, table: ChangeTable) -> Iterator[str]:
        yield f"### {self._say(table.title)}\n"
        rows = [
            [self._code(cell.text) if cell.is_code else self._prose(cell.text) for cell in row] for row in table.rows
        ]
        yield "\n".join(format_table_lines([self._say(head) for head in table.heads], rows)) + "\n"

    def _prose(self, text: str) -> str:
        return escape_prose(self._say(text, _LONGEST))

    def _code(self, text: str) -> str:
        return format_code(self._say(text), _LONGEST)
