"""A comparison in each of its forms: plain lines, GitHub's Markdown, JSON, and a page in the report's style."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Final

from conformance.compare.model import Comparison, OurChange, RowChange
from conformance.compare.tables import (
    HEADINGS,
    INPUT,
    NOW,
    ROW,
    THEN,
    Cell,
    ChangeTable,
    explain_not_blamed,
    format_change_value,
    format_headline,
    format_turn,
    list_our_changes,
    list_sections,
    list_tables,
    list_wordings,
)
from conformance.messages import Message, join_messages
from conformance.report.markdown_text import escape_prose, format_code, format_code_block, format_table_lines
from conformance.report.page import render_page
from conformance.report.translation import Translator, check_language
from conformance.report.words import SYMBOLS
from conformance.results.serialization import format_json_text

FORMAT: Final = 1
_LONGEST_LINE, _LONGEST_CELL = 400, 300
_MOST_ROWS = 40
"""Rows of one kind in Markdown."""
_IN_LINE = 4
"""Cells of a row that stand in one line of text, unless they stand below each other to be compared."""


def format_comparison(comparison: Comparison, language: str | None = None) -> str:
    """Lines for a terminal or a mail: the headline, what each target does otherwise, then what we did otherwise."""
    return "\n".join(_lines(comparison, Translator(check_language(language), comparison.labels_ja))) + "\n"


def _lines(comparison: Comparison, say: Translator) -> Iterator[str]:
    yield say(format_headline(comparison))
    yield say(Message("then: {old}   now: {new}", old=comparison.old.started, new=comparison.new.started))
    for run in comparison.runs:
        if run.changed:
            yield ""
            yield say(Message("{run}: {verdicts}", run=run.name, verdicts=format_turn(run)))
            for kind, rows in list_sections(run):
                yield f"  {say(HEADINGS[kind])}"
                for row in rows:
                    yield from _row_lines(row, (*comparison.ours, *run.ours), say)
            for table in (*list_wordings(run), *list_tables(run)):
                yield from _table_lines(table, "  ", say)
    for table in list_our_changes(comparison):
        yield ""
        yield from _table_lines(table, "", say)


def _row_lines(row: RowChange, changes: tuple[OurChange, ...], say: Translator) -> Iterator[str]:
    symbol = SYMBOLS[row.new] if row.new else "−"  # noqa: RUF001 - a minus sign, as wide as the others
    cause = f". {say.choose(row.cause, row.cause_ja)}" if row.cause else ""
    yield f"    {symbol} {say(row.id)}: {say(format_turn(row))}{cause}"
    if row.was != row.now:
        yield _below(THEN, row.was, say)
        yield _below(NOW, row.now, say)
    if row.why:
        yield _below(Message("Why"), row.why, say)
    if excuse := explain_not_blamed(row, changes):
        yield f"        {say(excuse)}"
    if row.repeat:
        yield f"        {say(Message('repeat'))}: {say(row.repeat)}"


def _table_lines(table: ChangeTable, indent: str, say: Translator) -> Iterator[str]:
    """The first cells of each row in one line, what is compared and whatever follows it below."""
    yield f"{indent}{say(table.title)}"
    for row in table.rows:
        cells = list(zip(table.heads, row, strict=True))
        beside = 2 if INPUT in table.heads else 3 if len(cells) > _IN_LINE else len(cells)
        texts = (say(cell.text, _LONGEST_LINE) for _, cell in cells[:beside])
        yield f"{indent}  {' '.join(filter(None, texts))}"
        yield from (_below(head, cell.text, say) for head, cell in cells[beside:] if cell.text or head in (THEN, NOW))


def _below(head: Message, text: str, say: Translator) -> str:
    return f"        {say(head)}: {say(text, _LONGEST_LINE) or say(Message('(nothing)'))}"


def format_markdown_comparison(comparison: Comparison, language: str | None = None) -> str:
    """For the summary of a job, or a comment: a table per kind of change, old and new side by side."""
    say = Translator(check_language(language), comparison.labels_ja)
    return "\n".join(_markdown(comparison, say)).rstrip() + "\n"


def _markdown(comparison: Comparison, say: Translator) -> Iterator[str]:
    symbol = "✗" if comparison.worse else "≈" if comparison.changed else "✓"
    yield f"# {symbol} {escape_prose(say(format_headline(comparison), _LONGEST_CELL))}\n"
    then, now = (format_code(say(stamp.started), _LONGEST_CELL) for stamp in (comparison.old, comparison.new))
    yield f"{say(THEN)}: {then} · {say(NOW)}: {now}\n"
    for run in comparison.runs:
        if run.changed:
            yield f"## {escape_prose(say(run.name, _LONGEST_CELL))}: {say(format_turn(run))}\n"
            for kind, rows in list_sections(run):
                cells = tuple(_row_cells(row, (*comparison.ours, *run.ours)) for row in rows[:_MOST_ROWS])
                heads = (ROW, Message("Verdict"), THEN, NOW, Message("Why"))
                yield from _markdown_table(ChangeTable(HEADINGS[kind], heads, cells), say)
                if len(rows) > _MOST_ROWS:
                    yield say(Message("And {n} more.", n=len(rows) - _MOST_ROWS)) + "\n"
                for row in rows:
                    if row.worse and row.repeat:
                        name = format_code(say(row.id), _LONGEST_CELL)
                        yield f"{say(Message('Repeat it'))} ({name}):\n\n{format_code_block(row.repeat)}\n"
            for table in (*list_wordings(run), *list_tables(run)):
                yield from _markdown_table(table, say)
    for table in list_our_changes(comparison):
        yield from _markdown_table(table, say)


def _row_cells(row: RowChange, changes: tuple[OurChange, ...]) -> tuple[Cell, ...]:
    turn = join_messages(" ", [SYMBOLS[row.new] if row.new else "", format_turn(row)])
    why = explain_not_blamed(row, changes) or row.why
    return Cell(row.id), Cell(turn, is_code=False), Cell(row.was), Cell(row.now), Cell(why, is_code=False)


def _markdown_table(table: ChangeTable, say: Translator) -> Iterator[str]:
    yield f"### {say(table.title)}\n"
    rows = (
        [
            format_code(say(cell.text), _LONGEST_CELL) if cell.is_code else escape_prose(say(cell.text, _LONGEST_CELL))
            for cell in row
        ]
        for row in table.rows
    )
    yield "\n".join(format_table_lines([say(head) for head in table.heads], rows)) + "\n"


def format_json_comparison(comparison: Comparison) -> str:
    """JSON: `format`, `worse`, `drifted`, `changed`, and then every field of the comparison under its own name."""
    fields = asdict(replace(comparison, labels_ja={}))
    del fields["labels_ja"]
    for run, change in zip(fields["runs"], comparison.runs, strict=True):
        run["worse"] = change.worse
    head = {"format": FORMAT, "worse": comparison.worse, "drifted": comparison.drifted, "changed": comparison.changed}
    return format_json_text({**head, **fields})


def render_comparison(comparison: Comparison, language: str | None = None) -> str:
    """The page of a comparison; for `language` see `render_page`."""
    return render_page(
        "conformance.compare",
        "comparison.html.jinja",
        title=format_headline(comparison),
        language=language,
        labels=comparison.labels_ja,
        comparison=comparison,
        headings=HEADINGS,
        excuse=explain_not_blamed,
        sections=list_sections,
        tables=list_tables,
        turn=format_turn,
        change_value=format_change_value,
        join=join_messages,
    )
