"""From findings to a verdict: worse is never made better, and doubt is never green."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.checks.model import Level, Verdict, verdict_of_levels, worst_verdict

LEVELS = st.lists(st.sampled_from(Level), max_size=4)
VERDICTS = st.lists(st.sampled_from(Verdict))
ORDER = [Verdict.NOT_EXERCISED, Verdict.CONFORMS, Verdict.DRIFTS, Verdict.INCONCLUSIVE, Verdict.VIOLATES]


@pytest.mark.parametrize(
    ("levels", "in_doubt", "verdict"),
    [
        ((), False, "conforms"),
        (("note",), False, "conforms"),
        (("should", "note"), False, "drifts"),
        (("should", "must"), False, "violates"),
        ((), True, "inconclusive"),
        (("should",), True, "inconclusive"),
        (("must",), True, "violates"),
    ],
)
def test_the_verdict_of_a_row(levels: tuple[str, ...], in_doubt: bool, verdict: str) -> None:
    assert verdict_of_levels(map(Level, levels), in_doubt=in_doubt) == verdict


@pytest.mark.parametrize(("levels", "verdict"), [((), "not-exercised"), (("must",), "violates")])
def test_what_was_not_exercised_is_neither_green_nor_in_doubt(levels: tuple[str, ...], verdict: str) -> None:
    assert verdict_of_levels(map(Level, levels), in_doubt=True, exercised=False) == verdict


@settings(deadline=None, database=None)
@given(LEVELS, st.booleans(), LEVELS, st.booleans())
def test_more_findings_and_more_doubts_never_make_it_better(
    some: list[Level], in_doubt: bool, more: list[Level], in_more_doubt: bool
) -> None:
    before = verdict_of_levels(some, in_doubt=in_doubt)
    after = verdict_of_levels(some + more, in_doubt=in_doubt or in_more_doubt)
    assert ORDER.index(before) <= ORDER.index(after)


@settings(deadline=None, database=None)
@given(VERDICTS, VERDICTS)
def test_a_run_is_as_bad_as_its_worst_row(some: list[Verdict], more: list[Verdict]) -> None:
    assert (
        worst_verdict([*some, *more])
        == worst_verdict([*more, *some])
        == worst_verdict([worst_verdict(some), worst_verdict(more)])
    )
    assert all(ORDER.index(one) <= ORDER.index(worst_verdict([*some, *more])) for one in some)


def test_a_run_without_rows_was_not_exercised() -> None:
    assert worst_verdict([]) is Verdict.NOT_EXERCISED
    assert worst_verdict([Verdict.NOT_EXERCISED, Verdict.CONFORMS]) is Verdict.CONFORMS
