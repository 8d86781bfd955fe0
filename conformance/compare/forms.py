"""Formats a comparison as plain text, GitHub's Markdown, JSON, or an HTML page."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from conformance.compare.model import Comparison, Kind, OurChange, RowChange, RunChange, WordingChange
from conformance.messages import Message, drop_zeros, join_messages
from conformance.report.format import format_choice, format_value
from conformance.report.page import render_template
from conformance.report.sanitize import format_json
from conformance.report.words import SYMBOLS, VERDICTS, name_of
from conformance.results.serialization import format_json_text

FORMAT: Final = 1
FORMS: Final[Mapping[str, str]] = {
    "text": "comparison.txt.jinja",
    "json": "",
    "markdown": "comparison.md.jinja",
    "html": "comparison.html.jinja",
}
"""The template of each form: text for a terminal, Markdown for job summaries and comments, an HTML page."""
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


@dataclass(frozen=True, slots=True)
class Cell:
    """The text of a table cell: code, or prose."""

    text: str
    is_code: bool = True


@dataclass(frozen=True, slots=True)
class ChangeTable:
    """A table with its title; each row has one cell for each of `heads`."""

    title: Message
    heads: tuple[Message, ...]
    rows: Sequence[tuple[Cell, ...]]


def build_row_table(kind: Kind, rows: Iterable[RowChange], changes: tuple[OurChange, ...]) -> ChangeTable:
    """Return the table of the rows of one kind; `changes` are those on our side."""
    cells = [
        (
            Cell(row.id),
            _prose(join_messages(" ", [SYMBOLS[row.new] if row.new else "", format_turn(row)])),
            Cell(row.was),
            Cell(row.now),
            _prose(explain_not_blamed(row, changes) or row.why),
        )
        for row in rows
    ]
    return ChangeTable(HEADINGS[kind], (ROW, Message("Verdict"), THEN, NOW, Message("Why")), cells)


def list_wordings(run: RunChange) -> list[ChangeTable]:
    rows = [(Cell(one.row), _prose(_where_and_what(one)), Cell(one.old), Cell(one.new)) for one in run.wordings]
    return _drop_empty(ChangeTable(Message("Wordings that changed"), (ROW, INPUT, THEN, NOW), rows))


def list_tables(run: RunChange) -> list[ChangeTable]:
    """Return the non-empty tables of open choices, undocumented responses and exploration."""
    since, operation = Message("Since then"), Message("Operation")
    choices = [
        (Cell(one.row), Cell(one.input), _prose(format_choice(one.old)), _prose(format_choice(one.new)))
        for one in run.choices
    ]
    answers = [
        (_novelty(new=one.new), Cell(one.operation), _prose(str(one.status)), Cell(one.message))
        for one in run.undocumented
    ]
    findings = [
        (
            _novelty(new=one.new),
            Cell(one.operation),
            _prose(name_of(one.check)),
            Cell(format_value(one.expected)),
            Cell(format_value(one.actual)),
            _prose(join_messages(", ", one.ours)),
        )
        for one in run.explored
    ]
    of_findings = (Message("Check"), Message("Expected"), Message("Got"), Message("Explained by our side"))
    return _drop_empty(
        ChangeTable(Message("Open choices that changed"), (ROW, INPUT, THEN, NOW), choices),
        ChangeTable(
            Message("Undocumented answers"), (since, operation, Message("Status"), Message("Message")), answers
        ),
        ChangeTable(Message("Exploration beyond the tables"), (since, operation, *of_findings), findings),
    )


def list_our_changes(comparison: Comparison) -> list[ChangeTable]:
    """Return the table of changes on our side and of runs that only one of the two results has."""
    changes: list[tuple[str, OurChange]] = [("", one) for one in comparison.ours]
    changes += [(run.name, one) for run in comparison.runs for one in run.ours]
    alone: list[str] = [Message("{run}: not in the new run", run=name) for name in comparison.only_old]
    alone += [Message("{run}: not in the old run", run=name) for name in comparison.only_new]
    rows = [(_prose(name), Cell(one.row), _prose(describe_change(one))) for name, one in changes]
    rows += [(Cell(""), Cell(""), _prose(what)) for what in alone]
    title = Message("What changed on our side (no target is blamed for it)")
    return _drop_empty(ChangeTable(title, (Message("Run"), ROW, Message("What")), rows))


def format_change_value(value: Any) -> str:
    """Format a value on our side: text unchanged, None and [] as `nothing`, anything else as JSON."""
    if value is None or value == []:
        return Message("nothing")
    return value if isinstance(value, str) else format_json(value)


def describe_change(change: OurChange) -> str:
    """Format a change: `depth: smoke → standard`; names of profile keys are not translated."""
    turn = join_messages(" → ", [format_change_value(change.old), format_change_value(change.new)])
    return Message("{what}: {turn}", what=change.what, turn=turn)


def _drop_empty(*tables: ChangeTable) -> list[ChangeTable]:
    return [table for table in tables if table.rows]


def _prose(text: str) -> Cell:
    return Cell(text, is_code=False)


def _novelty(*, new: bool) -> Cell:
    return _prose(Message("new") if new else Message("gone"))


def _where_and_what(one: WordingChange) -> str:
    return join_messages(" ", [one.about, Message("at"), one.where]) if one.where else one.about


def format_headline(comparison: Comparison) -> Message:
    """Return a sentence: worse, changed or unchanged, with the number of changes of each kind."""
    counts = join_messages(", ", _counts(comparison.runs))
    if comparison.worse:
        return Message("It got worse: {counts}.", counts=counts)
    if counts:
        return Message("It did not get worse, but something changed: {counts}.", counts=counts)
    if comparison.runs:
        return Message("Nothing changed in what the target does.")
    return Message("Nothing can be compared: the two runs have no contract and target in common.")


def format_turn(change: RowChange | RunChange) -> str:
    """Format old and new verdict: `conforms → violates`; a dash if the row was not there."""
    return join_messages(" → ", [VERDICTS[one] if one else "—" for one in (change.old, change.new)])


def explain_not_blamed(row: RowChange, changes: tuple[OurChange, ...]) -> str:
    """Return why a row that looks worse is not blamed on the target; "" if it is."""
    if row.known:
        return Message("Expected by the profile: {reason}", reason=row.known)
    if not row.ours:
        return ""
    known = {one.what: describe_change(one) for one in changes if one.row in {"", row.id}}
    reasons = join_messages("; ", [known.get(name, name) for name in row.ours])
    return Message("Explained by our side: {changes}", changes=reasons)


def _counts(runs: tuple[RunChange, ...]) -> list[Message]:
    n = Counter(row.kind for run in runs for row in run.rows)
    return drop_zeros((
        Message("{n} rows newly violating", n=n[Kind.NEWLY_VIOLATING]),
        Message("{n} rows violating in another way", n=n[Kind.VIOLATING_OTHERWISE]),
        Message("{n} rows newly inconclusive", n=n[Kind.NEWLY_INCONCLUSIVE]),
        Message("{n} rows no longer exercised", n=n[Kind.NO_LONGER_EXERCISED]),
        Message("{n} rows newly drifting", n=n[Kind.DRIFTING]),
        Message("{n} rows improved", n=n[Kind.IMPROVED]),
        Message("{n} rows newly exercised", n=n[Kind.NEWLY_EXERCISED]),
        Message("{n} rows new", n=n[Kind.ADDED]),
        Message("{n} rows gone", n=n[Kind.REMOVED]),
        Message("{n} wordings changed", n=sum(len(run.wordings) for run in runs)),
        Message("{n} open choices changed", n=sum(len(run.choices) for run in runs)),
        Message("{n} undocumented answers", n=sum(len(run.undocumented) for run in runs)),
        Message("{n} findings explored", n=sum(len(run.explored) for run in runs)),
    ))  # fmt: skip


def format_comparison(comparison: Comparison, form: str = "text", language: str | None = None) -> str:
    """Format a comparison in one of FORMS; for `language`, see `render_template`."""
    if form == "json":
        return _format_json(comparison)
    return render_template(
        "conformance.compare",
        FORMS[form],
        language=language,
        labels=comparison.labels_ja,
        title=format_headline(comparison),
        comparison=comparison,
        headings=HEADINGS,
        excuse=explain_not_blamed,
        sections=lambda run: [(kind, run.of(kind)) for kind in Kind if run.of(kind)],  # the most severe first
        wordings=list_wordings,
        tables=list_tables,
        table_of_rows=build_row_table,
        our_changes=list_our_changes,
        turn=format_turn,
        change_value=format_change_value,
    )


def _format_json(comparison: Comparison) -> str:
    """Format as JSON: `format`, `worse`, `drifted`, `changed`, then every field of the comparison under its name."""
    fields = asdict(replace(comparison, labels_ja={}))
    del fields["labels_ja"]
    for run, change in zip(fields["runs"], comparison.runs, strict=True):
        run["worse"] = change.worse
    head = {"format": FORMAT, "worse": comparison.worse, "drifted": comparison.drifted, "changed": comparison.changed}
    return format_json_text({**head, **fields})
