"""Rows over time, in lines: a strip of signs, and what holds since when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conformance.history.model import History, RowHistory, TargetHistory
from conformance.report.sanitize import clip_text, to_one_line
from conformance.report.view import SYMBOLS

__all__ = ["ABSENT", "format_history", "format_strip", "format_summary"]

ABSENT: Final = "·"
_SHOWN: Final = 60
_LONGEST: Final = 200


def format_history(history: History) -> str:
    """For each target its rows over time, the newest run on the right."""
    if not history.targets:
        return "The history holds no such run.\n"
    return "\n".join(to_one_line(line) for target in history.targets for line in _target(target)).rstrip() + "\n"


def format_strip(line: RowHistory, shown: int = _SHOWN) -> str:
    """One sign for each of the newest runs."""
    return "".join(SYMBOLS[cell.verdict] if cell else ABSENT for cell in line.cells[-shown:])


def format_summary(line: RowHistory) -> str:
    """`violates since 2026-11-05T01:00:00Z; flickered 2 times; wording changed 2026-11-04T01:00:00Z`."""
    parts = [f"{line.verdict} since {line.since}"]
    if line.flickers:
        parts.append(f"flickered {line.flickers} {'time' if line.flickers == 1 else 'times'}")
    if line.wording_changed:
        parts.append(f"wording changed {line.wording_changed}")
    if line.cells and line.cells[-1] is None:
        parts.append("not in the newest run")
    return "; ".join(parts)


def _target(target: TargetHistory) -> Iterator[str]:
    runs = target.runs
    yield f"{target.contract} on {target.target}: {len(runs)} runs, {runs[0].started} to {runs[-1].started}"
    yield "  " + "  ".join(f"{sign} {verdict}" for verdict, sign in SYMBOLS.items() if verdict in _VERDICTS)
    if len(runs) > _SHOWN:
        yield f"  the newest {_SHOWN} runs are shown"
    width = max((len(line.id) for line in target.lines), default=0)
    for line in target.lines:
        yield f"  {line.id:<{width}}  {format_strip(line)}  {format_summary(line)}"
    changed = [line for line in target.lines if line.wording_changed]
    if changed:
        yield "  Wordings over time"
    for line in changed:
        yield f"    {line.id}"
        yield from (f"      {since}  {clip_text(text, _LONGEST)}" for since, text in line.wordings)
    if target.choices:
        yield "  Open choices over time"
    for row, text, stretches in target.choices:
        yield f"    {row} {clip_text(text, _LONGEST)}"
        yield from (f"      {since}  {clip_text(answer, _LONGEST)}" for since, answer in stretches)
    yield ""


_VERDICTS: Final = frozenset({"conforms", "drifts", "violates", "inconclusive", "not-exercised"})
