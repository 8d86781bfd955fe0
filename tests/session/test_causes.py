"""One mistake in a profile is one cause, and no row blames the target for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance import reference
from conformance.checks.model import Verdict
from conformance.contract.loader import read_contract
from conformance.results.model import RecordedExchange, RecordedRequest, RecordedResponse, RowResult, TargetRun
from conformance.session.causes import find_causes
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


@pytest.mark.parametrize(
    ("contract", "change", "expected"),
    [
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
