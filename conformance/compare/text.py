"""A comparison for a terminal or a mail: plain lines, nothing in them that a terminal obeys."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.compare.format import (
    explain_not_blamed,
    format_change_value,
    format_heading,
    format_headline,
    format_turn,
    list_sections,
)
from conformance.compare.model import Comparison, OurChange, RowChange, RunChange
from conformance.report.sanitize import clip_text, format_json, to_one_line
from conformance.report.view import SYMBOLS

__all__ = ["format_comparison"]

_LONGEST = 400


def format_comparison(comparison: Comparison) -> str:
    """The headline, then what each target does otherwise, then what we did otherwise."""
    return "\n".join(to_one_line(line) for line in _lines(comparison)) + "\n"


def _lines(comparison: Comparison) -> Iterator[str]:
    yield format_headline(comparison)
    yield f"then: {comparison.old.started}   now: {comparison.new.started}"
    for run in comparison.runs:
        if run.changed:
            yield ""
            yield f"{run.contract} on {run.target}: {run.old} → {run.new}"
            yield from _run(run, (*comparison.ours, *run.ours))
    yield from _our_side(comparison)


def _run(run: RunChange, changes: tuple[OurChange, ...]) -> Iterator[str]:
    for kind, rows in list_sections(run):
        yield f"  {format_heading(kind)}"
        for row in rows:
            yield from _row(row, changes)
    yield from _beyond(run)


def _beyond(run: RunChange) -> Iterator[str]:
    if run.wordings:
        yield "  Wordings that changed"
    for one in run.wordings:
        yield f"    {one.row} {one.about}" + (f" at {one.where}" if one.where else "")
        yield from _beside(one.old, one.new)
    if run.choices:
        yield "  Open choices that changed"
    for choice in run.choices:
        yield f"    {choice.row} {choice.input}: {clip_text(choice.old, _LONGEST)} → {clip_text(choice.new, _LONGEST)}"
    if run.undocumented:
        yield "  Undocumented answers"
    for answer in run.undocumented:
        yield f"    {_since(answer.new)}: {answer.operation} {answer.status} {clip_text(answer.message, _LONGEST)}"
    if run.explored:
        yield "  Exploration beyond the tables"
    for found in run.explored:
        expected, actual = (clip_text(format_json(one), _LONGEST) for one in (found.expected, found.actual))
        because = f" (explained by our side: {', '.join(found.ours)})" if found.ours else ""
        yield f"    {_since(found.new)}: {found.operation} {found.check}: expected {expected}, got {actual}{because}"


def _since(is_new: bool) -> str:
    return "new" if is_new else "gone"


def _row(row: RowChange, changes: tuple[OurChange, ...]) -> Iterator[str]:
    symbol = SYMBOLS[row.new] if row.new else "−"  # noqa: RUF001 - a minus sign, as wide as the others
    yield f"    {symbol} {row.id}: {format_turn(row)}" + (f". {row.cause}" if row.cause else "")
    if row.was != row.now:
        yield from _beside(row.was, row.now)
    if row.why:
        yield f"        why: {row.why}"
    if excuse := explain_not_blamed(row, changes):
        yield f"        {excuse}"
    if row.repeat:
        yield f"        repeat: {row.repeat}"


def _beside(old: str, new: str) -> Iterator[str]:
    yield f"        then: {clip_text(old, _LONGEST) or '(nothing)'}"
    yield f"        now:  {clip_text(new, _LONGEST) or '(nothing)'}"


def _our_side(comparison: Comparison) -> Iterator[str]:
    lines = [_our(one) for one in comparison.ours]
    lines += [f"{run.contract} on {run.target}: {_our(one)}" for run in comparison.runs for one in run.ours]
    lines += [f"{name}: not in the new run" for name in comparison.only_old]
    lines += [f"{name}: not in the old run" for name in comparison.only_new]
    if lines:
        yield ""
        yield "What changed on our side (no target is blamed for it)"
        yield from (f"  {line}" for line in lines)


def _our(one: OurChange) -> str:
    row = f"{one.row} " if one.row else ""
    old, new = (clip_text(format_change_value(value), _LONGEST) for value in (one.old, one.new))
    return f"{row}{one.what}: {old} → {new}"
