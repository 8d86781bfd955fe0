"""What the shipped cases send, as a whole."""

from __future__ import annotations

from collections import defaultdict

import pytest

from conformance import reference
from conformance.api import load_contract
from conformance.engine.journal import find_suite_names
from conformance.session.contract_run import plan_rows
from conformance.target.loader import target_from_mapping


@pytest.mark.parametrize("name", sorted(reference.contracts()))
def test_what_a_refused_write_may_make_bears_the_name_of_one_row_alone(name: str) -> None:
    """Where two rows sent one name, the first of them was blamed for what the other had stored."""
    contract, rows = load_contract(name), defaultdict(set)
    with reference.start(name) as server:
        target = target_from_mapping(server.profile, where=name, environ={})
    for plan in plan_rows(contract, target, contract.rows, "standard", 0).values():
        for probe in plan.probes:
            for made in find_suite_names(probe.request.list_members()):
                rows[made].add(plan.row.id)
    assert {made: sorted(ids) for made, ids in rows.items() if len(ids) > 1} == {}
