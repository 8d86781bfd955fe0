"""What two runs of a row come to."""

from __future__ import annotations

from conformance.checks.model import Verdict
from conformance.engine.cleanup import describe_left
from conformance.engine.confirm import combine_runs
from conformance.engine.row import FinishedRow
from conformance.results.model import RowResult


def test_what_the_run_that_is_not_kept_has_left_is_said() -> None:
    left = describe_left("uploadMedia", "nothing tells what it made")
    first = FinishedRow(RowResult("media/post", "media", 1, Verdict.INCONCLUSIVE, warnings=(left, "said of the first")))
    again = FinishedRow(RowResult("media/post", "media", 1, Verdict.CONFORMS, warnings=("said of the second",)))
    assert combine_runs(first, again).result.warnings == ("said of the second", left)
