"""From findings to a verdict: worse is never made better, and doubt is never green."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.checks.model import Finding, Level, Verdict, row_verdict, worst_verdict

FINDINGS = st.lists(st.sampled_from(Level).map(lambda level: Finding("a", level, 1, 2, "x")), max_size=4)
DOUBTS = st.lists(st.just("no answer"), max_size=2)
VERDICTS = st.lists(st.sampled_from(Verdict))
ORDER = [Verdict.NOT_EXERCISED, Verdict.CONFORMS, Verdict.DRIFTS, Verdict.INCONCLUSIVE, Verdict.VIOLATES]


def found(*levels: str) -> list[Finding]:
    return [Finding("a", Level(level), 1, 2, "x") for level in levels]


@pytest.mark.parametrize(
    ("levels", "doubts", "told", "verdict"),
    [
        ((), (), True, "conforms"),
        (("note",), (), True, "conforms"),
        (("should", "note"), (), True, "drifts"),
        (("should", "must"), (), True, "violates"),
        ((), ("no answer",), True, "inconclusive"),
        (("should",), ("no answer",), True, "inconclusive"),
        (("must",), ("no answer",), True, "violates"),
        ((), (), False, "inconclusive"),
        (("must",), (), False, "violates"),
    ],
)
def test_the_verdict_of_a_row(levels: tuple[str, ...], doubts: tuple[str, ...], told: bool, verdict: str) -> None:
    assert verdict == row_verdict(found(*levels), doubts, told=told)


@settings(deadline=None, database=None)
@given(FINDINGS, DOUBTS, st.booleans(), FINDINGS, DOUBTS)
def test_more_findings_and_more_doubts_never_make_it_better(
    some: list[Finding],
    doubts: list[str],
    told: bool,
    more: list[Finding],
    further: list[str],
) -> None:
    before, after = row_verdict(some, doubts, told=told), row_verdict(some + more, doubts + further, told=told)
    assert ORDER.index(before) <= ORDER.index(after)


@settings(deadline=None, database=None)
@given(FINDINGS, st.lists(st.just("no answer"), min_size=1), st.booleans())
def test_a_row_in_doubt_is_never_green(some: list[Finding], doubts: list[str], told: bool) -> None:
    assert row_verdict(some, doubts, told=told) in (Verdict.INCONCLUSIVE, Verdict.VIOLATES)


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
    assert Verdict.NOT_EXERCISED is worst_verdict([])
    assert Verdict.CONFORMS is worst_verdict([Verdict.NOT_EXERCISED, Verdict.CONFORMS])
