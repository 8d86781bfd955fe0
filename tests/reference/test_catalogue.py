"""Names of faults and variants are checked, and random choices are repeatable."""

from __future__ import annotations

import pytest

from conformance.errors import ConfigError
from conformance.reference.catalogue import Fault, choose_variants, draw_variants, unknown_name_problems

VARIANTS = {"dot": ("absent", "present"), "wording": ("s", "m", "l")}


def test_default_is_the_first_choice() -> None:
    assert choose_variants(VARIANTS, {}) == {"dot": "absent", "wording": "s"}


def test_requested_choices_replace_the_defaults() -> None:
    assert choose_variants(VARIANTS, {"wording": "l"}) == {"dot": "absent", "wording": "l"}


def test_every_unknown_name_and_choice_is_reported_at_once() -> None:
    with pytest.raises(ConfigError) as raised:
        choose_variants(VARIANTS, {"dott": "absent", "wording": "xxl"})
    assert [problem.where for problem in raised.value.problems] == ["variant", "choice of wording"]
    assert "did you mean dot?" in str(raised.value)


def test_a_name_without_near_ones_is_answered_with_some() -> None:
    (problem,) = unknown_name_problems("fault", "zzz", ["alpha", "beta"])
    assert str(problem) == "fault: no such fault: 'zzz'; there are 2, such as alpha, beta"
    assert list(unknown_name_problems("fault", "beta", ["alpha", "beta"])) == []


def test_equal_seeds_draw_equal_choices() -> None:
    drawn = [draw_variants(VARIANTS, seed) for seed in range(200)]
    assert drawn == [draw_variants(VARIANTS, seed) for seed in range(200)]
    assert {choices["dot"] for choices in drawn} == {"absent", "present"}


def test_rare_choices_are_seldom_drawn() -> None:
    drawn = [draw_variants(VARIANTS, seed) for seed in range(1000)]
    assert {choices["wording"] for choices in drawn} == {"s", "m", "l"}
    assert sum(choices["wording"] != "s" for choices in drawn) < 150


def test_only_faults_of_the_kind_control_reject_valid_requests() -> None:
    faults = [Fault("name", (), kind) for kind in ("control", "status")]
    assert [fault.rejects_valid for fault in faults] == [True, False]
