"""A comparison in words: headings and sentences that all its forms share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from conformance.compare.model import Comparison, Kind, OurChange, RowChange, RunChange
from conformance.compare.tables import describe_change
from conformance.messages import Message, join_messages, plural_message
from conformance.report.words import VERDICTS

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
