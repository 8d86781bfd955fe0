"""What a profile lacks is suggested as YAML that can be pasted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.contract.contract import Contract
from conformance.contract.loader import read_contract
from conformance.doctor.examine import _check_credentials, missing_rows
from conformance.doctor.format import format_diagnosis
from conformance.doctor.model import Diagnosis, MissingRequirement
from conformance.engine.context import RunContext
from conformance.http import Response
from conformance.session.contract_run import plan_rows
from conformance.target.loader import target_from_mapping
from conformance.yaml_document import read_text

CASES = Path(__file__).parents[2] / "cases"


@pytest.mark.parametrize("name", ["kuroco", "microcms-management"])
def test_every_suggested_line_is_yaml(name: str) -> None:
    contract = read_contract(CASES / name)
    profile = {"contract": name, "base_url": "http://127.0.0.1:9"}
    target = target_from_mapping(profile, where="target.yaml", environ={})
    plans = plan_rows(contract, target, contract.rows, "standard", 0)
    suggested = [missing.line for missing in missing_rows(contract, target, plans)]
    assert len(suggested) > 5
    for line in suggested:
        document, problems = read_text(line, Path("suggested.yaml"))
        assert problems == (), line
        assert document is not None
        assert isinstance(document.value, dict), line


def test_a_path_with_a_parameter_is_quoted_between_braces() -> None:
    contract = read_contract(CASES / "kuroco")
    target = target_from_mapping({"contract": "kuroco", "base_url": "http://127.0.0.1:9"}, where="x", environ={})
    plans = plan_rows(contract, target, contract.rows, "standard", 0)
    lines = {missing.name: missing.line for missing in missing_rows(contract, target, plans)}
    assert lines["fixtures.detail_path"] == "fixtures: {detail_path: 'rcms-api/1/topics1/{topics_id}'}"


def test_of_the_rows_that_lack_the_same_four_are_named() -> None:
    missing = MissingRequirement("allow: write", "", "", ("a/1", "a/2", "a/3", "a/4", "a/5"))
    lines = format_diagnosis(Diagnosis("Shop", "http://127.0.0.1:9", (), missing=(missing,), rows=5)).splitlines()
    assert "  without allow: write, not exercised: a/1, a/2, a/3, a/4 and 1 more" in lines


NOT_TRIED = ("unknown", "given; not tried: the rows that use it do more than read")


@pytest.mark.parametrize(
    ("case", "guest"),
    [
        (("list", 402), ("good", "refused, as it must be: list gave 402")),
        (("list", 200), ("bad", "not refused: list gave 200")),
        (("add", 200), ("unknown", "given; not tried: the rows that use it do more than read")),
        (
            ("{call: list, request: {method: PUT}}", 200),
            ("unknown", "given; not tried: the rows that use it do more than read"),
        ),
    ],
)
def test_a_credential_is_held_to_the_refusal_that_its_row_expects_of_a_read(
    case: tuple[str, int],
    guest: tuple[str, str],
    shop: Callable[..., Contract],
    context: Callable[..., RunContext],
    answer: Callable[..., Response],
) -> None:
    """A 402 counted as no refusal, as did a 200 to a read with a key that may only not write."""
    operation, status = case
    keys = f"id: a, cause: b, operations: [{operation}], after: [{{call: remove}}], request: {{credential: guest}}"
    row = f"  - {{{keys}, expect: {{status: 402}}}}\n"
    made = context(shop(row), lambda asked: answer(status if "guest" in str(asked.request.headers) else 200))
    facts = {fact.about: (fact.state, fact.detail) for fact in _check_credentials(made, made.target)}
    assert facts == {"full": ("good", "works: list gave 200"), "guest": guest}
