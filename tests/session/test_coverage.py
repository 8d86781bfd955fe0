"""`--require`: how much a run must have exercised."""

from __future__ import annotations

import pytest

from conformance.checks.model import Verdict
from conformance.errors import ConfigError
from conformance.results.model import ContractName, RowResult
from conformance.session.coverage import check_requirements, find_missing_coverage
from tests.report.made_up import run_of

ROWS = ("items/one", "items/two", "items/three")


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        ("all", ["--require all: 1 of 3 rows not exercised: items/three"]),
        ("3", ["--require 3: only 2 of 3 rows exercised"]),
        ("2", []),
        ("items/one", []),
        ("items/three", ["--require items/three: the row was not exercised"]),
    ],
)
def test_what_was_not_exercised_is_missing(requirement: str, expected: list[str]) -> None:
    verdicts = (Verdict.CONFORMS, Verdict.VIOLATES, Verdict.NOT_EXERCISED)
    rows = [RowResult(name, "items", n, verdict) for n, (name, verdict) in enumerate(zip(ROWS, verdicts, strict=True))]
    run = run_of(ContractName("shop", "1"), {}, tuple(rows))
    assert list(find_missing_coverage([requirement], [run], ROWS)) == expected


def test_a_requirement_that_nothing_can_meet_is_refused_before_the_run() -> None:
    check_requirements(["all", "12", "items/two"], ROWS)
    with pytest.raises(ConfigError, match="did you mean 'items/one'"):
        check_requirements(["items/on"], ROWS)
