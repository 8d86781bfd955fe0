"""Two runs held against each other."""

from __future__ import annotations

from conformance.report.comparing import ours
from conformance.report.comparing.beyond import changes_of_choices, changes_of_exploration, changes_of_undocumented
from conformance.report.comparing.matching import label, matched
from conformance.report.comparing.model import Comparison, OurChange, RunChange, Stamp
from conformance.report.comparing.rows import changes_of_rows
from conformance.report.comparing.wordings import changes_of_wordings
from conformance.results.model import Results, TargetRun

__all__ = ["compare"]


def compare(old: Results, new: Results) -> Comparison:
    """What lies between two results; pure, and the same for the same two."""
    for_all = ours.of_all(old, new)
    pairs = matched(old.runs, new.runs)
    return Comparison(
        old=_stamp(old),
        new=_stamp(new),
        runs=tuple(_run(before, after, for_all) for before, after in pairs if before is not None and after is not None),
        ours=for_all,
        only_old=tuple(_name(before) for before, after in pairs if before is not None and after is None),
        only_new=tuple(_name(after) for before, after in pairs if before is None and after is not None),
    )


def _run(old: TargetRun, new: TargetRun, for_all: tuple[OurChange, ...]) -> RunChange:
    own = ours.of_run(old, new)
    changes = (*for_all, *own)
    rows_before = {row.id: row for row in old.rows}
    of_rows = [one for row in new.rows if row.id in rows_before for one in ours.of_row(rows_before[row.id], row)]
    return RunChange(
        contract=new.contract.name,
        target=label(new),
        old=old.verdict,
        new=new.verdict,
        rows=changes_of_rows(old, new, changes),
        wordings=changes_of_wordings(old, new, changes),
        choices=changes_of_choices(old, new),
        undocumented=changes_of_undocumented(old, new),
        explored=changes_of_exploration(old, new, changes),
        ours=(*own, *of_rows),
    )


def _stamp(results: Results) -> Stamp:
    return Stamp(
        started=results.started,
        suite=f"{results.suite.name} {results.suite.version}",
        depth=results.depth,
        seed=results.seed,
        verdict=results.verdict,
        requests=sum(run.requests for run in results.runs),
        partial=results.partial,
    )


def _name(run: TargetRun) -> str:
    return f"{run.contract.name} on {label(run)}"
