"""The IDs of rows stay what they were once released, and the tables have the rows of the vendors' documents."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from conformance import reference
from conformance.contract.contract import Contract
from conformance.contract.folders import find_contracts
from conformance.yaml_document import read
from tests.shipped_contracts import shipped_contract

CASES = Path(__file__).parents[1] / "cases"
RELEASED = Path(__file__).parent / "released_rows.yaml"
CONTRACTS = {
    contract.name: contract for contract in map(shipped_contract, (folder.name for folder in find_contracts(CASES)))
}
ROWS_OF_TABLES = {
    "microcms-management": {
        "common": 5,
        "contents-get": 6,
        "contents-patch": 5,
        "media-get": 8,
        "media-post": 3,
        "media-delete": 4,
        "members-get": 1,
    },
    "kuroco": {"login": 3, "topics-read": 1, "topics-write": 11},
}
"""Counted in the vendors' documents."""


@pytest.fixture(scope="module")
def released() -> dict[str, Any]:
    document, problems = read(RELEASED)
    assert not problems
    assert document is not None
    value: dict[str, Any] = document.value
    return value


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_no_released_row_has_changed_its_id_or_is_gone(contract: Contract, released: dict[str, Any]) -> None:
    ids = [row.id for row in contract.rows]
    gone = [row for row in released[contract.name]["rows"] if row not in ids]
    assert gone == [], "a released ID is never changed; a row that is taken back moves to the tombstones"


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_a_new_row_is_added_to_the_released_ones(contract: Contract, released: dict[str, Any]) -> None:
    new = [row.id for row in contract.rows if row.id not in released[contract.name]["rows"]]
    assert new == [], f"add these to {RELEASED.name}"


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_no_tombstone_is_used_again(contract: Contract, released: dict[str, Any]) -> None:
    tombstones = released[contract.name]["tombstones"]
    assert [row.id for row in contract.rows if row.id in tombstones] == []
    assert [row for row, reason in tombstones.items() if not (isinstance(reason, str) and reason)] == []


def test_the_tables_have_the_rows_of_the_documents() -> None:
    tables = {name: dict(Counter(row.table for row in contract.rows)) for name, contract in CONTRACTS.items()}
    assert tables == ROWS_OF_TABLES


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_the_faults_of_the_reference_server_break_rows_of_the_contract(contract: Contract) -> None:
    rows = {(row.table, row.number) for row in contract.rows}
    broken = Counter(row for fault in reference.faults(contract.name) for row in fault.rows)
    assert set(broken) == rows
    assert {row: count for row, count in broken.items() if count < 10} == {}


def test_every_contract_has_a_reference_server() -> None:
    assert set(reference.contracts()) == set(CONTRACTS)
