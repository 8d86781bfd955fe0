"""What changed beyond the rows: open choices, undocumented answers, findings of the exploration."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.model import Level, Verdict
from conformance.compare import own_changes as ours
from conformance.compare.model import ChoiceChange, ExploredChange, OurChange, UndocumentedChange
from conformance.results.model import ExploredFinding, TargetRun, Undocumented
from conformance.results.normalize import Normalizer


def compare_choices(old: TargetRun, new: TargetRun) -> tuple[ChoiceChange, ...]:
    """Inputs that both runs tried and that were not treated the same; an input may have been tried several times."""
    before, after = _choices(old), _choices(new)
    return tuple(
        ChoiceChange(row, text, ", ".join(sorted(before[row, text])), ", ".join(sorted(answers)))
        for (row, text), answers in after.items()
        if (row, text) in before and before[row, text] != answers
    )


def compare_undocumented(old: TargetRun, new: TargetRun) -> tuple[UndocumentedChange, ...]:
    """What came that had not come before, then what did not come again."""
    before, after = _undocumented(old), _undocumented(new)
    came = [(one, True) for key, one in after.items() if key not in before]
    missing = [(one, False) for key, one in before.items() if key not in after]
    return tuple(
        UndocumentedChange(one.operation, one.status, one.message, is_new, one.curl)
        for one, is_new in (*came, *missing)
    )


def compare_exploration(old: TargetRun, new: TargetRun, changes: tuple[OurChange, ...]) -> tuple[ExploredChange, ...]:
    """Findings that are new, then those that are gone; only where both runs explored the operation.

    Other draws find other things: where suite, edition, depth, seed or permissions are not the same, a finding says
    nothing about a change of the target. Fixtures are other names for the same things.
    """
    before, after = dict(_explored(old)), dict(_explored(new))
    both = _tried(old) & _tried(new)
    explained = ours.changes_that_decide(one for one in changes if not one.what.startswith("fixtures."))
    came = [(key, one, True) for key, one in after.items() if key not in before]
    missing = [(key, one, False) for key, one in before.items() if key not in after]
    return tuple(
        _explored_change(key, one, is_new=is_new, explained=explained)
        for key, one, is_new in (*came, *missing)
        if key[0] in both
    )


Key = tuple[str, str, Level, str]


def _explored_change(key: Key, one: ExploredFinding, *, is_new: bool, explained: tuple[str, ...]) -> ExploredChange:
    worse = is_new and one.level is Level.MUST and not explained
    return ExploredChange(key[0], one.check, one.level, one.expected, one.actual, is_new, explained, worse)


def _choices(run: TargetRun) -> dict[tuple[str, str], set[str]]:
    normalizer = Normalizer(run.target)
    found: dict[tuple[str, str], set[str]] = {}
    for row in run.rows:
        for choice in row.choices:
            found.setdefault((row.id, normalizer.normalize(choice.input)), set()).add(
                normalizer.normalize(choice.answer)
            )
    return found


def _undocumented(run: TargetRun) -> dict[tuple[str, int, str], Undocumented]:
    normalizer = Normalizer(run.target)
    return {(one.operation, one.status, normalizer.normalize(one.message)): one for one in reversed(run.undocumented)}


def _tried(run: TargetRun) -> set[str]:
    return {one.operation for one in run.explored if one.verdict is not Verdict.NOT_EXERCISED}


def _explored(run: TargetRun) -> Iterator[tuple[Key, ExploredFinding]]:
    for operation in run.explored:
        for one in reversed(operation.findings):
            # What came back may hold the random input; a status does not.
            actual = str(one.actual) if isinstance(one.actual, int) else ""
            yield (operation.operation, one.check, one.level, actual), one
