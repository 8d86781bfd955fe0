"""Rows over time, as `history.html`: one line per row, one cell per run, what violates and what changed first."""

from __future__ import annotations

from itertools import groupby
from typing import Any, Final

from conformance.checks.model import Verdict
from conformance.history.model import History, RowHistory, TargetHistory
from conformance.history.text import ABSENT, describe_newest, format_summary
from conformance.messages import Message, join_messages
from conformance.report.page import render_page
from conformance.report.words import VERDICTS

_MOST_CELLS: Final = 366
"""Runs shown of one target: a year of nights; the text and the file have all."""


def render_history(history: History, language: str | None = None) -> str:
    """The page of a history; for `language` see `render_page`."""
    functions: dict[str, Any] = {
        "attention": _attention,
        "newest_of": describe_newest,
        "summary": format_summary,
        "tables": _tables,
        "stretches": _stretches,
    }
    return render_page(
        "conformance.history",
        "history.html.jinja",
        title=Message("Rows over time"),
        language=language,
        targets=history.targets,
        most=_MOST_CELLS,
        absent=ABSENT,
        **functions,
    )


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
