"""From findings to the verdict on a row, and from rows to the verdict of a run. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from conformance.judge.finding import Finding, Level, Verdict

__all__ = ["row_verdict", "worst"]

_ORDER = tuple(Verdict)


def row_verdict(found: Sequence[Finding], doubts: Sequence[str], *, told: bool) -> Verdict:
    """A violation stands whatever else is in doubt; a row with a doubt, or that nothing tells of, is not green."""
    levels = {item.level for item in found}
    if Level.MUST in levels:
        return Verdict.VIOLATES
    if doubts or not told:
        return Verdict.INCONCLUSIVE
    return Verdict.DRIFTS if Level.SHOULD in levels else Verdict.CONFORMS


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of the rows; `not-exercised` only where nothing was exercised."""
    return max(verdicts, key=_ORDER.index, default=Verdict.NOT_EXERCISED)
