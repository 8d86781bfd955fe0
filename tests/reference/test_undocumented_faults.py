"""Faults that no row covers are found by exploration, with short requests."""

from __future__ import annotations

import re

import pytest

from conformance import reference
from conformance.checks.model import Level
from conformance.contract.contract import Contract
from conformance.explore.driver import explore_operation
from conformance.session.contract_run import build_context
from conformance.target import loader as target
from tests.shipped_contracts import shipped_contract

CONTRACTS = {name: shipped_contract(name) for name in reference.contracts()}
FOUND = [
    ("microcms-management", "crashes_on_emoji_in_query", "listMediaV1", "status"),
    ("microcms-management", "crashes_on_ids_beyond_ascii", "getMember", "status"),
    ("microcms-management", "counts_contents_in_text", "listContents", "schema"),
    ("microcms-management", "forgets_a_status", "patchStatus", "effect"),
    ("microcms-management", "forgets_uploads", "uploadMedia", "state"),
    ("microcms-management", "keeps_several_statuses", "patchStatus", "effect"),
    ("microcms-management", "deletes_though_the_url_is_wrong", "deleteMedia", "effect"),
    ("kuroco", "crashes_on_wide_ids", "getTopic", "status"),
    ("kuroco", "lists_by_number", "listTopics", "schema"),
    ("kuroco", "redeems_no_grant", "login", "valid-data"),
    ("kuroco", "forgets_updates", "updateTopic", "effect"),
    ("kuroco", "keeps_deleted_contents", "insertTopic", "state"),
    ("kuroco", "keeps_refused_contents", "insertTopic", "effect"),
]


def find_checks(contract: Contract, operation: str, *faults: str) -> tuple[list[str], int]:
    """The checks that fail at standard depth, and the length of the longest request that shows it."""
    with reference.start(contract.name, faults=faults) as server:
        profile = target.target_from_mapping(server.profile, where="reference", environ={})
        found = explore_operation(build_context(contract, profile, "standard", 0), operation)
    findings = [item for item in found.findings if item.level is Level.MUST]
    shown = {item.n: len(item.label) for item in found.exchanges}
    return [item.check for item in findings], max((shown[item.exchange or 0] for item in findings), default=0)


@pytest.mark.parametrize(("name", "fault", "operation", "check"), FOUND)
def test_exploration_finds_it_once_and_finds_nothing_on_a_right_server(
    name: str, fault: str, operation: str, check: str
) -> None:
    assert find_checks(CONTRACTS[name], operation) == ([], 0)
    checks, longest = find_checks(CONTRACTS[name], operation, fault)
    assert checks == [check]
    assert longest <= 120


@pytest.mark.parametrize("name", reference.contracts())
def test_undocumented_faults_name_no_row(name: str) -> None:
    faults, known = reference.undocumented_faults(name), {fault.name for fault in reference.faults(name)}
    assert len(faults) == len({fault.name for fault in faults} - known) >= 15
    for fault in faults:
        assert fault.rows == ()
        assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", fault.name)


@pytest.mark.parametrize("name", reference.contracts())
def test_the_kinds_of_undocumented_faults(name: str) -> None:
    kinds = {fault.kind for fault in reference.undocumented_faults(name)}
    assert kinds == {"crash", "envelope", "schema", "status", "stability", "state", "effect"}
