"""Rows over time, as `history.html`: one line per row, one cell per run."""

from __future__ import annotations

from itertools import groupby
from typing import Final

from conformance.history.model import History, RowHistory, TargetHistory
from conformance.history.text import ABSENT, format_summary
from conformance.report.pages import render_page

__all__ = ["render_history"]

_MOST_CELLS: Final = 366
"""Runs shown of one target: a year of nights; the text and the file have all."""


def render_history(history: History) -> str:
    """One HTML file that needs neither network nor script."""
    return render_page(
        "conformance.history",
        "history.html.jinja",
        title="History",
        targets=history.targets,
        most=_MOST_CELLS,
        absent=ABSENT,
        summary=format_summary,
        tables=_tables,
        stretches=_stretches,
    )


def _tables(target: TargetHistory) -> list[tuple[str, list[RowHistory]]]:
    return [(table, list(lines)) for table, lines in groupby(target.lines, key=lambda line: line.table)]


def _stretches(line: RowHistory) -> str:
    """The strip for those who do not see it: each stretch of one verdict with how many runs it lasted."""
    told = [cell.verdict.value if cell else "absent" for cell in line.cells[-_MOST_CELLS:]]
    return ", ".join(f"{verdict} in {len(list(group))}" for verdict, group in groupby(told))
