"""The catalogues of faults belong to the tables, and the tables to what was released."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from conformance import reference
from conformance.contract.contract import Contract
from conformance.yaml_document import read

LEAST = 3
RELEASED = Path(__file__).parents[1] / "released_rows.yaml"


@pytest.fixture(scope="module")
def released() -> dict[str, Any]:
    document, problems = read(RELEASED)
    assert not problems
    assert document is not None
    value: dict[str, Any] = document.value
    return value


def row_names(contract: Contract) -> dict[tuple[str, int], str]:
    return {(row.table, row.number): row.id for row in contract.rows}


def test_every_row_has_three_faults(contracts: dict[str, Contract]) -> None:
    for name, contract in contracts.items():
        counts = Counter(row for fault in reference.faults(name) for row in fault.rows)
        assert [row_id for row, row_id in row_names(contract).items() if counts[row] < LEAST] == []


def test_every_fault_has_rows_and_all_of_them_exist(contracts: dict[str, Contract]) -> None:
    for name, contract in contracts.items():
        rows = row_names(contract)
        lost = {
            fault.name: fault.rows for fault in reference.faults(name) if not fault.rows or set(fault.rows) - set(rows)
        }
        assert lost == {}


def test_every_contract_with_a_reference_server_is_proved(contracts: dict[str, Contract]) -> None:
    assert set(reference.contracts()) == set(contracts)


def test_no_released_row_has_changed_its_id_or_is_gone(
    contracts: dict[str, Contract], released: dict[str, Any]
) -> None:
    for name, listed in released.items():
        ids = [row.id for row in contracts[name].rows]
        gone = [row for row in listed["rows"] if row not in ids]
        assert gone == [], "a released ID is never changed; a row taken back moves to the tombstones"


def test_a_new_row_is_added_to_the_released_ones(contracts: dict[str, Contract], released: dict[str, Any]) -> None:
    for name, contract in contracts.items():
        new = [row.id for row in contract.rows if row.id not in released[name]["rows"]]
        assert new == [], f"add these to {RELEASED.name}"


def test_no_tombstone_is_used_again(contracts: dict[str, Contract], released: dict[str, Any]) -> None:
    for name, contract in contracts.items():
        buried = released[name]["tombstones"]
        assert [row.id for row in contract.rows if row.id in buried] == []
        assert all(isinstance(reason, str) and reason for reason in buried.values())


def test_the_tables_have_as_many_rows_as_the_documents(released: dict[str, Any]) -> None:
    assert {name: len(one["rows"]) for name, one in released.items()} == {"microcms-management": 32, "kuroco": 15}
