"""Formats rows over time as text or an HTML page: verdicts as a strip of signs, and since when they last."""

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from conformance.checks.model import Verdict
from conformance.history.model import RowHistory, TargetHistory
from conformance.messages import Message, drop_zeros, join_messages
from conformance.report.format import format_choice
from conformance.report.page import render_template
from conformance.report.words import VERDICTS

_MOST_CELLS: Final = 366
"""The most runs of a target on a page: a year of nights. The file has all."""


def format_history(history: Sequence[TargetHistory], form: str = "txt", language: str | None = None) -> str:
    """Format each target's rows over time, the newest run on the right, as `txt` or `html`."""
    return render_template(
        "conformance.history",
        f"history.{form}.jinja",
        title=Message("Rows over time"),
        language=language,
        targets=history,
        most=_MOST_CELLS,
        absent="·",
        attention=_rows_needing_attention,
        newest_of=describe_newest,
        summary=format_summary,
        tables=_group_by_table,
        stretches=_describe_stretches,
        choice_of=format_choice,
    )


def format_summary(line: RowHistory) -> str:
    """Format `violates since 2026-11-05T01:00:00Z; changed back 2 times; wording changed 2026-11-04T01:00:00Z`."""
    if line.verdict is None:
        return ""
    parts = [Message("{verdict} since {since}", verdict=VERDICTS[line.verdict], since=line.since)]
    if line.flickers:
        parts.append(Message("changed back {n} times", n=line.flickers))
    if line.wording_changed:
        parts.append(Message("wording changed {date}", date=line.wording_changed))
    if line.cells and line.cells[-1] is None:
        parts.append(Message("not in the newest run"))
    return join_messages("; ", parts)


def describe_newest(target: TargetHistory) -> str:
    """Format `newest: violates; 2 rows not exercised; 1 known deviation; …` for the newest run."""
    newest, cells = target.runs[-1], target.newest_cells
    left, known = sum(cell.verdict is Verdict.NOT_EXERCISED for cell in cells), sum(bool(cell.known) for cell in cells)
    parts: list[str] = [Message("newest: {verdict}", verdict=VERDICTS[newest.verdict])]
    parts += drop_zeros((
        Message("{n} rows not exercised", n=left),
        Message("{n} known deviations", n=known),
        Message("exploration found deviations in {n} operations", n=newest.explored),
    ))  # fmt: skip
    parts += [Message("broken off")] if newest.partial else []
    return join_messages("; ", parts)


def _rows_needing_attention(target: TargetHistory) -> list[RowHistory]:
    """Return the rows that violate or are inconclusive, then others whose verdict just changed."""
    bad = [line for line in target.lines if line.verdict in {Verdict.VIOLATES, Verdict.INCONCLUSIVE}]
    bad.sort(key=lambda line: line.verdict is not Verdict.VIOLATES)
    return [*bad, *(line for line in target.lines if line.just_changed and line not in bad)]


def _group_by_table(target: TargetHistory) -> list[tuple[str, list[RowHistory]]]:
    return [(table, list(lines)) for table, lines in groupby(target.lines, key=lambda line: line.table)]


def _describe_stretches(line: RowHistory) -> str:
    """Describe a row's strip for screen readers: each stretch of equal verdicts with its number of runs."""
    verdicts = [cell.verdict if cell else None for cell in line.cells[-_MOST_CELLS:]]
    stretches = [(verdict, len(list(group))) for verdict, group in groupby(verdicts)]
    names = [(VERDICTS[verdict] if verdict else Message("absent"), runs) for verdict, runs in stretches]
    return join_messages(", ", [Message("{verdict} in {n} runs", verdict=name, n=runs) for name, runs in names])
