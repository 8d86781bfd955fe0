"""One mistake in a profile is one cause, and no row blames the target for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance import reference
from conformance.checks.model import Level, Verdict
from conformance.contract.loader import read_contract
from conformance.results.model import (
    Exploration,
    ExploredFinding,
    RecordedExchange,
    RecordedRequest,
    RecordedResponse,
    RowResult,
    TargetRun,
)
from conformance.session.causes import apply_causes, find_causes
from conformance.session.run_session import RunOptions
from conformance.session.target_runner import TargetRunner
from conformance.target.loader import target_from_mapping

CASES = Path(__file__).parents[2] / "cases"
Change = Callable[[dict[str, Any]], None]


def run_smoke(contract: str, change: Change, *faults: str) -> TargetRun:
    """A run at smoke against a reference server, with the profile changed."""
    with reference.start(contract, faults=faults) as server:
        profile = dict(server.profile)
        change(profile)
        target = target_from_mapping(profile, where="target.yaml", environ={})
        runner = TargetRunner(read_contract(CASES / contract), target, RunOptions("smoke", 0))
        try:
            for row in runner.begin():
                runner.row(row)
        finally:
            runner.close()
        return runner.results().runs[0]


def a_wrong_key(profile: dict[str, Any]) -> None:
    profile["credentials"]["full"]["value"] = "wrong-key-000000"


def a_wrong_token(profile: dict[str, Any]) -> None:
    profile["credentials"]["token"]["value"] = "wrong-token-0000"


def a_mistyped_endpoint(profile: dict[str, Any]) -> None:
    profile["fixtures"]["endpoint"] = "newz"


def a_path_too_much(profile: dict[str, Any]) -> None:
    profile["base_url"] += "/extra"


def a_stale_content(profile: dict[str, Any]) -> None:
    profile["fixtures"]["content_id"] = "stale-id-1"


def a_wrong_password(profile: dict[str, Any]) -> None:
    profile["credentials"]["login"]["password"]["value"] = "nope-nope"


def a_mistyped_list_path(profile: dict[str, Any]) -> None:
    profile["fixtures"]["list_path"] = "rcms-api/1/topics1/lizt"


def a_mistyped_update_path(profile: dict[str, Any]) -> None:
    profile["fixtures"]["update_path"] = "rcms-api/1/topics1/up/{topics_id}"


def a_mistyped_insert_path(profile: dict[str, Any]) -> None:
    profile["fixtures"]["insert_path"] = "rcms-api/1/topics1/inzert"


@pytest.mark.parametrize(
    ("contract", "change", "expected"),
    [
        ("kuroco", a_wrong_password, "every call with credentials.login was answered 401"),
        (
            "kuroco",
            a_mistyped_list_path,
            "fixtures.list_path: rcms-api/1/topics1/lizt was answered 404 by every operation that uses it",
        ),
        (
            "kuroco",
            a_mistyped_update_path,
            "fixtures.update_path: rcms-api/1/topics1/up/{topics_id} was answered 404 by every operation that uses it",
        ),
        (
            "kuroco",
            a_mistyped_insert_path,
            "fixtures.insert_path: rcms-api/1/topics1/inzert was answered 405 by every operation that uses it",
        ),
        ("microcms-management", a_wrong_key, "every call with credentials.full was answered 403"),
        ("kuroco", a_wrong_token, "every call with credentials.token was answered 401"),
        (
            "microcms-management",
            a_mistyped_endpoint,
            "fixtures.endpoint: newz was answered 404 by every operation that uses it",
        ),
        (
            "microcms-management",
            a_path_too_much,
            "every valid call was answered 404: the path of base_url may be wrong",
        ),
        (
            "microcms-management",
            a_stale_content,
            "fixtures.content_id: stale-id-1 was answered 404 by every operation that uses it",
        ),
    ],
)
def test_a_mistake_in_the_profile_is_one_cause_and_blames_no_row(contract: str, change: Change, expected: str) -> None:
    run = run_smoke(contract, change)
    assert run.warnings[0] == expected
    assert len([text for text in run.warnings if "was answered" in text and "every" in text]) == 1
    assert run.counts.get("violates", 0) == 0
    assert run.counts["inconclusive"] > 0


@pytest.mark.parametrize("contract", ["kuroco", "microcms-management"])
def test_a_right_profile_and_a_right_target_have_no_cause(contract: str) -> None:
    run = run_smoke(contract, lambda _: None)
    assert run.warnings == ()
    assert run.counts == {"conforms": len(run.rows)}


def test_a_wrong_server_is_still_blamed() -> None:
    run = run_smoke("microcms-management", a_stale_content, "accepts_limit_minus_1_on_contents")
    verdicts = {row.id: row.verdict for row in run.rows}
    assert verdicts["contents-get/limit-below-minimum"] is Verdict.VIOLATES
    assert verdicts["contents-get/content-not-found"] is Verdict.INCONCLUSIVE


def answered(n: int, status: int, *headers: tuple[str, str]) -> RecordedExchange:
    request = RecordedRequest("GET", "http://api.test/things")
    return RecordedExchange(n, "example", request, RecordedResponse(status, headers), role="example")


def test_a_redirect_of_everything_names_where_it_leads() -> None:
    location = ("Location", "https://api.test/things")
    exchanges = (answered(1, 301, location), answered(2, 301, location))
    row = RowResult("things/one", "things", 1, Verdict.INCONCLUSIVE, exchanges=exchanges)
    (cause,) = find_causes({}, [row])
    assert cause.text == "the target redirects every request to https://api.test; requests are never redirected"
    assert cause.key == "base_url"


def test_a_refusal_by_our_own_proxy_is_not_the_targets() -> None:
    row = RowResult("things/one", "things", 1, Verdict.VIOLATES, exchanges=(answered(1, 407), answered(2, 200)))
    (cause,) = find_causes({}, [row])
    assert cause.text == "a proxy of the profile answered 407: it asks for a user and a password"


def explored(operation: str, verdict: Verdict, *exchanges: RecordedExchange, **more: Any) -> Exploration:
    return Exploration(operation, "GET", "/", verdict, exchanges=exchanges, **more)


def test_a_cause_holds_for_explorations_and_is_found_from_them() -> None:
    def asked(n: int, path: str, status: int, role: str) -> RecordedExchange:
        request = RecordedRequest("GET", f"http://api.test/{path}")
        return RecordedExchange(n, "plain", request, RecordedResponse(status), role=role)

    found = ExploredFinding("valid-data", Level.MUST, 200, 404, 1, 3)
    ended = explored("getThing", Verdict.INCONCLUSIVE, asked(1, "things/stale", 404, "example"), reason="refused")
    linked = explored("putThing", Verdict.VIOLATES, asked(3, "things/stale", 404, "step"), findings=(found,))
    other = explored("listThings", Verdict.VIOLATES, asked(3, "things", 404, "example"), findings=(found,))
    causes = find_causes({"fixtures": {"thing": "stale"}}, (), (ended, linked, other))
    assert [cause.key for cause in causes] == ["fixtures.thing"]
    after = apply_causes((ended, linked, other), causes)
    assert [item.verdict for item in after] == [Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE, Verdict.VIOLATES]
    assert after[0].reason == after[1].reason == causes[0].text
    assert after[1].findings == ()
