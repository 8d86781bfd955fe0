"""An audit as `audit.html`: rows and targets, each cell a link to its proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any
from urllib.parse import quote

from conformance.report.auditing.model import AuditedTable, Column, Matrix
from conformance.report.framing import drawn
from conformance.report.view import WORST_FIRST
from conformance.results.model import Verdict

__all__ = ["audit_html"]


def audit_html(matrix: Matrix, links: Mapping[str, str] | None = None) -> str:
    """One HTML file that needs no network; without script it is whole, with script it is sorted and filtered.

    `links` names for each target the folder of its report, relative to the page; a cell leads to
    `<folder>/report.html#<row id>`. A target without a folder has cells without links.
    """
    links = links or {}
    folders = [quote(links[column.name]) if column.name in links else None for column in matrix.columns]
    return drawn(
        "conformance.report.auditing",
        "audit.html.jinja",
        title="Audit",
        matrix=matrix,
        folders=folders,
        contracts=_contracts(matrix),
        rank=_rank,
        score=_score,
        headline=_headline(matrix.columns),
    )


def _contracts(matrix: Matrix) -> list[tuple[str, list[AuditedTable]]]:
    return [(name, list(tables)) for name, tables in groupby(matrix.tables, key=lambda table: table.contract)]


def _rank(verdict: Verdict | None) -> int:
    """0 for the worst; a target without results stands behind all."""
    return len(WORST_FIRST) if verdict is None else WORST_FIRST.index(verdict)


def _score(counts: Mapping[Verdict, int]) -> str:
    """`30/32`: rows that keep every firm promise, of those there are."""
    good = counts.get(Verdict.CONFORMS, 0) + counts.get(Verdict.DRIFTS, 0)
    return f"{good}/{sum(counts.values())}"


def _headline(columns: Sequence[Column]) -> list[tuple[Any, int]]:
    """How many targets have which verdict, worst first; None for those without results."""
    counted = [(verdict, sum(column.verdict is verdict for column in columns)) for verdict in (*WORST_FIRST, None)]
    return [(verdict, number) for verdict, number in counted if number]
