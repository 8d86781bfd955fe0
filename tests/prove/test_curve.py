"""The curve of a proof, beside what could be reached with full knowledge."""

from __future__ import annotations

import json

from conformance.checks.model import Verdict
from conformance.prove.curve import build_curve
from conformance.prove.forms import format_proof
from conformance.prove.model import (
    Blame,
    ContractProof,
    FaultProof,
    ProbePower,
    Proof,
    RightServerProof,
    RowProof,
)
from conformance.prove.proof import number_faults
from conformance.results.model import Suite

ROW = "table/row"


def fault(name: str, after: int | None) -> FaultProof:
    blames = () if after is None else (Blame(ROW, Verdict.VIOLATES, after),)
    return FaultProof(contract="shop", name=name, check="status", rows=(ROW,), blames=blames)


def proof() -> ContractProof:
    probes = (
        ProbePower(ROW, "example", 1, ("a",)),
        ProbePower(ROW, "edge", 1, ("a", "b", "c")),
        ProbePower(ROW, "control valid", 3, ("d",)),
        ProbePower(ROW, "idle", 1),
    )
    faults = (fault("a", 4), fault("b", 5), fault("c", 5), fault("d", 9), fault("e", None))
    right = RightServerProof(contract="shop", seed=None, variants={}, requests=12)
    return ContractProof("shop", "1", True, (RowProof(ROW, 5, 4),), faults, (right,), probes)


def test_the_bound_is_what_an_order_with_full_knowledge_reaches() -> None:
    assert proof().curve == ((0, 0), (4, 1), (5, 3), (9, 4))
    assert proof().bound == ((0, 0), (1, 3), (4, 4))
    assert [proof().share_after(n) for n in (3, 5, 100)] == [0.0, 0.6, 0.8]


def test_proof_json_has_the_figures_and_the_page_draws_both_lines() -> None:
    whole = Proof(Suite("conformance", "1"), "standard", 0, "2026-11-01T01:00:00Z", 1.0, (proof(),))
    (values,) = json.loads(format_proof(whole, "json"))["contracts"]
    assert values["bound"] == [[0, 0], [1, 3], [4, 4]]
    assert values["share_after"]["100"] == 0.8
    curve = build_curve(proof())
    assert curve is not None
    page = format_proof(whole, "html")
    assert f'd="{curve.steps}"' in page
    assert f'class="cf-bound" fill="none" stroke="currentColor" d="{curve.bound}"' in page


def test_power_has_the_faults_of_each_probe_by_number() -> None:
    shown = number_faults(proof())
    assert shown[ROW, "edge"] == frozenset([0, 1, 2])
    assert shown[ROW, "control valid"] == frozenset([3])
