"""What a report says of a row before anything was sent: whose promise it is, and what it promises."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from conformance.contract.contract import Row
from conformance.contract.placeholders import Missing
from conformance.contract.wording import wordings
from conformance.exchange.binding import Scope
from conformance.judge.finding import Verdict
from conformance.plan.attempts import RowPlan
from conformance.results.model import RowResult, Source, Wanted
from conformance.run.ground import Ground

__all__ = ["described", "wanted_of"]


def described(ground: Ground, plan: RowPlan) -> RowResult:
    """A result without a verdict yet."""
    row, said = plan.row, plan.row.case.source
    head = ground.contract.file
    return RowResult(
        id=row.id,
        table=row.table,
        row=row.number,
        verdict=Verdict.NOT_EXERCISED,
        cause=row.case.cause,
        cause_ja=row.case.cause_ja,
        wanted=wanted_of(ground, row),
        source=Source(
            said.document or head.document,
            said.language or "",
            said.edition or head.edition,
            said.confidence,
            said.note or "",
            said.note_ja,
        ),
        file=_relative(row.file, ground.relative_to),
        line=row.line,
    )


def wanted_of(ground: Ground, row: Row) -> Wanted:
    """What the row promises, its placeholders filled as far as the profile can."""
    expect = row.case.expect
    status = expect.status if isinstance(expect.status, int) else expect.status[0]
    code = expect.code[0] if isinstance(expect.code, list) else expect.code
    messages = [_filled(ground, wording.text) for wording in wordings(row)]
    field = None if expect.field is None else _filled(ground, expect.field)
    return Wanted(status, tuple(dict.fromkeys(messages)), code, field)


def _filled(ground: Ground, text: str) -> str:
    try:
        return str(ground.binder.fill(text, Scope()))
    except Missing:
        return text


@lru_cache(maxsize=256)
def _relative(path: Path, base: Path) -> str:
    try:
        return path.resolve().relative_to(base.resolve()).as_posix()
    except ValueError:
        return path.name
