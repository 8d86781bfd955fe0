"""Compares two results: rows, open choices, undocumented responses and exploration."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from conformance.checks.model import Level, Verdict
from conformance.compare.attribution import changes_that_decide, row_changes, run_changes, session_changes
from conformance.compare.model import (
    ChoiceChange,
    Comparison,
    ExploredChange,
    OurChange,
    RunChange,
    Stamp,
    UndocumentedChange,
)
from conformance.compare.rows import compare_rows, compare_wordings
from conformance.messages import Message
from conformance.report.translation import collect_labels
from conformance.results.matching import collect_choices, label_run, match_runs
from conformance.results.model import ExploredFinding, Results, TargetRun, Undocumented
from conformance.results.normalize import Normalizer

Key = TypeVar("Key")
Found = TypeVar("Found")


def compare(old: Results, new: Results) -> Comparison:
    for_all = session_changes(old, new)
    pairs = match_runs(old.runs, new.runs)
    return Comparison(
        old=_stamp(old),
        new=_stamp(new),
        runs=tuple(
            _compare_run(before, after, for_all) for before, after in pairs if before is not None and after is not None
        ),
        ours=for_all,
        only_old=tuple(_name(before) for before, after in pairs if before is not None and after is None),
        only_new=tuple(_name(after) for before, after in pairs if before is None and after is not None),
        labels_ja=collect_labels((*old.runs, *new.runs)),
    )


def _compare_run(old: TargetRun, new: TargetRun, for_all: tuple[OurChange, ...]) -> RunChange:
    own = run_changes(old, new)
    changes = (*for_all, *own)
    rows_before = {row.id: row for row in old.rows}
    of_rows = [one for row in new.rows if row.id in rows_before for one in row_changes(rows_before[row.id], row)]
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


def compare_choices(old: TargetRun, new: TargetRun) -> tuple[ChoiceChange, ...]:
    """Return the open inputs that both runs tried, perhaps several times, with different outcomes."""
    before, after = collect_choices(old), collect_choices(new)
    return tuple(
        ChoiceChange(*key, ", ".join(sorted(before[key])), ", ".join(sorted(answers)))
        for key, answers in after.items()
        if key in before and before[key] != answers
    )


def compare_undocumented(old: TargetRun, new: TargetRun) -> tuple[UndocumentedChange, ...]:
    """Return the undocumented responses that are new, then those that are gone."""
    return tuple(
        UndocumentedChange(one.operation, one.status, one.message, is_new, one.curl)
        for _, one, is_new in _find_differences(*map(_undocumented, (old, new)))
    )


def compare_exploration(old: TargetRun, new: TargetRun, changes: tuple[OurChange, ...]) -> tuple[ExploredChange, ...]:
    """Return new findings, then gone ones, of operations that both runs explored.

    If suite, edition, depth, seed or permissions differ, a finding shows no change of the target, because other inputs
    were drawn. Changed fixtures explain nothing: they are other names for the same things.
    """
    explained = changes_that_decide(one for one in changes if not one.what.startswith("fixtures."))
    tried, again = (
        {one.operation for one in run.explored if one.verdict is not Verdict.NOT_EXERCISED} for run in (old, new)
    )
    return tuple(
        ExploredChange(
            operation, one.check, one.level, one.expected, one.actual, is_new, explained,
            worse=is_new and one.level is Level.MUST and not explained,
        )
        for (operation, *_), one, is_new in _find_differences(*map(_explored, (old, new)))
        if operation in tried & again
    )  # fmt: skip


def _find_differences(before: Mapping[Key, Found], after: Mapping[Key, Found]) -> Iterator[tuple[Key, Found, bool]]:
    """Yield new items with True, then gone ones with False."""
    yield from ((key, one, True) for key, one in after.items() if key not in before)
    yield from ((key, one, False) for key, one in before.items() if key not in after)


def _undocumented(run: TargetRun) -> dict[tuple[str, int, str], Undocumented]:
    normalizer = Normalizer(run.target)
    return {(one.operation, one.status, normalizer.normalize(one.message)): one for one in reversed(run.undocumented)}


def _explored(run: TargetRun) -> dict[tuple[str, str, Level, str], ExploredFinding]:
    """Return findings by a key that is equal in every run; of actual values only statuses, which contain no input."""
    return {
        (explored.operation, one.check, one.level, str(one.actual) if isinstance(one.actual, int) else ""): one
        for explored in run.explored
        for one in reversed(explored.findings)
    }
