"""Compares the verdicts and wordings of each row in two runs."""

from collections.abc import Iterator

from conformance.checks.model import Level, Verdict
from conformance.compare.attribution import changes_that_decide, collect_trials, explain_change, row_changes
from conformance.compare.model import Kind, OurChange, RowChange, WordingChange
from conformance.jsontools import canonical_text
from conformance.messages import Message, clip_text
from conformance.report.format import format_reason, format_repeat_command
from conformance.report.sanitize import format_json
from conformance.results.model import RowResult, TargetRun
from conformance.results.normalize import Normalizer

EXAMPLE = Message("written example")
_GOOD = frozenset({Verdict.CONFORMS, Verdict.DRIFTS})
_LONGEST = 400


def compare_rows(old: TargetRun, new: TargetRun, changes: tuple[OurChange, ...]) -> tuple[RowChange, ...]:
    """Return the changed rows, the most severe kind first, within a kind in the vendor's order."""
    before, after = ({row.id: row for row in run.rows} for run in (old, new))
    found = []
    for name in dict.fromkeys((*after, *before)):
        one = _compare_row(before.get(name), after.get(name), (old, new), changes)
        if one is not None:
            found.append(one)
    kinds = list(Kind)
    return tuple(sorted(found, key=lambda row: (not row.worse, kinds.index(row.kind))))


def _compare_row(
    old: RowResult | None, new: RowResult | None, runs: tuple[TargetRun, TargetRun], changes: tuple[OurChange, ...]
) -> RowChange | None:
    if old is None or new is None:
        # Added and removed rows are due to the contract or the chosen rows, never to the target.
        why_ours = changes_that_decide(changes, patience=True) or (Message("rows chosen"),)
        return _build_change(old, new, Kind.REMOVED if new is None else Kind.ADDED, why_ours)
    kind = _kind_of_change(old.verdict, new.verdict)
    if kind is None and old.verdict is new.verdict is Verdict.VIOLATES and _has_new_breach(old, new, runs):
        kind = Kind.VIOLATING_OTHERWISE
    if kind is None:
        return None
    return _build_change(old, new, kind, explain_change(old, new, runs, (*changes, *row_changes(old, new))))


def _build_change(
    old: RowResult | None, new: RowResult | None, kind: Kind, why_ours: tuple[str, ...]
) -> RowChange | None:
    row = new or old
    if row is None:
        return None
    known = new.known.reason if new and new.known else ""
    is_worse = old is not None and new is not None and _is_worse(kind, old.verdict, new.verdict)
    # A budget may have left out the written example in one run; then the other response is not shown either.
    judged = [one for one in (old, new) if one and one.verdict not in {Verdict.INCONCLUSIVE, Verdict.NOT_EXERCISED}]
    both = all(one.observed for one in judged)
    is_bad = kind is Kind.ADDED or (new is not None and new.verdict is Verdict.VIOLATES)
    return RowChange(
        id=row.id,
        table=row.table,
        row=row.row,
        kind=kind,
        old=old.verdict if old else None,
        new=new.verdict if new else None,
        was=old.observed if old and both else "",
        now=new.observed if new and both else "",
        why=(format_reason(new) or (format_reason(old) if old else "")) if new else "",
        cause=row.cause,
        cause_ja=row.cause_ja,
        repeat=format_repeat_command(row) if is_bad else "",
        ours=why_ours,
        known=known,
        worse=is_worse and not why_ours and not known,
    )


def _kind_of_change(old: Verdict, new: Verdict) -> Kind | None:
    if old is new:
        return None
    if old is Verdict.NOT_EXERCISED:
        return Kind.NEWLY_EXERCISED
    found = {
        Verdict.VIOLATES: Kind.NEWLY_VIOLATING,
        Verdict.INCONCLUSIVE: Kind.NEWLY_INCONCLUSIVE,
        Verdict.NOT_EXERCISED: Kind.NO_LONGER_EXERCISED,
        Verdict.CONFORMS: Kind.IMPROVED,
    }
    return found.get(new) or (Kind.IMPROVED if old is Verdict.VIOLATES else Kind.DRIFTING)


def _is_worse(kind: Kind, old: Verdict, new: Verdict) -> bool:
    if kind in {Kind.NEWLY_VIOLATING, Kind.VIOLATING_OTHERWISE}:
        return True
    if kind in {Kind.NEWLY_INCONCLUSIVE, Kind.NO_LONGER_EXERCISED}:
        return old in _GOOD
    return kind is Kind.NEWLY_EXERCISED and new is Verdict.VIOLATES


def _has_new_breach(old: RowResult, new: RowResult, runs: tuple[TargetRun, TargetRun]) -> bool:
    """Return whether an input that both runs tried led to a `must` finding that it did not lead to before."""
    normalizers = Normalizer(runs[0].target), Normalizer(runs[1].target)
    tried = collect_trials(old, normalizers[0]).keys()
    before = set(_breaches(old, normalizers[0]))
    return any(
        breach not in before for breach in _breaches(new, normalizers[1]) if breach[1] in tried or not old.attempts
    )  # fmt: skip


def _breaches(row: RowResult, normalizer: Normalizer) -> Iterator[tuple[str, str, str]]:
    for finding in row.findings:
        if finding.level is Level.MUST:
            actual = normalizer.normalize(canonical_text(finding.actual))
            yield finding.check, finding.where, actual


def compare_wordings(old: TargetRun, new: TargetRun, changes: tuple[OurChange, ...]) -> tuple[WordingChange, ...]:
    """Return the changed wordings in the vendor's order, of rows that both runs exercised."""
    before = {row.id: row for row in old.rows}
    normalizers = Normalizer(old.target), Normalizer(new.target)
    found: list[WordingChange] = []
    for row in new.rows:
        was = before.get(row.id)
        if was is not None and Verdict.NOT_EXERCISED not in {was.verdict, row.verdict}:
            # With equal editions and fixtures, the written example is the same in every run.
            found += _compare_wordings_of_row(was, row, normalizers, changes_that_decide(changes, judging=True))
    return tuple(found)


def _compare_wordings_of_row(
    old: RowResult, new: RowResult, normalizers: tuple[Normalizer, Normalizer], explained: tuple[str, ...]
) -> Iterator[WordingChange]:
    was, now = (normalizer.normalize(row.observed) for normalizer, row in zip(normalizers, (old, new), strict=True))
    if was and now and was != now:
        same_status = was.partition(" ")[0] == now.partition(" ")[0]
        # A violation is not a change of wording; the change of the row shows both messages.
        broken = Verdict.VIOLATES in {old.verdict, new.verdict}
        if old.verdict is new.verdict or (same_status and not broken):
            about = Message("message") if same_status else Message("answer")
            yield WordingChange(new.id, about, EXAMPLE, old.observed, new.observed, explained)
    if set(old.editions) != set(new.editions) and old.editions and new.editions:
        yield WordingChange(new.id, Message("edition"), "", ", ".join(old.editions), ", ".join(new.editions), explained)
    if was != now:
        return
    before, after = _messages(old), _messages(new)
    for where in (where for where in after if where in before):
        was, now = (clip_text(words[where], _LONGEST) for words in (before, after))
        if normalizers[0].normalize(was) != normalizers[1].normalize(now):
            yield WordingChange(new.id, Message("message"), where, was, now, explained)


def _messages(row: RowResult) -> dict[str, str]:
    """Return the messages that differed from a documented one, by input."""
    found = {one.where: one.actual for one in reversed(row.findings) if one.check == "message"}
    return {where: actual if isinstance(actual, str) else format_json(actual) for where, actual in found.items()}
