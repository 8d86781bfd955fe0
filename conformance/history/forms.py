"""Rows over time, in lines and as `history.html`: a strip of signs, and what holds since when."""

from __future__ import annotations

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
"""Runs shown of one target on a page: a year of nights; the file has all."""


def format_history(history: Sequence[TargetHistory], form: str = "txt", language: str | None = None) -> str:
    """Each target's rows over time, the newest run on the right: lines, or with the form `html` a page."""
    return render_template(
        "conformance.history",
        f"history.{form}.jinja",
        title=Message("Rows over time"),
        language=language,
        targets=history,
        most=_MOST_CELLS,
        absent="·",
        attention=_attention,
        newest_of=describe_newest,
        summary=format_summary,
        tables=_tables,
        stretches=_stretches,
        choice_of=format_choice,
    )


def format_summary(line: RowHistory) -> str:
    """`violates since 2026-11-05T01:00:00Z; changed back 2 times; wording changed 2026-11-04T01:00:00Z`."""
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
    """`newest: violates; 2 rows not exercised; 1 known deviation; exploration found deviations in 1 operation`."""
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


def _attention(target: TargetHistory) -> list[RowHistory]:
    """The rows that violate or are inconclusive now, then those whose verdict is another than in the run before."""
    bad = [line for line in target.lines if line.verdict in {Verdict.VIOLATES, Verdict.INCONCLUSIVE}]
    bad.sort(key=lambda line: line.verdict is not Verdict.VIOLATES)
    return [*bad, *(line for line in target.lines if line.just_changed and line not in bad)]


def _tables(target: TargetHistory) -> list[tuple[str, list[RowHistory]]]:
    return [(table, list(lines)) for table, lines in groupby(target.lines, key=lambda line: line.table)]


def _stretches(line: RowHistory) -> str:
    """The strip for those who do not see it: each stretch of one verdict with how many runs it lasted."""
    verdicts = [cell.verdict if cell else None for cell in line.cells[-_MOST_CELLS:]]
    stretches = [(verdict, len(list(group))) for verdict, group in groupby(verdicts)]
    names = [(VERDICTS[verdict] if verdict else Message("absent"), runs) for verdict, runs in stretches]
    return join_messages(", ", [Message("{verdict} in {n} runs", verdict=name, n=runs) for name, runs in names])
