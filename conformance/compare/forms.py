"""A comparison in words and tables, and in each of its forms: plain lines, GitHub's Markdown, JSON, and a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from conformance.compare.model import Comparison, Kind, OurChange, RowChange, RunChange, WordingChange
from conformance.messages import Message, join_messages, plural_message
from conformance.report.format import format_choice, format_value
from conformance.report.markdown_text import escape_prose, format_code, format_code_block, format_table_lines
from conformance.report.page import render_page
from conformance.report.sanitize import format_json
from conformance.report.translation import Translator, check_language
from conformance.report.words import SYMBOLS, VERDICTS, name_of
from conformance.results.serialization import format_json_text

FORMAT: Final = 1
_LONGEST_LINE, _LONGEST_CELL = 400, 300
_MOST_ROWS = 40
"""Rows of one kind in Markdown."""
_IN_LINE = 4
"""Cells of a row that stand in one line of text, unless they stand below each other to be compared."""
ROW, INPUT, THEN, NOW = Message("Row"), Message("Input"), Message("Then"), Message("Now")

HEADINGS: Final[Mapping[Kind, Message]] = {
    Kind.NEWLY_VIOLATING: Message("Newly violating"),
    Kind.VIOLATING_OTHERWISE: Message("Violating in another way"),
    Kind.NEWLY_INCONCLUSIVE: Message("Newly inconclusive"),
    Kind.NO_LONGER_EXERCISED: Message("No longer exercised"),
    Kind.DRIFTING: Message("Newly drifting"),
    Kind.IMPROVED: Message("Improved"),
    Kind.NEWLY_EXERCISED: Message("Newly exercised"),
    Kind.ADDED: Message("Rows that are new"),
    Kind.REMOVED: Message("Rows that are gone"),
}
"""What stands above the rows of a kind."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One text of a table: prose, or what is shown letter by letter."""

    text: str
    is_code: bool = True


@dataclass(frozen=True, slots=True)
class ChangeTable:
    """A table with its title; each row has a cell for each head."""

    title: Message
    heads: tuple[Message, ...]
    rows: tuple[tuple[Cell, ...], ...]


def list_wordings(run: RunChange) -> Iterator[ChangeTable]:
    """The wordings that a target says otherwise."""
    wordings = ((Cell(one.row), _prose(_place(one)), Cell(one.old), Cell(one.new)) for one in run.wordings)
    yield from _table(Message("Wordings that changed"), (ROW, INPUT, THEN, NOW), wordings)


def list_tables(run: RunChange) -> Iterator[ChangeTable]:
    """What else a target does otherwise beside its verdicts: open choices, and what is beyond the rows."""
    choices = (
        (Cell(one.row), Cell(one.input), _prose(format_choice(one.old)), _prose(format_choice(one.new)))
        for one in run.choices
    )
    yield from _table(Message("Open choices that changed"), (ROW, INPUT, THEN, NOW), choices)
    since, operation = Message("Since then"), Message("Operation")
    answers = (
        (_since(new=one.new), Cell(one.operation), _prose(str(one.status)), Cell(one.message))
        for one in run.undocumented
    )
    of_answers = (since, operation, Message("Status"), Message("Message"))
    yield from _table(Message("Undocumented answers"), of_answers, answers)
    findings = (
        (
            _since(new=one.new),
            Cell(one.operation),
            _prose(name_of(one.check)),
            Cell(format_value(one.expected)),
            Cell(format_value(one.actual)),
            _prose(join_messages(", ", one.ours)),
        )
        for one in run.explored
    )
    heads = (since, operation, Message("Check"), Message("Expected"), Message("Got"), Message("Explained by our side"))
    yield from _table(Message("Exploration beyond the tables"), heads, findings)


def list_our_changes(comparison: Comparison) -> Iterator[ChangeTable]:
    """What changed on our side, of all runs and of each, and the runs that one of the two has alone."""
    changes: list[tuple[str, OurChange]] = [("", one) for one in comparison.ours]
    changes += [(run.name, one) for run in comparison.runs for one in run.ours]
    rows = [(_prose(name), Cell(one.row), _prose(describe_change(one))) for name, one in changes]
    alone: list[str] = [Message("{run}: not in the new run", run=name) for name in comparison.only_old]
    alone += [Message("{run}: not in the old run", run=name) for name in comparison.only_new]
    rows += [(Cell(""), Cell(""), _prose(what)) for what in alone]
    title = Message("What changed on our side (no target is blamed for it)")
    yield from _table(title, (Message("Run"), ROW, Message("What")), rows)


def format_change_value(value: Any) -> str:
    """A value on our side: text as it is, nothing as `nothing`, anything else as JSON."""
    if value is None or value == []:
        return Message("nothing")
    return value if isinstance(value, str) else format_json(value)


def describe_change(change: OurChange) -> str:
    """`depth: smoke → standard`; the name of a key in a profile stays as it is."""
    turn = join_messages(" → ", [format_change_value(change.old), format_change_value(change.new)])
    return Message("{what}: {turn}", what=change.what, turn=turn)


def _table(title: Message, heads: tuple[Message, ...], rows: Iterable[tuple[Cell, ...]]) -> Iterator[ChangeTable]:
    """The table, unless it has no rows."""
    if written := tuple(rows):
        yield ChangeTable(title, heads, written)


def _prose(text: str) -> Cell:
    return Cell(text, is_code=False)


def _since(*, new: bool) -> Cell:
    return _prose(Message("new") if new else Message("gone"))


def _place(one: WordingChange) -> str:
    return join_messages(" ", [one.about, Message("at"), one.where]) if one.where else one.about


def format_headline(comparison: Comparison) -> Message:
    """Worse, changed or unchanged, and how much of what."""
    counts = join_messages(", ", _counts(comparison))
    if comparison.worse:
        return Message("It got worse: {counts}.", counts=counts)
    if counts:
        return Message("It did not get worse, but something changed: {counts}.", counts=counts)
    if comparison.runs:
        return Message("Nothing changed in what the target does.")
    return Message("Nothing can be compared: the two runs have no contract and target in common.")


def format_turn(change: RowChange | RunChange) -> str:
    """`conforms → violates`; a dash where there was no such row."""
    return join_messages(" → ", [VERDICTS[one] if one else "—" for one in (change.old, change.new)])


def explain_not_blamed(row: RowChange, changes: tuple[OurChange, ...]) -> str:
    """Why a row that looks worse is not held against the target; empty for one that is."""
    if row.known:
        return Message("Expected by the profile: {reason}", reason=row.known)
    if not row.ours:
        return ""
    known = {one.what: describe_change(one) for one in changes if one.row in {"", row.id}}
    reasons = join_messages("; ", [known.get(name, name) for name in row.ours])
    return Message("Explained by our side: {changes}", changes=reasons)


def list_sections(run: RunChange) -> tuple[tuple[Kind, tuple[RowChange, ...]], ...]:
    """The rows by kind, the gravest first, without kinds that have none."""
    return tuple((kind, run.of(kind)) for kind in Kind if run.of(kind))


def _counts(comparison: Comparison) -> Iterator[Message]:
    runs = comparison.runs
    rows = Counter(row.kind for run in runs for row in run.rows)
    yield from (_counted(kind, rows[kind]) for kind in Kind if rows[kind])
    if wordings := sum(len(run.wordings) for run in runs):
        yield plural_message(wordings, "{n} wording changed", "{n} wordings changed")
    if choices := sum(len(run.choices) for run in runs):
        yield plural_message(choices, "{n} open choice changed", "{n} open choices changed")
    if answers := sum(len(run.undocumented) for run in runs):
        yield plural_message(answers, "{n} undocumented answer", "{n} undocumented answers")
    if explored := sum(len(run.explored) for run in runs):
        yield plural_message(explored, "{n} finding explored", "{n} findings explored")


def _counted(kind: Kind, count: int) -> Message:
    return {
        Kind.NEWLY_VIOLATING: plural_message(count, "{n} row newly violating", "{n} rows newly violating"),
        Kind.VIOLATING_OTHERWISE: plural_message(
            count, "{n} row violating in another way", "{n} rows violating in another way"
        ),
        Kind.NEWLY_INCONCLUSIVE: plural_message(count, "{n} row newly inconclusive", "{n} rows newly inconclusive"),
        Kind.NO_LONGER_EXERCISED: plural_message(count, "{n} row no longer exercised", "{n} rows no longer exercised"),
        Kind.DRIFTING: plural_message(count, "{n} row newly drifting", "{n} rows newly drifting"),
        Kind.IMPROVED: plural_message(count, "{n} row improved", "{n} rows improved"),
        Kind.NEWLY_EXERCISED: plural_message(count, "{n} row newly exercised", "{n} rows newly exercised"),
        Kind.ADDED: plural_message(count, "{n} row new", "{n} rows new"),
        Kind.REMOVED: plural_message(count, "{n} row gone", "{n} rows gone"),
    }[kind]


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
