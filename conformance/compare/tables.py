"""A comparison as tables, which all its forms share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from conformance.compare.model import Comparison, OurChange, RunChange, WordingChange
from conformance.messages import Message, join_messages
from conformance.report.format import format_choice, format_value
from conformance.report.sanitize import format_json
from conformance.report.words import name_of

ROW, INPUT, THEN, NOW = Message("Row"), Message("Input"), Message("Then"), Message("Now")


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
