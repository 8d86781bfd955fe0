"""What shows most goes first, and a budget is spent on it; what is left untried is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from conformance import reference
from conformance.contract.contract import Contract
from conformance.contract.loader import read_contract
from conformance.contract.power import ProbeKey, check_power, format_power, read_power
from conformance.errors import ConfigError
from conformance.plan.budget import Budget, parse_budget
from conformance.plan.model import RowPlan
from conformance.plan.power import Offer, faults_shown, order_offers
from conformance.plan.smoke import plan_within_budget
from conformance.session.contract_run import plan_rows, plan_run
from conformance.target.loader import Target, target_from_mapping
from tests.shipped_contracts import shipped_contract

CASES = Path(__file__).parents[2] / "cases"
LIMIT = "contents-get/limit-below-minimum"


@pytest.fixture(scope="module")
def ours() -> Contract:
    return replace(read_contract(CASES / "microcms-management"), power={})


@pytest.fixture(scope="module")
def target() -> Target:
    with reference.start("microcms-management") as server:
        return target_from_mapping(server.profile, where="test", environ={})


def names(*offers: Offer) -> list[str]:
    return [offer.name[1] for offer in order_offers(offers)]


def offer(name: str, faults: set[int], requests: float = 1, after: str = "") -> Offer:
    return Offer(("row", name), frozenset(faults), requests, ("row", after) if after else None)


def total(plans: dict[str, RowPlan]) -> int:
    return sum(len(list(plan.schedule())) for plan in plans.values())


def labels(plan: RowPlan) -> list[str]:
    return [str(probe.label) for probe in plan.probes]


def test_next_is_what_shows_most_of_what_nothing_has_shown() -> None:
    assert names(offer("a", {1, 2}), offer("b", {1, 2, 3}), offer("c", {4})) == ["b", "c", "a"]


def test_what_costs_more_has_to_show_more() -> None:
    assert names(offer("dear", {1, 2, 3}, 4), offer("cheap", {4})) == ["cheap", "dear"]


def test_nothing_goes_before_what_it_needs() -> None:
    assert names(offer("example", set()), offer("edge", {1, 2}, after="example")) == ["example", "edge"]


def test_without_power_the_written_order_stays() -> None:
    assert names(*(offer(name, set()) for name in "zebra")) == list("zebra")


def test_the_probes_of_a_row_follow_their_power_but_for_the_example_and_what_is_sent_again(
    ours: Contract, target: Target
) -> None:
    row = ours.row(LIMIT)
    assert row is not None
    written = labels(plan_rows(ours, target, [row], "standard", 0)[LIMIT])
    power = {(LIMIT, written[3]): frozenset([1, 2]), (LIMIT, written[2]): frozenset([3])}
    ordered = labels(plan_rows(replace(ours, power=power), target, [row], "standard", 0)[LIMIT])
    assert ordered[:3] == [written[0], written[3], written[2]]
    assert sorted(ordered) == sorted(written)
    assert ordered[-1] == written[-1] == "example again"


@pytest.mark.parametrize(("label", "shown"), [
    ("limit=-1 [_lang=en] (v2) beside offset=3", {1}),  # as measured
    ("limit=-1 [_lang=ja] (v1) beside offset=[1] (x)", {2}),  # on the same operation
    ("limit=-1 (v3)", {1}), ("limit=-1", {1}), ("limit=-10 (v1)", set()),
])  # fmt: skip
def test_an_input_shows_in_another_language_or_operation_what_it_was_seen_to_show(
    ours: Contract, label: str, shown: set[int]
) -> None:
    known = {"limit=-1 [_lang=en] (v2) beside offset=3": {1}, "limit=-1 (v1)": {2}, "limit=1 (v1)": {3}}
    power = {(LIMIT, name): frozenset(faults) for name, faults in known.items()} | {("row", label): frozenset([4])}
    assert faults_shown(replace(ours, power=power), LIMIT, label) == shown


@pytest.mark.parametrize("languages", [["ja"], ["en"], None])
def test_the_power_of_probes_is_known_for_a_target_with_other_languages(languages: list[str] | None) -> None:
    """It was known for 72, 26 and 4 of them: all others came last."""
    contract = shipped_contract("kuroco")
    with reference.start("kuroco") as server:
        fixtures = {name: value for name, value in server.profile["fixtures"].items() if name != "languages"}
        profile = server.profile | {"fixtures": fixtures | ({"languages": languages} if languages else {})}
    plans = plan_rows(contract, target_from_mapping(profile, where="test", environ={}), contract.rows, "standard", 0)
    known = [bool(faults_shown(contract, name, label)) for name, plan in plans.items() for label in labels(plan)]
    assert known.count(False) == 3


@pytest.mark.parametrize("most", [20, 120])
def test_no_more_is_planned_than_the_budget_and_what_is_left_is_named(
    ours: Contract, target: Target, most: int
) -> None:
    whole = plan_rows(ours, target, ours.rows, "standard", 0)
    depth, plans = plan_run(ours, target, ours.rows, "standard", 0, budget=Budget(most))
    assert depth == "smoke"
    assert most - 3 <= total(plans) <= most
    for name, plan in plans.items():
        assert plan.lacks in {(), ("budget",)}
        assert bool(plan.probes) == (not plan.lacks)
        assert len(whole[name].probes) <= len(plan.probes) + len(plan.untried)


def test_a_budget_that_is_enough_for_everything_leaves_the_plan_as_it_is(ours: Contract, target: Target) -> None:
    whole = plan_rows(ours, target, ours.rows, "standard", 0)
    assert plan_run(ours, target, ours.rows, "standard", 0, budget=Budget(5000)) == ("standard", whole)


def test_a_budget_goes_to_the_rows_that_show_most(ours: Contract, target: Target) -> None:
    known = {(row.id, "example"): frozenset([number]) for number, row in enumerate(ours.rows)}
    power = known | {(LIMIT, "limit=-2"): frozenset(range(100, 150)), (LIMIT, "example"): frozenset(range(200, 250))}
    plans = plan_within_budget(replace(ours, power=power), target, ours.rows, 6)
    assert bool(plans[LIMIT].probes)
    assert sum(bool(plan.probes) for plan in plans.values()) < 6


def test_nights_add_up(ours: Contract, target: Target) -> None:
    """With what was tried last night known, half of the budget goes to what was not."""
    first = plan_within_budget(ours, target, ours.rows, 60)
    tried: dict[ProbeKey, str] = {
        (name, label): "2026-11-01T01:00:00Z" for name, plan in first.items() for label in labels(plan)
    }
    second = plan_within_budget(ours, target, ours.rows, 60, tried)
    fresh = {(name, label) for name, plan in second.items() for label in labels(plan)} - tried.keys()
    assert len(fresh) >= 10
    assert total(second) <= 60


def test_a_time_is_a_number_of_requests_at_the_pace_of_the_target(ours: Contract, target: Target) -> None:
    assert parse_budget("2m").count(ours, replace(target, pace=(10, 10.0))) == 120
    assert parse_budget("120").count(ours, target) == 120
    paceless = replace(ours, file=ours.file.model_copy(update={"pace": None}))
    with pytest.raises(ConfigError, match="give `pace` in the profile, or a number of requests"):
        parse_budget("2m").count(paceless, replace(target, pace=None))


@pytest.mark.parametrize("text", ["0", "-3", "many", "", "1.5"])
def test_what_is_no_budget_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="neither a number of requests nor a time"):
        parse_budget(text)


def test_power_is_read_as_it_was_written(ours: Contract, tmp_path: Path) -> None:
    power = {(LIMIT, "example"): frozenset([0, 3, 4, 5, 12]), (LIMIT, "control limit=0"): frozenset([1])}
    (tmp_path / "power.json").write_text(format_power(ours, power), encoding="utf-8")
    assert read_power(tmp_path) == power
    assert read_power(tmp_path / "elsewhere") == {}


def test_power_of_other_cases_is_told_with_the_command_that_renews_it(ours: Contract, tmp_path: Path) -> None:
    held = replace(ours, folder=tmp_path)
    path = tmp_path / "power.json"
    assert list(check_power(held)) == []
    path.write_text(format_power(ours, {}), encoding="utf-8")
    assert list(check_power(held)) == []
    path.write_text(format_power(replace(ours, tables=ours.tables[:1]), {}), encoding="utf-8")
    (problem,) = check_power(held)
    assert problem.where == f"{path}:1"
    assert problem.hint == "conformance prove --write-power"


@pytest.mark.parametrize("text", ["", "[]", *(f'{{"probes": {one}}}' for one in (
    '{"row": {"example": "3-x"}}', '{"row": {"example": "0-100000"}}', "3"))])  # fmt: skip
def test_a_file_of_power_that_is_damaged_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "power.json").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"power.json:1: is not what was written; conformance prove --write-power"):
        read_power(tmp_path)
