"""An audit as `audit.html`: rows and targets, each cell a link to its proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any, Final
from urllib.parse import quote

from conformance.audit.model import AuditCell, AuditedTable, Column, Matrix
from conformance.checks.model import Verdict
from conformance.report.bilingual import build_translator, in_each
from conformance.report.format import format_choice
from conformance.report.pages import render_page_in
from conformance.report.sanitize import clip_text, to_one_line
from conformance.report.translation import Phrases, checked_language, translate
from conformance.report.view import WORST_FIRST

__all__ = ["render_audit"]

_LONGEST: Final = 300
"""Characters of a reason in a tooltip."""


def render_audit(matrix: Matrix, links: Mapping[str, str] | None = None, language: str | None = None) -> str:
    """One HTML file that needs no network; without script it is whole, with script it is sorted and filtered.

    Its text is in `language`; for None it is in English, and the script follows the browser's language. A reader can
    switch in either case. `links` names for each target the folder of its report, relative to the page; a cell leads to
    `<folder>/report.html#<row id>`. A target without a folder has cells without links.
    """
    links = links or {}
    folders = [quote(links[column.name]) if column.name in links else None for column in matrix.columns]
    return render_page_in(
        language,
        "conformance.audit",
        "audit.html.jinja",
        titles=in_each(partial(translate, "audit.name")),
        matrix=matrix,
        folders=folders,
        contracts=_contracts(matrix),
        rank=_rank,
        score=_score,
        headline=_headline(matrix.columns),
        heading=in_each(partial(_heading, matrix)),
        unfair=in_each(partial(_unfair, matrix)),
        hint=lambda cell: in_each(partial(_tooltip, cell)),
        summed=lambda counts: in_each(partial(_format_counts, counts)),
        answered=lambda answer: in_each(lambda one: clip_text(format_choice(answer, one), 200)),
        told=build_translator(checked_language(language), Phrases().sentence),
    )


def _heading(matrix: Matrix, language: str) -> str:
    parts = (("audit.targets", matrix.columns), ("fact.rows", matrix.rows))
    return translate("list.comma", language).join(translate(key, language, n=len(those)) for key, those in parts)


def _unfair(matrix: Matrix, language: str) -> str:
    what = translate("list.comma", language).join(translate(f"unfair.{one}", language) for one in matrix.unfair)
    return translate("audit.unfair", language, what=what)


def _tooltip(cell: AuditCell, language: str) -> str:
    """What is seen of a cell when it is pointed at."""
    why = cell.why if language == "en" else cell.why_ja or cell.why
    known = translate("audit.known", language, reason=cell.known) if cell.known else ""
    return to_one_line(
        ": ".join(filter(None, (translate(f"verdict.{cell.verdict}", language), clip_text(why, _LONGEST), known)))
    )


def _format_counts(counts: Mapping[Verdict, int], language: str) -> str:
    there = [(counts[one], translate(f"verdict.{one}", language)) for one in WORST_FIRST if counts[one]]
    return " ".join(translate("audit.count", language, count=count, verdict=verdict) for count, verdict in there)


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
