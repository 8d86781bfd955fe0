"""What several rows must not have changed is read once between two of them, and once more after the last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from conformance import reference
from conformance.contract.loader import read_contract
from conformance.plan.model import RowPlan
from conformance.session.contract_run import plan_rows
from conformance.target.loader import target_from_mapping

CASES = Path(__file__).parents[2] / "cases"


def plan(name: str) -> Mapping[str, RowPlan]:
    contract = read_contract(CASES / name)
    with reference.start(name) as server:
        target = target_from_mapping(dict(server.profile), where="test", environ={})
    return plan_rows(contract, target, contract.rows, "standard", 0)


@pytest.mark.parametrize(
    ("name", "operation", "query", "rows"),
    [("kuroco", "listTopics", {"cnt": 20}, 11), ("microcms-management", "listContents", {"limit": 100}, 5)],
)
def test_what_others_may_change_is_read_before_the_probes_of_each_row_and_after_those_of_all(
    name: str, operation: str, query: Mapping[str, int], rows: int
) -> None:
    labels = Counter(
        one.label
        for planned in plan(name).values()
        for one in planned.schedule()
        if (one.role, one.operation, one.request.query) == ("guard", operation, query)
    )
    assert labels == {"before what must change nothing": rows, "after all rows that write": 1}


def test_a_row_that_deletes_reads_for_itself_what_may_be_gone() -> None:
    planned = plan("microcms-management")["media-delete/invalid-url"]
    assert planned.read_by_next == frozenset()
    assert [one.label for one in planned.schedule() if one.role == "guard"].count("after it") == 2
