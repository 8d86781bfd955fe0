"""Which rows say the same in other words, and which answer otherwise though their verdict is the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.checks.model import Verdict
from conformance.compare import own_changes as ours
from conformance.compare.model import OurChange, WordingChange
from conformance.messages import Message
from conformance.report.sanitize import clip_text, format_json
from conformance.results.model import RowResult, TargetRun
from conformance.results.normalize import Normalizer

EXAMPLE = Message("written example")
_STATUS = re.compile(r"\d{3}\b")
_LONGEST = 400


def compare_wordings(old: TargetRun, new: TargetRun, changes: tuple[OurChange, ...]) -> tuple[WordingChange, ...]:
    """In the vendor's order; a row that was not exercised in either run has no wording to compare."""
    before = {row.id: row for row in old.rows}
    normalizers = Normalizer(old.target), Normalizer(new.target)
    found: list[WordingChange] = []
    for row in new.rows:
        was = before.get(row.id)
        if was is not None and Verdict.NOT_EXERCISED not in {was.verdict, row.verdict}:
            # The written example is the same in every run of one edition with one set of fixtures.
            found += _of_row(was, row, normalizers, ours.changes_that_decide(changes, judging=True))
    return tuple(found)


def _of_row(
    old: RowResult, new: RowResult, normalizers: tuple[Normalizer, Normalizer], explained: tuple[str, ...]
) -> Iterator[WordingChange]:
    was, now = (normalizer.normalize(row.observed) for normalizer, row in zip(normalizers, (old, new), strict=True))
    if was and now and was != now:
        same_status = _status(was) == _status(now)
        # Another row's message is a violation and no wording: the change of the row shows both.
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
    """What came instead of a promised message, by the input."""
    found = {one.where: one.actual for one in reversed(row.findings) if one.check == "message"}
    return {where: actual if isinstance(actual, str) else format_json(actual) for where, actual in found.items()}


def _status(observed: str) -> str:
    found = _STATUS.match(observed)
    return found[0] if found else ""
