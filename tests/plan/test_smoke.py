"""What rows share at smoke, as plans: no control, set-up or look twice, and nothing made that may not be deleted."""

from __future__ import annotations

from collections import Counter

import pytest

from conformance import reference
from conformance.contract.contract import Contract
from conformance.plan.model import RowPlan
from conformance.plan.power import Offer
from conformance.plan.smoke import _Drafts, plan_within_budget
from conformance.plan.steps import plan_steps
from conformance.session.contract_run import plan_rows
from conformance.target.loader import Target, target_from_mapping
from tests.shipped_contracts import shipped_contract

CONTRACTS = ("microcms-management", "kuroco")


@pytest.fixture(scope="module", params=CONTRACTS)
def ours(request: pytest.FixtureRequest) -> Contract:
    return shipped_contract(request.param)


def target(contract: str, *allowed: str) -> Target:
    with reference.start(contract) as server:
        profile = dict(server.profile)
    return target_from_mapping(profile | ({"allow": list(allowed)} if allowed else {}), where="test", environ={})


def plans_of(contract: Contract, *allowed: str) -> dict[str, RowPlan]:
    return plan_rows(contract, target(contract.name, *allowed), contract.rows, "smoke", 0)


def test_every_control_that_rows_have_in_common_is_sent_by_one_of_them(ours: Contract) -> None:
    plans = plans_of(ours)
    sent = Counter(each.key for plan in plans.values() for each in plan.controls if not each.shared)
    assert sent
    assert {key: count for key, count in sent.items() if count > 1} == {}


def test_nothing_is_tried_twice_and_what_uses_an_allowance_up_goes_first(ours: Contract) -> None:
    for plan in plans_of(ours).values():
        labels = [str(probe.label) for probe in plan.probes]
        assert len(labels) == len(set(labels))
        if plan.repeat:
            assert labels == ["example (read)", "after the limit (write)"]


def test_a_large_budget_sends_the_whole_of_a_control_of_which_smoke_sends_a_part(ours: Contract) -> None:
    plans = plan_within_budget(ours, target(ours.name), ours.rows, 300)
    sent = {str(one.label): len(one.steps) for plan in plans.values() for one in plan.controls if not one.shared}
    assert sent.get("logged in") == 4 or sent["the draft published and set back"] > 2


@pytest.mark.parametrize("budget", [100, 200])
def test_what_is_sent_again_has_been_sent_before(ours: Contract, budget: int) -> None:
    """Of the eleventh batch, `200 the second time` was missed, as `example again` was sent and `example` was not."""
    for plan in plan_within_budget(ours, target(ours.name), ours.rows, budget).values():
        sent = {str(probe.label) for probe in plan.probes}
        assert {str(probe.words_of) for probe in plan.probes if probe.is_repetition} <= sent, plan.row.id


def test_every_look_is_opened_once_and_closed_once(ours: Contract) -> None:
    plans = plans_of(ours)
    opened = Counter(look.key for plan in plans.values() for look in plan.opening)
    closed = Counter(look.key for plan in plans.values() for look in plan.closing)
    assert opened
    assert opened == closed


def test_every_guarded_row_that_writes_has_its_reads_before_and_after(ours: Contract) -> None:
    plans = plans_of(ours)
    read = {look.key for plan in plans.values() for look in plan.opening}
    for plan in plans.values():
        guards = sorted({index for probe in plan.probes for index in probe.guards})
        steps = [plan.row.case.unchanged[index].read for index in guards]
        assert {step.key for step in plan_steps(ours, steps, "smoke")} <= read, plan.row.id


def test_what_is_made_at_smoke_may_be_deleted(ours: Contract) -> None:
    for plan in plans_of(ours, "write").values():
        made = [step.operation for step in plan.before if step.operation in ours.file.created_resources]
        assert plan.lacks or not made, plan.row.id


def test_one_row_alone_has_its_own_set_up_and_control(ours: Contract) -> None:
    full = target(ours.name)
    for row in ours.rows:
        plan = plan_rows(ours, full, [row], "smoke", 0)[row.id]
        assert bool(plan.probes)
        made = {step.key for step in plan.before}
        shared = [control for control in plan.controls if control.shared]
        assert all(step.key in made for control in shared for step in control.steps), row.id


def test_rows_that_read_are_sent_before_those_that_write(ours: Contract) -> None:
    """So that a run that is broken off knows something: those that write end together."""
    writes = [plan.writes for plan in plans_of(ours).values() if not plan.row.case.last]
    assert writes == sorted(writes)
    assert {True, False} <= set(writes)


@pytest.mark.parametrize(("misses", "is_filled"), [(7, True), (8, False)])
def test_a_budget_is_filled_until_eight_offers_did_not_fit(misses: int, is_filled: bool) -> None:
    drafts = object.__new__(_Drafts)
    sizes = {("first", ""): 5, **{(f"large-{n}", ""): 9 for n in range(misses)}, ("last", ""): 1}
    drafts.count = lambda chosen: sum(sizes[name] for name in chosen)  # type: ignore[method-assign]
    chosen = drafts.fit([Offer(name, frozenset(), 1) for name in sizes], 6)
    assert chosen == {("first", ""), *([("last", "")] if is_filled else [])}
