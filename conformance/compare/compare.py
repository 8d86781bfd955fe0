"""Compares two runs."""

from __future__ import annotations

from conformance.compare import own_changes as ours
from conformance.compare.beyond_rows import compare_choices, compare_exploration, compare_undocumented
from conformance.compare.model import Comparison, OurChange, RunChange, Stamp
from conformance.compare.rows import compare_rows
from conformance.compare.wordings import compare_wordings
from conformance.messages import Message
from conformance.report.translation import collect_labels
from conformance.results.matching import label_run, match_runs
from conformance.results.model import Results, TargetRun


def compare(old: Results, new: Results) -> Comparison:
    """What lies between two results; pure, and the same for the same two."""
    for_all = ours.session_changes(old, new)
    pairs = match_runs(old.runs, new.runs)
    return Comparison(
        old=_stamp(old),
        new=_stamp(new),
        runs=tuple(_run(before, after, for_all) for before, after in pairs if before is not None and after is not None),
        ours=for_all,
        only_old=tuple(_name(before) for before, after in pairs if before is not None and after is None),
        only_new=tuple(_name(after) for before, after in pairs if before is None and after is not None),
        labels_ja=collect_labels((*old.runs, *new.runs)),
    )


def _run(old: TargetRun, new: TargetRun, for_all: tuple[OurChange, ...]) -> RunChange:
    own = ours.run_changes(old, new)
    changes = (*for_all, *own)
    rows_before = {row.id: row for row in old.rows}
    of_rows = [one for row in new.rows if row.id in rows_before for one in ours.row_changes(rows_before[row.id], row)]
    return RunChange(
        contract=new.contract.name,
        target=label_run(new),
        old=old.verdict,
        new=new.verdict,
        rows=compare_rows(old, new, changes),
        wordings=compare_wordings(old, new, changes),
        choices=compare_choices(old, new),
        undocumented=compare_undocumented(old, new),
        explored=compare_exploration(old, new, changes),
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
    return Message("{contract} on {target}", contract=run.contract.name, target=label_run(run))
